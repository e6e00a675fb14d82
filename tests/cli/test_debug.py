"""`opscope debug` on a run, on a folder of runs, and on what is neither."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tfdbg_data import CPU0, RUNS, graph, unpack, write_own_dump

from opscope.cli.main import main
from opscope.events import DumpWriter


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(tmp_path_factory.mktemp("dumps"))


def good_dump(root: Path) -> Path:
    writer = DumpWriter(root)
    writer.write_graph(CPU0, graph(a="Const"))
    writer.write_tensor(CPU0, "a", 0, np.zeros(1), 1_700_000_000_000_000)
    return root


@pytest.mark.parametrize(
    ("name", "first"),
    [("cf1", "loop/while/body/cond/bad_log:0"), ("mnist", "cross_entropy/Log:0")],
)
def test_it_names_the_first_bad_tensor(dumps: Path, capsys, name: str, first: str) -> None:
    assert main(["debug", str(dumps / RUNS[name]), "-c", "origin", "--json"]) == 0
    [answer] = json.loads(capsys.readouterr().out)
    assert answer["ok"]
    assert answer["command"] == "origin"
    assert answer["data"]["origin"]["tensor"] == first
    assert answer["lines"][1].endswith(first)


def test_a_folder_opens_the_first_run_with_a_hit_else_the_last(tmp_path: Path, capsys) -> None:
    for number in (1, 2, 10):
        good_dump(tmp_path / f"run_{number}")
    assert main(["debug", str(tmp_path), "-c", "lt"]) == 0
    out, err = capsys.readouterr()
    assert "run_10 (the last of 3 runs, none with inf or nan)" in err
    assert out.startswith("1 dumped tensor(s):\n\n")
    write_own_dump(tmp_path / "run_3")
    write_own_dump(tmp_path / "run_4")
    assert main(["debug", str(tmp_path), "-c", "lt"]) == 0
    assert "run_3 (the first with inf or nan of 5 runs)" in capsys.readouterr().err
    assert main(["debug", str(tmp_path), "--run", "run_4", "-c", "lt"]) == 0
    assert "run_4 (as asked for)" in capsys.readouterr().err


def test_several_commands_stand_below_each_other(dumps: Path, capsys) -> None:
    commands = ["-c", "lt -n zeros$", "-c", "nosuch", "-c", "pt zeros:0"]
    assert main(["debug", str(dumps / RUNS["uninit"]), *commands]) == 1
    out = capsys.readouterr().out
    assert 'tfdbg> nosuch\nERROR: Invalid command prefix "nosuch"\n\ntfdbg> pt zeros:0\n' in out
    assert out.count("tfdbg> ") == 3


def test_exit_ends_the_commands(dumps: Path, capsys) -> None:
    commands = ["-c", "exit", "-c", "nosuch"]
    assert main(["debug", str(dumps / RUNS["uninit"]), *commands, "--json"]) == 0
    assert [answer["command"] for answer in json.loads(capsys.readouterr().out)] == ["exit"]


def test_json_without_commands_lists_the_tensors(dumps: Path, capsys) -> None:
    assert main(["debug", str(dumps / RUNS["uninit"]), "--json"]) == 0
    [answer] = json.loads(capsys.readouterr().out)
    assert len(answer["data"]["tensors"]) == 14


@pytest.mark.parametrize("commands", [[], ["-c", "lt"], ["--json"]])
def test_what_is_no_dump_is_said_and_ends_with_2(tmp_path: Path, capsys, commands) -> None:
    for path, message in (
        (tmp_path / "nosuch", "no such folder"),
        (tmp_path, "no dumped run in it"),
    ):
        assert main(["debug", str(path), *commands]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert message in err
    good_dump(tmp_path / "run_1")
    assert main(["debug", str(tmp_path), "--run", "run_7", *commands]) == 2
    assert "no run named 'run_7'. Runs: run_1" in capsys.readouterr().err


def test_damage_is_said_and_the_rest_is_shown(tmp_path: Path, capsys) -> None:
    root = write_own_dump(tmp_path / "run_1")
    (root / "stray.txt").write_text("foreign")
    device = next(root.glob("_tfdbg_device_*CPU_1"))
    (device / "notes").write_text("foreign")
    [damaged] = device.glob("_tfdbg_graph_hash*")
    damaged.write_bytes(damaged.read_bytes()[:10])
    assert main(["debug", str(tmp_path), "-c", "lt"]) == 0
    out, err = capsys.readouterr()
    assert "loss/Log:0" in out
    assert "softmax:0" in out
    assert "notes" in err
    assert damaged.name in err


def test_a_dump_that_contradicts_itself_is_opened_with_a_warning(tmp_path: Path, capsys) -> None:
    writer = DumpWriter(tmp_path)
    writer.write_graph(CPU0, graph(a="Const", b="Neg a"))
    writer.write_tensor(CPU0, "b", 0, np.zeros(2), 1)
    writer.write_tensor(CPU0, "a", 0, np.zeros(2), 5)
    assert main(["debug", str(tmp_path), "-c", "lt"]) == 0
    assert "it contradicts itself: Causality violated" in capsys.readouterr().err


def test_names_in_a_dump_cannot_steer_the_terminal(tmp_path: Path, capsys) -> None:
    writer = DumpWriter(tmp_path)
    writer.write_tensor(CPU0, "a\x1b[2Jb", 0, np.zeros(2), 1)
    assert main(["debug", str(tmp_path), "-c", "lt"]) == 0
    assert "\x1b" not in "".join(capsys.readouterr())


def test_a_dump_may_be_moved(tmp_path: Path, capsys) -> None:
    root = write_own_dump(tmp_path / "here")
    shutil.move(root, tmp_path / "there")
    assert main(["debug", str(tmp_path / "there"), "-c", "ni -t loss/Log", "-c", "pf x:0"]) == 0
    assert "loss = -tf.log(softmax)" in capsys.readouterr().out


def test_without_commands_they_are_read_line_by_line(
    dumps: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("origin\nnosuch\n"))
    assert main(["debug", str(dumps / RUNS["mnist"])]) == 0
    out = capsys.readouterr().out
    assert out.startswith("--- opscope debug @ ")
    assert '37 dumped tensor(s) passing filter "has_inf_or_nan":' in out
    assert "tfdbg> origin\nFirst tensor that passes has_inf_or_nan" in out
    assert out.endswith("\nEnd of input.\n")
