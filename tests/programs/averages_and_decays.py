"""Moving averages after each step, every learning-rate decay, and restoring the averages."""

import os
import tempfile
from typing import Any


def main(tf: Any) -> Any:
    step = tf.train.get_or_create_global_step()
    rates = {
        "exponential": tf.train.exponential_decay(0.1, step, 4, 0.5),
        "staircase": tf.train.exponential_decay(0.1, step, 4, 0.5, staircase=True),
        "natural": tf.train.natural_exp_decay(0.1, step, 4, 0.5),
        "inverse": tf.train.inverse_time_decay(0.1, step, 4, 0.5, staircase=True),
        "polynomial": tf.train.polynomial_decay(0.1, step, 6, power=2.0),
        "cycle": tf.train.polynomial_decay(0.1, step, 3, cycle=True),
        "cosine": tf.train.cosine_decay(0.1, step, 6, alpha=0.1),
        "restarts": tf.train.cosine_decay_restarts(0.1, step, 3, m_mul=0.9),
        "linear_cosine": tf.train.linear_cosine_decay(0.1, step, 6),
        "pieces": tf.train.piecewise_constant(step, [2, 5], [0.1, 0.05, 0.01]),
    }
    with tf.variable_scope("layer"):
        w = tf.get_variable("w", initializer=[1.0, -2.0])
        b = tf.get_variable("b", initializer=0.5)
    loss = tf.reduce_sum(tf.square(w)) + b * b
    train = tf.train.GradientDescentOptimizer(rates["cosine"]).minimize(loss, step)
    averages = tf.train.ExponentialMovingAverage(0.9, step)
    steady = tf.train.ExponentialMovingAverage(0.5, zero_debias=True, name="steady")
    with tf.control_dependencies([train]):
        update = averages.apply(tf.trainable_variables())
    follow = steady.apply([loss])
    saver = tf.train.Saver()
    found = []
    with tempfile.TemporaryDirectory() as folder, tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(8):
            sess.run(follow)
            found.append(sess.run([rates, averages.average(w), steady.average(loss)]))
            sess.run(update)
        path = saver.save(sess, os.path.join(folder, "model"))
        names = sorted(averages.variables_to_restore())
        tf.train.Saver(averages.variables_to_restore([w])).restore(sess, path)
        return found, names, averages.average_name(b), sess.run([w, b])
