"""The wrappers around TensorFlow's own session, and our dumps in TensorFlow's reader."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_session import FakeSession
from terminal_session import repeated, typing

from opscope.runtime.watch import Watch
from opscope.tfdbg import (
    DebugDumpDir,
    DumpingDebugWrapperSession,
    LocalCLIDebugWrapperSession,
    first_bad,
)
from opscope.tfdbg.wrappers.tensorflow_session import TensorFlowSession

pytestmark = pytest.mark.interop
tensorflow = pytest.importorskip("tensorflow")
debug_data = pytest.importorskip("tensorflow.python.debug.lib.debug_data")
config_pb2 = pytest.importorskip("tensorflow.core.protobuf.config_pb2")
tf = tensorflow.compat.v1


@pytest.fixture
def model() -> Any:
    """A session, a placeholder x, and log(x) behind an op that keeps it from being fused."""
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2], name="x")
        with tf.name_scope("cross_entropy"):
            log = tf.log(x, name="Log")
        loss = tf.reduce_sum(log * 2.0, name="loss")
        with tf.Session() as session:
            yield session, x, loss


def test_tensorflows_session_stops_at_its_first_inf(model: Any, tmp_path: Path) -> None:
    session, x, loss = model
    wrapper = LocalCLIDebugWrapperSession(session, dump_root=tmp_path / "dumps")
    options = tf.RunOptions(timeout_in_ms=60_000)
    feeds = iter([[1, 2], [0, 1], [1, 1]])
    transcript = repeated(
        lambda: wrapper.run(loss, {x: next(feeds)}, options=options),
        3,
        "run -f has_inf_or_nan",
        "ni -t cross_entropy/Log",
        "pt cross_entropy/Log",
        "run -n",
    )
    assert (transcript.starts(), transcript.ends()) == ([1], [2])
    assert "cross_entropy/Log:0" in transcript.text
    assert "array([-inf,   0.], dtype=float32)" in transcript.text
    assert 'log = tf.log(x, name="Log")' in transcript.text
    assert "site-packages/tensorflow" not in transcript.text
    assert transcript.results[1] == -np.inf
    assert options == tf.RunOptions(timeout_in_ms=60_000)
    (folder,) = (tmp_path / "dumps").iterdir()
    origin = first_bad(DebugDumpDir(folder))
    assert origin is not None
    assert origin.datum.node_name == "cross_entropy/Log"


@pytest.mark.parametrize(
    ("name", "ends"), [("has_nan", [3]), ("abs_above(0.5)", [1, 2, 3]), ("out_of_range(-9,9)", [3])]
)
def test_tensorflows_session_stops_where_a_built_in_filter_passes(
    model: Any, name: str, ends: list[int]
) -> None:
    session, x, loss = model
    wrapper = LocalCLIDebugWrapperSession(session)
    feeds = iter([[1, 2], [1, 1], [-1, 1]])
    transcript = repeated(lambda: wrapper.run(loss, {x: next(feeds)}), 3, *[f"run -f {name}"] * 4)
    assert transcript.ends() == ends


def test_tensorflows_errors_are_shown_and_raised(model: Any) -> None:
    session, *_ = model
    with session.graph.as_default():
        missing = tf.Variable(1.0, name="missing", use_resource=False) * 2.0
    wrapper = LocalCLIDebugWrapperSession(session)
    with typing("run", "run") as transcript, pytest.raises(tf.errors.FailedPreconditionError):
        wrapper.run(missing)
    assert "!!! An error occurred during the run !!!" in transcript.text


def test_eval_in_the_wrappers_block_is_debugged(model: Any) -> None:
    session, x, loss = model
    wrapper = LocalCLIDebugWrapperSession(session)
    with typing("run --node_name_filter nomatch", "run") as transcript, wrapper.as_default():
        assert loss.eval({x: [1, 1]}) == 0
    assert transcript.ends() == [1]
    assert "0 dumped tensor(s):" in transcript.text


def test_d25_callables_from_options_are_debugged_as_keras_makes_them(
    model: Any, tmp_path: Path
) -> None:
    session, x, loss = model
    options = config_pb2.CallableOptions(feed=[x.name], fetch=[loss.name], target=[loss.op.name])
    plain = session._make_callable_from_options(options)(np.float32([1, 2]))
    wrapper = LocalCLIDebugWrapperSession(session)
    runner = wrapper._make_callable_from_options(options)
    with typing("run -f has_inf_or_nan", "pf x:0", "run") as transcript:
        assert runner(np.float32([1, 2])) == plain
        assert runner(np.float32([0, 1])) != plain
    assert transcript.ends() == [2]
    assert 'Tensor "x:0 (feed)":' in transcript.text
    dumping = DumpingDebugWrapperSession(session, tmp_path / "root")
    for value in (1.0, 2.0):
        dumping._make_callable_from_options(options)(np.float32([value, value]))
    dumps = [DebugDumpDir(folder) for folder in sorted((tmp_path / "root").iterdir())]
    assert [dump.feeds["x:0"].tolist() for dump in dumps] == [[1, 1], [2, 2]]


def test_a_clean_run_is_tested_without_its_values_being_kept(model: Any) -> None:
    session, x, loss = model
    watchable = TensorFlowSession(session)
    watch = Watch(check=True)
    run = watchable.run_watched(loss, {x: [1, 2]}, watch=watch)
    assert (run.error, run.hits, "tensors" in vars(run)) == (None, [], False)
    folder = run.folder
    assert any(path.is_file() for path in folder.rglob("*"))
    assert run.tensors
    assert run.partition_graphs
    del run
    assert not any(path.is_file() for path in folder.rglob("*"))
    bad = watchable.run_watched(loss, {x: [0, 2]}, watch=watch)
    assert bad.folder == folder
    assert bad.hits[0].node_name == "cross_entropy/Log"
    watchable.close()
    assert not folder.exists()


def test_tensorflow_reads_the_dumps_of_the_dumping_wrapper(model: Any, tmp_path: Path) -> None:
    session, x, loss = model
    DumpingDebugWrapperSession(session, tmp_path / "theirs").run(loss, {x: [0, 1]})
    DumpingDebugWrapperSession(FakeSession(bad=[1]), tmp_path / "ours").run("inc_v:0")
    for root, name in (("theirs", "cross_entropy/Log"), ("ours", "y")):
        (folder,) = (tmp_path / root).iterdir()
        dump = debug_data.DebugDumpDir(str(folder))
        hits = dump.find(debug_data.has_inf_or_nan)
        assert min(hits, key=lambda datum: datum.timestamp).node_name == name
        assert dump.size == DebugDumpDir(folder).size
