"""A second start from the cache says what a first one says, and never what is no longer so."""

import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from logdir_content import content

from opscope.events import Logdir, column_cache, open_logdir, record_columns
from opscope.events.proto.event_pb2 import Event, SessionLog
from opscope.events.record import frame

NAME = "events.out.tfevents.1700000000.host"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("OPSCOPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(column_cache, "WORTH", 1)
    return tmp_path / "cache"


def scalar(step: int, tag: str = "loss", value: float = 0.5) -> bytes:
    event = Event(wall_time=100.0 + step, step=step)
    event.summary.value.add(tag=tag, simple_value=value)
    return event.SerializeToString()


def opened(folder: Path) -> Logdir:
    logdir = open_logdir(folder)
    if logdir._storing is not None:
        logdir._storing.join()
    return logdir


def of_long_ago(path: Path, seconds: float = 100) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def write(path: Path, *records: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    version = Event(wall_time=path.stat().st_size if path.exists() else 1.0)
    version.file_version = "brain.Event:2"
    path.write_bytes(b"".join(map(frame, [version.SerializeToString(), *records])))
    of_long_ago(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    start = Event(step=30)
    start.session_log.status = SessionLog.START
    picture = Event(step=4)
    picture.summary.value.add(tag="image").image.encoded_image_string = b"\x89PNG"
    records = [scalar(step) for step in range(50)] + [start.SerializeToString()]
    records += [scalar(step, "ü", float("nan")) for step in range(30, 60)]
    records += [picture.SerializeToString(), Event(graph_def=b"\x0a\x00").SerializeToString()]
    path = write(tmp_path / "logs" / "a" / NAME, *records)
    data = bytearray(path.read_bytes())
    data[-10] ^= 1
    path.write_bytes(data + struct.pack("<Q", 5))
    of_long_ago(path)
    write(tmp_path / "logs" / "b" / NAME, *(scalar(step, "x") for step in range(9)))
    write(tmp_path / "logs" / "b" / f"{NAME}.2", *(scalar(step, "x") for step in range(9, 12)))
    return tmp_path / "logs"


def nothing_decoded(*_: object) -> None:
    raise AssertionError("a record was decoded")


def test_a_second_start_decodes_nothing_and_says_the_same(folder: Path, cache: Path) -> None:
    first = content(opened(folder))
    (entry,) = cache.iterdir()
    assert entry.stat().st_mode & 0o077 == 0
    with mock.patch.object(record_columns.RecordColumns, "decode", nothing_decoded):
        second = opened(folder)
    assert content(second) == first
    assert not second.reload()
    assert second.images("a", "image").value == opened(folder).images("a", "image").value


def test_growth_is_read_from_where_it_begins(folder: Path) -> None:
    opened(folder)
    path = folder / "b" / f"{NAME}.2"
    with open(path, "ab") as file:
        file.write(b"".join(frame(scalar(step, "x")) for step in range(12, 100)))
    read: list[int] = []
    decode = record_columns.RecordColumns.decode

    def counted(self: object, buffer: object, framing: object, *places: np.ndarray) -> object:
        read.append(len(places[0]))
        return decode(self, buffer, framing, *places)  # type: ignore[arg-type]

    with mock.patch.object(record_columns.RecordColumns, "decode", counted):
        logdir = opened(folder)
    assert sum(read) == 88
    assert logdir.scalars("b", "x").step.tolist() == list(range(100))
    column_cache.WORTH = 10**9
    assert content(opened(folder)) == content(logdir)


def test_what_changed_is_never_served(folder: Path) -> None:
    opened(folder)
    path = folder / "b" / NAME
    status = path.stat()
    other = write(path, *(scalar(step, "y") for step in range(9)))
    os.utime(other, ns=(status.st_mtime_ns, status.st_mtime_ns))  # same size, time and inode
    assert path.stat().st_size == status.st_size
    assert opened(folder).tags("b") == ["x", "y"]
    path.unlink()
    assert opened(folder).scalars("b", "x").step.tolist() == [9, 10, 11]
    (folder / "b" / f"{NAME}.2").unlink()
    assert opened(folder).runs() == ["a"]


def test_files_written_to_just_now_are_not_kept(folder: Path, cache: Path) -> None:
    for path in folder.rglob("*tfevents*"):
        of_long_ago(path, 0)
    opened(folder)
    assert not cache.exists()


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "format", "folder"])
def test_a_damaged_entry_is_none(folder: Path, cache: Path, damage: str) -> None:
    first = content(opened(folder))
    (entry,) = cache.iterdir()
    data = bytearray(entry.read_bytes())
    if damage == "cut":
        del data[-64:]
    elif damage == "flip":
        data[40] ^= 1
    elif damage == "empty":
        data.clear()
    elif damage == "format":
        data[0] ^= 1
    entry.write_bytes(data)
    if damage == "folder":
        entry.unlink()
        entry.mkdir()
    assert content(opened(folder)) == first


def test_nothing_is_kept_that_is_not_worth_it_or_not_wanted(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(column_cache, "WORTH", 2_000_000)
    opened(folder)
    assert not cache.exists()
    monkeypatch.setattr(column_cache, "WORTH", 1)
    monkeypatch.setenv("OPSCOPE_CACHE", "off")
    opened(folder)
    assert not cache.exists()
    monkeypatch.setenv("OPSCOPE_CACHE", "/proc/nothing/can/be/written/here")
    opened(folder)


def test_entries_nobody_used_for_long_are_dropped(folder: Path, cache: Path) -> None:
    cache.mkdir()
    old, fresh, foreign = (cache / name for name in ("a.columns", "b.columns", "notes.txt"))
    for path in (old, fresh, foreign):
        path.write_bytes(b"")
    of_long_ago(old, 40 * 86400)
    of_long_ago(foreign, 40 * 86400)
    opened(folder)
    assert not old.exists()
    assert fresh.exists()
    assert foreign.exists()
    assert len(list(cache.iterdir())) == 3
