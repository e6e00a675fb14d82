"""Variables: their nodes, values, collections, scopes and initial values."""

import numpy as np
import pytest

import opscope.runtime as tf


def nodes(graph):
    return {op.name: op for op in graph.get_operations()}


def groups(op):
    return list(op.attrs.get("_class", ()))


def test_a_variable_makes_the_nodes_that_tensorflow_makes(graph):
    w = tf.Variable(np.ones((2, 3), np.float32), name="W")
    made = nodes(graph)
    assert list(made) == ["W/initial_value", "W", "W/Assign", "W/read"]
    assert made["W"].type == "VariableV2"
    assert groups(made["W"]) == []
    assert groups(made["W/Assign"]) == groups(made["W/read"]) == ["loc:@W"]
    assert w.name == "W:0"
    assert w.dtype == tf.float32.ref_dtype
    assert w.shape.as_list() == [2, 3]
    assert w.initializer is made["W/Assign"]
    assert repr(w) == "<tf.Variable 'W:0' shape=(2, 3) dtype=float32_ref>"


def test_a_function_as_initial_value_is_called_in_a_scope_of_its_own(graph):
    with tf.name_scope("s"), tf.device("/cpu:1"):
        tf.Variable(lambda: tf.constant([1.0, 2.0], name="c"), name="q")
    made = nodes(graph)
    assert list(made) == ["s/q/Initializer/c", "s/q", "s/q/Assign", "s/q/read"]
    assert all(groups(op) == ["loc:@s/q"] for op in made.values())
    assert made["s/q"].device == "/device:CPU:1"


def test_assignments_are_placed_beside_the_variable(graph):
    v = tf.Variable(3, name="v")
    ops = [v.assign(4).op, v.assign_add(1).op, tf.assign_sub(v, 2).op]
    assert [op.name for op in ops] == ["Assign", "AssignAdd", "AssignSub"]
    assert all(groups(op) == ["loc:@v"] for op in ops)


def test_names_are_made_unique(graph):
    assert [tf.Variable(0.0).name for _ in range(3)] == [
        "Variable:0",
        "Variable_1:0",
        "Variable_2:0",
    ]


def test_values_live_in_the_session(graph):
    w = tf.Variable([1.0, 2.0])
    with tf.Session() as one, tf.Session() as two:
        one.run(w.initializer)
        two.run(w.initializer)
        one.run(w.assign_add([1.0, 1.0]))
        assert one.run(w).tolist() == [2.0, 3.0]
        assert two.run(w).tolist() == [1.0, 2.0]
        w.load([7.0, 8.0], two)
        assert w.eval(two).tolist() == [7.0, 8.0]


def test_reading_before_the_initializer_ran_names_the_variable(graph):
    w = tf.Variable(1.0, name="weights")
    with tf.Session() as sess, pytest.raises(tf.errors.FailedPreconditionError, match="weights"):
        sess.run(w)


def test_a_variable_stands_for_its_value_in_expressions(graph):
    w = tf.Variable([1.0, 2.0])
    with tf.Session() as sess:
        sess.run(w.initializer)
        results = sess.run([w + 1.0, 2.0 * w, -w, w[1], 1.0 / w, w > 1.5])
    expected = [[2, 3], [2, 4], [-1, -2], 2, [1, 0.5], [False, True]]
    assert [np.asarray(r).tolist() for r in results] == expected
    with pytest.raises(TypeError, match="bool"):
        bool(w)
    with pytest.raises(TypeError, match="iterable"):
        list(w)


def test_initial_values_may_depend_on_other_variables(graph):
    a = tf.Variable([1.0, 2.0], name="a")
    b = tf.Variable(a + 1.0, name="b")
    c = tf.Variable(b.initialized_value() * 2.0, name="c")
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert [v.tolist() for v in sess.run([b, c])] == [[2.0, 3.0], [4.0, 6.0]]


