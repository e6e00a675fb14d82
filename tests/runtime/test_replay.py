"""Checks that hold on to nothing show everything after a hit."""

import itertools

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.events import has_inf_or_nan
from opscope.runtime.watch import Watch


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as made:
        yield made


def loop_with_training():
    """A variable is multiplied in, round by round, and then trained."""
    x = tf.placeholder(tf.float32, [2], name="x")
    weight = tf.get_variable("w", initializer=np.array([2.0, 3.0], np.float32))
    _, product = tf.while_loop(lambda i, _: i < 3, lambda i, p: (i + 1, p * weight), [0, x])
    step = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(product))
    return x, weight, product, step


def shown(run):
    return [(t.name, np.asarray(t.value).tobytes()) for t in run.tensors]


def test_a_hit_in_a_loop_shows_every_round_with_the_variables_from_before(session):
    x, weight, product, step = loop_with_training()
    session.run(tf.global_variables_initializer())
    expected = session.run_watched([product, step], {x: [1e38, 1.0]}, watch=Watch())
    everything, after = shown(expected), session.run(weight)
    session.run(tf.global_variables_initializer())
    run = session.run_watched([product, step], {x: [1e38, 1.0]}, watch=Watch(check=True))
    assert np.array_equal(session.run(weight), after)
    assert np.array_equal(run.result[0], expected.result[0])
    assert shown(run) == everything
    assert [t.name for t in run.hits] == [t.name for t in run.tensors if has_inf_or_nan(t.value)]
    assert run.hits[0].node_name == "while/mul"
    stamps = [t.timestamp for t in run.tensors]
    assert all(a < b for a, b in itertools.pairwise(stamps))
    again = session.run_watched(product, {x: [1.0, 1.0]}, watch=Watch())
    assert again.tensors[0].timestamp > stamps[-1]


def test_a_clean_check_shows_its_rounds_as_long_as_the_variables_are_there(session):
    x, weight, product, step = loop_with_training()
    session.run(tf.global_variables_initializer())
    watch = Watch(check=True)
    runs = [session.run_watched([product, step], {x: [1, 1]}, watch=watch) for _ in range(3)]
    assert not any(run.hits for run in runs)
    read = [next(t.value for t in run.tensors if t.name == "w:0") for run in runs]
    assert read[0].tolist() == [2, 3]
    assert read[0][0] > read[1][0] > read[2][0]
    assert sum(t.node_name == "while/mul" for t in runs[0].tensors) == 3
    late = session.run_watched(product, {x: [1, 1]}, watch=watch)
    with tf.control_dependencies([tf.assign_add(weight, [1.0, 1.0])]):
        update = tf.no_op()
    session.run(update)  # in place: nobody holds on to the value from before
    assert late.tensors == []


def test_an_op_that_fails_after_a_checked_loop_leaves_what_came_before_it(session):
    x, _, product, _ = loop_with_training()
    y = tf.check_numerics(product, "too large", name="asserting")
    session.run(tf.global_variables_initializer())
    run = session.run_watched(y, {x: [1e38, 1.0]}, watch=Watch(check=True))
    assert isinstance(run.error, tf.errors.InvalidArgumentError)
    assert run.error.op.name == "asserting"
    assert [t.node_name for t in run.tensors].count("while/mul") == 3
    assert run.hits[0].node_name == "while/mul"


def test_random_numbers_in_a_loop_are_those_of_the_run(session):
    _, total = tf.while_loop(
        lambda i, _: i < 4,
        lambda i, s: (i + 1, s + tf.random_uniform([3], 2e38, 3e38)),
        [0, tf.zeros([3])],
    )
    run = session.run_watched(total, watch=Watch(check=True))
    assert np.isinf(run.result).all()
    draws = [t.value for t in run.tensors if t.op_type == "RandomUniform"]
    assert len(draws) == 4
    assert run.hits


def test_a_large_tensor_that_was_dropped_is_computed_again_after_a_hit(session):
    x = tf.placeholder(tf.float32, [300, 400], name="x")
    doubled = tf.multiply(x, 2.0, name="doubled")
    view = tf.reshape(doubled, [-1], name="view")
    logarithm = tf.log(tf.reduce_sum(view), name="log")
    weight = tf.Variable(np.ones(1, np.float32))
    step = tf.assign_add(weight, [1.0])
    session.run(tf.global_variables_initializer())
    value = np.random.default_rng(0).standard_normal((300, 400), np.float32)
    value -= value.mean() + np.float32(0.01)
    watch = Watch(check=True)
    run = session.run_watched([logarithm, step], {x: value}, watch=watch)
    (family,) = session._instrumented.popitem()[1].values()
    source = family.plan([value]).program.source
    assert source.count("gone") == 2
    assert [t.name for t in run.hits] == ["log:0"]
    values = {t.name: t.value for t in run.tensors}
    assert np.array_equal(values["doubled:0"], value * 2)
    assert np.array_equal(values["view:0"], (value * 2).ravel())
    assert values["Variable:0"].tolist() == [1]
    clean = session.run_watched(logarithm, {x: -value}, watch=watch)
    assert not clean.hits
    assert np.array_equal({t.name: t.value for t in clean.tensors}["doubled:0"], value * -2)
