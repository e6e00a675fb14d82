"""Softmax regression with feeds and an accuracy."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    rng = np.random.default_rng(0)
    images = rng.random((40, 12)).astype(np.float32)
    labels = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 40)]
    x = tf.placeholder(tf.float32, [None, 12])
    y_ = tf.placeholder(tf.float32, [None, 3])
    weights = tf.Variable(tf.zeros([12, 3]))
    bias = tf.Variable(tf.zeros([3]))
    logits = tf.matmul(x, weights) + bias
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y_, logits=logits))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    hit = tf.equal(tf.argmax(logits, 1), tf.argmax(y_, 1))
    accuracy = tf.reduce_mean(tf.cast(hit, tf.float32))
    sess = tf.InteractiveSession()
    tf.global_variables_initializer().run()
    for i in range(20):
        part = slice(i * 2 % 40, i * 2 % 40 + 10)
        sess.run(train, feed_dict={x: images[part], y_: labels[part]})
    feed = {x: images, y_: labels}
    found = [loss.eval(feed), accuracy.eval(feed), weights.eval()]
    sess.close()
    return found
