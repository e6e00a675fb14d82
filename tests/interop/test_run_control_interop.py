"""Run control of the debugger on sessions of opscope and of TensorFlow, by one set of cases."""

import importlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from terminal_session import Transcript, repeated, typing

from opscope.tfdbg import (
    DebugDumpDir,
    DumpingDebugWrapperSession,
    LocalCLIDebugWrapperSession,
    WatchOptions,
)

pytestmark = pytest.mark.interop
MODULES = {"opscope": "opscope.runtime", "tensorflow": "tensorflow.compat.v1"}


@pytest.fixture(params=MODULES)
def made(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A started session: `inc_v` adds `delta` to `v`, which starts at 10; `y` is log(x) twice."""
    pytest.importorskip("tensorflow")
    tf = importlib.import_module(MODULES[request.param])
    with tf.Graph().as_default():
        v = tf.Variable(10.0, name="v", use_resource=False)
        inc_v = tf.assign_add(v, tf.constant(1.0, name="delta"), name="inc_v")
        k = tf.placeholder(tf.int32, [], name="k")
        x = tf.placeholder(tf.float32, [None], name="x")
        y = tf.multiply(tf.log(x, name="bad/Log"), 2.0, name="y")
        unset = tf.Variable(1.0, name="unset", use_resource=False)
        with tf.Session() as session:
            session.run(v.initializer)
            yield SimpleNamespace(
                tf=tf,
                session=session,
                v=v,
                inc_v=inc_v,
                k=k,
                sum=tf.add(k, k, name="sum"),
                x=x,
                y=y,
                failing=tf.multiply(unset, 2.0, name="failing"),
            )


def debugged(made: Any, runs: int, *lines: str) -> Transcript:
    wrapper = LocalCLIDebugWrapperSession(made.session)
    wrapper.add_tensor_filter(
        "v_greater_than_twelve", lambda datum, tensor: datum.node_name == "v" and bool(tensor > 12)
    )
    return repeated(lambda: wrapper.run(made.inc_v), runs, *lines)


def listed(text: str) -> set[str]:
    """The tensors in the last `lt` of a text."""
    return set(re.findall(r"^\[.*\s(\S+:\d+)$", text, re.M))


@pytest.mark.parametrize(
    ("lines", "runs", "starts", "ends"),
    [
        pytest.param(["run"] * 3, 2, [1], [1, 2], id="A1"),
        pytest.param(["run -n"] * 3, 3, [1, 2, 3], [], id="A2"),
        pytest.param(["run -n", "run -n", "run", "run"], 3, [1, 2, 3], [3], id="A3"),
        pytest.param(["run -t 3", "run"], 3, [1], [3], id="A4"),
        pytest.param(["run -t 3"], 2, [1], [], id="A5"),
        pytest.param(["run -n", "run -t 2", "run", "run"], 4, [1, 2], [3, 4], id="A6"),
        pytest.param(["run -f v_greater_than_twelve"] * 2 + ["run"], 5, [1], [4, 5], id="A7"),
        pytest.param(["run -t 2 -f v_greater_than_twelve", "run -n"], 3, [1], [2], id="A17-D2"),
    ],
)
def test_where_the_prompt_comes(
    made: Any, lines: list[str], runs: int, starts: list[int], ends: list[int]
) -> None:
    transcript = debugged(made, runs, *lines)
    assert (transcript.starts(), transcript.ends()) == (starts, ends)
    assert transcript.results == [11 + number for number in range(runs)]
    assert made.session.run(made.v) == 10 + runs


def test_a8_filters_of_a_run_are_not_remembered(made: Any) -> None:
    lines = ["run --node_name_filter inc.*", "run --node_name_filter delta", "run"]
    first, second, third = debugged(made, 3, *lines).text.split("--- run-end")[1:]
    assert listed(first) == {"inc_v:0"}
    assert listed(second) == {"delta:0"}
    assert {"v:0", "inc_v:0", "delta:0"} <= listed(third)


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        pytest.param("--op_type_filter AssignAdd", {"inc_v:0"}, id="A9-op-type"),
        pytest.param("--tensor_dtype_filter int32", {"sum:0"}, id="A9-dtype"),
        pytest.param("--op_type_filter Add --tensor_dtype_filter int32", {"sum:0"}, id="A9-both"),
        pytest.param("--op_type_filter Log --tensor_dtype_filter int32", set(), id="A9-none"),
        pytest.param("--node_name_filter nomatch", set(), id="A16-D1"),
    ],
)
def test_what_is_watched(made: Any, flags: str, names: set[str]) -> None:
    wrapper = LocalCLIDebugWrapperSession(made.session)
    fetches, feeds = [made.inc_v, made.sum], {made.k: 3}
    transcript = repeated(lambda: wrapper.run(fetches, feeds), 1, f"run {flags}", "run")
    # What was fed is an op of one module and an argument of the other's.
    shown = {name for name in listed(transcript.text) if not re.match(r"k:|_arg_k", name)}
    assert shown == names
    assert transcript.results == [[11, 6]]


def test_a10_d12_an_op_error_is_shown_and_raised(made: Any, tmp_path: Path) -> None:
    wrapper = LocalCLIDebugWrapperSession(made.session, dump_root=tmp_path / "dumps")
    errors = made.tf.errors.FailedPreconditionError
    with pytest.raises(errors), typing("run", "run") as transcript:
        wrapper.run([made.inc_v, made.failing])
    assert (transcript.starts(), transcript.ends()) == ([1], [1])
    assert "!!! An error occurred during the run !!!" in transcript.text
    assert "Op name:    unset" in transcript.text
    (folder,) = (tmp_path / "dumps").iterdir()
    assert f"opscope debug {folder}" in transcript.errors
    assert "there /graph?run=" in transcript.errors


def test_a11_an_error_before_anything_ran_is_raised_unchanged(made: Any) -> None:
    with made.session.graph.as_default(), made.tf.device("/device:GPU:7"):
        impossible = made.tf.add(made.v, 1.0, name="impossible")
    wrapper = LocalCLIDebugWrapperSession(made.session)
    with pytest.raises(made.tf.errors.InvalidArgumentError, match="GPU:7"), typing("run", "run"):
        wrapper.run(impossible)


def test_a12_dump_roots(made: Any, tmp_path: Path) -> None:
    for root in ("", tmp_path / "new", tmp_path):
        LocalCLIDebugWrapperSession(made.session, dump_root=root)
    (tmp_path / "file").write_text("x")
    for root, message in ((tmp_path / "file", "a file"), (tmp_path, "a non-empty directory")):
        with pytest.raises(ValueError, match=f"dump_root path points to {message}"):
            LocalCLIDebugWrapperSession(made.session, dump_root=root)


def test_a13_run_info_at_run_end(made: Any) -> None:
    text = debugged(made, 2, "run", "ri", "run", "ri", "run").text
    first, second = text.split("--- run-end")[1:]
    assert "opscope version" in first
    assert "opscope version" not in second
    assert "Session.run() call #2:" in second


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run -f nosuch", 'ERROR: tensor filter "nosuch" does not exist.'),
        ("run -fenn x", "ERROR: The --filter_exclude_node_names (or -fenn) flag is valid only"),
    ],
    ids=["A14-f", "A14-fenn"],
)
def test_a14_wrong_commands_stay_at_the_prompt(made: Any, line: str, message: str) -> None:
    transcript = debugged(made, 1, line, "run -n")
    assert message in transcript.text
    assert transcript.starts() == [1]


@pytest.mark.parametrize(
    ("excluded", "ends"), [("bad/", [2]), ("(bad/|y)", [])], ids=["A15-one", "A15-all"]
)
def test_a15_excluded_nodes_are_no_hit_and_not_listed(
    made: Any, excluded: str, ends: list[int]
) -> None:
    wrapper = LocalCLIDebugWrapperSession(made.session)
    feeds = iter([[1.0], [0.0]])

    def run() -> Any:
        return wrapper.run(made.y, {made.x: next(feeds)})

    transcript = repeated(run, 2, f"run -f has_inf_or_nan -fenn {excluded}", "run")
    assert transcript.ends() == ends
    assert listed(transcript.text) == ({"y:0"} if ends else set())


def test_a18_d3_d37_the_end_of_input_detaches_and_detach_comes_back(made: Any) -> None:
    assert debugged(made, 3, "run").ends() == [1]
    transcript = debugged(made, 4, "detach -s 3", "run", "run", "run")
    assert (transcript.starts(), transcript.ends()) == ([1, 3], [3, 4])


def test_a19_other_threads_are_never_interrupted(made: Any) -> None:
    wrapper = LocalCLIDebugWrapperSession(made.session, thread_name_filter="MainThread$")
    with typing("run", "run") as transcript:
        other = threading.Thread(target=wrapper.run, args=(made.inc_v,), name="feeder")
        other.start()
        other.join()
        wrapper.run(made.inc_v)
    assert transcript.starts() == [2]


def test_a20_runs_at_the_same_time_have_dumps_of_their_own(made: Any, tmp_path: Path) -> None:
    wrapper = DumpingDebugWrapperSession(made.session, tmp_path / "root")

    def run(value: float) -> None:
        for _ in range(3):
            wrapper.run(made.y, {made.x: [value]})

    threads = [threading.Thread(target=run, args=(value,)) for value in (1.0, 2.0, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dumps = [DebugDumpDir(folder) for folder in (tmp_path / "root").iterdir()]
    values = sorted(float(dump.get_tensors("y", 0, "DebugIdentity")[0][0]) for dump in dumps)
    np.testing.assert_allclose(values, 2 * np.log([1, 1, 1, 2, 2, 2, 3, 3, 3]), rtol=1e-6)


@pytest.mark.parametrize("answer", [WatchOptions(), ("DebugIdentity",)], ids=["A21", "A21-tuple"])
def test_a21_one_folder_per_run(made: Any, tmp_path: Path, answer: Any) -> None:
    wrapper = DumpingDebugWrapperSession(made.session, tmp_path / "root", lambda f, d: answer)
    for _ in range(2):
        wrapper.run(made.inc_v)
    assert wrapper.run([]) == []
    dumps = [DebugDumpDir(folder) for folder in sorted((tmp_path / "root").iterdir())]
    assert [dump.get_tensors("inc_v", 0, "DebugIdentity") for dump in dumps] == [[11], [12]]


def test_a22_d17_the_end_of_the_budget_is_said_and_training_goes_on(
    made: Any, tmp_path: Path
) -> None:
    wrapper = DumpingDebugWrapperSession(made.session, tmp_path / "root", byte_budget=10)
    with typing() as transcript:
        assert [wrapper.run(made.inc_v) for _ in range(3)] == [11, 12, 13]
    (warning,) = [row for row in transcript.errors.splitlines() if row.startswith("WARNING")]
    assert "OPSCOPE_DUMP_BYTES" in warning


def test_d24_the_same_options_object_twice(made: Any, tmp_path: Path) -> None:
    wrapper = DumpingDebugWrapperSession(made.session, tmp_path / "root")
    options = made.tf.RunOptions()
    for _ in range(3):
        wrapper.run(made.inc_v, options=options)
    assert options == made.tf.RunOptions()
    sizes = {DebugDumpDir(folder).size for folder in (tmp_path / "root").iterdir()}
    assert len(sizes) == 1


def test_d25_callables_have_a_folder_per_run_and_feeds(made: Any, tmp_path: Path) -> None:
    runner = DumpingDebugWrapperSession(made.session, tmp_path / "root").make_callable(
        made.y, [made.x]
    )
    for value in (1.0, 2.0, 3.0):
        runner([value])
    dumps = [DebugDumpDir(folder) for folder in sorted((tmp_path / "root").iterdir())]
    assert [dump.feeds["x:0"].tolist() for dump in dumps] == [[1], [2], [3]]
    runner = LocalCLIDebugWrapperSession(made.session).make_callable(made.y, [made.x])
    transcript = repeated(lambda: runner([5.0]), 1, "run", "pf x:0", "run")
    assert 'Tensor "x:0 (feed)":' in transcript.text


def test_a23_cond_loop_and_queue_are_watched_whole(made: Any) -> None:
    tf = made.tf
    with made.session.graph.as_default():
        cond = tf.cond(made.k > 0, lambda: tf.square(made.k), lambda: -made.k, name="either")
        loop = tf.while_loop(lambda i: i < 5, lambda i: i + made.k, [tf.constant(0)], name="loop")
        queue = tf.FIFOQueue(4, tf.int32, [[]], name="queue")
        put, taken = queue.enqueue(made.k), queue.dequeue()
    wrapper = LocalCLIDebugWrapperSession(made.session)
    fetches = [cond, loop]
    lines = ["run"] * 5
    transcript = repeated(lambda: wrapper.run(fetches, {made.k: 2}), 1, *lines)
    assert transcript.results == [[4, 6]]
    with typing(*lines):
        wrapper.run(put, {made.k: 2})
        assert wrapper.run(taken) == 2
