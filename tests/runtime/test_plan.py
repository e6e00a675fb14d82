"""Plans: shapes that are known from the feeds, folding, what is skipped, order of ops."""

import numpy as np
import pytest
from tests.runtime.test_session import divide_op

import opscope.runtime as tf
from opscope.runtime.plan_family import MAX_SHAPES
from opscope.runtime.watch import Watch


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as made:
        yield made


def sources(session):
    plans = [p for f in session._families.values() for p in [*f._by_shapes.values(), f._fixed] if p]
    return [p.program.source for p in plans]


def test_shapes_of_fed_values_are_folded(session):
    x = tf.placeholder(tf.float32, [None, 3])
    y = divide_op(x, tf.cast(tf.shape(x)[0], tf.float32))
    assert session.run(y, {x: np.ones((2, 3))}).tolist() == [[0.5] * 3] * 2
    assert session.run(y, {x: np.ones((4, 3))})[0, 0] == 0.25
    assert len(sources(session)) == 2
    assert all(len(source.splitlines()) == 3 for source in sources(session))


def test_many_shapes_share_one_plan_beyond_the_cap(session):
    x = tf.placeholder(tf.float32, [None])
    y = divide_op(x, tf.cast(tf.size(x), tf.float32))
    for n in range(1, MAX_SHAPES + 5):
        assert session.run(y, {x: np.full(n, n)}).tolist() == [1.0] * n
    assert len(sources(session)) == MAX_SHAPES


def test_an_op_that_is_only_waited_for_is_skipped(session):
    x = tf.placeholder(tf.float32, [])
    with tf.control_dependencies([divide_op(x, 3.0, name="idle")]):
        y = divide_op(x, 2.0)
    assert session.run(y, {x: 1.0}) == 0.5
    assert sources(session)[0].count("(f0") == 2  # the parameter and one call
    idle = session.graph.get_operation_by_name("idle")
    assert session.run([y, idle], {x: 1.0}) == [0.5, None]


def test_values_that_are_handed_on_together_survive_an_update(session):
    v, w = (tf.Variable(np.ones(3, np.float32)) for _ in range(2))
    _, before = tf.identity_n([v, w])
    update = tf.assign_add(w, [1.0, 1.0, 1.0])
    with tf.control_dependencies([update]):
        late = before + 0.0
    session.run(tf.global_variables_initializer())
    assert [value.tolist() for value in session.run([late, before])] == [[1.0] * 3] * 2


def test_ops_of_the_same_inputs_are_computed_once(session):
    x = tf.placeholder(tf.float32, [3], name="x")
    first, second = tf.exp(x * 2.0, name="first"), tf.exp(x * 2.0, name="second")
    other = tf.exp(x * 3.0)
    total = first + second
    later = total * first
    value = np.array([0.5, 1.0, 2.0], np.float32)
    results = session.run([total, second, later, other], {x: value})
    once = np.exp(value * np.float32(2))
    assert np.array_equal(results[0], once + once)
    results = session.run([total, second, later, other, first], {x: value})
    results[4][:] = 0  # arrays of the caller's own
    assert np.array_equal(results[1], once)
    assert np.array_equal(results[2], (once + once) * once)
    source = sources(session)[0]
    assert source.count("(v") == 2
    assert source.count(" * c") == 2
    run = session.run_watched(later, {x: value + 100}, watch=Watch(check=True))
    hits = {t.name for t in run.hits}
    assert {"first:0", "second:0"} <= hits


def test_reads_around_an_update_and_draws_are_not_shared(session):
    variable = tf.get_variable("v", initializer=np.ones(2, np.float32), use_resource=True)
    before = variable.read_value() * 2.0
    with tf.control_dependencies([before, tf.assign_add(variable, [1.0, 1.0])]):
        after = variable.read_value() * 2.0
    draws = [tf.random_uniform([4]) for _ in range(2)]
    session.run(tf.global_variables_initializer())
    assert [v.tolist() for v in session.run([before, after])] == [[2, 2], [4, 4]]
    first, second = session.run(draws)
    assert not np.array_equal(first, second)
