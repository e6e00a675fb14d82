"""A Supervisor: a session from nothing, then one from the checkpoint that the first left."""

import tempfile
from typing import Any


def train(tf: Any, folder: str, until: int) -> Any:
    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        w = tf.get_variable("w", initializer=[4.0, -2.0])
        loss = tf.reduce_sum(tf.square(w))
        tf.summary.scalar("loss", loss)
        update = tf.train.GradientDescentOptimizer(0.1).minimize(loss, step)
        supervisor = tf.train.Supervisor(
            logdir=folder, save_model_secs=0, save_summaries_secs=0, init_fn=lambda sess: None
        )
        seen = []
        with supervisor.managed_session() as sess:
            while not supervisor.should_stop():
                _, value = sess.run([update, loss])
                seen.append(float(value))
                if sess.run(step) >= until:
                    supervisor.request_stop()
            supervisor.saver.save(sess, supervisor.save_path, global_step=step)
            supervisor.summary_computed(sess, sess.run(supervisor.summary_op))
        return seen, supervisor.should_stop()


def main(tf: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        first, second = train(tf, folder, 3), train(tf, folder, 5)
        found = tf.train.latest_checkpoint(folder)
        checkpoints = next(tf.train.checkpoints_iterator(folder)) == found
        return first, second, found.rpartition("/")[2], checkpoints
