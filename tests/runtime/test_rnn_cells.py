"""Cells around cells, networks that a function steers, states that a saver keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf

cells = tf.nn.rnn_cell

ROWS = np.random.default_rng(1).normal(size=(2, 3, 4)).astype(np.float32)


@pytest.fixture(autouse=True)
def _fresh_graph() -> Iterator[None]:
    with tf.Graph().as_default():
        tf.set_random_seed(4)
        yield


def values_of(*fetches: Any) -> Any:
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run(list(fetches))


class Doubling(cells.RNNCell):
    """A cell as users write them: its variable comes from `get_variable`."""

    @property
    def state_size(self) -> int:
        return 4

    @property
    def output_size(self) -> int:
        return 4

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        factor = tf.get_variable("factor", [4], initializer=tf.constant_initializer(2.0))
        return inputs * factor + state, inputs


def test_a_cell_of_ones_own() -> None:
    cell = Doubling()
    outputs, last = tf.nn.static_rnn(cell, tf.unstack(tf.constant(ROWS), axis=1), dtype=tf.float32)
    assert [v.name for v in cell.variables] == ["rnn/doubling/factor:0"]
    assert len(cell.trainable_weights) == 1
    got = values_of(tf.stack(outputs, axis=1), last)
    before = np.concatenate([np.zeros((2, 1, 4), np.float32), ROWS[:, :-1]], 1)
    np.testing.assert_allclose(got[0], ROWS * 2 + before)
    np.testing.assert_array_equal(got[1], ROWS[:, -1])


def test_a_cell_without_its_sizes() -> None:
    with pytest.raises(NotImplementedError, match="Abstract"):
        _ = cells.RNNCell().state_size


def test_residual_and_device_wrapper() -> None:
    plain = cells.GRUCell(4)
    plain_output, _ = tf.nn.dynamic_rnn(plain, ROWS, dtype=tf.float32)
    around = cells.DeviceWrapper(cells.ResidualWrapper(plain), "/cpu:0")
    with tf.variable_scope("other"):
        output, _ = tf.nn.dynamic_rnn(around, ROWS, dtype=tf.float32)
    assert around.variables == plain.variables
    got = values_of(plain_output, output)
    first = got[0][:, 0] + ROWS[:, 0]
    np.testing.assert_allclose(got[1][:, 0], first, rtol=1e-6)


def test_variational_dropout_is_the_same_in_every_step() -> None:
    cell = cells.DropoutWrapper(
        Doubling(), output_keep_prob=0.5, variational_recurrent=True, dtype=tf.float32
    )
    ones = tf.ones([2, 6, 4])
    (output,) = values_of(tf.nn.dynamic_rnn(cell, ones, dtype=tf.float32)[0])
    assert len(np.unique(output == 0, axis=1)[0]) == 1
    with pytest.raises(ValueError, match="dtype must be provided"):
        cells.DropoutWrapper(Doubling(), variational_recurrent=True)
    with pytest.raises(ValueError, match="input_size"):
        cells.DropoutWrapper(Doubling(), 0.5, variational_recurrent=True, dtype=tf.float32)
    with pytest.raises(ValueError, match="between 0 and 1"):
        cells.DropoutWrapper(Doubling(), 1.5)


def test_raw_rnn_emits_what_the_function_says() -> None:
    cell = cells.BasicRNNCell(4)
    array = tf.TensorArray(tf.float32, size=3, clear_after_read=False)
    array = array.unstack(ROWS.transpose(1, 0, 2))

    def loop(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        if output is None:
            first = cell.zero_state(2, tf.float32)
            return time >= [3, 2], array.read(0), first, tf.zeros([4]), tf.constant(0)
        ended = time >= [3, 2]
        given = array.read(tf.minimum(time, 2))
        return ended, given, state, output + 1.0, loop_state + time

    outputs, last, total = tf.nn.raw_rnn(cell, loop, scope="rnn")
    with tf.variable_scope("rnn", reuse=True):
        wanted, end = tf.nn.dynamic_rnn(
            cell, ROWS, sequence_length=[3, 2], dtype=tf.float32, scope=tf.get_variable_scope()
        )
    got = values_of(outputs.stack(), last, total, wanted, end)
    there = np.array([[1, 1, 1], [1, 1, 0]], np.float32)[:, :, None]
    np.testing.assert_allclose(got[0].transpose(1, 0, 2), (got[3] + 1) * there, rtol=1e-6)
    np.testing.assert_allclose(got[1], got[4], rtol=1e-6)
    assert got[2] == 1 + 2 + 3


def test_a_saver_keeps_the_state_between_runs() -> None:
    class Saver:
        kept = tf.get_variable("kept", [2, 4], initializer=tf.zeros_initializer())

        def state(self, name: str) -> Any:
            return self.kept.read_value()

        def save_state(self, name: str, value: Any) -> Any:
            return tf.assign(self.kept, value)

    saver = Saver()
    steps = tf.unstack(tf.constant(ROWS), axis=1)
    outputs, _ = tf.nn.static_state_saving_rnn(Doubling(), steps, saver, "kept")
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(outputs[-1])
        np.testing.assert_array_equal(sess.run(saver.kept), ROWS[:, -1])
        second = sess.run(outputs)
    np.testing.assert_allclose(second[0], ROWS[:, 0] * 2 + ROWS[:, -1])
    with pytest.raises(ValueError, match="state_name"):
        tf.nn.static_state_saving_rnn(Doubling(), steps, saver, ("a", "b"))


def test_static_bidirectional_outputs_stand_side_by_side() -> None:
    steps = tf.unstack(tf.constant(ROWS), axis=1)
    outputs, first, last = tf.nn.static_bidirectional_rnn(
        Doubling(), Doubling(), steps, dtype=tf.float32
    )
    got = values_of(tf.stack(outputs, 1), first, last)
    after = np.concatenate([ROWS[:, 1:], np.zeros((2, 1, 4), np.float32)], 1)
    np.testing.assert_allclose(got[0][..., 4:], ROWS * 2 + after)
    np.testing.assert_array_equal(got[1], ROWS[:, -1])
    np.testing.assert_array_equal(got[2], ROWS[:, 0])
