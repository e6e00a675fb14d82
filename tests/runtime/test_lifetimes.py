"""Which names and which memory a generated function uses again, and that nobody notices."""

import threading

import numpy as np
import pytest
from tests.runtime.test_plan import sources

import opscope.runtime as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as made:
        yield made


def test_a_chain_takes_one_name_and_one_memory(session):
    x = tf.placeholder(tf.float32, [3])
    y = x
    for _ in range(5):
        y = y * x + x
    assert session.run(y, {x: np.full(3, 2)}).tolist() == [126.0] * 3
    (source,) = sources(session)
    assert "v2" not in source
    assert source.count("+=") == 5


def test_fed_fetched_and_shared_memory_is_left_alone(session):
    x = tf.placeholder(tf.float32, [4])
    product = x * 3.0
    view = tf.reshape(product, [2, 2])
    total = product + 1.0
    given = np.arange(4, dtype=np.float32)
    fetched = session.run([product, total], {x: given})
    assert [f.tolist() for f in fetched] == [[0, 3, 6, 9], [1, 4, 7, 10]]
    fetched = session.run([view, total], {x: given})
    assert [f.ravel().tolist() for f in fetched] == [[0, 3, 6, 9], [1, 4, 7, 10]]
    with tf.control_dependencies([total]):
        later = view * 2.0
    assert session.run([later, total], {x: given})[0].ravel().tolist() == [0, 6, 12, 18]
    changed = x + 1.0 + x
    assert session.run(changed, {x: given}).tolist() == [1, 3, 5, 7]
    assert given.tolist() == [0, 1, 2, 3]
    fed = product + 1.0
    assert session.run(fed, {product: given}).tolist() == [1, 2, 3, 4]
    assert given.tolist() == [0, 1, 2, 3]


def test_a_constant_and_a_variable_keep_their_values(session):
    variable = tf.Variable(tf.ones([3]))
    constant = tf.constant([1.0, 2.0, 3.0])
    results = [variable + constant, constant * 2.0 + variable, tf.identity(variable) * 2.0]
    session.run(tf.global_variables_initializer())
    for _ in range(2):
        first, second, third = session.run(results)
        assert first.tolist() == [2, 3, 4]
        assert second.tolist() == [3, 5, 7]
        assert third.tolist() == [2, 2, 2]


def test_a_broadcast_view_is_not_written_to(session):
    x = tf.placeholder(tf.float32, [1])
    wide = tf.broadcast_to(x * 2.0, [4])
    assert session.run(wide + 1.0, {x: [3.0]}).tolist() == [7.0] * 4


def test_many_threads_run_one_session_each_with_its_own_values(session):
    x = tf.placeholder(tf.float32, [None, 16])
    weights = tf.Variable(np.eye(16, dtype=np.float32))
    y = x
    for _ in range(10):
        y = tf.matmul(y, weights) * 0.5 + x
    counter = tf.while_loop(
        lambda i, total: i < 5, lambda i, total: (i + 1, total + x), [0, tf.zeros_like(x)]
    )[1]
    session.run(tf.global_variables_initializer())
    wrong = []

    def work(number):
        for rows in range(1, 30):
            value = np.full((rows % 5 + 1, 16), number, np.float32)
            first, second = session.run([y, counter], {x: value})
            if not (np.all(first == number * (2 - 0.5**10)) and np.all(second == 5 * number)):
                wrong.append((number, rows))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
