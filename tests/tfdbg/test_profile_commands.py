"""`run -p`, `list_profile`, `print_source` by cost."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.events.proto.config_pb2 import RunMetadata
from opscope.tfdbg import DebugDumpDir
from opscope.tfdbg.action import DETACH, RunRequest
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import available_commands, completions, execute
from opscope.tfdbg.profile import Profile
from opscope.tfdbg.session_run import SessionRun
from opscope.tfdbg.wrappers import (
    DumpingDebugWrapperSession,
    LocalCLIDebugHook,
    LocalCLIDebugWrapperSession,
)
from opscope.tfdbg.wrappers.dialog import Dialog

OPS = (
    # device, node, type, line, start, op start, op end, all end
    ("CPU:0", "_SOURCE", "NoOp", 0, 99, 0, 1, 1),
    ("CPU:0", "x", "Const", 2, 100, 1, 1, 2),
    ("CPU:0", "h/MatMul", "MatMul", 3, 110, 1, 31, 40),
    ("CPU:0", "h/MatMul", "MatMul", 3, 150, 1, 11, 20),
    ("CPU:0", "_arg_x", "", 0, 90, 0, 4, 7),
    ("CPU:1", "loss", "Log", 3, 200, 0, 0, 1500),
)
SOURCE = "import model\nx = 1\nloss = log(matmul(x))\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def context(source: Path) -> Analysis:
    metadata = RunMetadata()
    devices = {}
    for device, node, _, _, start, op_start, op_end, end in OPS:
        name = f"/job:localhost/replica:0/task:0/device:{device}"
        if device not in devices:
            devices[device] = metadata.step_stats.dev_stats.add(device=name)
        devices[device].node_stats.add(
            node_name=node,
            all_start_micros=start,
            op_start_rel_micros=op_start,
            op_end_rel_micros=op_end,
            all_end_rel_micros=end,
        )
    library = "/usr/site-packages/tensorflow/ops.py"
    operations = [
        SimpleNamespace(
            name=node,
            type=op_type,
            traceback=[(str(source), line, "main", None), (library, 9, "op", None)],
        )
        for _, node, op_type, line, *_ in OPS
        if line
    ]
    graph = SimpleNamespace(get_operations=lambda: operations)
    return Analysis(profile=Profile.of(metadata, graph), session=SessionRun.of(3, "loss:0"))


def shown(context: Analysis, text: str) -> list[str]:
    screen = execute(context, text)
    assert screen.ok, str(screen)
    return [row.text.rstrip() for row in screen.lines]


def test_d31_ops_and_totals_under_their_columns(context: Analysis) -> None:
    assert shown(context, "lp -d .*CPU:0") == [
        "",
        "-" * 80,
        "Device 1 of 2: /job:localhost/replica:0/task:0/device:CPU:0",
        "",
        "Node          Op Type  Start Time (us)  Op Time (us)  Exec Time (us)  "
        "Filename:Lineno(function)",
        "_arg_x                 90               4us           7us",
        "x             Const    100              0             2us             train.py:2(main)",
        "h/MatMul      MatMul   110              30us          40us            train.py:3(main)",
        "h/MatMul      MatMul   150              10us          20us            train.py:3(main)",
        "",
        "Device Total                            44us          69us",
    ]


def test_both_devices_are_listed(context: Analysis) -> None:
    rows = shown(context, "lp --time_unit ms")
    assert "Device 2 of 2: /job:localhost/replica:0/task:0/device:CPU:1" in rows
    assert any("Op Time (ms)  Exec Time (ms)" in row for row in rows)
    assert any("loss" in row and "1.5ms" in row for row in rows)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("lp", ["_arg_x", "x", "h/MatMul", "h/MatMul", "loss"]),
        ("lp -r", ["h/MatMul", "h/MatMul", "x", "_arg_x", "loss"]),
        ("lp -s node", ["_arg_x", "h/MatMul", "h/MatMul", "x", "loss"]),
        ("lp -s op_type", ["_arg_x", "x", "h/MatMul", "h/MatMul", "loss"]),
        ("lp -s op_time -r", ["h/MatMul", "h/MatMul", "_arg_x", "x", "loss"]),
        ("lp -s exec_time", ["x", "_arg_x", "h/MatMul", "h/MatMul", "loss"]),
        ("lp -s line", ["_arg_x", "x", "h/MatMul", "h/MatMul", "loss"]),
        ("lp -n h/", ["h/MatMul", "h/MatMul"]),
        ("lp -t (Const|Log)", ["x", "loss"]),
        ("lp -e >20us", ["h/MatMul", "loss"]),
        ("lp -e >=20us", ["h/MatMul", "h/MatMul", "loss"]),
        ("lp -e [0,1ms]", ["_arg_x", "x", "h/MatMul", "h/MatMul"]),
        ("lp -o (0,10]", ["_arg_x", "h/MatMul"]),
        ("lp -f .*train --min_lineno 3 --max_lineno 4", ["h/MatMul", "h/MatMul", "loss"]),
        ("lp -f .*train --max_lineno 3", ["x"]),
        ("lp -f nosuch", []),
    ],
)
def test_what_is_listed(context: Analysis, text: str, nodes: list[str]) -> None:
    data = execute(context, text).data
    assert isinstance(data, dict)
    assert [op["node"] for device in data["devices"] for op in device["ops"]] == nodes


def test_e7_an_interval_is_no_redirection(context: Analysis, tmp_path: Path) -> None:
    path = tmp_path / "out"
    screen = execute(context, f"lp -e >20us > {path}")
    assert str(screen).endswith(f"Wrote output to {path}")
    assert "h/MatMul" in path.read_text()


def test_heads_turn_the_order_and_keep_the_filters(context: Analysis) -> None:
    screen = execute(context, "lp -n h/ -s op_time")
    heads = [span.link for span in screen.lines[4].spans if span.link]
    start = "list_profile --node_name_filter h/ -s "
    keys = ("node", "op_type", "start_time", "op_time -r", "exec_time", "line")
    assert heads == [start + key for key in keys]


def test_lines_with_their_cost(context: Analysis, source: Path) -> None:
    assert shown(context, f"ps {source}") == [
        "             exec_time   #nodes   lineno",
        "                         (#execs)     source",
        "                                   L1 import model",
        "[|         ] 2us         1(1)      L2 x = 1",
        "[||||||||||] 1560us      2(3)      L3 loss = log(matmul(x))",
        "                                   L4",
    ]
    by_op = shown(context, "ps train.py --cost_type op_time --time_unit ms -d .*CPU:0")
    assert by_op[3:5] == [
        "[|         ] 0         1(1)      L2 x = 1",
        "[||||||||||] 0.04ms    1(2)      L3 loss = log(matmul(x))",
    ]
    assert execute(context, "ps train.py --init_line 3").start_line == 4


def test_links_lead_from_ops_to_lines_and_back(context: Analysis, source: Path) -> None:
    listed = execute(context, "lp -n h/")
    links = [span.link for row in listed.lines for span in row.spans]
    [link, _] = [link for link in links if link and link.startswith("ps ")]
    assert link == f"ps --node_name_filter h/ {source} --init_line 3"
    shown_source = execute(context, link or "")
    [back] = [s.link for row in shown_source.lines for s in row.spans if s.link]
    data = execute(context, back or "").data
    assert isinstance(data, dict)
    assert [op["node"] for op in data["devices"][0]["ops"]] == ["h/MatMul", "h/MatMul"]


def test_a_file_without_cost(context: Analysis) -> None:
    assert shown(context, "ps other.py -t x") == [
        "The source file other.py does not contain any profile information for the previous "
        "Session run under the following filters:",
        "  --device_name_filter:",
        "  --node_name_filter:",
        "  --op_type_filter: x",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lp -s bogus", "Unsupported key to sort ops by: bogus"),
        ("lp -e 5", "Invalid interval format: 5."),
        ("lp -e <-5", "Invalid time <-5. Time value must be positive."),
        ("lp -n (", "--node_name_filter: invalid regular expression"),
        ("lt", "list_tensors is not available here: no run was watched"),
    ],
)
def test_wrong_commands(context: Analysis, text: str, message: str) -> None:
    screen = execute(context, text)
    assert not screen.ok
    assert message in str(screen)


def test_what_is_there_after_a_profile(context: Analysis, source: Path) -> None:
    names = {made.name for made in available_commands(context)}
    assert {"list_profile", "print_source", "run", "run_info", "print_feed", "help"} <= names
    assert "list_tensors" not in names
    assert "--cost_type" in str(execute(context, "help ps"))
    assert "--cost_type" not in str(execute(Analysis(), "help ps"))
    assert completions(context, "ps ") == [str(source)]
    lost = str(execute(Analysis(), "lp"))
    assert lost == "ERROR: list_profile is not available here: no run was profiled (run -p)"


def test_run_p_is_a_request() -> None:
    context = Analysis(session=SessionRun.of(1, "a"))
    assert execute(context, "run -p").action == RunRequest(profile=True)
    assert execute(context, "run -p -t 3").action == RunRequest(profile=True, times=3)
    for text in ("run -p -n", "run -p -f has_inf_or_nan", "run -p --op_type_filter x"):
        assert "only -t goes with it" in str(execute(context, text))


class Script:
    """Answers the debugger's questions with commands, and keeps what was shown."""

    def __init__(self, *commands: str) -> None:
        self._commands = list(commands)
        self.shown: list[tuple[str, str, str]] = []
        self.stored: list[Any] = []

    def __call__(
        self, context: Analysis, title: str, command: str, *, kind: str, ui_type: str
    ) -> object:
        self.stored.append(context.stored)
        self.shown.append((title, command, str(execute(context, command))))
        return execute(context, self._commands.pop(0)).action if self._commands else DETACH


