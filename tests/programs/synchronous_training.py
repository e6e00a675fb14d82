"""Gradients gathered by accumulators, and steps that wait for all of them."""

from typing import Any


def main(tf: Any) -> Any:
    gathered = tf.ConditionalAccumulator(tf.float32, shape=[2], name="gathered")
    summed = tf.ConditionalAccumulator(tf.float32, reduction_type="SUM")
    x = tf.placeholder(tf.float32, [2])
    at = tf.placeholder(tf.int64, [])
    put = tf.group(gathered.apply_grad(x, local_step=at), summed.apply_grad(x))
    number, mean, total = gathered.num_accumulated(), gathered.take_grad(2), summed.take_grad(1)
    found = []
    with tf.Session() as sess:
        for value in ([1.0, 2.0], [3.0, 6.0]):
            sess.run(put, {x: value, at: 0})
        found += [sess.run(number), sess.run(mean), sess.run(total)]
        # Of the step before: it is dropped.
        sess.run(put, {x: [5.0, 5.0], at: 0})
        found.append(sess.run(number))
        sess.run(gathered.set_global_step(4))
        sess.run(put, {x: [5.0, 5.0], at: 3})
        found.append(sess.run(number))
        try:
            sess.run(gathered.take_grad(0))
        except tf.errors.InvalidArgumentError:
            found.append("InvalidArgumentError")

    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        w = tf.get_variable("w", initializer=[4.0, -1.0])
        optimizer = tf.train.SyncReplicasOptimizer(
            tf.train.MomentumOptimizer(0.1, 0.9), replicas_to_aggregate=1
        )
        train = optimizer.minimize(tf.reduce_sum(tf.square(w)), global_step=step)
        # Without tokens at the start each run waits until its step is done.
        hook = optimizer.make_session_run_hook(is_chief=True, num_tokens=0)
        seen = []
        with tf.train.SingularMonitoredSession([hook], stop_grace_period_secs=0) as sess:
            for _ in range(4):
                token = sess.run(train)
                seen.append([token, sess.raw_session().run(w), sess.raw_session().run(step)])
        return found, seen, optimizer.get_slot_names()
