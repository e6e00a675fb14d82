"""MonitoredTrainingSession with hooks: a stop, a NaN guard, summaries, and a hook of your own.

python examples/hooks.py --logdir D [--steps 200]
"""

import argparse

import opscope.runtime as tf
from opscope.runtime.data.digits import load_digits

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--logdir", required=True, help="where the summaries go")
parser.add_argument("--steps", type=int, default=200)
args = parser.parse_args()


class WorstLossHook(tf.train.SessionRunHook):
    """Keeps the largest loss seen and the step at which it was seen."""

    def __init__(self, loss, global_step):
        self._watched = [loss, global_step]
        self.worst = (float("-inf"), -1)

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self._watched)

    def after_run(self, run_context, run_values):
        loss, step = run_values.results
        self.worst = max(self.worst, (float(loss), int(step)))


digits = load_digits()
images = tf.placeholder(tf.float32, [None, 64], name="images")
labels = tf.placeholder(tf.float32, [None, 10], name="labels")
weights = tf.Variable(tf.zeros([64, 10]), name="weights")
biases = tf.Variable(tf.zeros([10]), name="biases")
logits = tf.matmul(images, weights) + biases
loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits))
tf.summary.scalar("loss", loss)
global_step = tf.train.get_or_create_global_step()
train = tf.train.GradientDescentOptimizer(0.5).minimize(loss, global_step=global_step)

worst = WorstLossHook(loss, global_step)
hooks = [
    tf.train.StopAtStepHook(last_step=args.steps),
    tf.train.NanTensorHook(loss),
    tf.train.SummarySaverHook(
        save_steps=10, output_dir=args.logdir, summary_op=tf.summary.merge_all()
    ),
    worst,
]
batches = digits.batches(100, seed=0)
with tf.train.MonitoredTrainingSession(hooks=hooks) as sess:
    while not sess.should_stop():
        batch = next(batches)
        _, last = sess.run([train, loss], {images: batch.images, labels: batch.one_hot()})

print(f"stopped after {args.steps} steps with loss {last:.3f}")
print(f"the worst loss was {worst.worst[0]:.3f} at step {worst.worst[1]}")
