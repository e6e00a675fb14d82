"""`opscope dump export`: the files hold the dumped values, whatever form the dump has."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
from tfdbg_data import CPU0, write_own_dump

from opscope.cli.dump_export import Exported, _path
from opscope.cli.main import main
from opscope.events import PackedDumpWriter, convert_dump, open_dump

VALUES = {
    "scope/w": np.arange(6, dtype=np.float32).reshape(2, 3),
    "big": np.int64([2**60 + 1]),
    "names": np.array([b"a", b"b\xff"], dtype=object),
    "flag": np.bool_(True),
}


@pytest.fixture(params=["packed", "tfdbg"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    root = tmp_path / "runs" / "run_1"
    packed = root if request.param == "packed" else tmp_path / "packed"
    with PackedDumpWriter(packed) as writer:
        for number, (name, value) in enumerate(VALUES.items()):
            writer.write_tensor(CPU0, name, 0, value, 10 + number)
        writer.write_tensor(CPU0, "scope/w", 0, np.zeros((1, 1), np.float32), 50)
        writer.write_tensor(CPU0, "empty", 0, None, 60, dtype=1, shape=())
    if request.param == "tfdbg":
        convert_dump(open_dump(packed), root, "tfdbg")
    return root


def test_npy_files_and_their_index(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["dump", "export", str(run.parent), "--npy", "--out", str(out)]) == 1
    assert "not exported: run_1: empty:0: not initialized" in capsys.readouterr().err
    with open(out / "index.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    files = {row["file"]: np.load(out / row["file"]) for row in rows}
    np.testing.assert_array_equal(files["run_1/scope/w_0.npy"], VALUES["scope/w"])
    assert files["run_1/scope/w_0-1.npy"].shape == (1, 1)
    assert files["run_1/names_0.npy"].tolist() == [b"a", b"b\xff"]
    [row] = [row for row in rows if row["file"] == "run_1/scope/w_0-1.npy"]
    assert row["tensor"] == "scope/w:0"
    assert (row["dump"], row["dtype"], row["shape"]) == ("1", "float32", "1x1")
    assert len(list(out.rglob("*.npy"))) == len(rows)


def test_names_choose_and_unknown_ones_are_told(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    names = ["scope/*", "big:0", "nosuch"]
    assert main(["dump", "export", str(run), *names, "--npy", "--out", str(out)]) == 1
    output = capsys.readouterr()
    assert output.out == f"{out}: 3 tensors\n"
    assert output.err == "opscope dump: no tensor or node is named nosuch\n"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_has_a_row_for_each_element(run: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"t.{form}"
    names = ["scope/w", "big", "names", "flag"]
    assert main(["dump", "export", str(run), *names, f"--{form}", "--out", str(out)]) == 0
    if form == "csv":
        with open(out, newline="") as file:
            rows: list[dict[str, object]] = list(csv.DictReader(file))
    else:
        rows = pytest.importorskip("pyarrow.parquet").read_table(out).to_pylist()
    assert len(rows) == 6 + 1 + 2 + 1 + 1
    w = [float(str(row["value"])) for row in rows if row["shape"] == "2x3"]
    assert w == [0, 1, 2, 3, 4, 5]
    texts = {row["tensor"]: row["text"] for row in rows}
    assert texts["big:0"] == str(2**60 + 1)
    assert texts["names:0"] == "b\\xff"
    assert {row["dtype"] for row in rows} == {"float32", "int64", "string", "bool"}


def test_what_stops_it(
    run: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main(["dump", "export", str(run), "--npy", "--out", str(tmp_path)]) == 2
    assert "this exists already; nothing is overwritten" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    out = tmp_path / "t.parquet"
    assert main(["dump", "export", str(run), "--parquet", "--out", str(out)]) == 2
    assert "Parquet needs pyarrow, which is not installed: pip install" in capsys.readouterr().err
    assert not list(tmp_path.glob("t.parquet*"))


def test_all_of_a_dump_of_training(tmp_path: Path) -> None:
    root = write_own_dump(tmp_path / "run_1")
    out = tmp_path / "all"
    code = main(["dump", "export", str(root), "--npy", "--out", str(out)])
    arrays = len(list(out.rglob("*.npy")))
    assert arrays + (code == 1) >= len(open_dump(root).entries) - 1


@pytest.mark.parametrize("tensor", ["../../evil:0", "/etc/x:0", "a/./b\n:0", "..:0", "a//b:1"])
def test_a_name_of_a_dump_leads_nowhere_else(tensor: str) -> None:
    each = Exported("run_1", tensor, "DebugIdentity", CPU0, 0, 1, np.zeros(1))
    path = _path(each, set())
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert path.suffix == ".npy"
    assert _path(each, {path}) != path
