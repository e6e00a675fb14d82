"""Shapes that are settled before a run though the values go round loops."""

from typing import Any

import numpy as np

import opscope.runtime as tf
from opscope.runtime.devices import local_devices
from opscope.runtime.feed import read_feeds
from opscope.runtime.flow_schedule import arrange, ops_of
from opscope.runtime.folding import Known, fold
from opscope.runtime.placement import place
from opscope.runtime.schedule import needed_ops


def followed(fetch: tf.Tensor, feeds: dict[tf.Tensor, np.ndarray]) -> Known:
    """What is known of the ops that `fetch` needs, for feeds of these shapes."""
    sizes = {f.tensor: feeds[f.tensor].shape for f in read_feeds(fetch.graph, feeds)}
    order = list(ops_of(arrange(needed_ops([fetch.op], sizes), sizes)))
    return fold(order, sizes, place(order, local_devices(), True))


def run(fetch: Any, feeds: dict[tf.Tensor, np.ndarray]) -> Any:
    with tf.Session() as session:
        return session.run(fetch, feeds)


def test_a_loop_keeps_the_shape_that_comes_into_it() -> None:
    x = tf.placeholder(tf.float32, [None, 4])
    inside = []

    def body(i: tf.Tensor, value: tf.Tensor) -> list[tf.Tensor]:
        inside.append(tf.tanh(value) + x)
        return [i + 1, inside[-1]]

    _, last = tf.while_loop(lambda i, _: i < 3, body, [tf.constant(0), x])
    feeds = {x: np.ones((2, 4), np.float32)}
    shapes = followed(last, feeds).shapes
    assert shapes[inside[0]].sizes == shapes[last].sizes == (2, 4)


def test_what_grows_from_round_to_round_is_unknown_along_that_axis() -> None:
    x = tf.placeholder(tf.float32, [None, 4])
    sizes = []

    def body(i: tf.Tensor, value: tf.Tensor) -> list[tf.Tensor]:
        sizes.append(tf.shape(value))
        return [i + sizes[-1][0] * 0 + 1, tf.concat([value, x], 0)]

    _, last = tf.while_loop(
        lambda i, _: i < 3,
        body,
        [tf.constant(0), x],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 4])],
    )
    feeds = {x: np.ones((2, 4), np.float32)}
    known = followed(last, feeds)
    assert known.shapes[last].sizes == (None, 4)
    assert sizes[0] not in known.values
    assert run(last, feeds).shape == (8, 4)
    total = tf.reduce_sum(last * tf.cast(tf.range(tf.shape(last)[0])[:, None], tf.float32))
    (gradient,) = tf.gradients(total, x)
    expected = np.arange(8, dtype=np.float32).reshape(4, 2).sum(0)[:, None].repeat(4, 1)
    np.testing.assert_array_equal(run(gradient, feeds), expected)


def test_a_gradient_knows_the_shapes_that_the_loop_saved() -> None:
    x = tf.placeholder(tf.float32, [None, 4])
    _, last = tf.while_loop(
        lambda i, _: i < 3, lambda i, v: [i + 1, tf.tanh(v) * x], [tf.constant(0), x]
    )
    (gradient,) = tf.gradients(last, x)
    feeds = {x: np.full((2, 4), 0.5, np.float32)}
    known = followed(gradient, feeds)
    popped = [op.outputs[0] for op in known.nodes if op.type == "StackPopV2"]
    assert popped
    assert all(known.shapes[t].is_fully_defined() for t in popped)
    saved = [t for t in popped if known.shapes[t].sizes == (2,)]
    assert saved
    assert all(known.values[t].tolist() == [2, 4] for t in saved)
    assert run(gradient, feeds).shape == (2, 4)


def test_elements_of_an_array_have_the_shape_of_what_is_scattered() -> None:
    x = tf.placeholder(tf.float32, [None, None, 4])
    array = tf.TensorArray(tf.float32, 3).unstack(x)
    read = []

    def body(i: tf.Tensor, total: tf.Tensor) -> list[tf.Tensor]:
        read.append(array.read(i))
        return [i + 1, total + read[-1]]

    zero = tf.zeros([2, 4])
    _, total = tf.while_loop(lambda i, _: i < 3, body, [tf.constant(0), zero])
    feeds = {x: np.arange(24, dtype=np.float32).reshape(3, 2, 4)}
    assert followed(total, feeds).shapes[read[0]].sizes == (2, 4)
    np.testing.assert_array_equal(run(total, feeds), feeds[x].sum(0))


def test_elements_of_different_shapes_are_not_mixed_up() -> None:
    x = tf.placeholder(tf.float32, [None])
    array = tf.TensorArray(tf.float32, 2, infer_shape=False)
    array = array.write(0, x).write(1, tf.concat([x, x], 0))
    first, second = array.read(0), array.read(1)
    feeds = {x: np.ones(3, np.float32)}
    assert followed(first, feeds).shapes[first].sizes in (None, (None,))
    sizes = tf.concat([tf.shape(first), tf.shape(second)], 0)
    assert run(sizes, feeds).tolist() == [3, 6]