def test_a_profiled_run_of_ours() -> None:
    script = Script("run -p", "run")
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2, 2], name="x")
        y = tf.matmul(x, x, name="y")
        wrapped = LocalCLIDebugWrapperSession(session)
        wrapped._dialog = Dialog(asking=script)
        metadata = RunMetadata()
        value = wrapped.run(y, {x: np.eye(2)}, run_metadata=metadata)
        np.testing.assert_array_equal(value, np.eye(2))
        wrapped.run(y, {x: np.eye(2)})
    assert [title for title, _, _ in script.shown] == [
        "run-start: run #1: 1 fetch (y:0); 1 feed (x:0)",
        "run-end (profiler mode): run #1: 1 fetch (y:0); 1 feed (x:0)",
        "run-end: run #2: 1 fetch (y:0); 1 feed (x:0)",
    ]
    assert script.shown[1][1] == "lp"
    assert f"{Path(__file__).name}:" in script.shown[1][2]
    assert metadata.step_stats.dev_stats  # the caller's own metadata are filled


def test_d27_an_error_in_a_profiled_run_is_shown_and_raised() -> None:
    script = Script("run -p")
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, name="x")
        y = tf.matmul(x, x, name="y")
        wrapped = LocalCLIDebugWrapperSession(session)
        wrapped._dialog = Dialog(asking=script)
        with pytest.raises(tf.errors.InvalidArgumentError):
            wrapped.run(y, {x: np.ones((2, 3))})
    title, command, text = script.shown[1]
    assert (title, command) == ("run-end: run #1: 1 fetch (y:0); 1 feed (x:0)", "help")
    assert "Op name:    y" in text


