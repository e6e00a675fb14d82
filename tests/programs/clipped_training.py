"""Gradients computed, clipped by their global norm and applied, with a decaying rate."""

from typing import Any


def main(tf: Any) -> Any:
    step = tf.train.get_or_create_global_step()
    v = tf.get_variable("v", initializer=[3.0, -4.0])
    loss = tf.reduce_sum(v**2)
    rate = tf.train.exponential_decay(0.5, step, 2, 0.5, staircase=True)
    optimizer = tf.train.GradientDescentOptimizer(rate)
    grads, variables = zip(*optimizer.compute_gradients(loss), strict=True)
    clipped, norm = tf.clip_by_global_norm(grads, 2.0)
    train = optimizer.apply_gradients(zip(clipped, variables, strict=True), global_step=step)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        norms = [sess.run([norm, rate, train])[:2] for _ in range(4)]
        return norms, sess.run([v, step])
