"""A small LeNet: two convolutions with pooling, two dense layers, on the 8x8 digits.

python examples/lenet_digits.py [--steps 100]
"""

import argparse

import opscope.runtime as tf
from opscope.runtime.data.digits import load_digits

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--steps", type=int, default=100)
args = parser.parse_args()


def weights(*shape):
    """A variable that starts small and random."""
    return tf.Variable(tf.truncated_normal(shape, stddev=0.1, seed=2), name="weights")


def convolution(inputs, channels, name):
    """3x3 convolution, ReLU, and pooling that halves height and width."""
    with tf.name_scope(name):
        kernel = weights(3, 3, int(inputs.shape[3]), channels)
        found = tf.nn.conv2d(inputs, kernel, strides=[1, 1, 1, 1], padding="SAME")
        bright = tf.nn.relu(found + tf.Variable(tf.fill([channels], 0.1), name="biases"))
        return tf.nn.max_pool(bright, [1, 2, 2, 1], [1, 2, 2, 1], padding="SAME")


images = tf.placeholder(tf.float32, [None, 64], name="images")
labels = tf.placeholder(tf.float32, [None, 10], name="labels")
picture = tf.reshape(images, [-1, 8, 8, 1])
features = convolution(convolution(picture, 16, "conv1"), 32, "conv2")
with tf.name_scope("dense"):
    flat = tf.reshape(features, [-1, 2 * 2 * 32])
    hidden = tf.nn.relu(tf.matmul(flat, weights(128, 64)) + tf.Variable(tf.zeros([64])))
with tf.name_scope("logits"):
    logits = tf.matmul(hidden, weights(64, 10)) + tf.Variable(tf.zeros([10]))

loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits))
train = tf.train.MomentumOptimizer(0.05, momentum=0.9).minimize(loss)
right = tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1))
accuracy = tf.reduce_mean(tf.cast(right, tf.float32))

known, unknown = load_digits().split(held_out=297)
batches = known.batches(50, seed=0)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(args.steps):
        batch = next(batches)
        sess.run(train, {images: batch.images, labels: batch.one_hot()})
    reached = sess.run(accuracy, {images: unknown.images, labels: unknown.one_hot()})

print(f"accuracy on digits of other writers after {args.steps} steps: {reached:.3f}")