def test_d27_an_error_in_a_profiled_run_under_a_hook_is_shown_and_raised() -> None:
    script = Script("run -p")
    hook = LocalCLIDebugHook()
    hook._dialog = Dialog(asking=script)
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, name="x")
        y = tf.matmul(x, x, name="y")
        with (
            pytest.raises(tf.errors.InvalidArgumentError),
            tf.train.MonitoredSession(hooks=[hook]) as session,
        ):
            session.run(y, {x: np.ones((2, 3))})
    assert len(script.shown) == 2
    title, command, text = script.shown[1]
    assert (title, command) == ("run-end: run #1: 1 fetch (y:0); 1 feed (x:0)", "help")
    assert "Op name:    y" in text


def offline(folder: Path, text: str) -> str:
    dump = DebugDumpDir(folder)
    return str(execute(Analysis(dump, profile=Profile.of_dump(dump)), text))


def test_a_profiled_run_is_kept_and_looked_at_again(tmp_path: Path) -> None:
    script = Script("run -p")
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2, 2], name="x")
        y = tf.matmul(x, x, name="y")
        wrapped = LocalCLIDebugWrapperSession(session)
        wrapped._dialog = Dialog(tmp_path / "root", asking=script)
        wrapped.run(y, {x: np.eye(2)})
    (folder,) = (tmp_path / "root").iterdir()
    shown = offline(folder, "lp")
    assert re.search(
        r"^y +MatMul +\d+ +\S+ +\S+ +test_profile_commands.py:\d+\(test_a", shown, re.M
    )
    assert [row.rstrip() for row in shown.splitlines()] == [
        row.rstrip() for row in script.shown[1][2].splitlines()
    ]
    assert 'y = tf.matmul(x, x, name="y")' in offline(folder, f"ps {Path(__file__).name}")
    assert f"opscope debug {folder}" in script.stored[1].reproducing("lp")


@pytest.mark.parametrize("form", ["tfdbg", "packed"])
def test_a_dump_of_a_traced_run_has_its_profile(tmp_path: Path, form: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        y = tf.add(tf.constant(1.0), tf.random_uniform([]), name="y")
        wrapped = DumpingDebugWrapperSession(session, tmp_path / "root", format=form)
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        wrapped.run(y, options=options, run_metadata=tf.RunMetadata())
        wrapped.run(y)
    traced, plain = sorted((tmp_path / "root").iterdir(), key=lambda path: path.name[-1])
    assert re.search(r"^y +AddV2 +\d+", offline(traced, "lp -n y"), re.M)
    assert DebugDumpDir(traced).get_tensors("y", 0, "DebugIdentity")
    assert Profile.of_dump(DebugDumpDir(plain)) is None


def test_a_profiled_run_under_a_hook() -> None:
    script = Script("run -p")
    hook = LocalCLIDebugHook()
    hook._dialog = Dialog(asking=script)
    with tf.Graph().as_default():
        y = tf.add(tf.constant(1.0), 2.0, name="y")
        with tf.train.MonitoredSession(hooks=[hook]) as session:
            assert session.run(y) == 3.0
            session.run(y)
    assert [title.partition(":")[0] for title, _, _ in script.shown] == [
        "run-start",
        "run-end (profiler mode)",
    ]
