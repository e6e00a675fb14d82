"""The wrappers and hooks on the runtime itself."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from terminal_session import repeated, typing

import opscope.runtime as tf
from opscope.events import AbsoluteAbove, BuiltInFilter, HasInfOrNan, HasNan, OutOfRange
from opscope.runtime.watch import Watch
from opscope.tfdbg import (
    DebugDumpDir,
    DumpingDebugHook,
    DumpingDebugWrapperSession,
    LocalCLIDebugHook,
    LocalCLIDebugWrapperSession,
    add_debug_tensor_watch,
    first_bad,
    watch_graph,
    watch_graph_with_denylists,
)


@pytest.fixture(autouse=True)
def graph() -> Iterator[tf.Graph]:
    with tf.Graph().as_default() as graph:
        yield graph


def counter() -> tf.Tensor:
    """`inc_v` adds 1 to `v`, which starts at 10."""
    v = tf.Variable(10.0, name="v")
    delta = tf.constant(1.0, name="delta")
    return tf.assign_add(v, delta, name="inc_v")


def started() -> tf.Session:
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session


def ratio() -> tuple[tf.Tensor, tf.Tensor]:
    """`step/ratio` is 1 / x, infinite where x is 0, and `step/twice` is made from it."""
    x = tf.placeholder(tf.float32, [2], name="x")
    with tf.name_scope("step"):
        result = tf.identity(tf.constant([1.0, 1.0]) / x, name="ratio")
        return x, tf.identity(result * 2.0, name="twice")


def test_a7_a_filter_on_values_stops_at_the_right_run() -> None:
    inc_v = counter()
    wrapper = LocalCLIDebugWrapperSession(started())
    wrapper.add_tensor_filter(
        "v_greater_than_twelve", lambda datum, tensor: datum.node_name == "v" and tensor > 12
    )
    lines = ["run -f v_greater_than_twelve"] * 2 + ["run"]
    transcript = repeated(lambda: wrapper.run(inc_v), 5, *lines)
    assert (transcript.starts(), transcript.ends()) == ([1], [4, 5])
    assert transcript.results == [11, 12, 13, 14, 15]


@pytest.mark.parametrize(
    ("name", "tested"),
    [
        ("has_inf_or_nan", HasInfOrNan()),
        ("has_nan", HasNan()),
        ("abs_above(12)", AbsoluteAbove(12)),
        ("out_of_range(0,12)", OutOfRange(0, 12)),
    ],
)
def test_built_in_filters_are_tested_in_the_step(
    name: str, tested: BuiltInFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    v = tf.Variable(10.0, name="v")
    x = tf.placeholder(tf.float32, [], name="x")
    inc_v = tf.assign_add(v, x, name="inc_v")
    session = started()
    watches: list[Watch] = []
    plain = session.run_watched

    def noted(*args: object, watch: Watch, **kwargs: object) -> object:
        watches.append(watch)
        run = plain(*args, watch=watch, **kwargs)
        if len(watches) < 3:  # a good step is asked for its hits alone
            run.__dict__["tensors"] = None
        return run

    monkeypatch.setattr(session, "run_watched", noted)
    wrapper = LocalCLIDebugWrapperSession(session)
    fed = iter([1.0, 1.0, np.nan])
    lines = [f"run -f {name}", "run -n"]
    transcript = repeated(lambda: wrapper.run(inc_v, {x: next(fed)}), 3, *lines)
    assert transcript.ends() == [3]
    assert [watch.filter or HasInfOrNan() for watch in watches] == [tested] * 3


def test_a1_a16_d1_watching_changes_no_result() -> None:
    inc_v = counter()
    wrapper = LocalCLIDebugWrapperSession(started())
    lines = ["run --node_name_filter nomatch", "run -n", "run -t 2 --op_type_filter AssignAdd"]
    transcript = repeated(lambda: wrapper.run([inc_v, {"a": inc_v}]), 4, *lines)
    assert transcript.results == [[n, {"a": n}] for n in (11, 12, 13, 14)]
    assert "0 dumped tensor(s):" in transcript.text
    assert "1 dumped tensor(s):" in transcript.text


def test_the_first_inf_is_found_with_its_line(tmp_path: Path) -> None:
    x, twice = ratio()
    wrapper = LocalCLIDebugWrapperSession(started(), dump_root=tmp_path / "dumps")
    feeds = iter([[1, 2], [2, 4], [0, 1]])
    with wrapper.as_default():
        assert tf.get_default_session() is wrapper
        lines = ["run -f has_inf_or_nan", "ni -t step/ratio", "pt step/ratio", "pf x:0", "run"]
        transcript = repeated(lambda: twice.eval({x: next(feeds)}), 3, *lines)
    assert (transcript.starts(), transcript.ends()) == ([1], [3])
    assert "array([inf,  1.], dtype=float32)" in transcript.text
    assert "test_wrappers_runtime.py" in transcript.text
    assert "run-start: run #1: 1 fetch (step/twice:0); 1 feed (x:0)" in transcript.text
    np.testing.assert_array_equal(transcript.results[2], [np.inf, 2])
    (folder,) = (tmp_path / "dumps").iterdir()
    origin = first_bad(DebugDumpDir(folder))
    assert origin is not None
    assert origin.op_type in ("RealDiv", "Div")
    assert [source.tensor_name for source in origin.inputs][-1] == "x:0"
    assert origin.source_line is not None
    assert "tf.constant([1.0, 1.0]) / x" in origin.source_line[3]


def test_a10_d12_an_uninitialized_variable_is_an_error_that_is_shown_and_raised() -> None:
    inc_v = counter()
    wrapper = LocalCLIDebugWrapperSession(tf.Session())
    with typing("run", "lt", "run") as transcript, pytest.raises(tf.errors.FailedPreconditionError):
        wrapper.run(inc_v)
    assert "!!! An error occurred during the run !!!" in transcript.text
    assert "Op name:    " in transcript.text
    assert "Op name:    None" not in transcript.text


def test_a19_the_session_block_of_a_wrapper() -> None:
    inc_v = counter()
    with LocalCLIDebugWrapperSession(tf.Session()) as wrapper, typing("run -n", "detach"):
        assert tf.get_default_session() is wrapper
        tf.global_variables_initializer().run()
        assert inc_v.eval() == 11
    assert wrapper.run_call_count == 2
    assert tf.get_default_session() is None
    with pytest.raises(RuntimeError, match="closed"):
        wrapper.session.run(inc_v)


def test_a21_dumps_of_runs(tmp_path: Path) -> None:
    tf.train.create_global_step()
    count = tf.assign_add(tf.train.get_global_step(), 1)
    x, twice = ratio()
    wrapper = DumpingDebugWrapperSession(started(), tmp_path / "root")
    for divisor in (1, 2):
        wrapper.run([twice, count], {x: [divisor, 1]})
    folders = sorted((tmp_path / "root").iterdir())
    dumps = [DebugDumpDir(folder) for folder in folders]
    assert [dump.core_metadata.global_step for dump in dumps] == [0, 1]
    assert dumps[1].get_tensors("step/twice", 0, "DebugIdentity")[0].tolist() == [1, 2]
    assert dumps[1].feeds["x:0"].tolist() == [2, 1]
    assert all(dump.has_tracebacks and dump.sources for dump in dumps)


def test_the_hook_in_a_monitored_session() -> None:
    tf.train.create_global_step()
    x, twice = ratio()
    step = tf.assign_add(tf.train.get_global_step(), 1)
    hooks = [LocalCLIDebugHook(), tf.train.StopAtStepHook(last_step=4)]
    results = []
    with (
        typing("run -f has_inf_or_nan", "lt", "run -n", "detach") as transcript,
        tf.train.MonitoredTrainingSession(hooks=hooks) as session,
    ):
        while not session.should_stop():
            value = [0, 1] if len(results) == 1 else [1, 1]
            results.append(session.run([twice, step], {x: value})[0].tolist())
    assert (transcript.starts(), transcript.ends()) == ([1, 4], [2])
    assert results == [[2, 2], [np.inf, 2], [2, 2], [2, 2]]


def test_d27_an_error_under_the_hook_is_shown_and_raised() -> None:
    twice = tf.Variable(1.0, name="v", collections=[]) * 2.0
    hooks = [LocalCLIDebugHook()]
    with (
        typing("run", "run") as transcript,
        pytest.raises(tf.errors.FailedPreconditionError),
        tf.train.MonitoredSession(hooks=hooks) as session,
    ):
        session.run(twice)
    assert "!!! An error occurred during the run !!!" in transcript.text


def test_a21_the_dumping_hook_in_a_monitored_session(tmp_path: Path) -> None:
    tf.train.create_global_step()
    step = tf.assign_add(tf.train.get_global_step(), 1)
    hook = DumpingDebugHook(tmp_path / "root", thread_name_filter="MainThread$")
    stop = tf.train.StopAtStepHook(last_step=3)
    with tf.train.MonitoredTrainingSession(hooks=[hook, stop]) as session:
        while not session.should_stop():
            session.run(step)
    dumps = [DebugDumpDir(folder) for folder in sorted((tmp_path / "root").iterdir())]
    assert [dump.core_metadata.global_step for dump in dumps] == [0, 1, 2]


def test_a_wrapped_monitored_session() -> None:
    tf.train.create_global_step()
    step = tf.assign_add(tf.train.get_global_step(), 1)
    monitored = tf.train.MonitoredTrainingSession(hooks=[tf.train.StopAtStepHook(last_step=3)])
    with (
        typing("run -t 2", "run") as transcript,
        LocalCLIDebugWrapperSession(monitored) as wrapper,
    ):
        while not wrapper.should_stop():
            wrapper.run(step)
    assert (transcript.starts(), transcript.ends()) == ([1], [2, 3])


def test_d24_watches_in_run_options_are_dumped_to_their_folders(tmp_path: Path) -> None:
    x, twice = ratio()
    session = started()
    options = tf.RunOptions()
    name = (tmp_path / "a b").as_uri()
    watch_graph_with_denylists(
        options, session.graph, debug_urls=name, op_type_regex_denylist="(Const|Placeholder|.*Div)"
    )
    other = (tmp_path / "all").as_uri()
    watch_graph(options, session.graph, ["DebugIdentity", "DebugNanCount"], other, global_step=7)
    asked = tf.RunOptions.FromString(options.SerializeToString())
    for _ in range(2):
        result = session.run(twice, {x: [0, 1]}, options=options)
        np.testing.assert_array_equal(result, [np.inf, 2])
    assert options == asked
    dump = DebugDumpDir(tmp_path / "a b")
    assert {datum.node_name for datum in dump.dumped_tensor_data} == {
        "step/ratio",
        "step/mul",
        "step/twice",
    }
    everything = DebugDumpDir(tmp_path / "all")
    assert {datum.debug_op for datum in everything.dumped_tensor_data} == {
        "DebugIdentity",
        "DebugNanCount",
    }
    metadata = everything.core_metadata
    assert [one.global_step for one in metadata] == [7, 7]  # type: ignore[union-attr]
    assert everything.node_traceback("step/ratio")


def test_debug_urls_and_ops_that_will_not_do() -> None:
    session = started()
    for url, op, message in (
        ("grpc://host:1", "DebugIdentity", r"debug URL 'grpc://host:1'"),
        ("file:///nonexistent/x", "Nosuch", r'no debug op "Nosuch"'),
    ):
        options = tf.RunOptions()
        add_debug_tensor_watch(options, "a", 0, op, url)
        with pytest.raises(ValueError, match=message):
            session.run(tf.constant(1.0, name="a"), options=options)
