"""Servers of a cluster in one process: their sessions share variables, each task has its own."""

import pytest

import opscope.runtime as tf


def test_sessions_of_two_workers_share_the_parameters(graph):
    spec = tf.train.ClusterSpec({"ps": ["shared:1"], "worker": ["shared:2", "shared:3"]})
    servers = [
        tf.train.Server(spec, job_name=job, task_index=index)
        for job, index in (("ps", 0), ("worker", 0), ("worker", 1))
    ]
    with tf.device(tf.train.replica_device_setter(cluster=spec)):
        w = tf.get_variable("w", initializer=1.0)
        double = w * 2.0
    assert w.device == "/job:ps/task:0"
    with tf.device("/job:worker/task:1"):
        own = tf.get_local_variable("own", initializer=5.0)
    add = tf.assign_add(w, 1.0)
    with tf.Session(servers[1].target) as one, tf.Session(servers[2].target) as two:
        one.run([w.initializer, own.initializer])
        two.run(add)
        assert one.run([w, double, own]) == [2.0, 4.0, 5.0]
        assert one.sess_str == servers[1].target
        names = [d.name for d in two.list_devices()]
        assert names[0] == "/job:worker/replica:0/task:1/device:CPU:0"
        assert "/job:ps/replica:0/task:0/device:CPU:0" in names
    with tf.Session(servers[2].target) as again:
        assert again.run(w) == 2.0
    with tf.Session() as alone, pytest.raises(tf.errors.FailedPreconditionError):
        alone.run(tf.identity(tf.get_variable("v", initializer=1.0)))


def test_what_is_in_other_processes_is_said(graph):
    tf.constant(1.0)
    spec = {"ps": ["elsewhere:1"], "worker": ["elsewhere:2"]}
    worker = tf.train.Server(spec, job_name="worker", task_index=0)
    with pytest.raises(tf.errors.UnimplementedError, match="no server for /job:ps"):
        tf.Session(worker.target)
    with pytest.raises(tf.errors.UnimplementedError, match="inside one process"):
        worker.join()
    with pytest.raises(tf.errors.UnimplementedError, match="no target of a server"):
        tf.Session("grpc://localhost:2222")


def test_clusters_are_described(graph):
    with pytest.raises(ValueError, match="explicit `job_name`"):
        tf.train.Server({"a": ["x:1"], "b": ["x:2"]})
    with pytest.raises(ValueError, match="explicit `task_index`"):
        tf.train.Server({"a": ["x:1", "x:2"]})
    with pytest.raises(ValueError, match="No such job"):
        tf.train.Server({"a": ["x:1"]}, job_name="b")
    with pytest.raises(TypeError, match="must be a dictionary"):
        tf.train.ClusterSpec(["x:1"])
    spec = tf.train.ClusterSpec({"a": ["x:1"]})
    assert spec == tf.train.ClusterSpec(spec.as_cluster_def())
    assert repr(spec) == "ClusterSpec({'a': ['x:1']})"
    made = tf.train.Server(tf.train.ServerDef(cluster=spec.as_cluster_def(), job_name="a"))
    assert made.server_def.task_index == 0
