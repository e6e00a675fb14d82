"""Damaged and hostile event files: nothing but what was touched is lost."""

import os
import resource
import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from opscope.events import Logdir, masked_crc32c, open_logdir
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.types_pb2 import DT_FLOAT
from opscope.events.record import frame

NAME = "events.out.tfevents.1700000000.host"
VERSION = Event(wall_time=1.0, file_version="brain.Event:2").SerializeToString()


def scalar(step: int, tag: str = "loss") -> bytes:
    event = Event(wall_time=100.0 + step, step=step)
    event.summary.value.add(tag=tag, simple_value=step / 2)
    return event.SerializeToString()


def picture(step: int) -> bytes:
    event = Event(wall_time=100.0 + step, step=step)
    event.summary.value.add(tag="image").image.encoded_image_string = b"\x89PNG" + bytes(30)
    return event.SerializeToString()


def small_file() -> list[bytes]:
    """Scalars in a column, pictures, and records that are decoded singly."""
    records = [VERSION, *(scalar(step) for step in range(1, 11))]
    records += [picture(step) for step in range(5)]
    records += [Event(step=3, graph_def=b"\x0a\x03\x0a\x01n").SerializeToString()]
    return [*records, *(scalar(step) for step in range(11, 14))]


def everything(logdir: Logdir) -> dict[str, list[int]]:
    """All steps by tag, after every payload was looked at."""
    steps = {}
    for run in logdir.runs():
        for tag in logdir.tags(run):
            logdir.summary(run, tag)
            kind = logdir.kind(run, tag)
            if kind == "scalar":
                steps[tag] = logdir.scalars(run, tag, orphaned=True).step.tolist()
            elif kind == "image":
                steps[tag] = logdir.images(run, tag, orphaned=True).step.tolist()
            elif kind == "histogram":
                logdir.histograms(run, tag, orphaned=True)
            elif kind == "tensor":
                logdir.tensors(run, tag, orphaned=True)
        for graph in logdir.graph_tags(run):
            steps[graph.tag] = [len(logdir.graph(run, graph.tag))]
    return steps


def steps_of(records: list[bytes]) -> dict[str, list[int]]:
    """What `everything` says of a file with these records."""
    steps: dict[str, list[int]] = {}
    for data in records:
        event = Event.FromString(data)
        for value in event.summary.value:
            steps.setdefault(value.tag, []).append(event.step)
        if event.graph_def:
            steps["__run_graph__"] = [len(event.graph_def)]
    return steps


def test_each_byte_flipped_loses_its_record_and_no_other(tmp_path: Path) -> None:
    records = small_file()
    framed = [frame(record) for record in records]
    ends = np.cumsum([len(each) for each in framed])
    whole = b"".join(framed)
    path = tmp_path / NAME
    expected = [steps_of(records[:lost] + records[lost + 1 :]) for lost in range(len(records))]
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
        logdir = open_logdir(tmp_path)
        lost = int(np.searchsorted(ends, at, "right"))
        assert everything(logdir) == expected[lost], at
        (problem,) = logdir.problems
        assert problem.offset == ends[lost] - len(framed[lost])


def test_each_cut_loses_what_is_behind_it_until_that_comes(tmp_path: Path) -> None:
    records = small_file()
    ends = np.cumsum([len(frame(record)) for record in records])
    whole = b"".join(map(frame, records))
    path = tmp_path / NAME
    expected = [steps_of(records[:count]) for count in range(len(records) + 1)]
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        logdir = open_logdir(tmp_path)
        intact = int(np.searchsorted(ends, cut, "right"))
        assert everything(logdir) == expected[intact], cut
        assert len(logdir.problems) == (cut not in (0, *ends))
        if cut % 7 == 0:
            with open(path, "ab") as file:
                file.write(whole[cut:])
            assert logdir.reload()
            assert everything(logdir) == expected[-1]
            assert logdir.problems == []


def test_zeros_at_the_end_are_waited_for(tmp_path: Path) -> None:
    records = [frame(record) for record in [VERSION, *(scalar(step) for step in range(200))]]
    whole, half = b"".join(records), b"".join(records[:100])
    path = tmp_path / NAME
    path.write_bytes(half + bytes(len(whole) - len(half)))
    logdir = open_logdir(tmp_path)
    assert logdir.scalars(".", "loss").step.tolist() == list(range(99))
    with open(path, "r+b") as file:  # in place: the size stays
        file.seek(len(half))
        file.write(whole[len(half) :])
    os.utime(path, ns=(1, 1))
    assert logdir.reload()
    assert logdir.scalars(".", "loss").step.tolist() == list(range(200))
    assert logdir.problems == []


@pytest.mark.parametrize("size", [1, 1000])
def test_a_file_that_was_rewritten_is_noticed(tmp_path: Path, size: int) -> None:
    path = tmp_path / NAME
    path.write_bytes(b"".join(map(frame, [VERSION, *(scalar(step) for step in range(500))])))
    logdir = open_logdir(tmp_path)
    identity = path.stat().st_ino
    other = Event(wall_time=2.0, file_version="brain.Event:2").SerializeToString()
    records = [other, *(scalar(step, "acc!") for step in range(499 + size))]
    path.write_bytes(b"".join(map(frame, records)))
    os.utime(path, ns=(1, 1))
    assert path.stat().st_ino == identity
    assert logdir.reload()
    assert logdir.tags(".") == ["acc!"]


