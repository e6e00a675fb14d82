"""A cluster in one process: parameters on one task, two workers that train them."""

from typing import Any


def main(tf: Any) -> Any:
    spec = tf.train.ClusterSpec({"ps": ["localhost:0"], "worker": {0: "a:1", 2: "b:2"}})
    described = (spec.as_dict(), sorted(spec.jobs), spec.job_tasks("worker"), bool(spec))
    setter = tf.train.replica_device_setter(ps_tasks=2, worker_device="/job:worker/task:1")
    with tf.device(setter):
        a, b, c = tf.Variable(1.0), tf.Variable(2.0), tf.Variable(3.0)
        total = a + b + c
        with tf.device("/cpu:0"):
            placed = tf.Variable(4.0)
    devices = [x.device for x in (a, b, c, placed, total)]
    server = tf.train.Server.create_local_server()
    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        w = tf.get_variable("w", initializer=4.0)
        train = tf.train.GradientDescentOptimizer(0.1).minimize(w * w, global_step=step)
        hooks = [tf.train.StopAtStepHook(last_step=3)]
        with tf.train.MonitoredTrainingSession(master=server.target, hooks=hooks) as sess:
            while not sess.should_stop():
                sess.run(train)
        with tf.Session(server.target) as sess:
            shared = sess.run([w, step])
    nothing = tf.train.replica_device_setter(ps_tasks=0)
    return described, devices, shared, nothing, server.server_def.job_name
