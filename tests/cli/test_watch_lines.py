"""`opscope watch` without a terminal: a table, lines for new points, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from run_writer import RunWriter

from opscope.cli.live.live_log import LiveLog
from opscope.cli.live.plain import follow
from opscope.cli.main import main
from opscope.cli.selection import Selection

ROOT = Path(__file__).parents[2]
NOT_FINITE = [(0, 1.0), (1, float("nan")), (2, float("inf")), (3, 4.0)]


@pytest.fixture
def writer(tmp_path: Path) -> RunWriter:
    writer = RunWriter(tmp_path / "train")
    writer.scalars("loss", NOT_FINITE)
    writer.histograms("weights", {5: [0, 1, 2]})
    return writer


def test_once_prints_a_table(writer: RunWriter, tmp_path: Path, capsys) -> None:
    assert main(["watch", str(tmp_path), "--once"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == ["points", "step", "last", "min", "max"]
    assert rows[1].startswith("run train: live, ")
    assert " ".join(rows[2].split()) == "loss 4 3 4 1 4 1 NaN, 1 +inf from step 1"
    assert rows[3].split() == ["weights", "1", "5", "histogram"]


def test_once_as_json(writer: RunWriter, tmp_path: Path, capsys) -> None:
    assert main(["watch", str(tmp_path), "--once", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    run = document["runs"]["train"]
    assert run["tags"]["loss"] == {
        "kind": "scalar",
        "count": 4,
        "last": {"value": 4.0, "step": 3},
        "min": {"value": 1.0, "step": 0},
        "max": {"value": 4.0, "step": 3},
        "nan": 1,
        "plus_inf": 1,
        "minus_inf": 0,
        "first_bad_step": 1,
    }
    assert run["writer"]["state"] == "live"
    assert run["writer"]["alive"] is True
    assert document["problems"] == []


def test_once_tells_the_health_of_a_run(capsys) -> None:
    assert main(["watch", str(ROOT / "sample_logs/demo"), "--once", "--json"]) == 0
    (dump,) = json.loads(capsys.readouterr().out)["runs"]["train"]["health"]["dumps"]
    assert (dump["step"], dump["tensors"], len(dump["bad"])) == (85, 155, 44)
    assert dump["bad"][0]["name"] == "cross_entropy/Log:0"
    assert dump["command"].startswith("opscope debug ")
    assert main(["watch", str(ROOT / "sample_logs/demo"), "--once"]) == 0
    assert "first cross_entropy/Log:0: opscope debug " in capsys.readouterr().out


def followed(path: Path, capsys, *between, as_json: bool = False) -> list[list[str]]:
    """The lines of each look at the log, with a call after each but the last."""
    looks: list[list[str]] = []
    calls = list(between)

    class EndError(Exception):
        pass

    def wait(_: float) -> None:
        looks.append(capsys.readouterr().out.splitlines())
        if not calls:
            raise EndError
        calls.pop(0)()

    with pytest.raises(EndError):
        follow(LiveLog(str(path), Selection(None, None)), 1.0, as_json=as_json, wait=wait)
    return looks


def test_each_new_point_is_a_line(writer: RunWriter, tmp_path: Path, capsys) -> None:
    def grow() -> None:
        writer.scalars("loss", [(4, 0.5), (5, float("-inf"))])
        writer.histograms("weights", {6: [0, 1]})

    looks = followed(tmp_path, capsys, grow, lambda: None)
    assert looks[0] == ["train loss step 3: 4", "train weights step 5: histogram"]
    assert looks[1] == [
        "train loss step 4: 0.5",
        "train loss step 5: -inf",
        "train weights step 6: histogram",
    ]
    assert looks[2] == []


def test_each_new_point_is_an_object(writer: RunWriter, tmp_path: Path, capsys) -> None:
    def grow() -> None:
        writer.scalars("loss", [(4, float("nan"))])

    looks = followed(tmp_path, capsys, grow, as_json=True)
    (point,) = map(json.loads, looks[1])
    assert point == {
        "kind": "scalar",
        "run": "train",
        "tag": "loss",
        "step": 4,
        "wall_time": 1_700_000_002.0,
        "value": "NaN",
    }


def test_a_restarted_training_goes_on(writer: RunWriter, tmp_path: Path, capsys) -> None:
    looks = followed(tmp_path, capsys, lambda: writer.scalars("loss", [(2, 9.0)]))
    assert looks[1] == ["train loss step 2: 9"]


def test_a_new_run_is_told(writer: RunWriter, tmp_path: Path, capsys) -> None:
    def begin() -> None:
        RunWriter(tmp_path / "eval").scalars("loss", [(0, 2.0)])

    assert followed(tmp_path, capsys, begin)[1] == ["eval loss step 0: 2"]


def test_without_a_terminal_there_are_lines(writer: RunWriter, tmp_path: Path, capsys) -> None:
    assert main(["watch", str(tmp_path), "--reload_interval", "0", "--tag", "loss"]) == 0
    assert capsys.readouterr().out == "train loss step 3: 4\n"


def test_damage_goes_to_standard_error_once(writer: RunWriter, tmp_path: Path, capsys) -> None:
    (file,) = (tmp_path / "train").iterdir()
    with file.open("ab") as damaged:
        damaged.write(b"\x05half")
    assert main(["watch", str(tmp_path), "--lines", "--reload_interval=0"]) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2
    assert "incomplete" in said.err
    assert "Traceback" not in said.err


def test_a_missing_log_is_a_usage_error(tmp_path: Path, capsys) -> None:
    assert main(["watch", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith("opscope watch: ")


def test_an_empty_log_is_told(tmp_path: Path, capsys) -> None:
    assert main(["watch", str(tmp_path), "--once"]) == 1
    assert "nothing to show" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [["--smoothing", "1"], ["--smoothing", "x"], ["--reload_interval", "-1"], ["--axis", "time"]],
)
def test_wrong_flags_are_refused(wrong: list[str], tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["watch", str(tmp_path), *wrong])
    assert ended.value.code == 2
    capsys.readouterr()