def test_a_file_that_lost_its_end_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(b"".join(map(frame, [VERSION, *(scalar(step) for step in range(500))])))
    logdir = open_logdir(tmp_path)
    os.truncate(path, path.stat().st_size // 2)
    assert logdir.reload()
    assert 200 < len(logdir.scalars(".", "loss").step) < 300


def test_files_of_one_run_are_told_file_after_file_however_they_grew(tmp_path: Path) -> None:
    names = [f"{NAME}.{number}" for number in range(3)]
    records = {
        name: [VERSION, *(scalar(10 * step + number) for step in range(50))]
        for number, name in enumerate(names)
    }
    for name in names[1:]:
        (tmp_path / name).write_bytes(b"".join(map(frame, records[name][:10])))
    logdir = open_logdir(tmp_path)
    for end in (20, 51):
        for name in reversed(names):
            (tmp_path / name).write_bytes(b"".join(map(frame, records[name][:end])))
        logdir.reload()
    anew = open_logdir(tmp_path).scalars(".", "loss")
    assert logdir.scalars(".", "loss").step.tolist() == anew.step.tolist()
    assert anew.step.tolist() == [10 * step + number for number in range(3) for step in range(50)]


def header(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc32c(packed))


def nested(depth: int) -> bytes:
    """A tensor in a variant in a tensor in a variant ..."""
    data = b""
    for _ in range(depth):
        for key in (b"\x1a", b"\x7a"):  # VariantTensorDataProto.tensors, TensorProto.variant_val
            data = key + _varint(len(data)) + data
    for key in (b"\x42", b"\x0a", b"\x2a"):  # Value.tensor, Summary.value, Event.summary
        data = key + _varint(len(data)) + data
    return data


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def huge_tensor() -> bytes:
    event = Event(step=1)
    value = event.summary.value.add(tag="huge")
    value.tensor.dtype = DT_FLOAT
    for _ in range(4):
        value.tensor.tensor_shape.dim.add(size=1 << 40)
    value.tensor.float_val.append(1.0)
    return event.SerializeToString()


def negative_size() -> bytes:
    event = Event(step=1)
    value = event.summary.value.add(tag="negative")
    value.tensor.dtype = DT_FLOAT
    value.tensor.tensor_shape.dim.add(size=-5)
    value.tensor.tensor_content = bytes(20)
    return event.SerializeToString()


def broken_payload() -> bytes:
    """A record whose head is that of a picture, and whose picture is no message."""
    inner = b"\x0a\x05image" + b"\x22" + _varint(40) + b"\xff" * 40
    value = b"\x0a" + _varint(len(inner)) + inner
    return b"\x09" + bytes(8) + b"\x2a" + _varint(len(value)) + value


HOSTILE: dict[str, Callable[[], bytes]] = {
    "length_2_60": lambda: frame(VERSION) + header(1 << 60) + b"x",
    "length_2_63": lambda: frame(VERSION) + header((1 << 64) - 1) + bytes(5000),
    "lengths_in_a_row": lambda: header(200_000) * 20_000,
    "length_zero": lambda: (header(0) + struct.pack("<I", masked_crc32c(b""))) * 50_000,
    "nesting": lambda: frame(VERSION) + frame(nested(2000)),
    "huge_tensor": lambda: frame(VERSION) + frame(huge_tensor()) * 10,
    "negative_size": lambda: frame(VERSION) + frame(negative_size()) * 10,
    "broken_payload": lambda: b"".join(
        map(frame, [VERSION, *[picture(1)] * 9, *[broken_payload()] * 9])
    ),
    "many_restarts": lambda: frame(VERSION)
    + b"".join(
        frame(scalar(step)) + frame(Event(step=step, session_log={"status": 1}).SerializeToString())
        for step in range(5000)
    ),
    "steps_backwards": lambda: b"".join(frame(scalar(step)) for step in range(8000, 0, -1)),
    "event_file_in_a_payload": lambda: frame(VERSION)
    + frame(
        Event(summary={"value": [{"tag": "t", "tensor": {"dtype": 7, "string_val": [
            b"".join(frame(scalar(step)) for step in range(3000))
        ]}}]}).SerializeToString()
    )
    + b"".join(frame(scalar(step)) for step in range(3000)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_problems_in_bounded_time_and_memory(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / NAME).write_bytes(HOSTILE[name]())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    logdir = open_logdir(tmp_path)
    everything(logdir)
    assert time.process_time() - start < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024
    harmless = ("many_restarts", "steps_backwards", "event_file_in_a_payload", "length_zero")
    assert bool(logdir.problems) == (name not in harmless)
    assert all(problem.file and problem.offset >= 0 for problem in logdir.problems)


def test_a_million_tags_are_bounded(tmp_path: Path) -> None:
    count = 200_000
    records = [scalar(1, f"tag{number:07d}") for number in range(count)]
    (tmp_path / NAME).write_bytes(b"".join(map(frame, [VERSION, *records])))
    start = time.process_time()
    logdir = open_logdir(tmp_path)
    assert len(logdir.tags(".")) == count
    assert logdir.scalars(".", "tag0123456").value.tolist() == [0.5]
    assert time.process_time() - start < 10


def test_damage_in_every_hundredth_record_costs_those(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    framed = [frame(record) for record in [VERSION, *(scalar(step) for step in range(1, 20_000))]]
    lost = set(range(5, 20_000, 100))
    for place in lost:
        data = bytearray(framed[place])
        data[int(random.integers(len(data)))] ^= 4
        framed[place] = bytes(data)
    (tmp_path / NAME).write_bytes(b"".join(framed))
    start = time.process_time()
    logdir = open_logdir(tmp_path)
    steps = logdir.scalars(".", "loss").step.tolist()
    assert steps == [step for step in range(1, 20_000) if step not in lost]
    assert len(logdir.problems) == len(lost)
    assert time.process_time() - start < 3