def test_collections(graph):
    a = tf.Variable(1.0)
    b = tf.Variable(1.0, trainable=False)
    c = tf.Variable(1.0, trainable=False, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    assert tf.global_variables() == [a, b]
    assert tf.trainable_variables() == [a]
    assert tf.local_variables() == [c]
    init = tf.global_variables_initializer()
    assert init.name == "init"
    assert init.control_inputs == [a.initializer, b.initializer]
    assert tf.local_variables_initializer().control_inputs == [c.initializer]


def test_uninitialized_variables_are_reported(graph):
    a = tf.Variable(1.0, name="a")
    tf.Variable(1.0, name="b")
    report = tf.report_uninitialized_variables()
    is_set = tf.is_variable_initialized(a)
    with tf.Session() as sess:
        assert sess.run(report).tolist() == [b"a", b"b"]
        assert not sess.run(is_set)
        sess.run(a.initializer)
        assert sess.run(report).tolist() == [b"b"]
        assert sess.run(is_set)


def test_the_shape_of_a_variable_must_be_known(graph):
    value = tf.placeholder(tf.float32, [None, 2], name="x")
    with pytest.raises(ValueError, match="initial_value must have a shape"):
        tf.Variable(value, name="w")
    w = tf.Variable(value, validate_shape=False, name="v")
    with tf.Session() as sess:
        sess.run(w.initializer, {value: np.ones((3, 2))})
        assert sess.run(w).shape == (3, 2)


def test_wrong_arguments_are_refused(graph):
    with pytest.raises(ValueError, match="initial_value must be specified"):
        tf.Variable()
    with pytest.raises(ValueError, match="must be a list"):
        tf.Variable(1.0, collections="variables")
    with pytest.raises(ValueError, match="incompatible"):
        tf.Variable([1.0, 2.0], expected_shape=[3])


def test_get_variable_finds_again_what_it_made(graph):
    with tf.variable_scope("layer"):
        w = tf.get_variable("w", [2, 3])
        assert w.name == "layer/w:0"
        assert w.initializer.inputs[1].name == "layer/w/Initializer/random_uniform:0"
        with pytest.raises(ValueError, match="layer/w already exists"):
            tf.get_variable("w", [2, 3])
    with tf.variable_scope("layer", reuse=True):
        assert tf.get_variable("w", [2, 3]) is w
        assert tf.get_variable("w") is w
        with pytest.raises(ValueError, match=r"specified shape \(3, 2\)"):
            tf.get_variable("w", [3, 2])
        with pytest.raises(ValueError, match="layer/v does not exist"):
            tf.get_variable("v", [1])
    with tf.variable_scope("layer", reuse=tf.AUTO_REUSE) as scope:
        assert tf.get_variable("w") is w
        assert scope.global_variables() == [w]


def test_variable_scopes_nest_and_open_name_scopes(graph):
    with tf.variable_scope("a") as a:
        with tf.variable_scope("b", initializer=tf.zeros_initializer()):
            v = tf.get_variable("v", [2])
            op = tf.constant(1.0, name="c").op
        assert tf.get_variable_scope() is a
    assert v.name == "a/b/v:0"
    assert v.initial_value.op.name == "a/b/v/Initializer/zeros"
    assert op.name == "a/b/c"
    with tf.variable_scope("a"):
        assert tf.constant(1.0, name="c").op.name == "a_1/c"
    with tf.variable_scope(a, reuse=True), tf.variable_scope("b"):
        assert tf.get_variable("v") is v


def test_a_default_scope_name_is_made_unique(graph):
    names = []
    for _ in range(3):
        with tf.variable_scope(None, "dense") as scope:
            names.append(scope.name)
    assert names == ["dense", "dense_1", "dense_2"]


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [
        (tf.zeros_initializer(), [0.0, 0.0]),
        (tf.ones_initializer(), [1.0, 1.0]),
        (tf.constant_initializer(0.5), [0.5, 0.5]),
        (tf.constant_initializer([1.0, 2.0]), [1.0, 2.0]),
        ("ones", [1.0, 1.0]),
    ],
)
def test_initializers(graph, initializer, expected):
    v = tf.get_variable("v", [2], initializer=initializer)
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run(v).tolist() == expected


def test_glorot_uniform_is_the_default_and_keeps_its_bounds(graph):
    v = tf.get_variable("v", [30, 20])
    with tf.Session() as sess:
        sess.run(v.initializer)
        value = sess.run(v)
    limit = np.sqrt(6 / 50)
    assert np.abs(value).max() <= limit
    assert np.abs(value).max() > 0.95 * limit


def test_a_regularizer_adds_a_loss(graph):
    tf.get_variable("w", initializer=[1.0, 2.0], regularizer=lambda t: t * 0.5)
    (loss,) = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert loss.op.name == "w/Regularizer/mul"


def test_group_and_tuple(graph):
    a = tf.constant(1.0, name="a")
    with tf.device("/cpu:1"):
        b = tf.constant(1.0, name="b")
    assert [o.name for o in tf.group(a, b).control_inputs] == [
        "group_deps/NoOp",
        "group_deps/NoOp_1",
    ]
    first, nothing = tf.tuple([a, None])
    assert nothing is None
    assert first.op.name == "tuple/control_dependency"
    assert [o.name for o in first.op.control_inputs] == ["tuple/group_deps"]
