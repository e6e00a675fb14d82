"""A line fitted by gradient descent, as the first tutorial has it."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    x_data = np.linspace(0, 1, 20).astype(np.float32)
    y_data = x_data * 0.1 + 0.3
    weight = tf.Variable([0.9], name="W")
    bias = tf.Variable(tf.zeros([1]), name="b")
    loss = tf.reduce_mean(tf.square(weight * x_data + bias - y_data))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(50):
            sess.run(train)
        return sess.run([weight, bias, loss])
