"""The wrappers around TensorFlow's own session, and our dumps in TensorFlow's reader."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_session import FakeSession
from terminal_session import repeated, typing

from opscope.tfdbg import (
    DebugDumpDir,
    DumpingDebugWrapperSession,
    LocalCLIDebugWrapperSession,
    first_bad,
)

pytestmark = pytest.mark.interop
tensorflow = pytest.importorskip("tensorflow")
debug_data = pytest.importorskip("tensorflow.python.debug.lib.debug_data")
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
