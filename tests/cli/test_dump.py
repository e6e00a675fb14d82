"""`opscope dump`: what it lists, and that a converted dump is the same dump."""

import json
from pathlib import Path

import numpy as np
import pytest
from tfdbg_data import CPU0, graph, write_own_dump

from opscope.cli.main import main
from opscope.events import PackedDumpWriter, health_summary, open_dump


def packed_run(root: Path, *values: float) -> Path:
    with PackedDumpWriter(root) as writer:
        writer.write_core_metadata(session_run_index=1, global_step=4)
        for number, value in enumerate(values):
            writer.write_tensor(CPU0, f"n{number}", 0, np.float32(value), 10 + number)
        writer.write_graph(CPU0, graph(n0="Const", n1="Const"))
    return root


def test_runs_of_both_forms_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed_run(tmp_path / "run_2", 1, np.inf, np.nan)
    packed_run(tmp_path / "run_3", 1, 2)
    write_own_dump(tmp_path / "run_10")
    assert main(["dump", "list", str(tmp_path), "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)
    assert [Path(run["path"]).name for run in runs] == ["run_2", "run_3", "run_10"]
    assert [run["format"] for run in runs] == ["packed", "packed", "tfdbg"]
    assert [run["bad"] for run in runs[:2]] == [["n1:0", "n2:0"], []]
    size = (tmp_path / "run_2" / "dump.opscope").stat().st_size
    assert runs[0] == {
        "path": str(tmp_path / "run_2"),
        "format": "packed",
        "global_step": 4,
        "tensors": 3,
        "devices": [CPU0],
        "bytes": size,
        "bad": ["n1:0", "n2:0"],
    }
    assert main(["dump", "list", str(tmp_path)]) == 0
    first, second, _ = capsys.readouterr().out.splitlines()
    assert first == (
        f"{tmp_path}/run_2  packed, step 4, 3 tensors, {size:,} bytes, inf or nan in 2, first n1:0"
    )
    assert second.endswith("no inf or nan")


def test_runs_keep_their_names_and_their_data_when_converted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed_run(tmp_path / "a" / "x" / "run_1", 1, np.inf)
    packed_run(tmp_path / "a" / "run_2", 2)
    to = [str(tmp_path / name) for name in "abc"]
    assert main(["dump", "convert", to[0], to[1], "--format", "tfdbg"]) == 0
    assert main(["dump", "convert", to[1], to[2], "--zstd"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 4
    assert out[0].startswith(f"{tmp_path}/b/run_2: 1 tensors, ")
    dump = open_dump(tmp_path / "c" / "x" / "run_1")
    assert [dump.load(entry) for entry in dump.entries] == [1, np.inf]
    np.testing.assert_array_equal(dump.health[1].summary, health_summary(np.float32(np.inf)))
    one = str(tmp_path / "c" / "run_2")
    assert main(["dump", "convert", one, str(tmp_path / "d"), "--format=tfdbg"]) == 0
    assert open_dump(tmp_path / "d").global_step == 4
    assert main(["debug", one, "-c", "pt n0:0"]) == 0


def test_what_cannot_be_used_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = packed_run(tmp_path / "run", 1)
    for arguments, said in (
        (["list", str(tmp_path / "none")], "no such folder"),
        (["convert", str(run), str(run)], "exists already"),
        (["convert", str(run), str(tmp_path / "x"), "--zstd", "--format", "tfdbg"], "--zstd"),
    ):
        assert main(["dump", *arguments]) == 2
        out, err = capsys.readouterr()
        assert (out, err.startswith("opscope dump: "), said in err) == ("", True, True)
    path = run / "dump.opscope"
    path.write_bytes(path.read_bytes()[:-10])
    assert main(["dump", "list", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "1 tensors" in out
    assert "byte" in err
    assert "there is no index" in err
    path.write_bytes(b"")
    assert main(["dump", "list", str(tmp_path)]) == 1
    assert "cannot be read" in capsys.readouterr().err
