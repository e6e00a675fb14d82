"""tf.case and tf.switch_case: which function is taken, and what is refused."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import pytest

import opscope.runtime as tf


@pytest.fixture(autouse=True)
def _fresh_graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


def test_the_first_that_holds() -> None:
    x = tf.placeholder(tf.float32, [])
    ordered = OrderedDict([(x > 1.0, lambda: x * 2.0), (x > 0.0, lambda: x * 3.0)])
    chosen = tf.case(ordered, default=lambda: -x)
    with tf.Session() as sess:
        assert [sess.run(chosen, {x: v}) for v in (2.0, 0.5, -1.0)] == [4.0, 1.5, 1.0]


def test_without_a_default_one_must_hold() -> None:
    x = tf.placeholder(tf.float32, [])
    chosen = tf.case([(x > 1.0, lambda: x * 2.0), (x < 0.0, lambda: x * 3.0)])
    with tf.Session() as sess:
        assert [sess.run(chosen, {x: v}) for v in (2.0, -1.0)] == [4.0, -3.0]
        with pytest.raises(tf.errors.InvalidArgumentError, match="None of conditions"):
            sess.run(chosen, {x: 0.5})


def test_exclusive() -> None:
    x = tf.placeholder(tf.float32, [])
    pairs = [(x > 1.0, lambda: x), (x > 0.0, lambda: -x)]
    chosen = tf.case(pairs, default=lambda: x * 0.0, exclusive=True)
    with tf.Session() as sess:
        assert sess.run(chosen, {x: 0.5}) == -0.5
        with pytest.raises(tf.errors.InvalidArgumentError, match="more than 1 conditions"):
            sess.run(chosen, {x: 2.0})


def test_switch_case() -> None:
    i = tf.placeholder(tf.int32, [])
    x = tf.constant(3.0)
    listed = tf.switch_case(i, [lambda: x, lambda: x * 2.0, lambda: x * x])
    numbered = tf.switch_case(i, {1: lambda: -x, 0: lambda: x + 1.0}, default=lambda: x * 0.0)
    grads = tf.gradients(listed, x)
    with tf.Session() as sess:
        fetches = [listed, numbered, *grads]
        assert sess.run(fetches, {i: 0}) == [3.0, 4.0, 1.0]
        assert sess.run(fetches, {i: 1}) == [6.0, -3.0, 2.0]
        assert sess.run(fetches, {i: 2}) == [9.0, 0.0, 6.0]
        assert sess.run(fetches, {i: -7}) == [9.0, 0.0, 6.0]


def test_wrong_use() -> None:
    i, p = tf.constant(1), tf.constant(True)
    for wrong, message in (
        (3, "list, tuple, or dict"),
        ([(p,)], "2-tuple"),
        ([(True, lambda: i)], "must be a Tensor"),
        ([(i, lambda: i)], "of type bool"),
        ([(p, i)], "callable"),
    ):
        with pytest.raises(TypeError, match=message):
            tf.case(wrong)
    with pytest.raises(TypeError, match="default must be callable"):
        tf.case([(p, lambda: i)], default=i)
    for index, branches, message in (
        (1, [lambda: i], "must be a Tensor"),
        (p, [lambda: i], "integer Tensor"),
        (i, 3, "list, tuple, or dict"),
        (i, [(0, lambda: i, 3)], "2-tuple"),
        (i, [("a", lambda: i)], "Python `int`"),
        (i, [(0, 3)], "callable"),
    ):
        with pytest.raises(TypeError, match=message):
            tf.switch_case(index, branches)
    with pytest.raises(ValueError, match="contiguous"):
        tf.switch_case(i, {0: lambda: i, 2: lambda: i})
    with pytest.raises(ValueError, match="at least one"):
        tf.switch_case(i, [])
