import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime import errors


@pytest.fixture(autouse=True)
def _in_graph(graph):
    """Every test builds in a graph of its own."""


def two_runs(tensor):
    with tf.Session() as session:
        return session.run(tensor), session.run(tensor)


def test_get_seed_is_tensorflows():
    assert tf.get_seed(None) == (0, 0)
    assert tf.get_seed(4) == (87654321, 4)
    tf.set_random_seed(7)
    assert [tf.get_seed(None), tf.get_seed(4), tf.get_seed(None)] == [(7, 0), (7, 4), (7, 1)]
    tf.set_random_seed(0)
    assert tf.get_seed(0) == (0, 2**31 - 1)


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: tf.random_normal([4], seed=seed),
        lambda seed: tf.random_uniform([4], seed=seed),
        lambda seed: tf.truncated_normal([4], seed=seed),
        lambda seed: tf.random_uniform([4], 0, 1000, tf.int32, seed=seed),
        lambda seed: tf.random_shuffle(tf.range(50), seed=seed),
    ],
    ids=["normal", "uniform", "truncated", "integers", "shuffle"],
)
def test_a_seed_repeats_the_sequence_in_a_new_session(make):
    seeded, free = make(3), make(None)
    first, second = two_runs(seeded)
    again, _ = two_runs(seeded)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, again)
    a, _ = two_runs(free)
    b, _ = two_runs(free)
    assert not np.array_equal(a, b)
    assert first.dtype == seeded.dtype.numpy_dtype


def test_ops_of_one_seed_draw_the_same_and_of_one_graph_seed_differ():
    same = [tf.random_normal([3], seed=1), tf.random_normal([3], seed=1)]
    tf.set_random_seed(5)
    apart = [tf.random_normal([3]), tf.random_normal([3])]
    with tf.Session() as session:
        (a, b), (c, d) = session.run([same, apart])
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(c, d)


def test_distributions():
    tf.set_random_seed(1)
    draws = {
        "normal": tf.random_normal([20000], 3.0, 0.5),
        "truncated": tf.truncated_normal([20000]),
        "uniform": tf.random_uniform([20000], -1.0, 3.0),
        "integers": tf.random_uniform([20000], -2, 3, tf.int64),
        "double": tf.random_normal([20000], dtype=tf.float64),
        "half": tf.random_uniform([2000], dtype=tf.float16),
    }
    with tf.Session() as session:
        found = session.run(draws)
    assert abs(found["normal"].mean() - 3) < 0.02
    assert abs(found["normal"].std() - 0.5) < 0.02
    assert abs(found["truncated"]).max() <= 2
    assert abs(found["truncated"].std() - 0.88) < 0.02
    assert -1 <= found["uniform"].min() < -0.9
    assert 2.9 < found["uniform"].max() < 3
    np.testing.assert_array_equal(np.unique(found["integers"]), [-2, -1, 0, 1, 2])
    assert found["double"].dtype == np.float64
    assert found["half"].dtype == np.float16


def test_scalars_and_shapes_of_the_run():
    size = tf.placeholder(tf.int32, [1])
    scalar = tf.random_normal([])
    with tf.Session() as session:
        a, b = session.run([scalar, tf.random_uniform(size)], {size: [3]})
    assert isinstance(a, np.float32)
    assert b.shape == (3,)


def test_wrong_ranges():
    with pytest.raises(ValueError, match="Must specify maxval for integer dtype"):
        tf.random_uniform([2], dtype=tf.int32)
    low = tf.placeholder(tf.int32, [])
    drawn = tf.random_uniform([2], low, 3, tf.int32)
    with tf.Session() as session, pytest.raises(errors.InvalidArgumentError, match="minval"):
        session.run(drawn, {low: 5})


def test_dropout_keeps_the_mean_and_takes_rate_or_keep_prob():
    x = tf.ones([1000, 10])
    dropped = tf.nn.dropout(x, keep_prob=0.25, seed=2)
    columns = tf.nn.dropout(x, rate=0.5, noise_shape=[1, 10], seed=2)
    assert tf.nn.dropout(x, rate=0) is x
    with tf.Session() as session:
        found, whole = session.run([dropped, columns])
    assert set(np.unique(found)) == {0, 4}
    assert abs(found.mean() - 1) < 0.1
    assert len(np.unique(whole, axis=0)) == 1
    with pytest.raises(ValueError, match=r"range \[0, 1\)"):
        tf.nn.dropout(x, rate=1.0)
