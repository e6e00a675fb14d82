"""A small log by TensorFlow itself: graph, scalars, histograms and one traced step.

python examples/logs_by_tensorflow.py LOGDIR      (in the interop environment)
"""

import argparse
from itertools import islice

import tensorflow.compat.v1 as tf

from opscope.runtime.data.digits import load_digits

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("logdir")
parser.add_argument("--steps", type=int, default=30)
args = parser.parse_args()

tf.disable_eager_execution()
with tf.name_scope("input"):
    images = tf.placeholder(tf.float32, [None, 64], name="images")
    labels = tf.placeholder(tf.float32, [None, 10], name="labels")
with tf.name_scope("softmax"), tf.device("/device:CPU:1"):
    weights = tf.Variable(tf.zeros([64, 10]), name="weights")
    biases = tf.Variable(tf.zeros([10]), name="biases")
    logits = tf.matmul(images, weights) + biases
tf.summary.histogram("weights", weights)
with tf.name_scope("loss"):
    losses = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
    loss = tf.reduce_mean(losses)
tf.summary.scalar("cross_entropy", loss)
train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
summaries = tf.summary.merge_all()

with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as sess:
    writer = tf.summary.FileWriter(args.logdir, sess.graph)
    sess.run(tf.global_variables_initializer())
    for step, batch in enumerate(islice(load_digits().batches(100, seed=0), args.steps)):
        feeds = {images: batch.images, labels: batch.one_hot()}
        _, summary = sess.run([train, summaries], feeds)
        writer.add_summary(summary, step)
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    sess.run(train, feeds, options=options, run_metadata=metadata)
    writer.add_run_metadata(metadata, f"step {args.steps}", args.steps)
    writer.close()
