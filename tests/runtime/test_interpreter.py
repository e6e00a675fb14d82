"""The interpreter: graphs that generated code does not take, and what is seen of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import irregular_graphs
import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.make_op import make_op
from opscope.runtime.op_def import OPS
from opscope.runtime.watch import Watch


@pytest.fixture(autouse=True)
def _fresh_graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


def make(kind: str, **arguments: Any) -> Any:
    inputs = [arguments.pop(a.name) for a in OPS[kind].inputs]
    return make_op(kind, *inputs, **arguments)


def interpreting() -> tf.ConfigProto:
    config = tf.ConfigProto()
    config.experimental.executor_type = "INTERPRETER"
    return config


def expected_of(graph: Callable[..., Any], p: bool, q: bool, x: float) -> list[float]:
    if graph is irregular_graphs.branches_of_two_predicates:
        return [x * 2, 0] if p else [x * 3, 1] if q else [x - 1, 2]
    if graph is irregular_graphs.a_ladder_with_shared_rungs:
        first = x * x if p else x + 1
        return [first * 2 if q else first * 0.5, p + q]
    if graph is irregular_graphs.dead_inputs_kill:
        return [x + 5, 2] if p else [x - 5, 1]
    if graph is irregular_graphs.control_edges_carry_death:
        return [7 * x if p else 8 * x]
    if graph is irregular_graphs.two_loops_in_one_frame:
        return [5 * x, 4 + x]
    if graph is irregular_graphs.a_value_after_the_last_round:
        n = abs(x)
        while n < 20:
            n = n * n + n
        return [n * n - n]
    if graph is irregular_graphs.a_reference_round_a_loop:
        n = abs(x) * 2
        while n < 9:
            n += n + 1
        return [n - 1, n - 1]
    if graph is irregular_graphs.a_reference_from_a_branch:
        return [x + 2, 1] if p else [x - 3, 0]
    if graph is irregular_graphs.one_of_two_references:
        return [x * 2 + 10, 1] if p else [x + 10, 0]
    if graph is irregular_graphs.references_that_change_places:
        return [x * 10 + 1, x + 2]
    n = x
    while abs(n) < 9:
        n *= 2
    return [n, 1] if p else [x - 1, 0]


@pytest.mark.parametrize("graph", irregular_graphs.GRAPHS, ids=lambda g: g.__name__)
@pytest.mark.parametrize("config", [None, interpreting()], ids=["by itself", "asked for"])
def test_irregular_graphs(graph: Callable[..., Any], config: Any) -> None:
    fetches = graph(irregular_graphs.Makers(tf, make))
    with tf.Session(config=config) as sess:
        for p, q, x in irregular_graphs.FEEDS:
            used = {n: v for n, v in (("p:0", p), ("q:0", q), ("x:0", x)) if _reads(fetches, n)}
            got = sess.run(fetches, used)
            np.testing.assert_allclose(got, expected_of(graph, p, q, x), rtol=1e-6)


def _reads(fetches: list[tf.Tensor], name: str) -> bool:
    return bool(fetches[0].graph.get_tensor_by_name(name).consumers())


def test_what_is_watched() -> None:
    fetches = irregular_graphs.a_value_after_the_last_round(irregular_graphs.Makers(tf, make))
    with tf.Session() as sess:
        run = sess.run_watched(fetches, {"x:0": 1.5}, watch=Watch())
        rounds = [t.value for t in run.tensors if t.node_name == "Merge" and t.output_slot == 0]
        assert rounds == [1.5, 3.75, 17.8125, 335.09766]
        assert [t.node_name for t in run.tensors if t.op_type == "Exit"] == ["Exit"]
        moments = [t.timestamp for t in run.tensors]
        assert moments == sorted(set(moments))
        bad = sess.run_watched(fetches, {"x:0": np.inf}, watch=Watch(check=True))
        assert [t.node_name for t in bad.hits][:2] == ["x", "Abs"]


def test_what_is_traced() -> None:
    fetches = irregular_graphs.two_loops_in_one_frame(irregular_graphs.Makers(tf, make))
    metadata = tf.RunMetadata()
    with tf.Session() as sess:
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        sess.run(fetches, {"x:0": 1.0}, options=options, run_metadata=metadata)
    (device,) = metadata.step_stats.dev_stats
    assert sum(n.node_name == "NextIteration" for n in device.node_stats) == 5
    assert sum(n.node_name == "NextIteration_1" for n in device.node_stats) == 2


def test_a_failing_op_is_named_with_its_line() -> None:
    x = tf.placeholder(tf.float32, [None])
    wrong = tf.reshape(x, [2, 2], name="wrong")
    with (
        tf.Session(config=interpreting()) as sess,
        pytest.raises(tf.errors.InvalidArgumentError, match="wrong") as raised,
    ):
        sess.run(wrong, {x: np.zeros(3, np.float32)})
    assert "test_interpreter.py" in str(raised.value)
    with tf.Session(config=interpreting()) as sess:
        run = sess.run_watched(wrong, {x: np.zeros(3, np.float32)}, watch=Watch())
    assert run.error is not None
    assert [t.op_type for t in run.tensors] == ["Placeholder", "Const"]


def test_a_dead_tensor_cannot_be_fetched() -> None:
    p, _, x = irregular_graphs.placeholders(tf)
    _, on = make("Switch", data=x, pred=p)
    with tf.Session(config=interpreting()) as sess:
        assert sess.run(on, {p: True, x: 2.0}) == 2.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="did not take"):
            sess.run(on, {p: False, x: 2.0})


def test_what_is_fetched_belongs_to_the_caller() -> None:
    v = tf.Variable(np.ones(3, np.float32))
    with tf.Session(config=interpreting()) as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(v)[:] = 5
        constant = tf.constant([1.0, 2.0])
        sess.run(constant)[:] = 5
        assert sess.run(v).tolist() == [1, 1, 1]
        assert sess.run(constant).tolist() == [1, 2]
        before, after = sess.run([v.read_value(), tf.assign_add(v, tf.ones(3))])
        assert before.tolist() == [1, 1, 1]
        assert after.tolist() == [2, 2, 2]


def test_unfed_and_uninitialized() -> None:
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    v = tf.Variable(1.0, name="v")
    with tf.Session(config=interpreting()) as sess:
        with pytest.raises(tf.errors.InvalidArgumentError, match="must feed a value"):
            sess.run(x + 1.0)
        assert sess.run(tf.shape(x)).tolist() == [2, 3]
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value v"):
            sess.run(v + 1.0)


def test_an_unknown_executor() -> None:
    config = tf.ConfigProto()
    config.experimental.executor_type = "PARALLEL"
    with pytest.raises(tf.errors.NotFoundError, match="PARALLEL"):
        tf.Session(config=config)
