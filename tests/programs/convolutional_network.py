"""A small convolutional network: convolution, pooling, normalization, training by Adam."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    rng = np.random.default_rng(1)

    def weights(name: str, *shape: int) -> Any:
        value = rng.normal(scale=0.2, size=shape).astype(np.float32)
        return tf.get_variable(name, initializer=value)

    x = tf.placeholder(tf.float32, [None, 8, 8, 1])
    y = tf.placeholder(tf.int64, [None])
    h = tf.nn.conv2d(x, weights("c1", 3, 3, 1, 4), [1, 1, 1, 1], "SAME")
    mean, variance = tf.nn.moments(h, [0, 1, 2])
    h = tf.nn.batch_normalization(h, mean, variance, None, None, 1e-3)
    h = tf.nn.max_pool(tf.nn.relu(h), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    h = tf.nn.depthwise_conv2d(h, weights("c2", 3, 3, 4, 2), [1, 1, 1, 1], "SAME")
    h, _, _ = tf.nn.fused_batch_norm(h, tf.ones([8]), tf.zeros([8]))
    h = tf.nn.avg_pool(tf.nn.elu(h), [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    logits = tf.matmul(tf.reshape(h, [-1, 32]), weights("d", 32, 3))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(0.01).minimize(loss)
    feed = {x: rng.random((6, 8, 8, 1)), y: rng.integers(0, 3, 6)}
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return [sess.run([loss, train], feed)[0] for _ in range(5)]
