import os
import threading

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.events.proto.config_pb2 import ConfigProto
from opscope.runtime.threads import KernelPool, pool_of


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_parts_cover_everything_once(count, size):
    seen = []
    KernelPool(size).split(count, lambda start, stop: seen.append((start, stop)))
    covered = [i for start, stop in sorted(seen) for i in range(start, stop)]
    assert covered == list(range(count))
    assert len(seen) == min(count, size)


def test_parts_are_not_smaller_than_asked():
    seen = []
    KernelPool(4).split(10, lambda start, stop: seen.append(stop - start), least=4)
    assert sorted(seen) == [5, 5]


def test_an_error_of_any_part_is_raised_and_the_pool_stays_usable():
    pool = KernelPool(2)
    for bad in (0, 5):

        def work(start, stop, bad=bad):
            if start == bad:
                raise ValueError(f"part {bad}")

        with pytest.raises(ValueError, match=f"part {bad}"):
            pool.split(10, work)
    seen = []
    pool.split(2, lambda start, stop: seen.append(start))
    assert sorted(seen) == [0, 1]


def test_a_pool_in_use_is_not_waited_for():
    pool = KernelPool(2)
    threads = []

    def inner(start, stop):
        threads.append(threading.current_thread().name)

    pool.split(2, lambda start, stop: pool.split(4, inner))
    assert len(threads) == 2


def test_one_thread_has_no_pool():
    assert pool_of(1) is None
    assert pool_of(2) is pool_of(2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_works_on_its_own_thread():
    pool = pool_of(2)
    seen = []
    child = os.fork()
    if child == 0:
        pool.split(4, lambda start, stop: seen.append((start, stop)))
        os._exit(0 if seen == [(0, 4)] and pool_of(2) is not pool else 1)
    assert os.waitpid(child, 0)[1] == 0


def lenet_like():
    rng = np.random.default_rng(0)
    x = tf.placeholder(tf.float32, [None, 28, 28, 3])
    w = tf.constant(rng.normal(size=(5, 5, 3, 16)).astype(np.float32))
    dense = tf.constant(rng.normal(size=(14 * 14 * 16, 200)).astype(np.float32))
    h = tf.nn.max_pool(tf.nn.relu(tf.nn.conv2d(x, w, 1, "SAME")), 2, 2, "SAME")
    y = tf.matmul(tf.reshape(h, [-1, 14 * 14 * 16]), dense)
    loss = tf.reduce_mean(tf.square(y))
    return x, [loss, *tf.gradients(loss, [x, w, dense])], rng.normal(size=(33, 28, 28, 3))


def test_threads_change_no_result(graph):
    x, fetches, value = lenet_like()
    results = []
    for threads in (1, 3):
        config = ConfigProto(intra_op_parallelism_threads=threads)
        with tf.Session(config=config) as session:
            results.append(session.run(fetches, {x: value}))
    for one, three in zip(*results, strict=True):
        np.testing.assert_allclose(one, three, rtol=2e-5, atol=1e-5 * np.abs(one).max())


def test_sessions_of_several_threads_do_not_share_scratch(graph):
    x, fetches, value = lenet_like()
    with tf.Session() as session:
        expected = session.run(fetches, {x: value})
        found = {}

        def work(name):
            found[name] = [session.run(fetches, {x: value}) for _ in range(2)]

        workers = [threading.Thread(target=work, args=(i,)) for i in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    for runs in found.values():
        for run in runs:
            for a, b in zip(run, expected, strict=True):
                np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-5 * np.abs(b).max())
