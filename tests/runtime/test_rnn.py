"""Recurrent networks: the cells against their formulas, loops over steps, and training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.watch import Watch

cells = tf.nn.rnn_cell


@pytest.fixture(autouse=True)
def _fresh_graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


X = np.random.default_rng(3).normal(size=(2, 3)).astype(np.float32)
H = np.random.default_rng(4).normal(size=(2, 4)).astype(np.float32)
C = np.random.default_rng(5).normal(size=(2, 4)).astype(np.float32)


def weights(cell: cells.RNNCell, sess: tf.Session) -> list[np.ndarray]:
    rng = np.random.default_rng(6)
    values = [rng.normal(size=v.shape.as_list()).astype(np.float32) for v in cell.weights]
    for variable, value in zip(cell.weights, values, strict=True):
        variable.load(value, sess)
    return values


def test_basic_rnn_cell() -> None:
    cell = cells.BasicRNNCell(4)
    output, state = cell(tf.constant(X), tf.constant(H))
    with tf.Session() as sess:
        kernel, bias = weights(cell, sess)
        expected = np.tanh(np.concatenate([X, H], 1) @ kernel + bias)
        np.testing.assert_allclose(sess.run(output), expected, rtol=1e-5)
        np.testing.assert_allclose(sess.run(state), expected, rtol=1e-5)


@pytest.mark.parametrize("kind", [cells.BasicLSTMCell, cells.LSTMCell])
@pytest.mark.parametrize("is_tuple", [True, False])
def test_lstm_cells(kind: type[cells.RNNCell], is_tuple: bool) -> None:
    cell = kind(4, state_is_tuple=is_tuple)  # type: ignore[call-arg]
    state = cells.LSTMStateTuple(C, H) if is_tuple else np.concatenate([C, H], 1)
    output, new = cell(tf.constant(X), state)
    with tf.Session() as sess:
        kernel, bias = weights(cell, sess)
        i, j, f, o = np.split(np.concatenate([X, H], 1) @ kernel + bias, 4, 1)
        c = sigmoid(f + 1) * C + sigmoid(i) * np.tanh(j)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(sess.run(output), h, rtol=1e-4, atol=1e-6)
        got = sess.run(new)
    if is_tuple:
        assert isinstance(got, cells.LSTMStateTuple)
        got = np.concatenate(got, 1)
    np.testing.assert_allclose(got, np.concatenate([c, h], 1), rtol=1e-4, atol=1e-6)


def test_lstm_with_peepholes_clip_and_projection() -> None:
    cell = cells.LSTMCell(4, use_peepholes=True, cell_clip=0.5, num_proj=2, proj_clip=0.25)
    h = H[:, :2]
    output, _ = cell(tf.constant(X), cells.LSTMStateTuple(C, h))
    assert cell.state_size == cells.LSTMStateTuple(4, 2)
    with tf.Session() as sess:
        kernel, bias, w_f, w_i, w_o, project = weights(cell, sess)
        i, j, f, o = np.split(np.concatenate([X, h], 1) @ kernel + bias, 4, 1)
        c = sigmoid(f + 1 + w_f * C) * C + sigmoid(i + w_i * C) * np.tanh(j)
        c = np.clip(c, -0.5, 0.5)
        expected = np.clip((sigmoid(o + w_o * c) * np.tanh(c)) @ project, -0.25, 0.25)
        np.testing.assert_allclose(sess.run(output), expected, rtol=1e-4, atol=1e-6)


def test_gru_cell() -> None:
    cell = cells.GRUCell(4)
    output, _ = cell(tf.constant(X), tf.constant(H))
    with tf.Session() as sess:
        gate_kernel, gate_bias, kernel, bias = weights(cell, sess)
        gates = sigmoid(np.concatenate([X, H], 1) @ gate_kernel + gate_bias)
        r, u = np.split(gates, 2, 1)
        candidate = np.tanh(np.concatenate([X, r * H], 1) @ kernel + bias)
        np.testing.assert_allclose(
            sess.run(output), u * H + (1 - u) * candidate, rtol=1e-4, atol=1e-6
        )


def test_names() -> None:
    stacked = cells.MultiRNNCell([cells.BasicLSTMCell(4), cells.GRUCell(3)])
    tf.nn.dynamic_rnn(stacked, tf.zeros([2, 5, 3]), dtype=tf.float32)
    tf.nn.static_rnn(cells.BasicRNNCell(2), [tf.zeros([2, 3])] * 2, dtype=tf.float32, scope="s")
    assert [v.name for v in tf.trainable_variables()] == [
        "rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel:0",
        "rnn/multi_rnn_cell/cell_0/basic_lstm_cell/bias:0",
        "rnn/multi_rnn_cell/cell_1/gru_cell/gates/kernel:0",
        "rnn/multi_rnn_cell/cell_1/gru_cell/gates/bias:0",
        "rnn/multi_rnn_cell/cell_1/gru_cell/candidate/kernel:0",
        "rnn/multi_rnn_cell/cell_1/gru_cell/candidate/bias:0",
        "s/basic_rnn_cell/kernel:0",
        "s/basic_rnn_cell/bias:0",
    ]


@pytest.mark.parametrize("lengths", [None, [3, 5], [1, 2]])
def test_the_loop_equals_the_steps(lengths: list[int] | None) -> None:
    x = tf.placeholder(tf.float32, [2, 5, 3])
    cell = cells.LSTMCell(4)
    known = None if lengths is None else tf.constant(lengths)
    dynamic, last = tf.nn.dynamic_rnn(cell, x, sequence_length=known, dtype=tf.float32)
    static, static_last = tf.nn.static_rnn(
        cell, tf.unstack(x, axis=1), sequence_length=known, dtype=tf.float32
    )
    outputs = tf.stack(static, axis=1)
    kernel = cell.weights[0]
    with tf.Session() as sess:
        weights(cell, sess)
        feed = {x: np.random.default_rng(1).normal(size=(2, 5, 3))}
        pairs = [
            (dynamic, outputs),
            (last.h, static_last.h),
            (tf.gradients(dynamic, kernel)[0], tf.gradients(outputs, kernel)[0]),
        ]
        for looped, unrolled in pairs:
            a, b = sess.run([looped, unrolled], feed)
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
        if lengths is not None:
            assert not sess.run(dynamic, feed)[0, lengths[0] :].any()


def test_time_major_and_bidirectional() -> None:
    x = tf.constant(np.random.default_rng(2).normal(size=(2, 5, 3)).astype(np.float32))
    cell = cells.BasicRNNCell(4)
    by_batch, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    by_time, _ = tf.nn.dynamic_rnn(
        cell, tf.transpose(x, [1, 0, 2]), dtype=tf.float32, time_major=True
    )
    (forward, backward), _ = tf.nn.bidirectional_dynamic_rnn(cell, cell, x, dtype=tf.float32)
    turned, _ = tf.nn.dynamic_rnn(cell, tf.reverse(x, [1]), dtype=tf.float32)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        a, b, f, k, t = sess.run([by_batch, by_time, forward, backward, turned])
    np.testing.assert_allclose(a, b.transpose(1, 0, 2), rtol=1e-6)
    np.testing.assert_allclose(a, f, rtol=1e-6)
    np.testing.assert_allclose(k, t[:, ::-1], rtol=1e-6)


def test_bidirectional_with_lengths() -> None:
    values = np.random.default_rng(2).normal(size=(2, 5, 3)).astype(np.float32)
    (_, backward), (_, last) = tf.nn.bidirectional_dynamic_rnn(
        cells.BasicRNNCell(4), cells.BasicRNNCell(4), values, [2, 5], dtype=tf.float32
    )
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        out, end = sess.run([backward, last])
    np.testing.assert_allclose(out[:, 0], end, rtol=1e-6)
    assert not out[0, 2:].any()


def test_dropout_wrapper() -> None:
    x = tf.ones([2, 50, 3])
    cell = cells.DropoutWrapper(cells.BasicRNNCell(20), output_keep_prob=0.5, seed=1)
    output, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        share = (sess.run(output) == 0).mean()
        zeros_per_step = (sess.run(output) == 0).mean(axis=(0, 2))
    assert 0.45 < share < 0.55
    assert len(set(zeros_per_step.tolist())) > 1  # a new draw in each step


def test_training_finds_a_sum() -> None:
    """A GRU learns to add up short sequences: the loss falls to a small part."""
    rng = np.random.default_rng(0)
    x = tf.placeholder(tf.float32, [None, 6, 1])
    y = tf.placeholder(tf.float32, [None, 1])
    output, _ = tf.nn.dynamic_rnn(cells.GRUCell(8), x, dtype=tf.float32)
    kernel = tf.get_variable("out", [8, 1])
    loss = tf.reduce_mean(tf.square(tf.matmul(output[:, -1], kernel) - y))
    step = tf.train.AdamOptimizer(0.02).minimize(loss)
    values = rng.uniform(-0.5, 0.5, size=(64, 6, 1)).astype(np.float32)
    feed = {x: values, y: values.sum(1)}
    tf.set_random_seed(2)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        start = sess.run(loss, feed)
        for _ in range(120):
            sess.run(step, feed)
        assert sess.run(loss, feed) < 0.1 * start
        run = sess.run_watched([loss, step], feed, watch=Watch(check=True))
    assert run.hits == []
    assert sum(t.node_name == "rnn/while/gru_cell/MatMul" for t in run.tensors) == 6


def test_there_is_one_length_per_row() -> None:
    lengths = tf.placeholder(tf.int32, [None])
    output, _ = tf.nn.dynamic_rnn(
        cells.BasicRNNCell(4), tf.zeros([2, 5, 3]), sequence_length=lengths, dtype=tf.float32
    )
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match="Expected shape"):
            sess.run(output, {lengths: [1, 2, 3]})


def test_wrong_use() -> None:
    cell = cells.BasicRNNCell(4)
    with pytest.raises(ValueError, match="dtype"):
        tf.nn.dynamic_rnn(cell, tf.zeros([2, 5, 3]))
    with pytest.raises(TypeError, match="RNNCell"):
        tf.nn.dynamic_rnn(3, tf.zeros([2, 5, 3]))
    with pytest.raises(ValueError, match="vector"):
        tf.nn.dynamic_rnn(cell, tf.zeros([2, 5, 3]), sequence_length=3, dtype=tf.float32)
    with pytest.raises(ValueError, match="to be known"):
        cell(tf.placeholder(tf.float32, [2, None]), tf.zeros([2, 4]))
    with pytest.raises(ValueError, match="empty"):
        tf.nn.static_rnn(cell, [], dtype=tf.float32)
    with pytest.raises(ValueError, match="at least one"):
        cells.MultiRNNCell([])
