"""Runs that are given a time: what waits and what computes ends when it is over."""

import threading

import numpy as np
import pytest

import opscope.runtime as tf


@pytest.fixture
def soon():
    return tf.RunOptions(timeout_in_ms=30)


def test_waiting_for_a_queue_ends(graph, soon):
    queue = tf.FIFOQueue(1, tf.float32)
    put = queue.enqueue(1.0)
    with tf.Session() as sess:
        with pytest.raises(tf.errors.DeadlineExceededError, match="Timed out"):
            sess.run(queue.dequeue(), options=soon)
        sess.run(put)
        with pytest.raises(tf.errors.DeadlineExceededError):
            sess.run(put, options=soon)
        assert sess.run(queue.dequeue(), options=soon) == 1.0


def test_a_session_may_have_one_time_for_all_runs(graph):
    queue = tf.FIFOQueue(1, tf.float32)
    x = tf.placeholder(tf.float32)
    with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=30)) as sess:
        with pytest.raises(tf.errors.DeadlineExceededError):
            sess.run(queue.dequeue())
        assert sess.run(x + 1.0, {x: 1.0}) == 2.0
        sess.run(queue.enqueue(3.0))
        # A time of the run's own comes before it.
        assert sess.run(queue.dequeue(), options=tf.RunOptions(timeout_in_ms=60_000)) == 3.0


def test_an_endless_loop_ends(graph, soon):
    i = tf.while_loop(lambda i: i >= 0, lambda i: (i + 1) % 1000, [tf.constant(0)])
    with tf.Session() as sess:
        with pytest.raises(tf.errors.DeadlineExceededError):
            sess.run(i, options=soon)
        assert sess.run(tf.constant(2.0)) == 2.0


def test_a_python_function_ends(graph, soon):
    started = threading.Event()

    def turns(x):
        started.set()
        while True:
            x = x + 1

    y = tf.py_func(turns, [tf.constant(0)], tf.int32)
    with tf.Session() as sess, pytest.raises(tf.errors.DeadlineExceededError):
        sess.run(y, options=soon)
    assert started.is_set()


def test_an_iterator_that_waits_ends(graph, soon):
    go = threading.Event()

    def slow():
        go.wait()
        yield np.float32(1.0)

    data = tf.data.Dataset.from_generator(slow, tf.float32, []).prefetch(1)
    value = data.make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        with pytest.raises(tf.errors.DeadlineExceededError):
            sess.run(value, options=soon)
        go.set()
        assert sess.run(value) == 1.0


def test_times_of_nested_runs(graph):
    x = tf.placeholder(tf.float32)
    with tf.Session() as sess:
        inner = tf.py_func(
            lambda v: sess.run(x * 2.0, {x: v}, options=tf.RunOptions(timeout_in_ms=5000)),
            [x],
            tf.float32,
        )
        options = tf.RunOptions(timeout_in_ms=10_000)
        for _ in range(50):
            assert sess.run(inner, {x: 3.0}, options=options) == 6.0
