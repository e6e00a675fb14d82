"""A graph of many small ops: the time to build it, of its first run and of a step."""

import time
from statistics import median
from typing import Any

import numpy as np

NAME = "10,000 ops"
COUNT = 10_000
STEPS = 5


def times(tf: Any, seconds: float) -> dict[str, float]:
    """Seconds to build a graph of ops on four numbers, of its first run, and of a step later.

    TensorFlow's graph rewrites are off, and the input is fed: every op runs.
    """
    clock = time.perf_counter
    start = clock()
    graph = tf.Graph()
    with graph.as_default():
        given = value = tf.placeholder(tf.float32, [4])
        for number in range(COUNT):
            value = _op(tf, number, value, given)
    built = clock()
    config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    if hasattr(config.graph_options, "rewrite_options"):
        config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = -1
    with tf.Session(graph=graph, config=config) as session:
        feeds = {given: np.full(4, 0.5, np.float32)}
        before = clock()
        result = session.run(value, feeds)
        first = clock() - before
        steps: list[float] = []
        while len(steps) < STEPS or sum(steps) < seconds:
            before = clock()
            session.run(value, feeds)
            steps.append(clock() - before)
    return {
        "build": built - start,
        "first run": first,
        "step": median(steps),
        "value": float(result[0]),
    }


def _op(tf: Any, number: int, value: Any, given: Any) -> Any:
    kind = number % 4
    if kind == 0:
        return value + given
    if kind == 1:
        return value * given
    if kind == 2:
        return value - given
    return tf.maximum(value, given)
