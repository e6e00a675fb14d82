"""Softmax regression on handwritten digits: the smallest whole program.

python examples/softmax_digits.py [--steps 200]
"""

import argparse

import opscope.runtime as tf
from opscope.runtime.data.digits import load_digits

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--steps", type=int, default=200)
args = parser.parse_args()

images = tf.placeholder(tf.float32, [None, 64], name="images")
labels = tf.placeholder(tf.float32, [None, 10], name="labels")
weights = tf.Variable(tf.zeros([64, 10]), name="weights")
biases = tf.Variable(tf.zeros([10]), name="biases")

logits = tf.matmul(images, weights) + biases
loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits))
train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
right = tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1))
accuracy = tf.reduce_mean(tf.cast(right, tf.float32))

known, unknown = load_digits().split(held_out=297)
batches = known.batches(100, seed=0)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(args.steps):
        batch = next(batches)
        sess.run(train, {images: batch.images, labels: batch.one_hot()})
    reached = sess.run(accuracy, {images: unknown.images, labels: unknown.one_hot()})

print(f"accuracy on digits of other writers after {args.steps} steps: {reached:.3f}")
