"""Decoding by column gives what decoding record by record gives, whatever is in a file."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logdir_content import content, content_record_by_record

from opscope.events import open_logdir
from opscope.events.event_file import EventFile
from opscope.events.proto.event_pb2 import Event, SessionLog
from opscope.events.proto.types_pb2 import DT_DOUBLE, DT_FLOAT, DT_HALF, DT_INT32, DT_INT64
from opscope.events.record import frame

NAME = "events.out.tfevents.1700000000.host"
TAGS = ["loss", "train/acc", "layer01/w", "layer02/w", "ü/λ", "x" * 90, ""]


def assert_same(folder: Path) -> dict[str, Any]:
    by_column = content(open_logdir(folder))
    assert by_column == content_record_by_record(folder)
    return by_column


def write(folder: Path, *records: bytes, name: str = NAME) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(b"".join(map(frame, records)))
    return path


def version(text: str = "brain.Event:2") -> bytes:
    return Event(wall_time=1.0, file_version=text).SerializeToString()


def tensor(event: Event, tag: str, dtype: int, value: Any, packed: bool, plugin: str) -> None:
    added = event.summary.value.add(tag=tag)
    added.tensor.dtype = dtype  # type: ignore[assignment]
    formats = {DT_FLOAT: "<f", DT_DOUBLE: "<d", DT_INT32: "<i", DT_INT64: "<q", DT_HALF: "<e"}
    lists = {
        DT_FLOAT: added.tensor.float_val,
        DT_DOUBLE: added.tensor.double_val,
        DT_INT32: added.tensor.int_val,
        DT_INT64: added.tensor.int64_val,
    }
    if packed or dtype not in lists:
        added.tensor.tensor_content = struct.pack(formats[dtype], value)  # type: ignore[index]
    else:
        lists[dtype].append(value)  # type: ignore[index]
    if plugin:
        added.metadata.plugin_data.plugin_name = plugin


STEPS = st.one_of(
    st.integers(0, 300), st.integers(-(2**63), 2**63 - 1), st.sampled_from([2**21, 2**62])
)
WALL_TIMES = st.one_of(st.floats(1e9, 2e9), st.floats())
FLOATS = st.floats(width=32)


@st.composite
def events(draw: st.DrawFn) -> list[bytes]:
    """A few records of one sort, as a training would write them one after another."""
    sort = draw(st.integers(0, 9))
    tags = draw(st.lists(st.sampled_from(TAGS), min_size=1, max_size=3))
    plugin = draw(st.sampled_from(["scalars", "scalars", "", "histograms", "text", "other"]))
    first = draw(STEPS)
    count = draw(st.sampled_from([1, 2, 6, 40]))
    dtype = draw(st.sampled_from([DT_FLOAT, DT_DOUBLE, DT_INT32, DT_INT64, DT_HALF]))
    packed = draw(st.booleans())
    floats = draw(st.lists(FLOATS, min_size=3, max_size=3))
    bare = draw(st.sampled_from([0, 1, 2]))
    wall_time = draw(WALL_TIMES)
    records = []
    for index in range(count):
        step = (first + index + 2**63) % 2**64 - 2**63
        event = Event(wall_time=wall_time + index, step=step)
        number = floats[index % 3]
        if sort == 8:
            event.session_log.status = SessionLog.START
        elif sort == 9:
            event.graph_def = b"\x0a\x03\x0a\x01n"
        for tag in tags if sort < 8 else ():
            if sort <= 2:
                event.summary.value.add(tag=tag, simple_value=number)
            elif sort <= 5:
                value: Any = number
                if dtype in (DT_INT32, DT_INT64):
                    value = index - 3
                elif dtype == DT_HALF:
                    value = float(index)
                named = plugin if bare == 0 or (bare == 1 and index == 0) else ""
                tensor(event, tag, dtype, value, packed, named)
            elif sort == 6:
                histogram = event.summary.value.add(tag=tag).histo
                histogram.bucket.extend([1.0] * (index % 5))
                histogram.bucket_limit.extend([1.0] * (index % 5))
            else:
                image = event.summary.value.add(tag=tag)
                image.image.encoded_image_string = bytes(20 + index)
                image.metadata.plugin_data.plugin_name = "images"
            if sort % 3 != 2:
                records.append(event.SerializeToString())
                event = Event(wall_time=wall_time, step=step)
        if event.WhichOneof("what"):
            records.append(event.SerializeToString())
    return records


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    parts=st.lists(events(), max_size=6),
    first=st.sampled_from([version(), version(), version("brain.Event:1"), b"", b"\xff\xff"]),
    cuts=st.lists(st.floats(0, 1), max_size=2),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), max_size=2),
)
def test_any_file_reads_as_record_by_record(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[list[bytes]],
    first: bytes,
    cuts: list[float],
    flips: list[tuple[float, int]],
) -> None:
    folder = tmp_path_factory.mktemp("logdir")
    path = write(folder, first, *(record for part in parts for record in part))
    data = bytearray(path.read_bytes())
    for place, bit in flips:
        data[min(int(place * len(data)), len(data) - 1)] ^= 1 << bit
    path.write_bytes(data)
    at_once = assert_same(folder)
    # The same file as it grows.
    path.write_bytes(b"")
    logdir = open_logdir(folder)
    for cut in [*sorted(cuts), 1.0]:
        end = int(cut * len(data))
        with open(path, "ab") as file:
            file.write(data[path.stat().st_size : end])
        logdir.reload()
        content(logdir)
    if not flips:  # what a fault at the end of a growing file costs depends on where it ended
        assert content(logdir) == at_once


def scalars(count: int, tag: str = "loss", start: int = 0) -> Iterator[bytes]:
    for step in range(start, start + count):
        event = Event(wall_time=100.0 + step, step=step)
        event.summary.value.add(tag=tag, simple_value=step / 3)
        yield event.SerializeToString()


def test_scalars_are_not_decoded_one_by_one(tmp_path: Path) -> None:
    write(tmp_path, version(), *scalars(5000))
    decode, singly = EventFile.decode, []

    def counted(self: EventFile, offset: int, data: bytes, crc: int) -> None:
        singly.append(offset)
        decode(self, offset, data, crc)

    with mock.patch.object(EventFile, "decode", counted):
        found = open_logdir(tmp_path).scalars(".", "loss")
    assert len(singly) < 10
    assert found.step.tolist() == list(range(5000))
    assert found.value.tolist() == [float(np.float32(step / 3)) for step in range(5000)]
