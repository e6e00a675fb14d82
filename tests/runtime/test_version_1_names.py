"""What programs for early versions call: older names, switches, containers, own gradients."""

import numpy as np
import pytest

import opscope.runtime as tf


def test_older_names_are_the_newer_functions(graph):
    a = tf.Variable(1.0, name="a")
    b = tf.Variable(1.0, name="b", collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=False)
    assert tf.all_variables() == [a]
    ready = tf.assert_variables_initialized()
    with tf.Session() as sess:
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value a"):
            sess.run(ready)
        sess.run([tf.initialize_all_variables(), tf.initialize_local_variables()])
        sess.run(tf.initialize_variables([b]))
        sess.run([tf.initialize_all_tables(), tf.tables_initializer()])
        assert sess.run(ready).tolist() == [0, 0]
    with tf.op_scope([a], "scope") as scope:
        assert scope == "scope/"
    with tf.variable_op_scope([a], None, "made"):
        assert tf.get_variable("v", [2]).name == "made/v:0"
    with tf.variable_scope("plain", regularizer=tf.no_regularizer):
        tf.get_variable("w", [2])
    assert tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES) == []


def test_switches_say_what_there_is():
    tf.disable_v2_behavior()
    tf.disable_eager_execution()
    assert not tf.executing_eagerly()
    assert not tf.control_flow_v2_enabled()
    with pytest.raises(NotImplementedError, match=r"tf\.enable_eager_execution: .* tf\.Session"):
        tf.enable_eager_execution()
    assert [int(part) for part in tf.VERSION.split(".")[:2]] == [1, 15]
    assert tf.__version__ == tf.version.VERSION


def test_a_node_may_have_another_gradient(graph):
    name = "DoubledInTheTest"

    @tf.RegisterGradient(name)
    def _(op, grad):
        assert op.type == "Identity"
        return 2.0 * grad

    x = tf.constant(3.0)
    with graph.gradient_override_map({"Identity": name}):
        y = tf.identity(x)
    assert y.op.get_attr("_gradient_op_type") in (name, name.encode())
    z = tf.identity(x)
    with tf.Session() as sess:
        assert sess.run(tf.gradients([y, z], x)) == [3.0]
    with pytest.raises(KeyError, match="Registering two gradient"):
        tf.RegisterGradient(name)(lambda op, grad: grad)
    with pytest.raises(KeyError, match="Registering two gradient"):
        tf.NotDifferentiable("MatMul")
    with pytest.raises(TypeError):
        tf.RegisterGradient(3)
    with graph.gradient_override_map({"Identity": "NobodyRegisteredThis"}):
        w = tf.identity(x)
    with pytest.raises(LookupError, match="No gradient defined"):
        tf.gradients(w, x)


def test_unconnected_gradients(graph):
    x = tf.constant([1.0, 2.0])
    zero = tf.gradients(tf.constant(1.0), x, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    assert tf.gradients(tf.constant(1.0), x) == [None]
    with tf.Session() as sess:
        np.testing.assert_array_equal(sess.run(zero), [[0.0, 0.0]])


def test_containers_keep_state_apart(graph):
    with tf.container("one"):
        first = tf.Variable(1.0)
    assert first.op.get_attr("container") in ("one", b"one")
    assert tf.Variable(1.0).op.get_attr("container") in ("", b"")


def test_errors_by_code():
    kind = tf.errors.exception_type_from_error_code(tf.errors.ABORTED)
    assert kind is tf.errors.AbortedError
    assert tf.errors.error_code_from_exception_type(kind) == tf.errors.ABORTED
    assert issubclass(kind, tf.OpError)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: tf.initializers.identity(2.0), (3, 3)),
        (lambda: tf.initializers.identity(2.0), (2, 3)),
    ],
)
def test_the_identity_as_an_initializer(graph, make, shape):
    v = tf.get_variable("v", shape, initializer=make())
    with tf.Session() as sess:
        sess.run(v.initializer)
        np.testing.assert_array_equal(sess.run(v), 2 * np.eye(*shape))


def test_uniform_unit_scaling_stays_within_its_limit(graph):
    v = tf.get_variable("v", (12, 50), initializer=tf.uniform_unit_scaling_initializer(1.0))
    with tf.Session() as sess:
        sess.run(v.initializer)
        found = np.abs(sess.run(v)).max()
    assert 0.45 < found <= 0.5
