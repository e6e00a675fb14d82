"""Updates of rows of variables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf


@pytest.fixture(autouse=True)
def _graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


def after(function: Any, start: Any, indices: Any, updates: Any) -> list[Any]:
    """What the update gives, and what the variable holds after it."""
    variable = tf.Variable(np.array(start, np.float32))
    update = function(variable, indices, updates)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(update).tolist(), session.run(variable).tolist()]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("update", [[9, 2], [3, 4], [7, 8]]),
        ("add", [[10, 4], [3, 4], [12, 14]]),
        ("sub", [[-8, 0], [3, 4], [-2, -2]]),
        ("mul", [[9, 4], [3, 4], [35, 48]]),
        ("div", [[1 / 9, 1], [3, 4], [5 / 7, 6 / 8]]),
        ("min", [[1, 2], [3, 4], [5, 6]]),
        ("max", [[9, 2], [3, 4], [7, 8]]),
    ],
)
def test_rows(name: str, expected: Any) -> None:
    start = [[1, 2], [3, 4], [5, 6]]
    for found in after(getattr(tf, f"scatter_{name}"), start, [0, 2], [[9.0, 2], [7, 8]]):
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_an_index_that_comes_twice_counts_twice() -> None:
    assert after(tf.scatter_add, [0, 0], [1, 1], [2.0, 3.0])[1] == [0, 5]


def test_parts_by_rows_of_indices() -> None:
    start = [[1, 2], [3, 4]]
    assert after(tf.scatter_nd_add, start, [[0, 1], [1, 0]], [10.0, 20])[1] == [[1, 12], [23, 4]]
    assert after(tf.scatter_nd_update, start, [[1]], [[7.0, 8]])[1] == [[1, 2], [7, 8]]


def test_a_fetched_value_stays_as_it_was() -> None:
    variable = tf.Variable(np.zeros(3, np.float32))
    update = tf.scatter_add(variable, [0], [1.0])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run([variable.value(), update])[0]
        assert before.tolist() == [0, 0, 0]
        assert session.run(variable).tolist() == [1, 0, 0]


def test_an_index_out_of_range_is_named() -> None:
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"indices\[1\] = 7 is not in \[0, 2\)"
    ):
        after(tf.scatter_update, [0, 0], [0, 7], [1.0, 2.0])


def test_a_sparse_placeholder_is_fed_and_fetched() -> None:
    sparse = tf.sparse_placeholder(tf.float32, [2, 3])
    value = tf.SparseTensorValue([[0, 1], [1, 2]], [5, 6], [2, 3])
    with tf.Session() as session:
        dense = session.run(tf.sparse_tensor_to_dense(sparse), {sparse: value})
        assert dense.tolist() == [[0, 5, 0], [0, 0, 6]]
        again = session.run(sparse, {sparse: value})
    assert again.values.tolist() == [5, 6]
