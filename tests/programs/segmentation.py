"""Images labelled pixel by pixel: atrous and separable convolutions down, transposed ones up."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    rng = np.random.default_rng(8)

    def filters(name: str, *shape: int) -> Any:
        values = rng.normal(scale=0.3, size=shape).astype(np.float32)
        return tf.get_variable(name, initializer=values)

    images = tf.placeholder(tf.float32, [None, 12, 12, 2])
    truth = tf.placeholder(tf.int32, [None, 12, 12])
    with tf.variable_scope("down"):
        layer = tf.nn.conv2d(images, filters("w", 3, 3, 2, 6), [1, 2, 2, 1], "SAME")
        mean, variance = tf.nn.weighted_moments(layer, [0, 1, 2], tf.ones([1, 1, 1, 1]))
        layer = tf.nn.batch_normalization(layer, mean, variance, None, None, 1e-3)
        layer = tf.nn.leaky_relu(layer)
    with tf.variable_scope("context"):
        wide = tf.nn.atrous_conv2d(layer, filters("wide", 3, 3, 6, 4), 2, "SAME")
        apart = tf.nn.separable_conv2d(
            layer, filters("deep", 3, 3, 6, 1), filters("mix", 1, 1, 6, 4), [1, 1, 1, 1], "SAME",
            rate=[2, 2],
        )  # fmt: skip
        layer = tf.nn.crelu(tf.concat([wide, apart], -1))
    with tf.variable_scope("up"):
        size = tf.stack([tf.shape(images)[0], 12, 12, 3])
        logits = tf.nn.conv2d_transpose(layer, filters("w", 4, 4, 3, 16), size, [1, 2, 2, 1])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=truth, logits=logits)
    loss = tf.reduce_mean(losses)
    step = tf.train.AdamOptimizer(0.01).minimize(loss)
    places = tf.nn.max_pool_with_argmax(logits, [1, 3, 3, 1], [1, 3, 3, 1], "SAME")[1]
    edges = tf.nn.dilation2d(
        logits, tf.zeros([3, 3, 3]), [1, 1, 1, 1], [1, 1, 1, 1], "SAME"
    ) - tf.nn.erosion2d(logits, tf.zeros([3, 3, 3]), [1, 1, 1, 1], [1, 1, 1, 1], "SAME")
    feed = {
        images: rng.normal(size=(3, 12, 12, 2)).astype(np.float32),
        truth: rng.integers(0, 3, (3, 12, 12)),
    }
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        trace = [sess.run([loss, step], feed)[0] for _ in range(4)]
        return trace, sess.run([places, edges], feed)
