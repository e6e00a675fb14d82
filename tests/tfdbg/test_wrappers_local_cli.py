"""The wrapper that talks to the user: where it stops, what it shows, what it never does."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from fake_session import FakeOpError, FakeSession
from terminal_session import Transcript, repeated, typing

from opscope.tfdbg import DebugDumpDir, LocalCLIDebugWrapperSession


def debugged(
    session: FakeSession, runs: int, *lines: str, dump_root: Path | None = None
) -> Transcript:
    wrapper = LocalCLIDebugWrapperSession(session, dump_root=dump_root)
    wrapper.add_tensor_filter(
        "v_greater_than_twelve",
        lambda datum, tensor: datum.node_name == "v" and bool(tensor > 12),
    )
    return repeated(lambda: wrapper.run("inc_v:0"), runs, *lines)


@pytest.mark.parametrize(
    ("lines", "runs", "starts", "ends", "watched"),
    [
        pytest.param(["run"] * 3, 2, [1], [1, 2], 2, id="A1"),
        pytest.param(["run -n"] * 3, 3, [1, 2, 3], [], 0, id="A2"),
        pytest.param(["run -n", "run -n", "run", "run"], 3, [1, 2, 3], [3], 1, id="A3"),
        pytest.param(["run -t 3", "run"], 3, [1], [3], 1, id="A4"),
        pytest.param(["run -t 3"], 2, [1], [], 0, id="A5"),
        pytest.param(["run -n", "run -t 2", "run", "run"], 4, [1, 2], [3, 4], 2, id="A6"),
        pytest.param(["run -f v_greater_than_twelve"] * 2 + ["run"], 5, [1], [4, 5], 5, id="A7"),
        pytest.param(["run -t 2 -f v_greater_than_twelve", "run -n"], 3, [1], [2], 2, id="A17-D2"),
        pytest.param(["run -n -t 3", "run"], 4, [1, 4], [4], 1, id="n-with-t"),
    ],
)
def test_where_the_prompt_comes(
    lines: list[str], runs: int, starts: list[int], ends: list[int], watched: int
) -> None:
    session = FakeSession()
    transcript = debugged(session, runs, *lines)
    assert (transcript.starts(), transcript.ends()) == (starts, ends)
    assert session.watched == watched
    assert transcript.results == [np.float32(11 + number) for number in range(runs)]


def test_a8_the_filters_of_a_run_are_not_remembered() -> None:
    lines = ["run --node_name_filter inc.*", "run --node_name_filter delta", "run"]
    text = debugged(FakeSession(), 3, *lines).text
    lists = text.split("--- run-end")[1:]
    assert "1 dumped tensor(s):" in lists[0]
    assert "inc_v:0" in lists[0]
    assert "1 dumped tensor(s):" in lists[1]
    assert "delta:0" in lists[1]
    assert "4 dumped tensor(s):" in lists[2]


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        pytest.param("--op_type_filter AssignAdd", ["inc_v:0"], id="A9-op-type"),
        pytest.param("--tensor_dtype_filter int32", ["delta:0"], id="A9-dtype"),
        pytest.param("--op_type_filter AssignAdd --tensor_dtype_filter int32", [], id="A9-both"),
        pytest.param("--node_name_filter nomatch", [], id="A16-D1"),
    ],
)
def test_what_is_watched(flags: str, names: list[str]) -> None:
    session = FakeSession()
    transcript = debugged(session, 1, f"run {flags}", "run")
    assert f"{len(names)} dumped tensor(s):" in transcript.text
    assert all(name in transcript.text for name in names)
    assert transcript.results == [np.float32(11)]


def test_d34_stopping_at_inf_needs_no_files_and_no_filter_calls() -> None:
    session = FakeSession(bad=[3])
    transcript = debugged(session, 3, "run -f has_inf_or_nan", "run -n")
    assert transcript.ends() == [3]
    assert '1 dumped tensor(s) passing filter "has_inf_or_nan":' in transcript.text
    assert [watch.check for watch in session.watches] == [True] * 3


def test_a15_excluded_nodes_are_no_hit() -> None:
    lines = ["run -f has_inf_or_nan -fenn y", "run"]
    transcript = debugged(FakeSession(bad=[1, 2]), 3, *lines)
    assert transcript.ends() == []
    lines = ["run -f has_inf_or_nan -fenn z", "run"]
    transcript = debugged(FakeSession(bad=[2]), 2, *lines)
    assert transcript.ends() == [2]


def test_a_filter_of_the_user_may_take_the_name_of_ours() -> None:
    session = FakeSession(bad=[1])
    wrapper = LocalCLIDebugWrapperSession(session)
    wrapper.add_tensor_filter("has_inf_or_nan", lambda datum, tensor: False)
    transcript = repeated(lambda: wrapper.run("inc_v:0"), 2, "run -f has_inf_or_nan")
    assert transcript.ends() == []
    assert [watch.check for watch in session.watches] == [False, False]


def test_a_filter_that_fails_stops_and_says_on_which_tensor() -> None:
    wrapper = LocalCLIDebugWrapperSession(FakeSession())
    wrapper.add_tensor_filter("broken", lambda datum, tensor: 1 / 0 > 0)
    transcript = repeated(lambda: wrapper.run("inc_v:0"), 2, "run -f broken", "run -n")
    assert transcript.ends() == [1]
    assert "delta:0" in transcript.text
    assert "ZeroDivisionError" in transcript.text
    assert transcript.results == [np.float32(11), np.float32(12)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run -f nosuch", 'ERROR: tensor filter "nosuch" does not exist.'),
        ("run -fenn x", "ERROR: The --filter_exclude_node_names (or -fenn) flag is valid only"),
        ("run -n -f has_inf_or_nan", "ERROR: -n runs without watching"),
        ("run --node_name_filter (", "ERROR: --node_name_filter: invalid regular expression"),
        ("foo", 'ERROR: Invalid command prefix "foo"'),
        ("lt", "ERROR: list_tensors is not available here"),
    ],
)
def test_a14_a_wrong_command_stays_at_the_prompt(line: str, message: str) -> None:
    transcript = debugged(FakeSession(), 1, line, "run -n")
    assert message in transcript.text
    assert transcript.text.count("tfdbg> ") == 2
    assert transcript.starts() == [1]


def test_a13_run_info_at_run_end() -> None:
    text = debugged(FakeSession(), 2, "run", "ri", "run", "ri", "run").text
    assert "opscope version" in text.split("run-end: run #1")[1].split("run-end: run #2")[0]
    assert "opscope version" not in text.split("run-end: run #2")[1]
    assert "Session.run() call #2:" in text.split("run-end: run #2")[1]


def test_a10_d12_an_op_error_is_shown_and_then_raised(tmp_path: Path) -> None:
    session = FakeSession(fails=[1])
    wrapper = LocalCLIDebugWrapperSession(session, dump_root=tmp_path / "dumps")
    with pytest.raises(FakeOpError, match="op y failed"), typing("run", "lt", "run") as transcript:
        wrapper.run("inc_v:0")
    assert transcript.ends() == [1]
    assert "!!! An error occurred during the run !!!" in transcript.text
    assert "ni -a -d -t y:" in transcript.text
    assert "2 dumped tensor(s):" in transcript.text
    (folder,) = (tmp_path / "dumps").iterdir()
    assert str(folder) in transcript.errors
    names = [datum.node_name for datum in DebugDumpDir(folder).dumped_tensor_data]
    assert names == ["delta", "v"]


def test_a11_an_error_before_anything_ran_is_raised_unchanged() -> None:
    wrapper = LocalCLIDebugWrapperSession(FakeSession())
    with pytest.raises(ValueError, match="no tensor nosuch:0"), typing("run") as transcript:
        wrapper.run("nosuch:0")
    assert transcript.ends() == []


def test_the_step_that_hit_is_written_and_no_other(tmp_path: Path) -> None:
    root = tmp_path / "dumps"
    lines = ["run -f has_inf_or_nan", "run", "run -n"]
    debugged(FakeSession(bad=[2]), 3, *lines, dump_root=root)
    (folder,) = root.iterdir()
    dump = DebugDumpDir(folder)
    assert [datum.node_name for datum in dump.dumped_tensor_data] == ["delta", "v", "inc_v", "y"]
    assert dump.node_traceback("y")[0][0].endswith("fake_session.py")
    assert dump.node_inputs("inc_v") == ["v", "delta"]


def test_a12_dump_roots(tmp_path: Path) -> None:
    for root in ("", tmp_path / "new", tmp_path):
        LocalCLIDebugWrapperSession(FakeSession(), dump_root=root)
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(ValueError, match="dump_root path points to a file"):
        LocalCLIDebugWrapperSession(FakeSession(), dump_root=file)
    with pytest.raises(ValueError, match="dump_root path points to a non-empty directory"):
        LocalCLIDebugWrapperSession(FakeSession(), dump_root=tmp_path)


def test_a18_d3_the_end_of_the_input_detaches_and_training_goes_on() -> None:
    session = FakeSession()
    transcript = debugged(session, 5, "run")
    assert transcript.ends() == [1]
    assert "End of input: detached" in transcript.text
    assert (session.watched, session.plain) == (1, 4)


def test_a18_d37_detach() -> None:
    session = FakeSession()
    transcript = debugged(session, 3, "detach", "run")
    assert (transcript.starts(), session.plain) == ([1], 3)


def test_a18_d35_exit_before_a_run_ends_the_program_at_once() -> None:
    session = FakeSession()
    with pytest.raises(SystemExit) as leaving:
        debugged(session, 1, "exit")
    assert (leaving.value.code, session.runs) == (0, 0)


def test_a18_d35_exit_after_a_run_ends_the_program_at_the_next() -> None:
    session = FakeSession()
    wrapper = LocalCLIDebugWrapperSession(session)
    with typing("run", "exit") as transcript:
        assert wrapper.run("inc_v:0") == 11
        with pytest.raises(SystemExit) as leaving:
            wrapper.run("inc_v:0")
    assert (leaving.value.code, session.runs) == (0, 1)
    assert "exit was chosen" in transcript.errors


def test_a18_d30_ctrl_c_at_the_prompt_detaches() -> None:
    class Interrupted:
        def isatty(self) -> bool:
            return False

        def readline(self) -> str:
            raise KeyboardInterrupt

    session = FakeSession()
    before = signal.getsignal(signal.SIGINT)
    wrapper = LocalCLIDebugWrapperSession(session)
    with typing():
        sys.stdin = Interrupted()  # type: ignore[assignment]
        assert [wrapper.run("inc_v:0"), wrapper.run("inc_v:0")] == [11, 12]
    assert (session.plain, signal.getsignal(signal.SIGINT)) == (2, before)


def test_a_debugger_that_fails_detaches_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **more: object) -> object:
        raise OSError("no terminal\nat all")

    session = FakeSession()
    monkeypatch.setattr("opscope.tfdbg.ui.run_line_mode", broken)
    transcript = debugged(session, 3)
    assert transcript.errors.splitlines() == [
        "WARNING: tfdbg failed and is detached, the program runs on: OSError: no terminal at all"
    ]
    assert session.plain == 3


def test_a21_empty_fetches_pass_through_and_are_counted() -> None:
    wrapper = LocalCLIDebugWrapperSession(FakeSession())
    with typing("run", "run") as transcript:
        assert [wrapper.run([]), wrapper.run({})] == [[], {}]
        wrapper.run("inc_v:0")
    assert transcript.starts() == [3]
    assert wrapper.run_call_count == 3


def test_a19_other_threads_are_left_alone() -> None:
    session = FakeSession()
    wrapper = LocalCLIDebugWrapperSession(session, thread_name_filter="MainThread$")
    with typing("run", "run") as transcript:
        other = threading.Thread(target=wrapper.run, args=("inc_v:0",), name="feeder")
        other.start()
        other.join()
        wrapper.run("inc_v:0")
    assert (transcript.starts(), session.plain, session.watched) == ([2], 1, 1)


def test_d25_callables_are_debugged_with_their_feeds() -> None:
    session = FakeSession()
    runner = LocalCLIDebugWrapperSession(session).make_callable("inc_v:0", ["x:0", "z:0"])
    transcript = repeated(lambda: runner(1, np.ones(2)), 1, "run", "pf x:0", "run")
    assert transcript.ends() == [1]
    assert 'Tensor "x:0 (feed)":' in transcript.text
    assert list(session.fed[0]) == ["x:0", "z:0"]
    with pytest.raises(ValueError, match="expected 2 values to feed, got 1"):
        runner(1)


def test_a19_the_wrapper_has_the_sessions_face() -> None:
    session = FakeSession()
    wrapper = LocalCLIDebugWrapperSession(session)
    assert wrapper.session is session
    assert wrapper.graph is session.graph
    assert (wrapper.graph_def, wrapper.sess_str) == (session.graph_def, "")
    assert wrapper.list_devices() == session.list_devices()
    assert wrapper.v == 10.0
    with pytest.raises(ValueError, match="does not have a method called 'should_stop'"):
        wrapper.should_stop()
    for partial in (wrapper.partial_run_setup, wrapper.partial_run):
        with pytest.raises(NotImplementedError):
            partial("x", "y")
    wrapper.close()
    assert session.closed
    with pytest.raises(TypeError, match="Expected a session to wrap"):
        LocalCLIDebugWrapperSession("session")
    with pytest.raises(ValueError, match="Invalid ui_type: 'x'"):
        LocalCLIDebugWrapperSession(session, ui_type="x")


def test_d29_d30_nothing_of_the_process_is_changed(tmp_path: Path) -> None:
    before = (np.get_printoptions(), signal.getsignal(signal.SIGINT), sorted(os.environ))
    files = sorted(tmp_path.iterdir())
    debugged(FakeSession(bad=[1]), 2, "run -f has_inf_or_nan", "pt v:0", "run", "run")
    after = (np.get_printoptions(), signal.getsignal(signal.SIGINT), sorted(os.environ))
    assert json.dumps(str(before)) == json.dumps(str(after))
    assert sorted(tmp_path.iterdir()) == files


def test_a18_d3_a_closed_input_ends_no_program(tmp_path: Path) -> None:
    """The case of a job in CI: no terminal, standard input at its end from the start."""
    program = (
        "from fake_session import FakeSession\n"
        "from opscope.tfdbg import LocalCLIDebugWrapperSession\n"
        "wrapper = LocalCLIDebugWrapperSession(FakeSession())\n"
        "print('RESULT', [float(wrapper.run('inc_v:0')) for _ in range(2)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "RESULT [11.0, 12.0]" in done.stdout
