"""A classifier of small volumes: 3-D convolutions, pooling and transposed convolution, trained."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    rng = np.random.default_rng(4)

    def weights(*shape: int) -> Any:
        return tf.Variable(rng.normal(scale=0.3, size=shape).astype(np.float32))

    x = tf.placeholder(tf.float32, [None, 4, 6, 6, 1])
    y = tf.placeholder(tf.int64, [None])
    kernel, bias = weights(2, 3, 3, 1, 4), weights(4)
    layer = tf.nn.relu(tf.nn.bias_add(tf.nn.conv3d(x, kernel, [1, 1, 1, 1, 1], "SAME"), bias))
    layer = tf.nn.max_pool3d(layer, [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "SAME")
    back = tf.nn.conv3d_transpose(layer, weights(2, 2, 2, 1, 4), tf.shape(x), [1, 2, 2, 2, 1])
    deep = tf.nn.convolution(layer, weights(2, 2, 2, 4, 3), "VALID")
    mean = tf.reshape(tf.nn.avg_pool3d(deep, [1, 1, 2, 2, 1], [1, 1, 2, 2, 1], "VALID"), [-1, 3])
    logits = tf.matmul(mean, weights(3, 2))
    loss = tf.losses.sparse_softmax_cross_entropy(y, logits)
    loss += 0.1 * tf.losses.mean_squared_error(x, back)
    step = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    volumes = rng.normal(size=(16, 4, 6, 6, 1)).astype(np.float32)
    labels = (volumes.mean(axis=(1, 2, 3, 4)) > 0).astype(np.int64)
    losses = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for start in (0, 4, 8, 12, 0, 4):
            feed = {x: volumes[start : start + 4], y: labels[start : start + 4]}
            losses.append(sess.run([loss, step], feed)[0])
        return losses, sess.run([logits, kernel], {x: volumes})
