"""Programs so long that they are compiled in pieces."""

import tracemalloc

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.source_text import PIECE


def test_a_long_program_computes_what_a_short_one_does() -> None:
    x = tf.placeholder(tf.float32, [4])
    weight = tf.Variable([0.5, 1.0, 2.0, 4.0])
    kept = [value := x + weight]
    expected = [wanted := np.full(4, 0.25, np.float32) + np.array([0.5, 1, 2, 4], np.float32)]
    for i in range(3 * PIECE):
        value, wanted = value * kept[-1], wanted * expected[-1]
        value, wanted = tf.tanh(value - x), np.tanh(wanted - np.float32(0.25))
        if i % 100 == 0:
            kept.append(value)
            expected.append(wanted)
    with tf.Session() as session:
        session.run(weight.initializer)
        feeds = {x: np.full(4, 0.25, np.float32)}
        for _ in range(2):
            found = session.run([*kept, value], feeds)
            for one, other in zip(found, [*expected, wanted], strict=True):
                np.testing.assert_array_equal(one, other)


def test_an_error_in_any_piece_names_its_op() -> None:
    x = tf.placeholder(tf.float32, [4])
    size = tf.placeholder(tf.int32, [1])
    value = x
    failing = []
    for i in range(3 * PIECE):
        value = tf.tanh(value)
        if i in (0, PIECE + 100, 2 * PIECE, 3 * PIECE - 1):
            failing.append(tf.reshape(value, size, name=f"reshape_{i}"))
    feeds = {x: np.ones(4, np.float32), size: [3]}
    with tf.Session() as session:
        for wrong in failing:
            with pytest.raises(tf.errors.InvalidArgumentError, match=wrong.op.name) as caught:
                session.run([value, wrong], feeds)
            assert caught.value.op is wrong.op


def test_values_are_dropped_in_the_piece_that_reads_them_last() -> None:
    alive: list[bool] = []

    def make(value: np.ndarray) -> np.ndarray:
        tracemalloc.start()
        return np.full((1 << 20,), value, np.float32)

    def look(value: np.ndarray) -> np.ndarray:
        alive.append(tracemalloc.get_traced_memory()[0] > 1 << 20)
        return value

    value = tf.placeholder(tf.float32, [])
    feeds = {value: np.float32(1)}
    large = tf.py_func(make, [value], tf.float32)
    for _ in range(PIECE + PIECE // 2):
        value = tf.tanh(value)
    value = tf.py_func(look, [value], tf.float32)
    value = tf.reduce_sum(large * value)
    for _ in range(10):
        value = tf.tanh(value)
    value = tf.py_func(look, [value], tf.float32)
    with tf.Session() as session:
        try:
            session.run(value, feeds)
        finally:
            tracemalloc.stop()
    assert alive == [True, False]
