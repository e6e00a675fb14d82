"""A check leaves out tensors whose infs and nans show in another: it must find the same ones."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.events import has_inf_or_nan
from opscope.runtime.coverage import STAYS_FINITE
from opscope.runtime.make_op import make_node
from opscope.runtime.op_def import OPS
from opscope.runtime.watch import Watch
from opscope.runtime.watched_run import WatchedRun

sys.path.insert(0, str(Path(__file__).parent))

from op_samples import SAMPLES, Sample

BAD = (np.nan, np.inf, -np.inf)
OTHERS = (0.0, -0.0, 1.0, -3.5, 1e-45, 3e38, -3e38, np.inf, -np.inf, np.nan)

# The shapes of the carried inputs and of the others, and a node on them.
Case = tuple[tuple[tuple[int, ...], ...], Callable[..., Any]]


def node(op_type: str, **attrs: Any) -> Callable[..., Any]:
    from opscope.runtime.make_op import make_op

    return lambda *inputs: make_op(op_type, *inputs, **attrs)


def listed(op_type: str, *more: Any, **attrs: Any) -> Callable[..., Any]:
    from opscope.runtime.make_op import make_op

    return lambda *inputs: make_op(op_type, list(inputs), *more, **attrs)


def then(op_type: str, *more: Any, **attrs: Any) -> Callable[..., Any]:
    from opscope.runtime.make_op import make_op

    return lambda value: make_op(op_type, value, *more, **attrs)


PAIRS = (((3, 4), (3, 4)), ((3, 4), (4,)), ((1, 4), (3, 1)), ((), (2, 3)), ((), ()), ((5,), (5,)))
CASES: dict[str, list[Case]] = {
    **{
        name: [(shapes, node(name)) for shapes in PAIRS]
        for name in ("AddV2", "Add", "Sub", "Mul", "RealDiv", "Div", "SquaredDifference")
    },
    **{
        name: [(shape, node(name)) for shape in (((3, 4),), ((),))]
        for name in ("Neg", "Abs", "Square")
    },
    "AddN": [(((2, 3),) * n, listed("AddN")) for n in (1, 2, 4)],
    "BiasAdd": [
        (((2, 3), (3,)), node("BiasAdd")),
        (((2, 3, 4, 5), (3,)), node("BiasAdd", data_format="NCHW")),
    ],
    "L2Loss": [(((40, 30),), node("L2Loss")), (((),), node("L2Loss"))],
    "Sum": [
        (((40, 30),), then("Sum", axes, keep_dims=keep))
        for axes in ([0], [1], [0, 1], [-1], [])
        for keep in (False, True)
    ]
    + [(((200, 100),), then("Sum", [0], keep_dims=False))],
    "Mean": [(((40, 30),), then("Mean", axes, keep_dims=False)) for axes in ([0], [1], [0, 1], [])],
    "Transpose": [(((2, 3, 4),), then("Transpose", [2, 0, 1]))],
    "ConcatV2": [(((2, 3), (4, 3), (1, 3)), listed("ConcatV2", 0))],
    "Pack": [(((2, 3),) * 3, listed("Pack", axis=1))],
    "Reshape": [(((4, 6),), then("Reshape", [3, 8]))],
    "Squeeze": [(((2, 1, 3),), node("Squeeze"))],
    "ExpandDims": [(((2, 3),), then("ExpandDims", 1))],
}


def test_every_op_that_carries_has_a_case() -> None:
    assert {name for name, definition in OPS.items() if definition.carries} == set(CASES)


@pytest.mark.parametrize("op_type", sorted(CASES))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_bad_in_an_input_is_in_the_output(op_type: str, dtype: str) -> None:
    random = np.random.default_rng(7)
    definition = OPS[op_type]
    for shapes, make in CASES[op_type]:
        with tf.Graph().as_default():
            given = [tf.placeholder(dtype, shape) for shape in shapes]
            result = make(*given)
            with tf.Session() as sess:
                for place in range(len(shapes)):
                    arg = definition.inputs[min(place, len(definition.inputs) - 1)]
                    is_list = definition.inputs[0].is_list
                    if not is_list and arg.name not in definition.carries:
                        continue
                    for _ in range(25):
                        values = [random.choice(OTHERS, shape).astype(dtype) for shape in shapes]
                        clean = random.standard_normal(shapes[place]).astype(dtype)
                        flat = np.array(clean).reshape(-1)
                        flat[random.integers(flat.size)] = random.choice(BAD)
                        values[place] = flat.reshape(shapes[place])
                        out = sess.run(result, dict(zip(given, values, strict=True)))
                        assert not np.isfinite(out).all(), (op_type, values)


def bad_names(run: WatchedRun) -> list[str]:
    return [t.name for t in run.tensors if t.value is not None and has_inf_or_nan(t.value)]


def random_graph(seed: int) -> tuple[Any, dict[Any, Any], Any]:
    """A made-up chain of ops on variables and feeds, with updates in between, and its feeds."""
    random = np.random.default_rng(seed)
    fed = [tf.placeholder(tf.float32, [4, 4]), tf.placeholder(tf.float32, [])]
    weights = tf.Variable(random.standard_normal((4, 4)).astype(np.float32))
    other = tf.Variable(random.standard_normal(4).astype(np.float32))
    pool: list[Any] = [fed[0], fed[1], weights.value(), other.value()]
    targets: list[Any] = []
    steps: list[Callable[[Any, Any], Any]] = [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: tf.maximum(a, b),
        lambda a, b: tf.nn.relu(a),
        lambda a, b: tf.reduce_sum(a + b, 0),
        lambda a, b: tf.reduce_mean(a * b),
        lambda a, b: tf.exp(b * 30.0),
        lambda a, b: tf.identity(a),
        lambda a, b: -b,
        lambda a, b: tf.add_n([a, a, a]),
        lambda a, b: tf.matmul(a + fed[0], b + fed[0]) if a.shape == b.shape else a * b,
    ]
    for _ in range(25):
        a, b = (pool[max(0, len(pool) - 1 - int(random.integers(5)))] for _ in range(2))
        try:
            pool.append(steps[random.integers(len(steps))](a, b))
        except ValueError:
            continue
        if random.random() < 0.15:
            value = pool[-1] + tf.zeros([4, 4])
            if value.shape.as_list() == [4, 4]:
                targets.append(tf.assign_sub(weights, tf.identity(value)).op)
        if random.random() < 0.1:
            rate = tf.constant(0.1)
            change = tf.reduce_mean(pool[-1] + tf.zeros([4, 4]), 0)
            targets.append(
                tf.train.GradientDescentOptimizer(rate).apply_gradients([(change, other)])
            )
    values = [random.standard_normal((4, 4)).astype(np.float32), np.float32(random.normal())]
    if random.random() < 0.5:
        values[0][tuple(random.integers(4, size=2))] = random.choice([*BAD, 3e38])
    fetches = [pool[-1], *targets, tf.global_variables()]
    return fetches, dict(zip(fed, values, strict=True)), tf.global_variables_initializer()


@pytest.mark.parametrize("seed", range(60))
def test_a_check_finds_what_looking_at_every_tensor_finds(seed: int) -> None:
    with tf.Graph().as_default() as graph:
        fetches, feeds, init = random_graph(seed)
    with tf.Session(graph=graph) as checked, tf.Session(graph=graph) as looked:
        checked.run(init)
        looked.run(init)
        for _ in range(3):
            found = checked.run_watched(fetches, feeds, watch=Watch(check=True))
            seen = looked.run_watched(fetches, feeds, watch=Watch())
            assert [h.name for h in found.hits] == bad_names(seen)


def test_an_op_that_fails_leaves_the_hits_before_it() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [3])
        first = x / 0.0
        second = first + 1.0
        failing = tf.gather(second, tf.cast(tf.reduce_sum(x), tf.int32) + 7)
    with tf.Session(graph=graph) as sess:
        run = sess.run_watched(
            failing + tf.reduce_sum(second), {x: [1.0, 2.0, 3.0]}, watch=Watch(check=True)
        )
    assert run.error is not None
    assert [h.name for h in run.hits][:2] == [first.name, second.name]


def random_loop(seed: int) -> tuple[Any, dict[Any, Any]]:
    """A made-up loop with branches, and feeds of which one element is bad in one round."""
    random = np.random.default_rng(seed)
    series = tf.placeholder(tf.float32, [6, 4])
    flags = tf.placeholder(tf.bool, [6])
    start = tf.placeholder(tf.float32, [4])
    steps: list[Callable[[Any, Any], Any]] = [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: 1.0 / a,
        lambda a, b: tf.minimum(a, b),
        lambda a, b: tf.nn.relu(-a),
        lambda a, b: tf.tanh(a),
        lambda a, b: tf.exp(a),
        lambda a, b: tf.where(a > 0, a, b),
        lambda a, b: tf.reduce_mean(a) + b,
        lambda a, b: tf.reshape(tf.concat([a, b], 0), [2, 4])[1],
        lambda a, b: tf.add_n([a, b, b]),
        lambda a, b: tf.identity(a),
    ]

    def some(pool: list[Any]) -> Any:
        return pool[int(random.integers(max(0, len(pool) - 5), len(pool)))]

    def grow(pool: list[Any], flag: Any, count: int, depth: int) -> list[Any]:
        pool = list(pool)
        for _ in range(count):
            choice = random.random()
            if depth and choice < 0.2:
                before = pool
                pool.append(
                    tf.cond(
                        flag,
                        lambda before=before: some(grow(before, flag, 2, 0)),
                        lambda before=before: some(grow(before, flag, 2, 0)),
                    )
                )
            elif depth and choice < 0.27:
                before = pool
                _, last = tf.while_loop(
                    lambda j, v: j < 2,
                    lambda j, v, before=before: (j + 1, some(grow([*before, v], flag, 2, 0))),
                    [0, some(pool)],
                )
                pool.append(last)
            else:
                pool.append(steps[int(random.integers(len(steps)))](some(pool), some(pool)))
        return pool

    def body(i: Any, *state: Any) -> list[Any]:
        pool = grow([*state, series[i]], flags[i], int(random.integers(2, 9)), 1)
        return [i + 1, *(some(pool) for _ in state)]

    state = [start, tf.zeros([4]), tf.ones([4])]
    results = tf.while_loop(lambda i, *_: i < 6, body, [0, *state])
    out: list[Any] = [tf.reduce_sum(tf.minimum(results[1], 1.0))]
    if random.random() < 0.5:
        safe = [tf.where(tf.is_finite(r), r, tf.zeros([4])) for r in results[1:]]
        out = [tf.add_n(safe)]
    if random.random() < 0.5:
        out += [g for g in tf.gradients(out[0], [start]) if g is not None]
    values = random.standard_normal((6, 4)).astype(np.float32)
    if random.random() < 0.7:
        values[int(random.integers(6)), int(random.integers(4))] = random.choice([*BAD, 3e38, 0.0])
    feeds = {series: values, flags: random.random(6) < 0.5, start: np.float32([1, -2, 0.5, 3])}
    return out, feeds


@pytest.mark.parametrize("seed", range(60))
def test_a_check_of_a_loop_finds_what_looking_at_every_tensor_finds(seed: int) -> None:
    with tf.Graph().as_default() as graph:
        fetches, feeds = random_loop(seed)
    with tf.Session(graph=graph) as sess:
        found = sess.run_watched(fetches, feeds, watch=Watch(check=True))
        seen = sess.run_watched(fetches, feeds, watch=Watch())
        assert [h.name for h in found.hits] == bad_names(seen)


EXTREMES = (0.0, -0.0, 1.0, -2.5, 1e-45, 700.0, -90.0, 3.4e38, -3.4e38)


def test_every_op_that_stays_finite_has_a_sample() -> None:
    assert {s.op_type for s in SAMPLES} >= STAYS_FINITE


@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if s.op_type in STAYS_FINITE], ids=lambda s: str(s)
)
def test_finite_inputs_stay_finite(sample: Sample) -> None:
    random = np.random.default_rng(3)

    def extreme(value: Any) -> Any:
        array = np.asarray(value)
        if array.dtype.kind != "f":
            return value
        largest = np.finfo(array.dtype).max
        chosen = np.clip(random.choice(EXTREMES, array.shape), -largest, largest)
        return np.where(random.random(array.shape) < 0.2, largest, chosen).astype(array.dtype)

    for _ in range(10):
        values = [
            [extreme(v) for v in given] if isinstance(given, list) else extreme(given)
            for given in sample.inputs
        ]
        with tf.Graph().as_default(), tf.Session() as sess:
            made = make_node(sample.op_type, *values, **sample.attrs)
            for result in sess.run(list(made.outputs)):
                if np.asarray(result).dtype.kind == "f":
                    assert np.isfinite(result).all()


def test_an_op_that_fails_in_a_loop_leaves_the_hits_before_it() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4])

        def body(i: Any, total: Any) -> Any:
            with tf.control_dependencies([tf.assert_less(i, 3)]):
                return i + 1, tf.add(total, x[i], name="total")

        _, total = tf.while_loop(lambda i, _: i < 4, body, [0, 0.0])
    with tf.Session(graph=graph) as sess:
        run = sess.run_watched(total, {x: [1, np.inf, 3, 4]}, watch=Watch(check=True))
        assert run.error is not None
        assert "while/total:0" in [h.name for h in run.hits]
        run = sess.run_watched(total, {x: [1, 2, 3, 4]}, watch=Watch(check=True))
        assert run.error is not None
        assert not run.hits


def test_a_loop_that_adds_is_tested_where_it_ends() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [])
        _, total = tf.while_loop(lambda i, _: i < 9, lambda i, v: (i + 1, v + x), [0, x])
    with tf.Session(graph=graph) as sess:
        watch = Watch(check=True)
        assert not sess.run_watched(total, {x: 1}, watch=watch).hits
        family = next(iter(sess._instrumented[sess._instrument(watch, False)].values()))
        loop = family.plan([np.float32(1)]).program.source.split("while True:")[1]
        assert loop.count("isfinite") == 1
        assert "\n    if not isfinite" in loop
        assert sess.run_watched(total, {x: 3e38}, watch=watch).hits[0].node_name == "while/add_1"


@pytest.mark.parametrize("keeps", [False, True])
def test_a_hit_after_an_update_shows_its_inputs_and_with_keep_last_everything(keeps: bool) -> None:
    """What large values were made from may be overwritten: docs/watching.md says so."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [300, 300], name="x")
        w = tf.get_variable("w", initializer=np.ones((300, 300), np.float32))
        hidden = tf.matmul(x, w, name="hidden")
        gradient = tf.identity(tf.matmul(x, tf.tanh(hidden, name="tanh")), name="gradient")
        train = tf.train.GradientDescentOptimizer(0.1).apply_gradients([(gradient, w)])
        with tf.control_dependencies([train]):
            late = tf.log(-tf.reduce_sum(gradient), name="late")
        init = tf.global_variables_initializer()
    with tf.Session(graph=graph) as sess:
        sess.run(init)
        watch = Watch(check=True, keep_last=int(keeps))
        run = sess.run_watched(late, {x: np.full((300, 300), 1e-3)}, watch=watch)
    assert [hit.name for hit in run.hits] == ["late:0"]
    assert [tensor.op_type for tensor in run.hits[0].inputs] == ["Neg"]
    shown = {tensor.name for tensor in run.tensors}
    assert {"x:0", "late:0"} <= shown
    assert ({"w:0", "hidden:0", "tanh:0"} <= shown) == keeps
