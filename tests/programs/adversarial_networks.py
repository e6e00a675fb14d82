"""Two networks against each other: transposed convolutions, batch norm by hand, updates of each."""

from typing import Any

import numpy as np

BATCH, NOISE, SIDE = 4, 3, 8


def variable(tf: Any, name: str, shape: list[int], scale: float = 0.3) -> Any:
    seed = sum(map(ord, tf.get_variable_scope().name + name))
    start = np.random.default_rng(seed).normal(0, scale, shape).astype(np.float32)
    return tf.get_variable(name, shape, initializer=tf.constant_initializer(start))


def batch_norm(tf: Any, x: Any, name: str, is_training: bool = True) -> Any:
    with tf.variable_scope(name):
        size = x.get_shape()[-1].value
        beta = tf.get_variable("beta", [size], initializer=tf.constant_initializer(0.0))
        gamma = tf.get_variable("gamma", [size], initializer=tf.constant_initializer(1.0))
        mean, variance = tf.nn.moments(x, list(range(x.get_shape().ndims - 1)), name="moments")
        averages = tf.train.ExponentialMovingAverage(decay=0.5)
        if is_training:
            with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
                keep = averages.apply([mean, variance])
            with tf.control_dependencies([keep]):
                mean, variance = tf.identity(mean), tf.identity(variance)
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3)


def leaky(tf: Any, x: Any) -> Any:
    return tf.maximum(x, 0.2 * x)


def generator(tf: Any, z: Any) -> Any:
    with tf.variable_scope("generator"):
        flat = tf.matmul(z, variable(tf, "w0", [NOISE, 2 * 2 * 6])) + variable(tf, "b0", [24])
        h0 = tf.nn.relu(batch_norm(tf, tf.reshape(flat, [BATCH, 2, 2, 6]), "bn0"))
        h1 = tf.nn.conv2d_transpose(
            h0, variable(tf, "w1", [5, 5, 4, 6]), [BATCH, 4, 4, 4], strides=[1, 2, 2, 1]
        )
        h1 = tf.nn.relu(batch_norm(tf, tf.nn.bias_add(h1, variable(tf, "b1", [4])), "bn1"))
        h2 = tf.nn.conv2d_transpose(
            h1, variable(tf, "w2", [5, 5, 1, 4]), [BATCH, SIDE, SIDE, 1], strides=[1, 2, 2, 1]
        )
        return tf.nn.tanh(h2)


def discriminator(tf: Any, image: Any, reuse: bool = False) -> Any:
    with tf.variable_scope("discriminator") as scope:
        if reuse:
            scope.reuse_variables()
        h0 = tf.nn.conv2d(image, variable(tf, "w0", [5, 5, 1, 4]), [1, 2, 2, 1], padding="SAME")
        h0 = leaky(tf, tf.nn.bias_add(h0, variable(tf, "b0", [4])))
        h1 = tf.nn.conv2d(h0, variable(tf, "w1", [5, 5, 4, 6]), [1, 2, 2, 1], padding="SAME")
        h1 = leaky(tf, h1)
        logits = tf.matmul(tf.reshape(h1, [BATCH, -1]), variable(tf, "w2", [24, 1]))
        return tf.nn.sigmoid(logits), logits


def cross_entropy(tf: Any, logits: Any, label: float) -> Any:
    labels = tf.ones_like(logits) * label
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=labels))


def main(tf: Any) -> Any:
    rng = np.random.default_rng(17)
    images = tf.placeholder(tf.float32, [BATCH, SIDE, SIDE, 1], name="real_images")
    z = tf.placeholder(tf.float32, [None, NOISE], name="z")
    fake = generator(tf, z)
    real_chance, real_logits = discriminator(tf, images)
    fake_chance, fake_logits = discriminator(tf, fake, reuse=True)
    d_loss = cross_entropy(tf, real_logits, 0.9) + cross_entropy(tf, fake_logits, 0.0)
    g_loss = cross_entropy(tf, fake_logits, 1.0)
    tf.summary.histogram("d", real_chance)
    tf.summary.image("G", fake, max_outputs=2)
    tf.summary.scalar("g_loss", g_loss)
    merged = tf.summary.merge_all()
    every = tf.trainable_variables()
    of_d = [v for v in every if "discriminator" in v.name]
    of_g = [v for v in every if "generator" in v.name]
    train_d = tf.train.AdamOptimizer(0.01, beta1=0.5).minimize(d_loss, var_list=of_d)
    train_g = tf.train.RMSPropOptimizer(0.001).minimize(g_loss, var_list=of_g)
    clip = [v.assign(tf.clip_by_value(v, -0.5, 0.5)) for v in of_d]
    found = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(3):
            feed = {
                images: np.tanh(rng.normal(size=(BATCH, SIDE, SIDE, 1))),
                z: rng.uniform(-1, 1, (BATCH, NOISE)),
            }
            _, d = sess.run([train_d, d_loss], feed)
            sess.run(clip)
            _, g = sess.run([train_g, g_loss], {z: feed[z]})
            found.append((d, g))
        summary = tf.Summary.FromString(sess.run(merged, feed))
        return {
            "losses": found,
            "image": sess.run(fake, {z: feed[z]}),
            "chances": sess.run([real_chance, fake_chance], feed),
            "tags": [v.tag for v in summary.value],
            "names": [v.op.name for v in tf.global_variables()],
        }
