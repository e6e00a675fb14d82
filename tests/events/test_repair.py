from pathlib import Path

import pytest

from opscope.events import (
    EventsError,
    EventWriterError,
    Loss,
    SummaryWriter,
    open_logdir,
    read_records,
    repair_event_file,
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    with SummaryWriter(tmp_path / "run") as writer:
        for step in range(5):
            writer.add_scalar("x", step, step)
        writer.add_text("note", "é" * 1000, 9)
    (path,) = (tmp_path / "run").iterdir()
    return path


def test_a_whole_file_is_copied(log: Path, tmp_path: Path) -> None:
    reached: list[int] = []
    repair = repair_event_file(log, tmp_path / "copy", reached.append)
    assert (tmp_path / "copy").read_bytes() == log.read_bytes()
    assert (repair.records, repair.losses, repair.kept) == (7, (), log.stat().st_size)
    assert reached[-1] == log.stat().st_size
    assert reached == sorted(reached)


def test_every_byte_is_kept_or_reported(log: Path, tmp_path: Path) -> None:
    whole = log.read_bytes()
    offsets = [record.offset for record in read_records(log)]
    sizes = [b - a for a, b in zip(offsets, [*offsets[1:], len(whole)], strict=True)]
    for at in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        log.write_bytes(damaged)
        target = tmp_path / f"copy{at}"
        repair = repair_event_file(log, target)
        touched = max(index for index, offset in enumerate(offsets) if offset <= at)
        assert repair.losses == (Loss(offsets[touched], sizes[touched]),)
        assert repair.lost + repair.kept == len(whole)
        assert target.stat().st_size == repair.kept
        assert log.read_bytes() == damaged
        found: list[object] = []
        assert len(list(read_records(target, found))) == 6
        assert found == []


def test_neighbours_are_one_loss_and_a_cut_end_is_one(log: Path, tmp_path: Path) -> None:
    whole = log.read_bytes()
    offsets = [record.offset for record in read_records(log)]
    damaged = bytearray(whole)
    damaged[offsets[2] + 20] ^= 1
    damaged[offsets[3] + 3] ^= 1
    log.write_bytes(damaged[:-5])
    repair = repair_event_file(log, tmp_path / "events.out.tfevents.copy")
    assert repair.losses == (
        Loss(offsets[2], offsets[4] - offsets[2]),
        Loss(offsets[6], len(whole) - 5 - offsets[6]),
    )
    logdir = open_logdir(tmp_path / "events.out.tfevents.copy")
    assert logdir.scalars(".", "x").step.tolist() == [0, 3, 4]
    assert logdir.problems == []


def test_nothing_is_overwritten(log: Path, tmp_path: Path) -> None:
    before = log.read_bytes()
    with pytest.raises(EventWriterError, match="exists"):
        repair_event_file(log, log)
    assert log.read_bytes() == before
    with pytest.raises(EventWriterError, match="could not be written"):
        repair_event_file(log, tmp_path / "none" / "copy")
    with pytest.raises(EventsError, match="cannot be read: No such file"):
        repair_event_file(tmp_path / "none", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
