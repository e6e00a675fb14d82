import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime import errors


@pytest.fixture(autouse=True)
def _in_graph(graph):
    """Every test builds in a graph of its own."""


def run(tensor, feeds=None):
    with tf.Session() as session:
        return session.run(tensor, feeds)


def test_a_python_value_takes_the_tensors_dtype():
    x = tf.constant([1.5, 2.5], tf.float64)
    for result in (x + 1, 1 - x, x * 2, 2 / x, x**2, x // 1, x % 1):
        assert result.dtype is tf.float64
    assert (tf.constant(1, tf.int64) + 1).dtype is tf.int64
    with pytest.raises(TypeError, match="Expected int32"):
        tf.constant(1) + 1.5


def test_two_tensors_must_agree():
    with pytest.raises(TypeError, match="int32"):
        tf.constant(1.0) + tf.constant(1)


def test_integers_divide_as_python_does():
    i = tf.constant([7, -7])
    quotient, rest, true = run([i // 2, i % 2, i / 2])
    np.testing.assert_array_equal(quotient, [3, -4])
    np.testing.assert_array_equal(rest, [1, 1])
    np.testing.assert_array_equal(true, [3.5, -3.5])
    assert true.dtype == np.float64


def test_division_by_zero_names_the_op():
    x = tf.placeholder(tf.int32, [])
    bad = tf.floordiv(x, 0, name="bad")
    with pytest.raises(errors.InvalidArgumentError, match="Integer division by zero") as caught:
        run(bad, {x: 1})
    assert caught.value.op is bad.op


def test_equality_is_identity():
    x = tf.constant(1.0)
    assert x == x
    assert x != tf.constant(1.0)
    assert len({x, x}) == 1


def test_numpy_arrays_yield_to_the_tensor():
    x = tf.constant([1.0, 2.0])
    total = np.array([1, 1], np.float32) + x
    assert isinstance(total, tf.Tensor)
    np.testing.assert_array_equal(run(total), [2, 3])


def test_logic():
    a, b = tf.constant([True, True, False]), tf.constant([True, False, False])
    both, one, other, neither = run([a & b, a | b, a ^ b, ~a])
    np.testing.assert_array_equal(both, [True, False, False])
    np.testing.assert_array_equal(one, [True, True, False])
    np.testing.assert_array_equal(other, [False, True, False])
    np.testing.assert_array_equal(neither, [False, False, True])


INDICES = [
    0,
    -1,
    (0, 1),
    (slice(None), 2),
    (slice(1, None), slice(None, None, -2)),
    (Ellipsis, 0),
    (0, Ellipsis, 1),
    (None, 1),
    (slice(None), None, slice(0, 2)),
    (slice(-2, None),),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_indexing_is_numpys(index, known):
    value = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    x = tf.placeholder(tf.float32, [2, 3, 4] if known else None)
    part = x[index]
    expected = value[index]
    found = run(part, {x: value})
    np.testing.assert_array_equal(found, expected)
    if known:
        assert part.shape.as_list() == list(expected.shape)


def test_indexing_by_tensors():
    value = np.arange(6, dtype=np.float32).reshape(2, 3)
    x = tf.placeholder(tf.float32, [2, 3])
    i = tf.placeholder(tf.int32, [])
    long = tf.placeholder(tf.int64, [])
    parts = [x[i], x[i:, 1], x[:, long], x[x > 2.0]]
    found = run(parts, {x: value, i: 1, long: 2})
    for a, b in zip(found, [value[1], value[1:, 1], value[:, 2], value[value > 2]], strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_wrong_index_says_so():
    x = tf.zeros([2, 3])
    with pytest.raises(ValueError, match="slice index 5 of dimension 0 out of bounds"):
        x[5]
    with pytest.raises(ValueError, match="Index out of range using input dim 2"):
        x[0, 0, 0]
    with pytest.raises(TypeError, match="valid indices"):
        x["name"]
    with pytest.raises(TypeError, match="not iterable"):
        list(x)


def test_lists_of_tensors_and_numbers_are_packed():
    x = tf.constant(2.0)
    packed = tf.convert_to_tensor([[1.0, x], [x, 4]])
    assert packed.shape.as_list() == [2, 2]
    np.testing.assert_array_equal(run(packed), [[1, 2], [2, 4]])
    assert "packed/0/0" in [op.name for op in packed.graph.get_operations()]
