"""Queues, readers, assertions and Python functions in opscope and in TensorFlow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")

pytestmark = pytest.mark.interop
theirs.disable_eager_execution()
theirs.disable_resource_variables()
theirs.logging.set_verbosity(theirs.logging.ERROR)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("1.5,2\n2.5,3\n")
    Path("b.csv").write_text("h\n3.5,4\n")


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    if isinstance(value, bytes) or value is None:
        return value
    return str(value.dtype), value.shape, value.tolist()


def nodes(graph: Any) -> list[Any]:
    return [(n.name, n.op, list(n.input)) for n in graph.as_graph_def().node]


def both(program: Any) -> None:
    """Run a generator of fetches with each module: the same values, error types and nodes."""
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            seen = []
            for fetch in program(tf, session):
                try:
                    seen.append(plain(session.run(fetch)))
                except tf.errors.OpError as error:
                    seen.append((type(error).__name__, error.op.name))
            results.append((seen, nodes(graph)))
    assert results[0] == results[1]


def fifo(tf: Any, session: Any) -> Any:
    queue = tf.FIFOQueue(10, [tf.float32, tf.int32], shapes=[[2], []])
    take, many, rest = queue.dequeue(), queue.dequeue_many(2), queue.dequeue_up_to(5)
    put = queue.enqueue(([1.0, 2.0], 1))
    yield from (put, queue.enqueue_many(([[3.0, 4.0], [5, 6]], [2, 3])), queue.size())
    yield from (many, take, put, put, queue.close(), queue.is_closed(), take, many, rest)
    yield from (take, rest, put, queue.size())


def shuffled(tf: Any, session: Any) -> Any:
    queue = tf.RandomShuffleQueue(20, 2, tf.int32, [[]], seed=3)
    yield queue.enqueue_many([np.arange(10, dtype=np.int32)])
    yield queue.close()
    yield tf.reduce_sum(queue.dequeue_many(10))
    yield queue.dequeue()


def padded(tf: Any, session: Any) -> Any:
    queue = tf.PaddingFIFOQueue(5, [tf.int64, tf.string], [[None], []])
    yield from (queue.enqueue(([1, 2], "a")), queue.enqueue(([3], "b")), queue.dequeue_many(2))


def named(tf: Any, session: Any) -> Any:
    queue = tf.FIFOQueue(5, [tf.int64, tf.string], [[], []], names=["x", "y"], name="mine")
    yield from (queue.enqueue({"x": 1, "y": "s"}), queue.dequeue())


def shapes_that_do_not_fit(tf: Any, session: Any) -> Any:
    queue = tf.FIFOQueue(3, tf.int32, shapes=[3])
    fed = tf.placeholder_with_default(np.int32([1, 2]), None)
    yield queue.enqueue(fed)
    loose = tf.FIFOQueue(3, tf.int32)
    yield loose.enqueue(3)
    yield loose.dequeue_many(1)
    yield loose.dequeue()


def read_lines(tf: Any, session: Any) -> Any:
    names = tf.train.string_input_producer(["a.csv", "b.csv"], num_epochs=1, shuffle=False)
    key, line = tf.TextLineReader().read(names)
    batch = tf.train.batch([key, line], 3)
    session.run(tf.local_variables_initializer())
    coordinator = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(session, coordinator)
    yield from (batch, batch)
    coordinator.request_stop()
    coordinator.join(threads)


def shuffled_batches(tf: Any, session: Any) -> Any:
    rows = tf.constant(np.arange(10.0))
    batch = tf.train.shuffle_batch(
        {"x": rows}, 4, capacity=100, min_after_dequeue=10, enqueue_many=True, seed=1
    )
    row, _ = tf.train.slice_input_producer([rows, rows], shuffle=False)
    tf.train.batch([tf.fill([2], row)], 2, dynamic_pad=True, shapes=[[None]])
    yield tf.constant(batch["x"].shape.as_list())


def assertions(tf: Any, session: Any) -> Any:
    number = tf.constant(3)
    yield tf.Assert(number > 2, ["fine", number])
    yield tf.Assert(number > 5, ["too small", number])


def python_functions(tf: Any, session: Any) -> Any:
    numbers = tf.constant([1, 2])

    def fail(x: Any) -> Any:
        raise ValueError("no")

    for function in (
        lambda x: x + np.int32(1),
        lambda x: [x],
        lambda x: np.float64(3),
        lambda x: (x, x),
        fail,
    ):
        yield tf.py_func(function, [numbers], tf.int32)
    yield tf.py_func(lambda a, b: (a + np.int32(1), b + b"x"), [1, "s"], [tf.int32, tf.string])


@pytest.mark.parametrize(
    "program",
    [
        fifo,
        shuffled,
        padded,
        named,
        shapes_that_do_not_fit,
        read_lines,
        shuffled_batches,
        assertions,
        python_functions,
    ],
)
def test_same_values_errors_and_nodes(program: Any) -> None:
    both(program)
