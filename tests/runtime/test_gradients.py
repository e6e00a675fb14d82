import numpy as np
import pytest

import opscope.runtime as tf


@pytest.fixture(autouse=True)
def _in_graph(graph):
    """Every test builds in a graph of its own."""


def names():
    return [op.name for op in tf.get_default_graph().get_operations()]


def test_one_tensor_or_none_per_x():
    x = tf.placeholder(tf.float32, [2])
    other = tf.placeholder(tf.float32, [2])
    first, second = tf.gradients(x * 3.0, [x, other])
    assert second is None
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(first, {x: [1.0, 2.0]}), [3.0, 3.0])


def test_unconnected_gradients_can_be_zeros():
    x = tf.placeholder(tf.float32, [2])
    other = tf.placeholder(tf.float32, [2])
    (grad,) = tf.gradients(x, [other], unconnected_gradients="zero")
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(grad, {x: [1, 2], other: [1, 2]}), [0, 0])


def test_grad_ys_flow_in_instead_of_ones():
    x = tf.placeholder(tf.float32, [2])
    (grad,) = tf.gradients(x * x, [x], grad_ys=[tf.constant([10.0, 100.0])])
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(grad, {x: [1.0, 2.0]}), [20.0, 400.0])


def test_grad_ys_may_broadcast_and_keep_their_shape():
    x = tf.placeholder(tf.float32, [2])
    one = tf.placeholder(tf.float32)
    (by_number,) = tf.gradients(x * x, [x], grad_ys=[tf.constant(10.0)])
    (by_row,) = tf.gradients(tf.exp(x), [x], grad_ys=[one])
    assert one.shape.rank is None
    with tf.Session() as session:
        feeds = {x: [1.0, 0.0], one: [3.0]}
        np.testing.assert_array_equal(session.run(by_number, feeds), [20.0, 0.0])
        np.testing.assert_allclose(session.run(by_row, feeds), [3 * np.e, 3.0], rtol=1e-6)


def test_several_ys_and_uses_add_up():
    x = tf.placeholder(tf.float32, [])
    (grad,) = tf.gradients([x * 2.0, x * x + x], [x])
    assert grad.op.type == "AddN"
    with tf.Session() as session:
        assert session.run(grad, {x: 3.0}) == 2 + 6 + 1


def test_a_missing_gradient_names_op_and_type():
    x = tf.placeholder(tf.float32, [3], name="x")
    values, _ = tf.unique(x)
    shuffled = tf.matrix_transpose(tf.expand_dims(values, 0), name="turned")
    with pytest.raises(LookupError, match=r"op type: Unique"):
        tf.gradients(shuffled, x)
    prevented = tf.get_default_graph()
    assert prevented is x.graph
    checked = tf.placeholder(tf.float32, [3])
    blocked = _with_prevented_gradient(checked)
    with pytest.raises(LookupError, match="Gradient explicitly disabled"):
        tf.gradients(blocked, checked)
    grad = tf.gradients(tf.nn.softsign(x), x)
    with pytest.raises(
        LookupError, match=r"_grad/SoftsignGrad.*op type: SoftsignGrad.*made at.*stop_g"
    ):
        tf.gradients(grad, x)


def _with_prevented_gradient(x):
    from opscope.runtime.make_op import make_tensor

    return make_tensor("PreventGradient", x, message="not here")


def test_stop_gradient_and_stop_gradients_make_constants():
    x = tf.placeholder(tf.float32, [])
    y = x * x
    (through,) = tf.gradients(y * tf.stop_gradient(y), [x])
    (partial,) = tf.gradients(y * x, [x], stop_gradients=[y])
    with tf.Session() as session:
        assert session.run([through, partial], {x: 3.0}) == [9 * 6, 9]


def test_gated_gradients_come_together():
    x = tf.placeholder(tf.float32, [2, 2], name="x")
    w = tf.placeholder(tf.float32, [2, 2], name="w")
    tf.gradients(tf.matmul(x, w), [w], gate_gradients=True)
    assert "gradients/MatMul_grad/tuple/group_deps" in names()
    assert "gradients/MatMul_grad/tuple/control_dependency_1" in names()


