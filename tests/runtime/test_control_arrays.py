"""TensorArray, map_fn, scan and folds: values, gradients, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.watch import Watch


@pytest.fixture(autouse=True)
def _fresh_graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


ROWS = np.array([[1, 2], [3, 4], [5, 6]], np.float32)


def test_map_and_scan() -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    doubled = tf.map_fn(lambda r: r * 2.0, x)
    pairs = tf.map_fn(lambda p: (p[0] + p[1], p[0][0]), (x, x))
    running = tf.scan(lambda a, r: a + r, x)
    with tf.Session() as sess:
        d, (s, f), r = sess.run([doubled, pairs, running], {x: ROWS})
    np.testing.assert_array_equal(d, ROWS * 2)
    np.testing.assert_array_equal(s, ROWS * 2)
    np.testing.assert_array_equal(f, ROWS[:, 0])
    np.testing.assert_array_equal(r, np.cumsum(ROWS, 0))


def test_map_of_nothing() -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    doubled = tf.map_fn(lambda r: r * 2.0, x)
    with tf.Session() as sess:
        assert sess.run(doubled, {x: np.zeros((0, 2))}).shape == (0, 2)


def test_folds() -> None:
    x = tf.constant(ROWS)
    left = tf.foldl(lambda a, r: a * 2.0 + r, x)
    right = tf.foldr(lambda a, r: a - r, x, initializer=tf.zeros([2]))
    with tf.Session() as sess:
        np.testing.assert_array_equal(sess.run(left), [15, 22])
        np.testing.assert_array_equal(sess.run(right), [-9, -12])


def test_gradients_add_up_over_reads() -> None:
    x = tf.placeholder(tf.float32, [3, 2])
    array = tf.TensorArray(tf.float32, size=3, clear_after_read=False).unstack(x)
    y = tf.reduce_sum(array.read(0) * 3.0) + tf.reduce_sum(array.read(0)) + array.read(2)[1]
    (dx,) = tf.gradients(y, x)
    with tf.Session() as sess:
        assert sess.run(dx, {x: ROWS}).tolist() == [[4, 4], [0, 0], [0, 1]]


def test_scan_gradient_is_that_of_the_unrolled_graph() -> None:
    x = tf.placeholder(tf.float64, [4])
    scanned = tf.scan(lambda a, r: tf.sin(a * r) + r, x)
    states = [x[0]]
    for i in range(1, 4):
        states.append(tf.sin(states[-1] * x[i]) + x[i])
    unrolled = tf.stack(states)
    value = np.array([0.3, -1.2, 0.7, 2.0])
    with tf.Session() as sess:
        a, b = sess.run([scanned, unrolled], {x: value})
        np.testing.assert_allclose(a, b)
        da, db = sess.run([tf.gradients(scanned, x)[0], tf.gradients(unrolled, x)[0]], {x: value})
        np.testing.assert_allclose(da, db)


def test_an_array_grows() -> None:
    array = tf.TensorArray(tf.int32, size=0, dynamic_size=True)
    _, array = tf.while_loop(
        lambda i, _: i < 5, lambda i, a: (i + 1, a.write(i, i * i)), [0, array]
    )
    size, values = array.size(), array.stack()
    with tf.Session() as sess:
        assert sess.run(size) == 5
        assert sess.run(values).tolist() == [0, 1, 4, 9, 16]


def test_an_array_in_a_branch() -> None:
    p = tf.placeholder(tf.bool, [])
    array = tf.TensorArray(tf.float32, size=1)
    array = tf.cond(p, lambda: array.write(0, 1.0), lambda: array.write(0, 2.0))
    value = array.read(0)
    with tf.Session() as sess:
        assert [sess.run(value, {p: v}) for v in (True, False)] == [1.0, 2.0]


def test_an_element_keeps_the_value_of_a_variable_before_its_update() -> None:
    v = tf.Variable(np.ones(2, np.float32))
    array = tf.TensorArray(tf.float32, size=1).write(0, tf.identity(v))
    with tf.control_dependencies([array.flow]):
        update = tf.assign_add(v, tf.ones([2]))
    with tf.control_dependencies([update]):
        late = array.read(0)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(late).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.write(5, 1.0).read(5), "not resizeable and size is: 2"),
        (lambda a: a.write(0, 1.0).write(0, 2.0).read(0), "already been written"),
        (lambda a: a.read(1), "never written"),
    ],
)
def test_wrong_use(change: object, words: str) -> None:
    value = change(tf.TensorArray(tf.float32, size=2))  # type: ignore[operator]
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match=words):
        sess.run(value)


def test_an_element_can_be_read_once() -> None:
    array = tf.TensorArray(tf.float32, size=1).write(0, 1.0)
    first = array.read(0)
    with tf.control_dependencies([first]):
        second = array.read(0)
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="twice"):
        sess.run(second)


def test_wrong_graphs() -> None:
    array = tf.TensorArray(tf.float32, size=2).write(0, [1.0])
    with pytest.raises(ValueError, match="Inconsistent shapes"):
        array.write(1, [1.0, 2.0])
    with pytest.raises(TypeError, match="dtype"):
        array.write(1, tf.constant([1]))
    with pytest.raises(ValueError, match="scalar"):
        tf.map_fn(lambda r: r, tf.constant(1.0))
    with pytest.raises(TypeError, match="callable"):
        tf.scan(1, tf.constant([1.0]))


def test_handles_are_not_watched() -> None:
    x = tf.constant(ROWS)
    total = tf.reduce_sum(tf.scan(lambda a, r: a + r, x))
    with tf.Session() as sess:
        run = sess.run_watched(total, watch=Watch(check=True))
    assert run.hits == []
    assert all(isinstance(t.value, (np.ndarray, np.generic)) for t in run.tensors)
