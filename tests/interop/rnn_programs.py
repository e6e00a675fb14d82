"""Recurrent networks, built in both languages: `tf` is opscope's or TensorFlow's.

Each makes the results that are compared; the test adds the training step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

BATCH, STEPS, DEPTH, UNITS = 3, 4, 2, 5
ROWS = np.random.default_rng(3).normal(size=(BATCH, STEPS, DEPTH)).astype(np.float32)
LENGTHS = np.array([2, 4, 3], np.int32)


def rows(tf: Any, batch: int | None = BATCH, steps: int | None = STEPS) -> Any:
    return tf.placeholder_with_default(tf.constant(ROWS), [batch, steps, DEPTH], name="rows")


def flat(tf: Any, *results: Any) -> list[Any]:
    return list(tf.nest.flatten(results))


# -- cells, one step or a static run ---------------------------------------------------------------


def static_basic_rnn(tf: Any) -> Any:
    steps = tf.unstack(rows(tf), axis=1)
    return flat(tf, tf.nn.static_rnn(tf.nn.rnn_cell.BasicRNNCell(UNITS), steps, dtype=tf.float32))


def static_basic_lstm(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS, forget_bias=0.5)
    return flat(tf, tf.nn.static_rnn(cell, tf.unstack(rows(tf), axis=1), dtype=tf.float32))


def joined_lstm_states(tf: Any) -> Any:
    steps = tf.unstack(rows(tf), axis=1)
    basic = tf.nn.rnn_cell.BasicLSTMCell(UNITS, state_is_tuple=False)
    whole = tf.nn.rnn_cell.LSTMCell(UNITS, num_proj=3, state_is_tuple=False)
    one = tf.nn.static_rnn(basic, steps, dtype=tf.float32)
    two = tf.nn.static_rnn(whole, steps, dtype=tf.float32, scope="second")
    return flat(tf, one, two)


def lstm(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.LSTMCell(UNITS)
    return flat(tf, tf.nn.static_rnn(cell, tf.unstack(rows(tf), axis=1), dtype=tf.float32))


def lstm_in_shards(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.LSTMCell(UNITS, num_proj=3, num_unit_shards=2, num_proj_shards=3)
    made = flat(tf, tf.nn.static_rnn(cell, tf.unstack(rows(tf), axis=1), dtype=tf.float32))
    assert len(tf.trainable_variables()) == 6
    return made


def lstm_with_everything(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.LSTMCell(
        UNITS,
        use_peepholes=True,
        cell_clip=0.4,
        initializer=tf.random_uniform_initializer(-0.5, 0.5),
        num_proj=3,
        proj_clip=0.3,
        activation=tf.nn.relu,
    )
    return flat(tf, tf.nn.static_rnn(cell, tf.unstack(rows(tf), axis=1), dtype=tf.float32))


def gru(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.GRUCell(
        UNITS,
        kernel_initializer=tf.random_normal_initializer(),
        bias_initializer=tf.constant_initializer(0.25),
    )
    return flat(tf, tf.nn.static_rnn(cell, tf.unstack(rows(tf), axis=1), dtype=tf.float32))


def plain_gru(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.GRUCell(UNITS, name="gates_of_mine")
    return flat(tf, tf.nn.static_rnn(cell, tf.unstack(rows(tf), axis=1), dtype=tf.float32))


def one_step(tf: Any) -> Any:
    """A cell called by hand: twice, the second time with the same variables."""
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    state = cell.zero_state(BATCH, tf.float32)
    first, second, *_ = tf.unstack(rows(tf), axis=1)
    _, state = cell(first, state)
    return flat(tf, cell(second, state))


def scoped_step(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.GRUCell(UNITS)
    state = cell.zero_state(BATCH, tf.float32)
    given = rows(tf)
    with tf.variable_scope("outer"):
        first = cell(given[:, 0], state, scope="inner")
    other = tf.nn.rnn_cell.BasicRNNCell(UNITS, activation=tf.sigmoid)
    with tf.name_scope("names"):
        return flat(tf, first, other(given[:, 1], state))


def stacked(tf: Any) -> Any:
    cells = [
        tf.nn.rnn_cell.BasicLSTMCell(UNITS),
        tf.nn.rnn_cell.GRUCell(3),
        tf.nn.rnn_cell.BasicRNNCell(4),
    ]
    cell = tf.nn.rnn_cell.MultiRNNCell(cells)
    return flat(tf, tf.nn.static_rnn(cell, tf.unstack(rows(tf), axis=1), dtype=tf.float32))


def stacked_joined(tf: Any) -> Any:
    cells = [tf.nn.rnn_cell.BasicRNNCell(UNITS), tf.nn.rnn_cell.GRUCell(3)]
    cell = tf.nn.rnn_cell.MultiRNNCell(cells, state_is_tuple=False)
    return flat(tf, tf.nn.static_rnn(cell, tf.unstack(rows(tf), axis=1), dtype=tf.float32))


def wrapped(tf: Any) -> Any:
    """Wrappers that keep everything, so that nothing is random."""
    cell = tf.nn.rnn_cell.GRUCell(DEPTH)
    cell = tf.nn.rnn_cell.DropoutWrapper(cell, 1.0, 1.0, 1.0)
    cell = tf.nn.rnn_cell.ResidualWrapper(cell)
    cell = tf.nn.rnn_cell.DeviceWrapper(cell, "/cpu:0")
    return flat(tf, tf.nn.static_rnn(cell, tf.unstack(rows(tf), axis=1), dtype=tf.float32))


def residual_function(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.ResidualWrapper(
        tf.nn.rnn_cell.BasicRNNCell(DEPTH), residual_fn=lambda i, o: i * 2.0 + o
    )
    return flat(tf, tf.nn.dynamic_rnn(cell, rows(tf), dtype=tf.float32))


# -- dropout: nodes only, the draws differ ---------------------------------------------------------


def dropout(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.DropoutWrapper(
        tf.nn.rnn_cell.BasicLSTMCell(UNITS),
        input_keep_prob=0.5,
        output_keep_prob=tf.constant(0.75),
        state_keep_prob=0.9,
        seed=7,
    )
    return flat(tf, tf.nn.static_rnn(cell, tf.unstack(rows(tf), axis=1), dtype=tf.float32))


def variational_dropout(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.DropoutWrapper(
        tf.nn.rnn_cell.GRUCell(UNITS),
        input_keep_prob=0.5,
        output_keep_prob=0.75,
        state_keep_prob=0.9,
        variational_recurrent=True,
        input_size=DEPTH,
        dtype=tf.float32,
        seed=7,
    )
    return flat(tf, tf.nn.static_rnn(cell, tf.unstack(rows(tf), axis=1), dtype=tf.float32))


# -- loops -----------------------------------------------------------------------------------------


def dynamic(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.BasicRNNCell(UNITS)
    return flat(tf, tf.nn.dynamic_rnn(cell, rows(tf), dtype=tf.float32))


def dynamic_unknown_sizes(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.LSTMCell(UNITS)
    return flat(tf, tf.nn.dynamic_rnn(cell, rows(tf, None, None), dtype=tf.float32))


def dynamic_lengths(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    return flat(
        tf,
        tf.nn.dynamic_rnn(cell, rows(tf), sequence_length=tf.constant(LENGTHS), dtype=tf.float32),
    )


def dynamic_unknown_lengths(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.GRUCell(UNITS)
    lengths = tf.placeholder_with_default(LENGTHS.astype(np.int64), [None], name="lengths")
    given = rows(tf, None, None)
    return flat(tf, tf.nn.dynamic_rnn(cell, given, sequence_length=lengths, dtype=tf.float32))


def time_major(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.GRUCell(UNITS)
    turned = tf.transpose(rows(tf), [1, 0, 2])
    return flat(
        tf,
        tf.nn.dynamic_rnn(
            cell,
            turned,
            sequence_length=LENGTHS,
            initial_state=tf.ones([BATCH, UNITS]) * 0.5,
            time_major=True,
            swap_memory=True,
            parallel_iterations=1,
            scope="turned",
        ),
    )


def dynamic_stacked(tf: Any) -> Any:
    cells = [tf.nn.rnn_cell.BasicLSTMCell(UNITS), tf.nn.rnn_cell.LSTMCell(4, num_proj=3)]
    cell = tf.nn.rnn_cell.MultiRNNCell(cells)
    state = cell.zero_state(BATCH, tf.float32)
    return flat(tf, tf.nn.dynamic_rnn(cell, rows(tf), initial_state=state))


def bidirectional(tf: Any) -> Any:
    forward, backward = (tf.nn.rnn_cell.LSTMCell(UNITS) for _ in range(2))
    return flat(tf, tf.nn.bidirectional_dynamic_rnn(forward, backward, rows(tf), dtype=tf.float32))


def bidirectional_lengths(tf: Any) -> Any:
    forward, backward = (tf.nn.rnn_cell.GRUCell(UNITS) for _ in range(2))
    return flat(
        tf,
        tf.nn.bidirectional_dynamic_rnn(
            forward,
            backward,
            rows(tf),
            sequence_length=tf.constant(LENGTHS),
            initial_state_bw=tf.ones([BATCH, UNITS]),
            dtype=tf.float32,
            scope="both",
        ),
    )


def static_lengths(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    lengths = tf.placeholder_with_default(LENGTHS - 1, [BATCH], name="lengths")
    steps = tf.unstack(rows(tf), axis=1)
    return flat(tf, tf.nn.static_rnn(cell, steps, sequence_length=lengths, dtype=tf.float32))


def static_bidirectional(tf: Any) -> Any:
    forward, backward = (tf.nn.rnn_cell.BasicRNNCell(UNITS) for _ in range(2))
    steps = tf.unstack(rows(tf), axis=1)
    return flat(tf, tf.nn.static_bidirectional_rnn(forward, backward, steps, dtype=tf.float32))


def static_bidirectional_lengths(tf: Any) -> Any:
    forward, backward = (tf.nn.rnn_cell.GRUCell(UNITS) for _ in range(2))
    steps = tf.unstack(rows(tf), axis=1)
    lengths = tf.constant(LENGTHS)
    return flat(
        tf,
        tf.nn.static_bidirectional_rnn(
            forward, backward, steps, dtype=tf.float32, sequence_length=lengths
        ),
    )


class Saver:
    """Keeps states in variables, as a state saver does."""

    def __init__(self, tf: Any, names: list[str]) -> None:
        self.tf = tf
        self.kept = {
            name: tf.get_variable(
                name, [BATCH, UNITS], initializer=tf.zeros_initializer(), trainable=False
            )
            for name in names
        }

    def state(self, name: str) -> Any:
        return self.kept[name] * 0.5  # TensorFlow's plain read sees the value saved, or not

    def save_state(self, name: str, value: Any) -> Any:
        return self.tf.assign(self.kept[name], value)


def state_saving(tf: Any) -> Any:
    steps = tf.unstack(rows(tf), axis=1)
    lstm_cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    one = tf.nn.static_state_saving_rnn(lstm_cell, steps, Saver(tf, ["c", "h"]), ("c", "h"))
    plain = tf.nn.rnn_cell.GRUCell(UNITS)
    two = tf.nn.static_state_saving_rnn(plain, steps, Saver(tf, ["s"]), "s", scope="plain")
    return flat(tf, one, two)


def raw(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.LSTMCell(UNITS)
    lengths = tf.constant(LENGTHS)
    array = tf.TensorArray(tf.float32, size=STEPS).unstack(tf.transpose(rows(tf), [1, 0, 2]))

    def loop(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        following = cell.zero_state(BATCH, tf.float32) if output is None else state
        finished = time >= lengths
        given = tf.cond(
            tf.reduce_all(finished),
            lambda: tf.zeros([BATCH, DEPTH]),
            lambda: array.read(time),
        )
        return finished, given, following, output, None

    outputs, last, _ = tf.nn.raw_rnn(cell, loop)
    return flat(tf, outputs.stack(), last)


def raw_with_loop_state(tf: Any) -> Any:
    cell = tf.nn.rnn_cell.GRUCell(UNITS)
    given = rows(tf)[:, 0]

    def loop(time: Any, output: Any, state: Any, loop_state: Any) -> Any:
        if output is None:
            first = (tf.zeros([DEPTH]), tf.zeros([], tf.int32))
            return tf.zeros([BATCH], tf.bool), given, tf.ones([BATCH, UNITS]), first, tf.constant(1)
        emitted = (output[:, :DEPTH] * 2.0, tf.fill([BATCH], time))
        return time >= LENGTHS, given * 0.5, state, emitted, loop_state * 2

    outputs, last, total = tf.nn.raw_rnn(cell, loop, scope="mine")
    return flat(tf, outputs[0].stack(), outputs[1].stack(), last, total)


PROGRAMS = [
    static_basic_rnn,
    static_basic_lstm,
    joined_lstm_states,
    lstm,
    lstm_in_shards,
    lstm_with_everything,
    gru,
    plain_gru,
    one_step,
    scoped_step,
    stacked,
    stacked_joined,
    wrapped,
    residual_function,
    dynamic,
    dynamic_unknown_sizes,
    dynamic_lengths,
    dynamic_unknown_lengths,
    time_major,
    dynamic_stacked,
    bidirectional,
    bidirectional_lengths,
    static_lengths,
    static_bidirectional,
    static_bidirectional_lengths,
    state_saving,
    raw,
    raw_with_loop_state,
]

RANDOM_PROGRAMS = [dropout, variational_dropout]
