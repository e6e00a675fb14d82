"""Logdirs behind URLs, on fsspec's file system in memory."""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest

from opscope.cli.main import main
from opscope.events import LogdirError, open_logdir, read_records
from opscope.events.proto.event_pb2 import Event
from opscope.events.record import frame
from opscope.events.remote_files import RemoteFiles

MEMORY = fsspec.filesystem("memory")
_numbers = itertools.count()


@pytest.fixture
def url() -> Iterator[str]:
    """A folder of its own in memory."""
    folder = f"memory://logs{next(_numbers)}"
    yield folder
    if MEMORY.exists(folder):
        MEMORY.rm(folder, recursive=True)


@pytest.fixture
def ranges(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Where each range that is read begins and ends."""
    read: list[tuple[int, int]] = []
    whole = RemoteFiles.range

    def noted(self: RemoteFiles, path: str, start: int, end: int) -> bytes:
        read.append((start, end))
        return whole(self, path, start, end)

    monkeypatch.setattr(RemoteFiles, "range", noted)
    return read


def upload(folder: Path, url: str) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            MEMORY.pipe(f"{url}/{path.relative_to(folder).as_posix()}", path.read_bytes())


def records(*steps: int, tag: str = "x") -> bytes:
    events = [Event(wall_time=1.5, step=step) for step in steps]
    for event in events:
        event.summary.value.add(tag=tag, simple_value=event.step)
    return b"".join(frame(event.SerializeToString()) for event in events)


VERSION = frame(Event(wall_time=1.0, file_version="brain.Event:2").SerializeToString())


@pytest.mark.parametrize("name", ["tf1", "tf2", "torch"])
def test_a_remote_logdir_is_the_local_one(fixtures: Path, url: str, name: str) -> None:
    folder = fixtures / "events" / name
    upload(folder, url)
    here, there = open_logdir(folder), open_logdir(url)
    assert there.runs() == here.runs()
    for run in here.runs():
        assert there.tags(run) == here.tags(run)
        for tag in here.tags(run):
            assert there.summary(run, tag) == here.summary(run, tag)
            kind = here.kind(run, tag)
            if kind == "scalar":
                mine, other = there.scalars(run, tag, True), here.scalars(run, tag, True)
                np.testing.assert_array_equal(mine.value, other.value)
            elif kind == "image":
                assert there.images(run, tag).value == here.images(run, tag).value
            elif kind == "histogram":
                mine, other = there.histograms(run, tag), here.histograms(run, tag)
                assert [each.tolist() for each in mine.buckets] == [
                    each.tolist() for each in other.buckets
                ]
        assert there.graph_tags(run) == here.graph_tags(run)
        for graph in here.graph_tags(run):
            assert there.graph(run, graph.tag) == here.graph(run, graph.tag)
    assert [(problem.offset, problem.message) for problem in there.problems] == [
        (problem.offset, problem.message) for problem in here.problems
    ]
    assert all(problem.file.startswith("memory://") for problem in there.problems)


def test_only_what_is_new_is_read(url: str, ranges: list[tuple[int, int]]) -> None:
    path = f"{url}/run/events.out.tfevents.1"
    begin = VERSION + records(*range(20_000))
    MEMORY.pipe(path, begin)
    MEMORY.pipe(f"{url}/other/events.out.tfevents.1", VERSION + records(1))
    logdir = open_logdir(url)
    assert sum(end - start for start, end in ranges) < len(begin) + 10_000
    ranges.clear()
    assert not logdir.reload()
    assert ranges == []
    MEMORY.pipe(path, begin + records(20_000))
    assert logdir.reload()
    assert logdir.scalars("run", "x").step.tolist() == list(range(20_001))
    # Twice 64 bytes tell that it still is the same file, before and after.
    assert sum(end - start for start, end in ranges) <= len(records(20_000)) + 4 * 64
    assert all(end - start <= 64 or start >= len(begin) for start, end in ranges)


def test_files_come_grow_shrink_change_and_go(url: str) -> None:
    first, second = f"{url}/a/events.out.tfevents.1", f"{url}/b/c/events.out.tfevents.1"
    MEMORY.pipe(first, VERSION + records(1, 2)[:-5])
    logdir = open_logdir(url)
    assert logdir.scalars("a", "x").step.tolist() == [1]
    assert "incomplete" in logdir.problems[0].message
    MEMORY.pipe(first, VERSION + records(1, 2, 3))
    MEMORY.pipe(second, VERSION + records(5))
    assert logdir.reload()
    assert logdir.problems == []
    assert logdir.runs() == ["a", "b/c"]
    assert logdir.scalars("a", "x").step.tolist() == [1, 2, 3]
    MEMORY.pipe(first, VERSION + records(7, 8, 9))  # as long as before
    assert logdir.reload()
    assert logdir.scalars("a", "x").step.tolist() == [7, 8, 9]
    MEMORY.pipe(first, VERSION + records(4))
    MEMORY.rm(second)
    assert logdir.reload()
    assert logdir.runs() == ["a"]
    assert logdir.scalars("a", "x").step.tolist() == [4]
    MEMORY.rm(first)
    with pytest.raises(LogdirError, match="no such folder"):
        logdir.reload()


def test_one_file_and_its_records(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = f"{url}/events.out.tfevents.1"
    MEMORY.pipe(path, VERSION + records(3) + records(4, tag="y"))
    MEMORY.pipe(f"{url}/projector_config.pbtxt", b"")
    assert open_logdir(path).tags(".") == ["x", "y"]
    assert open_logdir(url).tags(".") == ["projector_config.pbtxt", "x", "y"]
    assert [Event.FromString(record.data).step for record in read_records(path)] == [0, 3, 4]
    assert main(["events", "cat", path]) == 0
    assert main(["inspect", url]) == 0
    assert main(["export", url]) == 0
    out = capsys.readouterr().out
    assert "file_version brain.Event:2" in out
    assert "run .: 3 tags" in out
    assert ".,y,4,1.5,4.0" in out


def test_what_cannot_be_reached_is_named(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LogdirError, match=f"{url}: no such folder"):
        open_logdir(url)
    with pytest.raises(LogdirError, match="nosuch://x: Protocol not known"):
        open_logdir("nosuch://x")
    assert main(["events", "cat", f"{url}/none"]) == 2
    assert "cannot be read" in capsys.readouterr().err

    MEMORY.pipe(f"{url}/events.out.tfevents.1", VERSION + records(3))

    class DriverError(Exception):
        pass

    def refuse(*_: object, **__: object) -> None:
        raise DriverError("no credentials")

    with monkeypatch.context() as patch:
        patch.setattr(type(MEMORY), "find", refuse)
        with pytest.raises(LogdirError, match="DriverError: no credentials"):
            open_logdir(url)
    with monkeypatch.context() as patch:
        patch.setattr(type(MEMORY), "cat_file", refuse)
        logdir = open_logdir(url)
        (problem,) = logdir.problems
        assert "cannot be read: DriverError: no credentials" in str(problem)
    assert logdir.reload()
    assert logdir.problems == []
    assert logdir.scalars(".", "x").step.tolist() == [3]


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(LogdirError, match=r"gs://bucket/logs: .*gcsfs"):
        open_logdir("gs://bucket/logs")


def test_without_fsspec_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "opscope.events.remote_files")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(LogdirError, match=r"pip install 'opscope\[remote\]'"):
        open_logdir("s3://bucket/logs")
