"""A language model: unrolled LSTM with dropout, its state fed back, one model for each phase."""

from typing import Any

import numpy as np

VOCABULARY, HIDDEN, LAYERS, BATCH, STEPS = 11, 6, 2, 2, 3


class Model:
    """The graph of one phase; `train` gives it the update."""

    def __init__(self, tf: Any, is_training: bool) -> None:
        self.inputs = tf.placeholder(tf.int32, [BATCH, STEPS])
        self.targets = tf.placeholder(tf.int32, [BATCH, STEPS])

        def cell() -> Any:
            made = tf.nn.rnn_cell.BasicLSTMCell(HIDDEN, forget_bias=0.0, state_is_tuple=True)
            if is_training:
                made = tf.nn.rnn_cell.DropoutWrapper(made, output_keep_prob=1.0)
            return made

        stacked = tf.nn.rnn_cell.MultiRNNCell([cell() for _ in range(LAYERS)])
        self.initial_state = state = stacked.zero_state(BATCH, tf.float32)
        with tf.device("/cpu:0"):
            embedding = tf.get_variable("embedding", [VOCABULARY, HIDDEN], dtype=tf.float32)
            inputs = tf.nn.embedding_lookup(embedding, self.inputs)
        outputs = []
        with tf.variable_scope("RNN"):
            for step in range(STEPS):
                if step > 0:
                    tf.get_variable_scope().reuse_variables()
                output, state = stacked(inputs[:, step, :], state)
                outputs.append(output)
        flat = tf.reshape(tf.concat(outputs, 1), [-1, HIDDEN])
        weights = tf.get_variable("softmax_w", [HIDDEN, VOCABULARY])
        logits = tf.nn.xw_plus_b(flat, weights, tf.get_variable("softmax_b", [VOCABULARY]))
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
            logits=logits, labels=tf.reshape(self.targets, [-1])
        )
        self.cost = tf.reduce_sum(losses) / BATCH
        self.final_state = state
        self.train = tf.no_op()
        if not is_training:
            return
        self.rate = tf.Variable(0.0, trainable=False)
        variables = tf.trainable_variables()
        grads, self.norm = tf.clip_by_global_norm(tf.gradients(self.cost, variables), 5.0)
        optimizer = tf.train.GradientDescentOptimizer(self.rate)
        self.train = optimizer.apply_gradients(
            zip(grads, variables, strict=True),
            global_step=tf.train.get_or_create_global_step(),
        )
        self.new_rate = tf.placeholder(tf.float32, shape=[], name="new_learning_rate")
        self.set_rate = tf.assign(self.rate, self.new_rate)


def epoch(session: Any, model: Any, data: np.ndarray) -> tuple[float, int]:
    costs, words = 0.0, 0
    state = session.run(model.initial_state)
    for start in range(0, data.shape[1] - 1, STEPS):
        feed = {
            model.inputs: data[:, start : start + STEPS],
            model.targets: data[:, start + 1 : start + STEPS + 1],
        }
        for i, pair in enumerate(model.initial_state):
            feed[pair.c], feed[pair.h] = state[i].c, state[i].h
        fetches = {"cost": model.cost, "state": model.final_state, "train": model.train}
        values = session.run(fetches, feed)
        costs, state, words = costs + values["cost"], values["state"], words + STEPS
    return float(np.exp(costs / words)), words


def main(tf: Any) -> Any:
    rng = np.random.default_rng(8)
    data = rng.integers(0, VOCABULARY, (BATCH, 4 * STEPS + 1))

    def start(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return tf.constant(rng.uniform(-0.4, 0.4, [int(s) for s in shape]).astype(np.float32))

    with tf.name_scope("Train"), tf.variable_scope("Model", initializer=start):
        trained = Model(tf, is_training=True)
    with tf.name_scope("Valid"), tf.variable_scope("Model", reuse=True, initializer=start):
        valid = Model(tf, is_training=False)
    found = []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for number in range(3):
            session.run(trained.set_rate, {trained.new_rate: 0.5 * 0.8**number})
            found.append((session.run(trained.rate), *epoch(session, trained, data)))
            found.append(epoch(session, valid, data[:, : 2 * STEPS + 1]))
        names = [v.op.name for v in tf.trainable_variables()]
        return {
            "perplexities": found,
            "names": names,
            "step": session.run(tf.train.get_global_step()),
        }
