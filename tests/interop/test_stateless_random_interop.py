"""Stateless random numbers are TensorFlow's: nodes, bits if uniform, values if normal."""

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop

SHAPES = [(), (0,), (1,), (3, 5), (1000,)]


def drawn(tf, draw):
    with tf.Graph().as_default() as graph, tf.Session() as session:
        value = draw(tf)
        return {n.name: n.op for n in graph.as_graph_def().node}, session.run(value)


def compared(tensorflow, draw):
    mine, theirs = drawn(ours, draw), drawn(tensorflow, draw)
    assert mine[0] == theirs[0]
    assert mine[1].dtype == theirs[1].dtype
    assert mine[1].shape == theirs[1].shape
    return mine[1], theirs[1]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("seed", [(1, 2), (-5, 2**40)])
def test_floats(tensorflow, shape, dtype, seed):
    mine, theirs = compared(
        tensorflow, lambda tf: tf.random.stateless_uniform(shape, seed, dtype=dtype)
    )
    np.testing.assert_array_equal(mine, theirs)
    for name in ("stateless_normal", "stateless_truncated_normal"):
        mine, theirs = compared(
            tensorflow,
            lambda tf, name=name: getattr(tf.random, name)(shape, seed, 1.0, 2.0, dtype=dtype),
        )
        close = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 1e-5, "float64": 1e-12}[dtype]
        np.testing.assert_allclose(
            mine.astype(np.float64), theirs.astype(np.float64), rtol=close, atol=close
        )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_integers(tensorflow, shape, dtype):
    for low, high in ((-3, 12), (0, 1), (-(2**31), 2**31 - 1)):
        mine, theirs = compared(
            tensorflow,
            lambda tf, low=low, high=high: tf.random.stateless_uniform(
                shape, [7, 9], low, high, dtype=dtype, name="draw"
            ),
        )
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint32", "uint64"])
def test_integers_of_the_whole_range(tensorflow, dtype):
    mine, theirs = compared(
        tensorflow,
        lambda tf: tf.random.stateless_uniform([33], [7, 9], None, None, dtype),
    )
    np.testing.assert_array_equal(mine, theirs)


def test_the_algorithm_by_its_name(tensorflow):
    def draw(tf):
        return tf.random.stateless_uniform([5], [7, 9], alg="philox")

    np.testing.assert_array_equal(drawn(ours, draw)[1], drawn(tensorflow, draw)[1])


def test_what_is_refused(tensorflow):
    for arguments in (
        {"dtype": "int32"},
        {"dtype": "uint32", "maxval": 3},
        {"dtype": "bool"},
        {"alg": "other"},
    ):
        for tf in (ours, tensorflow):
            with tf.Graph().as_default(), pytest.raises(ValueError, match=r"."):
                tf.random.stateless_uniform([2], [1, 2], **arguments)
    for tf in (ours, tensorflow):
        with tf.Graph().as_default(), tf.Session() as session:
            empty = tf.random.stateless_uniform([2], [1, 2], 3, 3, dtype="int32")
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(empty)