@pytest.mark.parametrize(
    ("method", "kind"),
    [(tf.AggregationMethod.ADD_N, "gradients/AddN"), (1, "gradients/x_gradient_sum/AddN_1")],
)
def test_aggregation_methods(method, kind):
    x = tf.placeholder(tf.float32, [2], name="x")
    tf.gradients(x + x * 2.0 + tf.square(x), [x], aggregation_method=method)
    assert kind in names()


def test_rows_of_a_gather_stay_rows():
    table = tf.placeholder(tf.float32, [4, 2])
    rows = tf.gather(table, [3, 1, 3])
    (grad,) = tf.gradients(rows, [table])
    assert isinstance(grad, tf.IndexedSlices)
    assert grad.shape.as_list() == [4, 2]
    with tf.Session() as session:
        dense, indices = session.run([tf.convert_to_tensor(grad), grad.indices])
    np.testing.assert_array_equal(indices, [3, 1, 3])
    np.testing.assert_array_equal(dense, [[0, 0], [1, 1], [0, 0], [2, 2]])


def test_rows_of_two_gathers_are_joined():
    table = tf.placeholder(tf.float32, [4, 2])
    total = tf.reduce_sum(tf.gather(table, [0])) + tf.reduce_sum(tf.gather(table, [2, 0]))
    (grad,) = tf.gradients(total, [table])
    with tf.Session() as session:
        dense = session.run(tf.convert_to_tensor(grad))
    np.testing.assert_array_equal(dense, [[2, 2], [0, 0], [1, 1], [0, 0]])


def test_gradients_of_gradients():
    x = tf.placeholder(tf.float64, [3])
    (first,) = tf.gradients(tf.reduce_sum(tf.tanh(x) * x), [x])
    (second,) = tf.gradients(first, [x])
    value = np.array([0.3, -0.7, 1.1])
    t = np.tanh(value)
    with tf.Session() as session:
        found = session.run(second, {x: value})
    np.testing.assert_allclose(found, 2 * (1 - t**2) * (1 - value * t))


def test_cross_entropy_gradient_of_labels_and_of_its_gradient():
    logits = tf.placeholder(tf.float64, [1, 3])
    labels = tf.placeholder(tf.float64, [1, 3])
    loss = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
    to_logits, to_labels = tf.gradients(loss, [logits, labels])
    (curved,) = tf.gradients(to_logits[0, 0], [logits])
    z = np.array([[0.1, -0.4, 0.9]])
    p = np.exp(z) / np.exp(z).sum()
    with tf.Session() as session:
        feeds = {logits: z, labels: [[0.2, 0.3, 0.5]]}
        a, b, c = session.run([to_logits, to_labels, curved], feeds)
    np.testing.assert_allclose(a, p - [[0.2, 0.3, 0.5]])
    np.testing.assert_allclose(b, -np.log(p))
    np.testing.assert_allclose(c, p[0, 0] * (np.eye(3)[:1] - p))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"grad_ys": [None, None]}, "Length mismatch"),
        ({"aggregation_method": 7}, "Invalid `aggregation_method`"),
        ({"unconnected_gradients": "maybe"}, "Unknown value for unconnected_gradients"),
    ],
)
def test_wrong_arguments(arguments, message):
    x = tf.placeholder(tf.float32, [])
    with pytest.raises(ValueError, match=message):
        tf.gradients(x, [x], **arguments)


def test_integers_and_strings_have_no_gradient():
    label = tf.constant("text")
    with pytest.raises(TypeError, match="must be numeric"):
        tf.gradients(label, label)
    number = tf.placeholder(tf.int32, [])
    x = tf.placeholder(tf.float32, [])
    assert tf.gradients(tf.cast(number, tf.float32) * x, [number]) == [None]
