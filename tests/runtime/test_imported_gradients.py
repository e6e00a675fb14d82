"""Gradients through the loops and branches of a plain GraphDef, which does not name them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.interop.control_programs import PROGRAMS

import opscope.runtime as tf
from opscope.runtime.make_op import make_op

VALUES = (1.5, 0.5, -1.25)


def with_gradients(graph: tf.Graph, results: list[tf.Tensor]) -> list[tf.Tensor]:
    x = graph.get_tensor_by_name("x:0")
    ys = [t for t in results if t.dtype.is_floating]
    return [*results, *tf.gradients(ys, [x])]


def imported(graph_def: Any, names: list[str]) -> list[tf.Tensor]:
    found: list[tf.Tensor] = tf.import_graph_def(graph_def, return_elements=names, name="")
    return found


def values_of(graph: tf.Graph, fetches: list[tf.Tensor]) -> list[Any]:
    with tf.Session(graph=graph) as sess:
        return [sess.run(fetches, {"x:0": v}) for v in VALUES]


PLAIN = [p for p in PROGRAMS if not p.__name__.endswith("_gradients")]


@pytest.mark.parametrize("program", PLAIN, ids=lambda p: p.__name__)
def test_the_same_gradients(program: Callable[[Any], list[tf.Tensor]]) -> None:
    with tf.Graph().as_default() as graph:
        results = program(tf)
        graph_def = graph.as_graph_def()
        expected = values_of(graph, with_gradients(graph, results))
    with tf.Graph().as_default() as copy:
        again = imported(graph_def, [t.name for t in results])
        found = values_of(copy, with_gradients(copy, again))
    for got, want in zip(found, expected, strict=True):
        for a, b in zip(got, want, strict=True):
            np.testing.assert_array_equal(a, b)


def test_part_of_a_graph() -> None:
    """A loop alone, on another input."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [], name="x")
        start = tf.sin(x, name="start")
        _, y = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * s), [0, start])
        graph_def = graph.as_graph_def()
    with tf.Graph().as_default(), tf.Session() as sess:
        v = tf.placeholder(tf.float32, [], name="v")
        (z,) = tf.import_graph_def(graph_def, {"start:0": v * 2.0}, [y.name], name="part")
        assert sess.run([z, *tf.gradients(z, v)], {v: 0.75}) == [1.5**8, 8 * 1.5**7 * 2]


def test_a_loop_that_is_none() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [], name="x")
        entered = make_op("Enter", x, frame_name="odd")
        left = make_op("Exit", entered + entered)
        with tf.Session() as sess:
            assert sess.run(left, {x: 3.0}) == 6.0
        with pytest.raises(LookupError, match="0 LoopCond"):
            tf.gradients(left, x)
