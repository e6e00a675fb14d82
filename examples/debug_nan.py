"""A training with the classic cross-entropy bug, under the debugger.

    python examples/debug_nan.py

At the prompt type `run -f has_inf_or_nan`: it runs on, step after step, and stops at the first one
that computes an infinity or a NaN. `lt` then lists the tensors, the first bad one on top;
`pt cross_entropy/Log:0` prints it, `ni -t cross_entropy/Log` says which line of this file made it.
"""

import argparse

import opscope.runtime as tf
from opscope import tfdbg as tf_debug
from opscope.runtime.data.digits import load_digits

parser = argparse.ArgumentParser(description=__doc__)
parser.formatter_class = argparse.RawDescriptionHelpFormatter
parser.add_argument("--steps", type=int, default=500)
args = parser.parse_args()


def dense(inputs, width, name):
    """A fully connected layer."""
    with tf.name_scope(name):
        start = tf.truncated_normal([int(inputs.shape[1]), width], stddev=0.1, seed=1)
        weights = tf.Variable(start, name="weights")
        return tf.matmul(inputs, weights) + tf.Variable(tf.zeros([width]), name="biases")


images = tf.placeholder(tf.float32, [None, 64], name="images")
labels = tf.placeholder(tf.float32, [None, 10], name="labels")
hidden = tf.nn.relu(dense(images, 100, "hidden1"))
hidden = tf.nn.relu(dense(hidden, 50, "hidden2"))
probabilities = tf.nn.softmax(dense(hidden, 10, "logits"))
with tf.name_scope("cross_entropy"):
    # The bug: a probability that underflows to 0 has the logarithm -inf.
    loss = tf.reduce_mean(-tf.reduce_sum(labels * tf.log(probabilities), axis=1))
train = tf.train.AdamOptimizer(0.07).minimize(loss)

batches = load_digits().batches(100, seed=0)
with tf_debug.LocalCLIDebugWrapperSession(tf.Session()) as sess:
    sess.add_tensor_filter("has_inf_or_nan", tf_debug.has_inf_or_nan)
    sess.run(tf.global_variables_initializer())
    for _ in range(args.steps):
        batch = next(batches)
        sess.run(train, {images: batch.images, labels: batch.one_hot()})
