"""tf.cond, tf.case and tf.while_loop: values, effects, what is refused, and what is watched."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterator

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.watch import Watch


@pytest.fixture(autouse=True)
def _fresh_graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


def power_loop(x: tf.Tensor, times: int = 10) -> list[tf.Tensor]:
    found: list[tf.Tensor] = tf.while_loop(
        lambda i, p: i < times, lambda i, p: (i + 1, p * x), [tf.constant(0), tf.constant(1.0)]
    )
    return found


def test_while_loop() -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    i, p = power_loop(x)
    with tf.Session() as sess:
        assert sess.run([i, p], {x: 2.0}) == [10, 1024.0]
        assert sess.run(p, {x: 0.5}) == np.float32(0.5**10)


def test_a_loop_that_never_runs_gives_its_start_values() -> None:
    i, p = power_loop(tf.constant(3.0), times=0)
    with tf.Session() as sess:
        assert sess.run([i, p]) == [0, 1.0]


def test_variables_change_at_once() -> None:
    a, b = tf.while_loop(lambda a, b: a < 50, lambda a, b: (b, a + b), [0, 1])
    with tf.Session() as sess:
        assert sess.run([a, b]) == [55, 89]


def test_nested_loops() -> None:
    x = tf.placeholder(tf.float32, [])

    def body(i: tf.Tensor, s: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        _, t = tf.while_loop(lambda j, t: j < i, lambda j, t: (j + 1, t + x), [0, s])
        return i + 1, t * 2.0

    _, total = tf.while_loop(lambda i, s: i < 4, body, [0, tf.constant(1.0)])
    expected = 1.0
    for i in range(4):
        for _ in range(i):
            expected += 3.0
        expected *= 2
    with tf.Session() as sess:
        assert sess.run(total, {x: 3.0}) == expected


def test_loop_variables_may_nest() -> None:
    Pair = collections.namedtuple("Pair", "left right")
    start = [Pair(tf.constant(0), {"s": tf.constant(0)})]
    (result,) = tf.while_loop(
        lambda p: p.left < 4,
        lambda p: [Pair(p.left + 1, {"s": p.right["s"] + p.left})],
        start,
        return_same_structure=True,
    )
    assert isinstance(result, Pair)
    with tf.Session() as sess:
        assert sess.run([result.left, result.right["s"]]) == [4, 6]


def test_maximum_iterations() -> None:
    i = tf.while_loop(lambda i: i < 100, lambda i: i + 1, [0], maximum_iterations=7)
    with tf.Session() as sess:
        assert sess.run(i) == 7


def test_shapes_may_grow_under_an_invariant() -> None:
    start = tf.zeros([1, 2])
    with pytest.raises(ValueError, match="shape_invariants"):
        tf.while_loop(lambda i, m: i < 3, lambda i, m: (i + 1, tf.concat([m, m], 0)), [0, start])
    _, m = tf.while_loop(
        lambda i, m: i < 3,
        lambda i, m: (i + 1, tf.concat([m, m], 0)),
        [0, start],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])],
    )
    assert m.shape.as_list() == [None, 2]
    with tf.Session() as sess:
        assert sess.run(m).shape == (8, 2)


def test_cond_runs_one_side() -> None:
    v = tf.Variable(1.0)
    p = tf.placeholder(tf.bool, [])
    result = tf.cond(p, lambda: tf.assign_add(v, 10.0), lambda: tf.constant(-1.0))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(result, {p: False}) == -1.0
        assert sess.run(v) == 1.0
        assert sess.run(result, {p: True}) == 11.0
        assert sess.run(v) == 11.0


def test_cond_of_an_operation_and_of_outer_tensors() -> None:
    v = tf.Variable(1)
    p = tf.placeholder(tf.bool, [])
    x = tf.constant(3)
    done = tf.cond(p, lambda: tf.group(tf.assign(v, 5)), lambda: tf.no_op())
    picked = tf.cond(p, lambda: x, lambda: x + 1)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(done, {p: False})
        assert sess.run([v, picked], {p: False}) == [1, 4]
        sess.run(done, {p: True})
        assert sess.run([v, picked], {p: True}) == [5, 3]


def test_nested_cond_and_case() -> None:
    x = tf.placeholder(tf.float32, [])
    nested = tf.cond(
        x > 0.0,
        lambda: tf.cond(x > 10.0, lambda: x * 100.0, lambda: x * 10.0),
        lambda: tf.cond(x < -10.0, lambda: -x, lambda: tf.constant(0.0)),
    )
    chosen = tf.case(
        [(x > 10.0, lambda: tf.constant(1)), (x > 0.0, lambda: tf.constant(2))],
        default=lambda: tf.constant(3),
    )
    with tf.Session() as sess:
        got = [sess.run([nested, chosen], {x: v}) for v in (20.0, 5.0, -5.0, -20.0)]
    assert got == [[2000.0, 1], [50.0, 2], [0.0, 3], [20.0, 3]]


def test_exclusive_case() -> None:
    x = tf.placeholder(tf.float32, [])
    chosen = tf.case(
        [(x > 10.0, lambda: tf.constant(1)), (x > 0.0, lambda: tf.constant(2))],
        default=lambda: tf.constant(3),
        exclusive=True,
    )
    with tf.Session() as sess:
        assert [sess.run(chosen, {x: v}) for v in (5.0, -5.0)] == [2, 3]
        with pytest.raises(tf.errors.InvalidArgumentError, match="more than 1 conditions"):
            sess.run(chosen, {x: 20.0})


def test_cond_in_a_loop() -> None:
    def body(i: tf.Tensor, odd: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return i + 1, tf.cond(tf.equal(i % 2, 1), lambda: odd + i, lambda: odd)

    _, odd = tf.while_loop(lambda i, odd: i < 10, body, [0, 0])
    with tf.Session() as sess:
        assert sess.run(odd) == 25


def test_a_loop_in_a_branch_does_not_run_when_it_is_not_taken() -> None:
    v = tf.Variable(0)
    p = tf.placeholder(tf.bool, [])

    def count() -> tf.Tensor:
        def body(i: tf.Tensor) -> tf.Tensor:
            with tf.control_dependencies([tf.assign_add(v, 1)]):
                return i + 1

        result: tf.Tensor = tf.while_loop(lambda i: i < 5, body, [0])
        return result

    result = tf.cond(p, count, lambda: tf.constant(-1))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(result, {p: False}) == -1
        assert sess.run(v) == 0
        assert sess.run(result, {p: True}) == 5
        assert sess.run(v) == 5


def test_a_value_from_before_an_update_in_a_loop_stays() -> None:
    v = tf.Variable(np.ones(3, np.float32))
    before = tf.identity(v)

    def body(i: tf.Tensor, s: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.control_dependencies([tf.assign_add(v, tf.ones(3))]):
            return i + 1, s + before

    _, total = tf.while_loop(lambda i, s: i < 3, body, [0, before])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(sess.run(total), [4, 4, 4])
        np.testing.assert_array_equal(sess.run(v), [4, 4, 4])


def test_variables_made_inside_are_outside() -> None:
    def branch() -> tf.Tensor:
        return tf.identity(tf.get_variable("w", initializer=4.0))

    result = tf.cond(tf.constant(True), branch, lambda: tf.constant(0.0))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(result) == 4.0


def test_a_dead_tensor_cannot_be_fetched() -> None:
    from opscope.runtime.branches import switch

    p = tf.placeholder(tf.bool, [])
    if_false, if_true = switch(tf.constant(3.0), p)
    double = if_true * 2.0
    with tf.Session() as sess:
        assert sess.run(double, {p: True}) == 6.0
        assert sess.run(if_false, {p: False}) == 3.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="does not have value"):
            sess.run(double, {p: False})
        with pytest.raises(tf.errors.InvalidArgumentError, match="does not have value"):
            sess.run(if_false, {p: True})


def test_what_is_inside_cannot_be_fetched_or_fed() -> None:
    power_loop(tf.constant(2.0))
    with tf.Session() as sess, pytest.raises(ValueError, match="not fetchable"):
        sess.run("while/mul:0")


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: tf.cond(True, lambda: 1, lambda: 2), TypeError, "Python bool"),
        (lambda: tf.cond(tf.constant(True), 1, lambda: 2), TypeError, "callable"),
        (
            lambda: tf.cond(tf.constant(True), lambda: 1, lambda: 2.0),
            ValueError,
            "must have the same type",
        ),
        (
            lambda: tf.cond(tf.constant(True), lambda: 1, lambda: [1, 2]),
            ValueError,
            "nested structure",
        ),
        (lambda: tf.cond(tf.constant(True), lambda: None, lambda: 2), ValueError, "return value"),
        (lambda: tf.while_loop(lambda: True, lambda: None, []), ValueError, "loop_vars"),
        (lambda: tf.while_loop(1, lambda i: i, [0]), TypeError, "callable"),
        (lambda: tf.while_loop(lambda i: i < 3, lambda i: (i, i), [0]), ValueError, "as many"),
        (
            lambda: tf.while_loop(lambda i: i < 3, lambda i: tf.cast(i, tf.float32), [0]),
            TypeError,
            "after one round",
        ),
        (lambda: tf.case([]), ValueError, "empty"),
    ],
)
def test_wrong_programs(build: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        build()  # type: ignore[operator]


def test_watching_records_every_round() -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    _, p = power_loop(x, times=4)
    with tf.Session() as sess:
        run = sess.run_watched(p, {x: 2.0}, watch=Watch())
    values = [t.value for t in run.tensors if t.node_name == "while/mul"]
    assert values == [2.0, 4.0, 8.0, 16.0]
    assert [t.value for t in run.tensors if t.node_name == "while/Less"] == [True] * 4 + [False]
    assert [t.value for t in run.tensors if t.node_name == "while/Exit_1"] == [16.0]
    assert [t.value for t in run.tensors if t.name == "while/Merge_1:1"] == [0, 1, 1, 1, 1]
    times = [t.timestamp for t in run.tensors]
    assert all(a < b for a, b in itertools.pairwise(times))
    assert run.result == 16.0


def test_hits_in_loops_are_exact() -> None:
    x = tf.placeholder(tf.float32, [2], name="x")
    _, p = tf.while_loop(
        lambda i, p: i < 4, lambda i, p: (i + 1, p * x), [tf.constant(0), tf.ones([2])]
    )
    with tf.Session() as sess:
        run = sess.run_watched(p, {x: [1e20, 1.0]}, watch=Watch(check=True))
        everything = sess.run_watched(p, {x: [1e20, 1.0]}, watch=Watch()).tensors
    expected = [(t.name, t.value.tolist()) for t in everything if np.isinf(t.value).any()]
    assert [(t.name, t.value.tolist()) for t in run.hits] == expected
    assert run.hits[0].node_name == "while/mul"
    assert sum(t.node_name == "while/mul" for t in run.hits) == 3
    assert [t.name for t in run.tensors] == [t.name for t in everything]


def test_dead_tensors_are_not_recorded() -> None:
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.placeholder(tf.float32, [], name="x")
    result = tf.cond(p, lambda: tf.log(x, name="log"), lambda: tf.exp(x, name="exp"))
    with tf.Session() as sess:
        taken = sess.run_watched(result, {p: True, x: 0.0}, watch=Watch(check=True))
        other = sess.run_watched(result, {p: False, x: 0.0}, watch=Watch(check=True))
    names = [t.name for t in taken.tensors]
    assert "cond/log:0" in names
    assert "cond/exp:0" not in names
    assert "cond/log/Switch:1" in names
    assert "cond/log/Switch:0" not in names
    assert [t.name for t in taken.hits] == ["cond/log:0", "cond/Merge:0"]
    assert other.hits == []
    assert "cond/log:0" not in [t.name for t in other.tensors]


def test_an_error_in_a_loop_keeps_what_was_computed() -> None:
    def body(i: tf.Tensor, s: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return i + 1, tf.check_numerics(s * 1e20, "too large")

    _, s = tf.while_loop(lambda i, s: i < 9, body, [0, tf.constant(1.0)])
    with tf.Session() as sess:
        run = sess.run_watched(s, watch=Watch())
        with pytest.raises(tf.errors.InvalidArgumentError, match="too large") as raised:
            sess.run(s)
    assert raised.value.op is not None
    assert raised.value.op.name == "while/CheckNumerics"
    assert isinstance(run.error, tf.errors.InvalidArgumentError)
    values = [t.value for t in run.tensors if t.node_name == "while/mul"]
    assert values == [np.float32(1e20), np.float32(np.inf)]


def test_traced_loops_time_every_round() -> None:
    x = tf.placeholder(tf.float32, [])
    _, p = power_loop(x, times=3)
    metadata = tf.RunMetadata()
    with tf.Session() as sess:
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE, output_partition_graphs=True)
        assert sess.run(p, {x: 2.0}, options=options, run_metadata=metadata) == 8.0
    names = [n.node_name for n in metadata.step_stats.dev_stats[0].node_stats]
    assert names.count("while/mul") == 3
    assert names.count("while/Less") == 4
    nodes = {n.name: n for n in metadata.partition_graphs[0].node}
    assert list(nodes["while/Merge_1"].input) == ["while/Enter_1", "while/NextIteration_1"]
