"""Files that are made ahead: named when they are wanted, gone when they are not."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from opscope.events import ByteBudget, PackedDumpWriter, open_dump
from opscope.events import page_stock as module
from opscope.events.page_stock import PageStock

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, in whose file system files can be made ahead."""
    if not os.path.isdir("/dev/shm") or os.major(os.stat("/dev/shm").st_dev):
        pytest.skip("no memory file system")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def ready(stock: PageStock) -> int | None:
    """The descriptor of what was ordered."""
    assert stock._ordered is not None
    made = stock._ordered.result()
    return None if made is None else made._descriptor


def test_a_file_is_ready_and_gets_its_name(memory: Path) -> None:
    stock = PageStock()
    assert stock.take(memory / "none") is None
    stock.order(memory, 300_000)
    stock.order(memory, 500_000)  # one lies ready already
    descriptor = stock.take(memory / "file")
    if descriptor is None:
        pytest.skip("no nameless files here")
    (memory / "usual").touch()
    about, usual = os.fstat(descriptor), (memory / "usual").stat()
    assert (about.st_size, about.st_blocks * 512 >= 300_000) == (300_000, True)
    assert (memory / "file").samefile(f"/proc/self/fd/{descriptor}")
    assert stat.S_IMODE(about.st_mode) == stat.S_IMODE(usual.st_mode)
    os.close(descriptor)
    assert stock.take(memory / "again") is None


def test_what_is_not_taken_goes_with_the_stock(memory: Path) -> None:
    stock = PageStock()
    (memory / "file").touch()
    stock.order(memory, 4096)
    if ready(stock) is None:
        pytest.skip("no nameless files here")
    with pytest.raises(FileExistsError):
        stock.take(memory / "file")
    stock.order(memory, 4096)
    descriptor = ready(stock)
    assert descriptor is not None
    os.fstat(descriptor)
    del stock
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert list(memory.iterdir()) == [memory / "file"]


@pytest.mark.parametrize("size", [0, -5, 1 << 29])
def test_sizes_that_are_not_made(memory: Path, size: int) -> None:
    stock = PageStock()
    stock.order(memory, size)
    assert stock.take(memory / "file") is None


def test_where_no_room_can_be_made_there_is_none(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, start: int, size: int) -> None:
        raise OSError("No space left on device")

    stock = PageStock()
    stock.order(memory / "missing", 100)
    assert stock.take(memory / "file") is None
    monkeypatch.setattr(os, "posix_fallocate", full)
    stock.order(memory, 100)
    assert stock.take(memory / "file") is None
    monkeypatch.delattr(os, "O_TMPFILE")
    stock.order(memory, 100)
    assert stock.take(memory / "file") is None


def test_a_forked_process_does_not_wait(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stock = PageStock()
    stock.order(memory, 100)
    monkeypatch.setattr(module.os, "getpid", lambda: 1)
    assert stock.take(memory / "file") is None


@pytest.mark.parametrize("ordered", [100, 100_000])
def test_a_dump_in_a_ready_file_is_the_same_dump(memory: Path, ordered: int) -> None:
    stock = PageStock()
    values = [np.arange(5000, dtype=np.float32), np.ones(3)]
    for name in ("first", "second"):
        if name == "second":
            stock.order(memory, ordered)
        with PackedDumpWriter(memory / name, pages=stock) as writer:
            for number, value in enumerate(values):
                writer.write_tensor(CPU, f"n{number}", 0, value, 5)
            cut = open_dump(memory / name)  # as after a crash
            assert [problem.message[:17] for problem in cut.problems] == ["there is no index"]
            assert len(cut.entries) == 2
            for entry, value in zip(cut.entries, values, strict=True):
                np.testing.assert_array_equal(cut.load(entry), value)  # type: ignore[arg-type]
    first, second = (memory / name / "dump.opscope" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    assert open_dump(memory / "second").problems == []


def test_a_record_cut_in_a_file_made_ahead_is_told(tmp_path: Path) -> None:
    with PackedDumpWriter(tmp_path) as writer:
        writer.write_tensor(CPU, "whole", 0, np.ones(1000), 1)
        before = writer.size
        writer.write_tensor(CPU, "cut", 0, np.full(1000, 2.0), 2)
    path = tmp_path / "dump.opscope"
    data = path.read_bytes()
    for size in (before + 30, before + 4096):  # in its frame, in its payload
        path.write_bytes(data[:size].ljust(100_000, b"\0"))
        dump = open_dump(tmp_path)
        assert [entry.node for entry in dump.entries] == ["whole"]
        assert ("not whole" in dump.problems[-1].message) == (size > before + 30)
        assert all(problem.offset in (100_000, before) for problem in dump.problems)


def test_the_budget_says_what_is_left() -> None:
    budget = ByteBudget(100)
    budget.take(30)
    assert budget.left == 70
