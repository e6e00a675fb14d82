import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opscope.events import EventFileWriter, EventWriterError, read_records
from opscope.events.proto.event_pb2 import Event


def steps(path: Path) -> list[int]:
    """The steps of the events after the version record."""
    return [Event.FromString(record.data).step for record in read_records(path)][1:]


class FullDisk:
    def write(self, data: object) -> int:
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        pass


def test_the_file_is_named_and_versioned_as_tensorboard_expects(tmp_path: Path) -> None:
    writer = EventFileWriter(
        tmp_path / "new" / "run", filename_suffix=".v2", clock=lambda: 1700000000.75, host="host"
    )
    *name, number = writer.path.name.removesuffix(".v2").split(".")
    assert name == ["events", "out", "tfevents", "1700000000", "host", str(os.getpid())]
    assert number.isdecimal()
    (version,) = [Event.FromString(record.data) for record in read_records(writer.path)]
    assert version == Event(wall_time=1700000000.75, file_version="brain.Event:2")
    writer.close()


def test_writers_of_one_second_have_their_own_files(tmp_path: Path) -> None:
    writers = [EventFileWriter(tmp_path, clock=lambda: 1.0, host="h") for _ in range(12)]
    for step, writer in enumerate(writers):
        writer.add_event(Event(step=step))
        writer.close()
    assert [steps(writer.path) for writer in writers] == [[step] for step in range(12)]


def test_what_flush_returned_for_is_in_the_file(tmp_path: Path) -> None:
    writer = EventFileWriter(tmp_path, max_queue=3)
    for step in range(1, 200):
        writer.add_event(Event(step=step))
        if step % 50 == 0:
            writer.flush()
            assert steps(writer.path) == list(range(1, step + 1))
    writer.close()
    writer.close()
    assert steps(writer.path) == list(range(1, 200))


def test_a_full_buffer_is_written_without_a_flush(tmp_path: Path) -> None:
    writer = EventFileWriter(tmp_path, max_queue=1)
    for step in range(4):
        writer.add_event(Event(step=step, graph_def=bytes(1 << 20)))
    # The queue holds one event: when the fourth was taken, the second was being written.
    assert len(steps(writer.path)) >= 2
    writer.close()


@pytest.mark.parametrize("add", ["event", "scalar"])
def test_time_flushes(tmp_path: Path, add: str) -> None:
    writer = EventFileWriter(tmp_path, flush_secs=0)
    if add == "event":
        writer.add_event(Event(step=1))
    else:
        writer.add_scalar("x", 0.5, 1)
    deadline = threading.Event()
    for _ in itertools.takewhile(lambda _: steps(writer.path) != [1], range(2000)):
        deadline.wait(0.005)
    assert steps(writer.path) == [1]
    writer.close()


def test_events_are_written_as_they_were_when_added(tmp_path: Path) -> None:
    event = Event(step=1)
    with EventFileWriter(tmp_path) as writer:
        writer.add_event(event)
        event.step = 99
    assert steps(writer.path) == [1]


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    writer = EventFileWriter(tmp_path, max_queue=2)

    def add(start: int) -> None:
        for step in range(start, start + 100):
            writer.add_event(Event(step=step))

    threads = [threading.Thread(target=add, args=(start,)) for start in range(0, 800, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert sorted(steps(writer.path)) == list(range(800))


def test_the_end_of_the_program_writes_what_is_queued(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from opscope.events import EventFileWriter\n"
        "from opscope.events.proto.event_pb2 import Event\n"
        "writer = EventFileWriter(sys.argv[1], max_queue=1000)\n"
        "for step in range(0, 500, 2):\n"
        "    writer.add_event(Event(step=step))\n"
        "    writer.add_scalar('x', 0.5, step + 1)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, env=environment)
    (path,) = tmp_path.iterdir()
    assert steps(path) == list(range(500))


def test_a_forked_child_writes_nothing_twice(tmp_path: Path) -> None:
    program = (
        "import os, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from opscope.events import EventFileWriter, EventWriterError\n"
        "from opscope.events.proto.event_pb2 import Event\n"
        "writer = EventFileWriter(sys.argv[1])\n"
        "writer.add_event(Event(step=1))\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    refused = 0\n"
        "    try: writer.add_event(Event(step=2))\n"
        "    except EventWriterError: refused += 1\n"
        "    try: writer.add_scalar('x', 0.5)\n"
        "    except EventWriterError: refused += 1\n"
        "    sys.exit(refused != 2)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, env=environment)
    (path,) = tmp_path.iterdir()
    assert steps(path) == [1]


def test_an_error_of_the_thread_reaches_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = EventFileWriter(tmp_path, max_queue=2)
    monkeypatch.setattr(writer._worker, "_file", FullDisk())
    writer.add_event(Event(step=1))
    with pytest.raises(EventWriterError, match=f"{writer.path.name}.*No space left"):
        writer.flush()
    for _ in range(9):  # more than the queue holds: nothing waits for a thread that gave up
        with pytest.raises(EventWriterError, match="No space left"):
            writer.add_event(Event())
        with pytest.raises(EventWriterError, match="No space left"):
            writer.add_scalar("x", 0.5)


@pytest.mark.parametrize(
    ("point", "error"),
    [
        (("x", "none"), ValueError),
        (("x", None), TypeError),
        (("x", 1.0, 1.5), TypeError),
        (("x", 1.0, 2**63), ValueError),
        (("x", 1.0, 1, "now"), ValueError),
        ((5, 1.0), AttributeError),
    ],
)
def test_what_is_no_point_is_refused_and_nothing_else(
    tmp_path: Path, point: tuple[Any, ...], error: type[Exception]
) -> None:
    with EventFileWriter(tmp_path) as writer:
        writer.add_scalar("x", 1, True)
        with pytest.raises(error):
            writer.add_scalar(*point)
        writer.add_scalar("x", np.float32(1), np.int8(2), np.float64(3))
    assert steps(writer.path) == [1, 2]


def test_a_closed_writer_says_so(tmp_path: Path) -> None:
    writer = EventFileWriter(tmp_path)
    writer.close()
    with pytest.raises(EventWriterError, match="is closed"):
        writer.add_event(Event())
    with pytest.raises(EventWriterError, match="is closed"):
        writer.add_scalar("x", 0.5)
    with pytest.raises(EventWriterError, match="is closed"):
        writer.flush()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EventWriterError, match="no event file can be made in "):
        EventFileWriter(tmp_path / "file")
