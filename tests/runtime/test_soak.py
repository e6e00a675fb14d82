"""Ten thousand steps leave nothing behind: no objects, no memory, no plans."""

import gc
import sys
from pathlib import Path

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.watch import Watch

pytestmark = pytest.mark.long

STEPS = 10_000
WARM_UP = 500
# What the interpreter and NumPy's caches may come to hold meanwhile.
FEW_BLOCKS = 300
FEW_PAGES = 512


def training(rows):
    """A small model with a loop in it, trained on random values."""
    x = tf.placeholder(tf.float32, [None, 20], name="x")
    weight = tf.get_variable("weight", [20, 20])
    hidden = tf.nn.relu(tf.matmul(x, weight))
    if rows:
        _, hidden = tf.while_loop(
            lambda i, _: i < 3, lambda i, h: (i + 1, tf.tanh(tf.matmul(h, weight))), [0, hidden]
        )
    loss = tf.reduce_mean(tf.square(hidden - 1.0))
    return x, [tf.train.AdamOptimizer(1e-3).minimize(loss), loss]


def held():
    """Memory blocks of Python's allocator, and pages of the process."""
    gc.collect()
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text().split()[1]) if statm.exists() else 0
    return sys.getallocatedblocks(), pages


def plain(session, fetches, feeds):
    session.run(fetches, feeds)


def checked(session, fetches, feeds):
    assert not session.run_watched(fetches, feeds, watch=Watch(check=True)).hits


def recorded(session, fetches, feeds):
    assert session.run_watched(fetches, feeds, watch=Watch()).tensors


def found(session, fetches, feeds):
    feeds = {key: np.full_like(value, np.nan) for key, value in feeds.items()}
    assert session.run_watched(fetches[1], feeds, watch=Watch(check=True)).hits


def traced(session, fetches, feeds):
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    session.run(fetches, feeds, options=options, run_metadata=tf.RunMetadata())


@pytest.mark.parametrize(
    ("step", "loop", "share"),
    [
        (plain, False, 1),
        (plain, True, 2),
        (checked, False, 1),
        (checked, True, 4),
        (recorded, False, 20),
        (found, True, 20),
        (traced, False, 20),
    ],
)
def test_many_steps_leave_nothing_behind(step, loop, share):
    values = np.random.default_rng(0).standard_normal((8, 20), np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        x, fetches = training(loop)
        session.run(tf.global_variables_initializer())
        for _ in range(WARM_UP // share + 20):
            step(session, fetches, {x: values})
        blocks, pages = held()
        for _ in range(STEPS // share):
            step(session, fetches, {x: values})
        blocks_after, pages_after = held()
    assert blocks_after - blocks < FEW_BLOCKS
    assert pages_after - pages < FEW_PAGES


def test_ever_new_fetches_and_shapes_keep_a_bounded_number_of_plans():
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        sums = [tf.reduce_sum(x) + float(i) for i in range(700)]
        for i, total in enumerate(sums):
            assert session.run(total, {x: np.ones(i % 40)}) == i % 40 + i
        assert len(session._families) <= 500
