"""MonitoredSession with hooks that stop it and see its values."""

from typing import Any


def main(tf: Any) -> Any:
    seen = []

    class Watch(tf.train.SessionRunHook):
        def begin(self) -> None:
            self.loss = tf.get_default_graph().get_tensor_by_name("loss:0")

        def before_run(self, run_context: Any) -> Any:
            return tf.train.SessionRunArgs(self.loss)

        def after_run(self, run_context: Any, run_values: Any) -> None:
            seen.append(float(run_values.results))

    step = tf.train.get_or_create_global_step()
    v = tf.get_variable("v", initializer=4.0)
    loss = tf.multiply(v, v, name="loss")
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=step)
    hooks = [tf.train.StopAtStepHook(last_step=6), Watch()]
    with tf.train.MonitoredSession(hooks=hooks) as sess:
        while not sess.should_stop():
            sess.run(train)
    return seen
