import json
from pathlib import Path

import numpy as np
import pytest

from opscope.cli.main import main
from opscope.events import EventFileWriter, RecordWriter, SummaryWriter, read_records
from opscope.events.proto.event_pb2 import Event, LogMessage


@pytest.fixture
def log(tmp_path: Path) -> Path:
    with EventFileWriter(tmp_path / "run", clock=lambda: 1.7e9, host="host") as writer:
        path = writer.path
    with open(path, "ab") as file:
        writer = RecordWriter(file)
        for event in described_events():
            writer.write(event.SerializeToString())
    return path


def described_events() -> list[Event]:
    events = [Event(wall_time=1.7e9, step=step) for step in range(6)]
    value = events[0].summary.value.add(tag="loss\x1b[2J", simple_value=0.5)
    events[0].summary.value.add(tag="nan", simple_value=float("nan"))
    value = events[1].summary.value.add(tag="h")
    value.histo.num = 3
    value.histo.bucket.extend([1, 2])
    value = events[2].summary.value.add(tag="t")
    value.metadata.plugin_data.plugin_name = "text"
    value.tensor.dtype = 7
    value.tensor.string_val.append(b"words " * 20)
    events[3].graph_def = b"12345"
    events[4].log_message.CopyFrom(LogMessage(level=LogMessage.WARN, message="careful"))
    events[5].tagged_run_metadata.tag = "step1"
    events[5].wall_time = float("inf")
    return events


def test_cat_prints_a_line_for_each_event(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "cat", str(log)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = [" ".join(line.split()[1:]) for line in out.splitlines()]
    time = "2023-11-14T22:13:20.000000Z"
    assert lines == [
        f"{time} step 0 file_version brain.Event:2",
        f"{time} step 0 loss\\x1b[2J = 0.5; nan = nan",
        f"{time} step 1 h histo num=3.0 min=0.0 max=0.0 buckets=2",
        f"{time} step 2 t text dtype=string shape=[] first=['{('words ' * 20)[:57]}...']",
        f"{time} step 3 graph_def bytes=5",
        f"{time} step 4 log_message WARN careful",
        "inf s step 5 tagged_run_metadata step1 bytes=0",
    ]
    offsets = [int(line.split()[0]) for line in out.splitlines()]
    assert offsets == [record.offset for record in read_records(log)]


def test_cat_prints_json(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", "cat", str(log), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["step"] for event in events] == [0, 0, 1, 2, 3, 4, 5]
    assert events[1]["values"] == [
        {"tag": "loss\x1b[2J", "field": "simple_value", "value": 0.5},
        {"tag": "nan", "field": "simple_value", "value": "nan"},
    ]
    assert events[6]["wall_time"] == "inf"
    assert events[4] == {
        "offset": events[4]["offset"],
        "size": events[4]["size"],
        "wall_time": 1.7e9,
        "step": 3,
        "what": "graph_def",
        "payload": {"bytes": 5},
    }


def test_cat_describes_all_that_a_writer_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with SummaryWriter(tmp_path, purge_step=3) as writer:
        writer.add_image("i", np.zeros((3, 4, 5)))
        writer.add_audio("a", np.zeros((1, 9)))
        writer.add_tensor("c", np.array([1 + 2j, np.nan]))
        writer.add_tensor("b", np.array(True))
        writer.add_pr_curve("p", np.array([1, 0]), np.array([0.5, 1.0]), num_thresholds=3)
    (path,) = tmp_path.iterdir()
    assert main(["events", "cat", str(path)]) == 0
    said = [line.split(maxsplit=4)[4] for line in capsys.readouterr().out.splitlines()]
    assert said[2] == "session_log START"
    assert said[3].startswith("i image width=5 height=4 colorspace=3 bytes=")
    assert said[4].startswith("a audio sample_rate=44100.0 num_channels=1 length_frames=9 bytes=")
    assert said[5] == "c tensor dtype=complex128 shape=[2] first=['(1+2j)', '(nan+0j)']"
    assert said[6] == "b tensor dtype=bool shape=[] first=[True]"
    assert said[7].startswith("p pr_curves dtype=float32 shape=[6, 3] first=[1.0, 1.0, 0.0, 1.0")


def test_cat_says_what_is_damaged(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open(log, "ab") as file:
        RecordWriter(file).write(b"\xff\xff no event")
        file.write(b"half")
    assert main(["events", "cat", str(log)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].endswith("no Event: 11 bytes")
    assert "the last record is incomplete" in err
    assert main(["events", "cat", str(log) + ".none"]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_repair_says_what_is_lost(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = [record.offset for record in read_records(log)][1]
    third = [record.offset for record in read_records(log)][2]
    damaged = bytearray(log.read_bytes())
    damaged[second + 20] ^= 1
    log.write_bytes(damaged)
    target = tmp_path / "fixed"
    assert main(["events", "repair", str(log), "-o", str(target)]) == 0
    out, err = capsys.readouterr()
    lost = third - second
    assert out.splitlines() == [
        f"lost: {lost} bytes at byte {second}",
        f"{target}: 6 records, {len(damaged) - lost} bytes; lost {lost} bytes in 1 places of {log}",
    ]
    assert err == ""
    assert main(["events", "repair", str(log), "-o", str(target)]) == 2
    assert "exists" in capsys.readouterr().err


def test_an_action_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["events"])
    assert ended.value.code == 2
    assert "ACTION" in capsys.readouterr().err
