"""The options of loops, conditionals and functional ops, in programs for either module."""

from __future__ import annotations

from typing import Any

import numpy as np


def _x(tf: Any) -> Any:
    return tf.placeholder(tf.float32, [], name="x")


def limits(tf: Any) -> Any:
    """maximum_iterations as a number and as a tensor, with one and with several variables."""
    x = _x(tf)
    one = tf.while_loop(lambda s: s < 100.0, lambda s: s + tf.abs(x), [x], maximum_iterations=5)
    limit = tf.constant(3, name="limit")
    _, two = tf.while_loop(
        lambda i, s: i < 10,
        lambda i, s: (i + 1, s * x),
        (tf.constant(0), x),
        maximum_iterations=limit,
        parallel_iterations=3,
        name="bounded",
    )
    return [one, two]


def structures(tf: Any) -> Any:
    """return_same_structure, nested variables, a tuple for a list."""
    x = _x(tf)
    same = tf.while_loop(
        lambda s: s < 9.0, lambda s: [s * s + 1.0], [x], return_same_structure=True
    )
    nested = tf.while_loop(
        lambda i, d: i < 3,
        lambda i, d: (i + 1, {"a": d["b"] * x, "b": (d["a"] + 1.0)}),
        (tf.constant(0), {"a": x, "b": tf.constant(2.0)}),
        return_same_structure=True,
    )
    return [same[0], nested[1]["a"], nested[1]["b"]]


def invariants(tf: Any) -> Any:
    x = _x(tf)
    row = tf.ones([1, 2]) * x
    _, grown = tf.while_loop(
        lambda i, m: i < 3,
        lambda i, m: [i + 1, tf.concat([m, row * tf.cast(i, tf.float32)], 0)],
        [tf.constant(0), row],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])],
        swap_memory=True,
        parallel_iterations=1,
    )
    return [tf.reduce_sum(grown * grown, axis=0), tf.shape(grown)]


def not_differentiated(tf: Any) -> Any:
    x = _x(tf)
    _, kept = tf.while_loop(
        lambda i, s: i < 3, lambda i, s: (i + 1, s * x), [tf.constant(0), x], back_prop=False
    )
    return [kept + x]


def exclusive_cases(tf: Any) -> Any:
    x = _x(tf)
    with_default = tf.case(
        [(x > 1.0, lambda: x * 2.0), (x < 0.0, lambda: x * 3.0)],
        default=lambda: -x,
        exclusive=True,
        name="chosen",
    )
    return [with_default]


def other_cases(tf: Any) -> Any:
    x = _x(tf)
    without = tf.case([(x > 1.0, lambda: x * 2.0), (x <= 1.0, lambda: x * 3.0)], name="two")
    strict = tf.case([(x > 1.0, lambda: [x * 2.0])], default=lambda: [x], strict=True)
    several = tf.case(
        [(x > 1.0, lambda: (x, x + 1.0)), (x > 0.0, lambda: (x + 2.0, x))],
        default=lambda: (x, x),
    )
    only = tf.case([(x > -9.0, lambda: x - 3.0)])
    return [without, *strict, *several, only]


def cases_from_a_dict(tf: Any) -> Any:
    x = _x(tf)
    low, high = tf.less(x, 0.0, name="b_low"), tf.greater(x, 1.0, name="a_high")
    return [
        tf.case(
            {low: lambda: x - 1.0, high: lambda: x + 1.0}, default=lambda: x * x, exclusive=True
        )
    ]


def indexed_branches(tf: Any) -> Any:
    x = _x(tf)
    index = tf.cast(tf.round(x * 2.0), tf.int32)
    functions = [lambda: x * 2.0, lambda: x * x, lambda: tf.sin(x), lambda: tf.exp(x)]
    one = tf.switch_case(index, functions)
    two = tf.switch_case(
        index, {1: lambda: x + 1.0, 0: lambda: x + 2.0}, default=lambda: -x, name="picked"
    )
    return [one, two]


def strict_cond(tf: Any) -> Any:
    x = _x(tf)
    listed = tf.cond(x > 0.0, lambda: [x * 2.0], lambda: [x], strict=True)
    single = tf.cond(x > 0.0, lambda: [x * 2.0], lambda: [x])
    named = tf.cond(x > 0.0, lambda: {"a": x, "b": x * x}, lambda: {"a": -x, "b": x}, name="n")
    return [listed[0], single, named["a"], named["b"]]


def smart_conditions(tf: Any) -> Any:
    """A predicate that is constant, and one that is the same in every round."""
    x = _x(tf)
    positive = x > 0.0
    always = tf.cond(tf.constant(True), lambda: x * 2.0, lambda: x)
    _, inner = tf.while_loop(
        lambda i, s: i < 3,
        lambda i, s: (i + 1, tf.cond(positive, lambda: s * x, lambda: s + x)),
        [tf.constant(0), x],
    )
    return [always, inner]


ROWS = np.array([[1.0, 2.0], [3.0, 4.0], [0.5, -1.0]], np.float32)


def folds(tf: Any) -> Any:
    x = _x(tf)
    rows = tf.constant(ROWS) * x
    pair = tf.foldl(
        lambda a, e: (a[0] + e[0], a[1] * e[1]),
        (rows, rows + 1.0),
        initializer=(tf.zeros([2]), tf.ones([2])),
        parallel_iterations=2,
        swap_memory=True,
        name="sums",
    )
    right = tf.foldr(
        lambda a, e: a * x - e, rows, back_prop=True, parallel_iterations=1, name="right"
    )
    first = tf.foldl(lambda a, e: a + e * e, rows)
    return [*pair, right, first]


def scans(tf: Any) -> Any:
    x = _x(tf)
    rows = tf.constant(ROWS) * x
    sums, products = tf.scan(
        lambda a, e: (a[0] + e, a[1] * e),
        rows,
        initializer=(tf.zeros([2]), tf.ones([2])),
        infer_shape=False,
        name="both",
    )
    turned = tf.scan(lambda a, e: a * x + e, rows, reverse=True, parallel_iterations=1)
    two = tf.scan(lambda a, e: a + e[0] * e[1], (rows, rows), initializer=tf.zeros([2]))
    return [sums, products, turned, two]


def maps(tf: Any) -> Any:
    x = _x(tf)
    rows = tf.constant(ROWS) * x
    single = tf.map_fn(
        lambda r: tf.reduce_sum(r), rows, parallel_iterations=2, swap_memory=True, name="sums"
    )
    mixed = tf.map_fn(
        lambda r: (r * 2.0, tf.cast(r[0], tf.int32)), rows, dtype=(tf.float32, tf.int32)
    )
    listed = tf.map_fn(lambda p: [p[0] + p[1], p[0]], [rows, rows * x], infer_shape=False)
    named = tf.map_fn(lambda r: {"a": r}, rows, dtype={"a": tf.float32}, back_prop=True)
    return [single, *mixed, *listed, named["a"]]


def initial_values(tf: Any) -> Any:
    """One variable from another's initialized value; both conditions stand in the graph."""
    x = _x(tf)
    first = tf.Variable(tf.ones([2]) * 3.0, name="first")
    second = tf.Variable(first.initialized_value() * 2.0, name="second")
    return [second.initialized_value() * x, tf.stack([first, second]) * x]


PROGRAMS = [
    limits,
    structures,
    invariants,
    not_differentiated,
    exclusive_cases,
    other_cases,
    cases_from_a_dict,
    indexed_branches,
    strict_cond,
    smart_conditions,
    folds,
    scans,
    maps,
    initial_values,
]
