import builtins
import csv
import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pty_program import PtyProgram

from opscope.cli.main import main
from opscope.events import SummaryWriter
from opscope.events.event_file_writer import EventFileWriter
from opscope.events.proto.event_pb2 import Event, SessionLog

VALUES = [0.5, math.nan, math.inf, -math.inf, float(np.float32(0.1))]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    root = tmp_path / "logs"
    for run in ("train", "test"):
        with SummaryWriter(root / run) as writer:
            for step, value in enumerate(VALUES):
                writer.add_scalar("loss", value, step, 1.5 + step)
                writer.add_scalar('a,"b"\né', step, 2**62 + step, 2.5)
            writer.add_histogram("weights", np.arange(10.0), 3, bins=[0, 5, 10], walltime=4.5)
            writer.add_text("note", ["one", "two"], 7, 5.5)
    return root


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_csv_has_a_row_for_each_point(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(logs), "--run", "^train$", "--tag", "loss"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    head, *rows = rows_of(out)
    assert head == ["run", "tag", "step", "wall_time", "value"]
    expected = ["0.5", "nan", "inf", "-inf", "0.10000000149011612"]
    assert rows == [
        ["train", "loss", str(step), str(1.5 + step), value] for step, value in enumerate(expected)
    ]


def test_a_hyphen_is_standard_output(
    logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(logs.parent)
    assert main(["export", str(logs), "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("run,tag,step,wall_time,value")
    assert not Path("-").exists()


def test_json_is_an_array_of_points(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(logs), "--format", "json"]) == 0
    out, err = capsys.readouterr()
    points = json.loads(out)
    assert len(points) == 20
    assert [point["value"] for point in points if point["tag"] == "loss"][:5] == [
        0.5, "NaN", "Infinity", "-Infinity", VALUES[4],
    ]  # fmt: skip
    odd = [point for point in points if point["run"] == "train" and point["tag"] != "loss"]
    assert odd[0] == {
        "run": "train", "tag": 'a,"b"\né', "step": 2**62, "wall_time": 2.5, "value": 0.0,
    }  # fmt: skip
    assert err == "opscope export: not exported: tags of other kinds: 2 histogram, 2 text\n"


def test_parquet_has_the_same_table(logs: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    target = tmp_path / "out.parquet"
    assert main(["export", str(logs), "-o", str(target)]) == 0
    table = parquet.read_table(target)
    types = [str(table.schema.field(name).type) for name in ("step", "wall_time", "value")]
    assert types == ["int64", "double", "double"]
    points = table.to_pylist()
    assert len(points) == 20
    train = [point for point in points if (point["run"], point["tag"]) == ("train", "loss")]
    assert [point["step"] for point in train] == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal([point["value"] for point in train], VALUES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs", "out.parquet"]


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_histograms_and_texts_are_tables_too(logs: Path, tmp_path: Path, ending: str) -> None:
    found = {}
    for kind in ("histogram", "text"):
        target = tmp_path / f"{kind}.{ending}"
        assert main(["export", str(logs), "--kind", kind, "--run", "test", "-o", str(target)]) == 0
        if ending == "csv":
            found[kind] = list(csv.DictReader(target.open(newline="")))
        elif ending == "json":
            found[kind] = json.loads(target.read_text())
        else:
            found[kind] = pytest.importorskip("pyarrow.parquet").read_table(target).to_pylist()
    buckets = [
        tuple(float(row[name]) for name in ("step", "wall_time", "left", "right", "count"))
        for row in found["histogram"]
    ]
    assert buckets == [(3, 4.5, 0, 5, 5), (3, 4.5, 5, 9, 5)]
    texts = [(int(row["step"]), int(row["index"]), row["text"]) for row in found["text"]]
    assert texts == [(7, 0, "one"), (7, 1, "two")]


def test_obsolete_points_are_exported_when_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with EventFileWriter(tmp_path) as writer:
        for start in (0, 2):
            writer.add_event(Event(step=start, session_log=SessionLog(status=SessionLog.START)))
            for step in range(start, 4):
                writer.add_scalar("x", start, step, 1.0)
    counts = []
    for flags in ([], ["--orphaned"]):
        assert main(["export", str(tmp_path), *flags]) == 0
        counts.append(len(rows_of(capsys.readouterr().out)) - 1)
    assert counts == [4, 6]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--tag", "none"], 1, "no scalar is selected"),
        (["--kind", "text", "--tag", "loss"], 1, "no text is selected"),
        (["-o", "points.xlsx"], 2, "say with --format which one it is to be: csv, json, parquet"),
        (["-o", "/none/points.csv"], 2, "cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_exported_is_said(
    logs: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    message: str,
) -> None:
    assert main(["export", str(logs), *arguments]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_wrong_logdirs_and_expressions_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(tmp_path / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["export", str(tmp_path), "--tag", "("])
    assert ended.value.code == 2
    assert "'(' is no regular expression" in capsys.readouterr().err


def test_parquet_without_pyarrow_says_what_to_install(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    target = tmp_path / "x.parquet"
    assert main(["export", str(logs), "-o", str(target)]) == 2
    assert "pip install 'opscope[parquet]'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_parquet_goes_through_a_pipe_and_no_bar_is_drawn(logs: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    done = subprocess.run(
        [sys.executable, "-m", "opscope.cli", "export", str(logs), "--format", "parquet"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0
    assert parquet.read_table(io.BytesIO(done.stdout)).num_rows == 20
    assert done.stderr.count(b"\n") == 1
    assert b"%" not in done.stderr


def test_long_work_draws_a_bar_on_a_terminal(logs: Path, tmp_path: Path) -> None:
    program = PtyProgram(
        "import sys\n"
        "from functools import partial\n"
        "from opscope.cli import export\n"
        "from opscope.cli.main import main\n"
        "sys.stdin.readline()\n"  # the terminal has its size then
        "export._DELAY, export._PART = 0, 1\n"
        "export.tqdm = partial(export.tqdm, mininterval=0)\n"
        f"main(['export', {str(logs)!r}, '-o', {str(tmp_path / 'x.csv')!r}])\n"
    )
    program.type("\r")
    program.expect("20.0/20.0")
    assert program.finish() == 0
    assert b"5.00/20.0" in program.seen
