"""tf.test beyond TestCase: stubs, graphs compared, benchmarks, clusters."""

import types

import pytest

import opscope.runtime as tf


def test_stubs_are_put_back():
    box = types.SimpleNamespace(a=1, b=2)
    with tf.test.StubOutForTesting() as stubs:
        stubs.Set(box, "a", 3)
        stubs.SmartSet(box, "b", 4)
        stubs.SmartSet(box, "b", 5)
        assert (box.a, box.b) == (3, 5)
        with pytest.raises(AttributeError):
            stubs.SmartSet(box, "c", 1)
    assert (box.a, box.b) == (1, 2)


def test_graphs_are_compared():
    def graph_def(value):
        with tf.Graph().as_default() as graph:
            tf.constant(value, name="c")
        return graph.as_graph_def()

    tf.test.assert_equal_graph_def(graph_def(1), graph_def(1))
    with pytest.raises(AssertionError, match="'c' differs"):
        tf.test.assert_equal_graph_def(graph_def(1), graph_def(2))
    with pytest.raises(AssertionError, match="no node 'c'"):
        tf.test.assert_equal_graph_def(tf.GraphDef(), graph_def(2))
    with pytest.raises(TypeError):
        tf.test.assert_equal_graph_def(None, graph_def(2))


def test_benchmarks_report_the_median(graph, capsys):
    class Own(tf.test.Benchmark):
        pass

    x = tf.constant(1.0) + 1.0
    with tf.Session() as sess:
        found = Own().run_op_benchmark(sess, x, min_iters=3, name="sum", extras={"n": 1})
    assert found["iters"] == 3
    assert found["wall_time"] > 0
    assert capsys.readouterr().out.startswith("sum: iters: 3, wall_time: ")


def test_a_cluster_for_a_test(graph):
    workers, parameters = tf.test.create_local_cluster(2, 1)
    assert [len(workers), len(parameters)] == [2, 1]
    with tf.device("/job:ps/task:0"):
        v = tf.get_variable("v", initializer=2.0)
    with tf.Session(workers[1].target) as sess:
        sess.run(v.initializer)
    with tf.Session(workers[0].target) as sess:
        assert sess.run(v) == 2.0
    assert not tf.test.is_built_with_xla()
    assert not tf.test.is_built_with_rocm()
    tf.logging.TaskLevelStatusMessage("done")
