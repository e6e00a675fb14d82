"""A two-layer network with Adam and summaries; look at it with `opscope dashboard --logdir D`.

python examples/mlp_digits.py --logdir D [--steps 200]
"""

import argparse

import opscope.runtime as tf
from opscope.runtime.data.digits import load_digits

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--logdir", required=True, help="where the runs `train` and `test` go")
parser.add_argument("--steps", type=int, default=200)
args = parser.parse_args()


def dense(inputs, width, name):
    """A fully connected layer with summaries of what it learns."""
    with tf.name_scope(name):
        start = tf.truncated_normal([int(inputs.shape[1]), width], stddev=0.1, seed=1)
        weights = tf.Variable(start, name="weights")
        biases = tf.Variable(tf.zeros([width]), name="biases")
        tf.summary.histogram("weights", weights)
        tf.summary.histogram("biases", biases)
        return tf.matmul(inputs, weights) + biases


with tf.name_scope("input"):
    images = tf.placeholder(tf.float32, [None, 64], name="images")
    labels = tf.placeholder(tf.float32, [None, 10], name="labels")
hidden = tf.nn.relu(dense(images, 64, "hidden"))
logits = dense(hidden, 10, "logits")
with tf.name_scope("loss"):
    losses = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
    loss = tf.reduce_mean(losses)
    tf.summary.scalar("cross_entropy", loss)
with tf.name_scope("accuracy"):
    right = tf.equal(tf.argmax(logits, 1), tf.argmax(labels, 1))
    accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
    tf.summary.scalar("share_right", accuracy)
with tf.name_scope("train"):
    train = tf.train.AdamOptimizer(0.005).minimize(loss)
summaries = tf.summary.merge_all()

known, unknown = load_digits().split(held_out=297)
batches = known.batches(100, seed=0)
held_out = {images: unknown.images, labels: unknown.one_hot()}

with tf.Session() as sess:
    train_writer = tf.summary.FileWriter(f"{args.logdir}/train", sess.graph)
    test_writer = tf.summary.FileWriter(f"{args.logdir}/test")
    sess.run(tf.global_variables_initializer())
    for step in range(args.steps):
        batch = next(batches)
        feeds = {images: batch.images, labels: batch.one_hot()}
        _, summary = sess.run([train, summaries], feeds)
        train_writer.add_summary(summary, step)
        if step % 10 == 0:
            test_writer.add_summary(sess.run(summaries, held_out), step)
    # One step traced: the graph page shows each op's time and device.
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    sess.run(train, feeds, options=options, run_metadata=metadata)
    train_writer.add_run_metadata(metadata, f"step {args.steps}", args.steps)
    reached = sess.run(accuracy, held_out)
    train_writer.close()
    test_writer.close()

print(f"accuracy on digits of other writers after {args.steps} steps: {reached:.3f}")
print(f"opscope dashboard --logdir {args.logdir}")
