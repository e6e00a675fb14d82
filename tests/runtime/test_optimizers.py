"""Optimizers: the graph they build, their slots, and their formulas step by step."""

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.op_def import OPS
from opscope.runtime.ops import training
from opscope.runtime.simulated_gpu import simulated_gpu
from opscope.runtime.variable_slot import VariableSlot


def descend(x, g, s, lr=0.1):
    return x - lr * g


def momentum(x, g, s, lr=0.1, mu=0.9):
    s["a"] = s.get("a", 0) * mu + g
    return x - lr * s["a"]


def nesterov(x, g, s, lr=0.1, mu=0.9):
    s["a"] = s.get("a", 0) * mu + g
    return x - lr * (g + mu * s["a"])


def adam(x, g, s, lr=0.1, b1=0.9, b2=0.999, epsilon=1e-3):
    s["t"] = s.get("t", 0) + 1
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
    rate = lr * np.sqrt(1 - b2 ** s["t"]) / (1 - b1 ** s["t"])
    return x - rate * s["m"] / (np.sqrt(s["v"]) + epsilon)


def adagrad(x, g, s, lr=0.1):
    s["a"] = s.get("a", 0.1) + g * g
    return x - lr * g / np.sqrt(s["a"])


def rms_prop(x, g, s, lr=0.1, rho=0.9, mu=0.5, epsilon=1e-3, centered=False):
    s["r"] = rho * s.get("r", 1.0) + (1 - rho) * g * g
    s["g"] = rho * s.get("g", 0.0) + (1 - rho) * g
    spread = s["r"] - (s["g"] ** 2 if centered else 0) + epsilon
    s["m"] = mu * s.get("m", 0.0) + lr * g / np.sqrt(spread)
    return x - s["m"]


def centered_rms_prop(x, g, s):
    return rms_prop(x, g, s, centered=True)


CASES = {
    "descend": (lambda: tf.train.GradientDescentOptimizer(0.1), descend),
    "momentum": (lambda: tf.train.MomentumOptimizer(0.1, 0.9), momentum),
    "nesterov": (lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True), nesterov),
    "adam": (lambda: tf.train.AdamOptimizer(0.1, epsilon=1e-3), adam),
    "adagrad": (lambda: tf.train.AdagradOptimizer(0.1), adagrad),
    "rms": (lambda: tf.train.RMSPropOptimizer(0.1, 0.9, 0.5, 1e-3), rms_prop),
    "centered": (
        lambda: tf.train.RMSPropOptimizer(0.1, 0.9, 0.5, 1e-3, centered=True),
        centered_rms_prop,
    ),
}


@pytest.mark.parametrize("shape", [(), (3, 2), (training._BLOCK // 2 + 1, 3)])
@pytest.mark.parametrize("case", CASES)
def test_updates_follow_the_formula(graph, case, shape):
    make, formula = CASES[case]
    start = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    g = tf.placeholder(tf.float32, shape)
    w = tf.Variable(start)
    step = make().apply_gradients([(g, w)])
    expected, state = start.astype(np.float64), {}
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for i in range(5):
            grad = np.random.default_rng(i).normal(size=shape).astype(np.float32)
            sess.run(step, {g: grad})
            expected = formula(expected, grad.astype(np.float64), state)
        np.testing.assert_allclose(sess.run(w), expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("op_type", ["ApplyGradientDescent", "ApplyMomentum", "ApplyAdam"])
def test_a_value_that_is_still_needed_is_left_alone(op_type):
    size = training._BLOCK * 2 + 5
    definition = OPS[op_type]
    slots = {}
    arguments = []
    for arg in definition.inputs:
        if arg.is_ref:
            slots[arg.name] = VariableSlot(arg.name)
            slots[arg.name].value = np.full(size, 0.5, np.float32)
            arguments.append(slots[arg.name])
        elif arg.name in ("grad", "delta"):
            arguments.append(np.linspace(-1, 1, size, dtype=np.float32))
        else:
            arguments.append(np.float32(0.1))
    options = {"use_nesterov": False} if "use_nesterov" in definition.kernel_attrs else {}
    kernel = definition.kernels["ANY"]
    kept = {name: slot.value for name, slot in slots.items()}
    for slot in slots.values():
        slot.shared = True
    kernel(np, *arguments, **options)
    after = {name: slot.value for name, slot in slots.items()}
    for name in slots:
        assert after[name] is not kept[name]
        assert (kept[name] == 0.5).all()
        assert (after[name] != 0.5).any()
    # In place, from the same start, the result is the same.
    for slot in slots.values():
        slot.value = np.full(size, 0.5, np.float32)
    in_place = {name: slot.value for name, slot in slots.items()}
    kernel(np, *arguments, **options)
    for name, slot in slots.items():
        assert slot.value is in_place[name]
        np.testing.assert_array_equal(slot.value, after[name])


def test_a_gradient_of_another_shape_is_refused(graph):
    w = tf.Variable(np.zeros((2, 3), np.float32))
    g = tf.placeholder(tf.float32)
    step = tf.train.GradientDescentOptimizer(0.1).apply_gradients([(g, w)])
    with tf.Session() as sess:
        sess.run(w.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"same shape: \[2, 3\] \[3\]"):
            sess.run(step, {g: np.zeros(3)})
    with pytest.raises(ValueError, match="incompatible"):
        tf.train.GradientDescentOptimizer(0.1).apply_gradients([(tf.constant([1.0]), w)])


def test_minimize_names_its_nodes_as_tensorflow_does(graph):
    with tf.name_scope("layer"):
        w = tf.Variable([1.0, 2.0], name="w")
    step = tf.train.create_global_step()
    loss = tf.reduce_sum(w * w)
    train = tf.train.AdamOptimizer().minimize(loss, global_step=step)
    assert train.name == "Adam"
    names = {op.name for op in graph.get_operations()}
    assert {
        "global_step/Initializer/zeros",
        "beta1_power/initial_value",
        "beta2_power",
        "layer/w/Adam/Initializer/zeros",
        "layer/w/Adam_1",
        "Adam/learning_rate",
        "Adam/beta1",
        "Adam/beta2",
        "Adam/epsilon",
        "Adam/update_layer/w/ApplyAdam",
        "Adam/mul",
        "Adam/Assign",
        "Adam/mul_1",
        "Adam/Assign_1",
        "Adam/update",
        "Adam/value",
        "Adam",
    } <= names
    assert graph.get_operation_by_name("beta1_power").attrs["_class"] == ("loc:@layer/w",)
    assert tf.get_collection(tf.GraphKeys.TRAIN_OP) == [train]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(train)
        assert sess.run(step) == 1


def test_slots(graph):
    a, b = tf.Variable([1.0, 2.0], name="a"), tf.Variable(1.0, name="b")
    optimizer = tf.train.AdamOptimizer()
    optimizer.minimize(tf.reduce_sum(a) * b, var_list=[a])
    assert optimizer.get_slot_names() == ["m", "v"]
    assert optimizer.get_slot(a, "m").name == "a/Adam:0"
    assert optimizer.get_slot(a, "v").name == "a/Adam_1:0"
    assert optimizer.get_slot(b, "m") is None
    assert [v.name for v in optimizer.variables()] == [
        "a/Adam:0",
        "a/Adam_1:0",
        "beta1_power:0",
        "beta2_power:0",
    ]
    assert not set(optimizer.variables()) & set(tf.trainable_variables())


def test_variables_without_a_gradient(graph):
    a, b = tf.Variable(1.0, name="a"), tf.Variable(1.0, name="b")
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    pairs = optimizer.compute_gradients(a * 2.0)
    assert [(g is None, v) for g, v in pairs] == [(False, a), (True, b)]
    with pytest.raises(ValueError, match="No gradients provided"):
        optimizer.minimize(a * 2.0, var_list=[b])
    with pytest.raises(ValueError, match="No variables to optimize"):
        optimizer.minimize(a * 2.0, var_list=[])
    with pytest.raises(ValueError, match="Invalid type int32"):
        optimizer.minimize(tf.constant(1))


@pytest.mark.parametrize("gate", [0, 1, 2])
def test_gates_change_the_order_but_not_the_gradients(graph, gate):
    a, b = tf.Variable(2.0, name="a"), tf.Variable(3.0, name="b")
    pairs = tf.train.GradientDescentOptimizer(0.1).compute_gradients(
        a * b, gate_gradients=gate, grad_loss=tf.constant(2.0)
    )
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run([g for g, _ in pairs]) == [6.0, 4.0]
    with pytest.raises(ValueError, match="gate_gradients must be one of"):
        tf.train.GradientDescentOptimizer(0.1).compute_gradients(a * b, gate_gradients=3)


def test_gradients_of_rows_train_as_whole_tensors(graph):
    table = tf.Variable(np.ones((4, 2), np.float32))
    loss = tf.reduce_sum(tf.gather(table, [1, 1, 3]))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    with tf.Session() as sess:
        sess.run(table.initializer)
        sess.run(train)
        assert sess.run(table)[:, 0].tolist() == [1.0, 0.0, 1.0, 0.5]


def test_rates_may_be_tensors_and_follow_the_global_step(graph):
    step = tf.train.create_global_step()
    rate = tf.train.exponential_decay(1.0, step, 2, 0.5, staircase=True)
    w = tf.Variable(0.0)
    train = tf.train.GradientDescentOptimizer(rate).minimize(w * 1.0, global_step=step)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        values = []
        for _ in range(4):
            sess.run(train)
            values.append(float(sess.run(w)))
    assert values == [-1.0, -2.0, -2.5, -3.0]


def test_a_constraint_is_applied_after_the_step(graph):
    w = tf.Variable(1.0, constraint=lambda t: tf.clip_by_value(t, 0.5, 2.0))
    train = tf.train.GradientDescentOptimizer(1.0).minimize(w * 3.0)
    with tf.Session() as sess:
        sess.run(w.initializer)
        sess.run(train)
        assert sess.run(w) == 0.5


def test_global_step(graph):
    assert tf.train.get_global_step() is None
    step = tf.train.get_or_create_global_step()
    assert tf.train.get_or_create_global_step() is step
    assert step.dtype.base_dtype is tf.int64
    assert step not in tf.trainable_variables()
    with pytest.raises(ValueError, match="already exists"):
        tf.train.create_global_step()
    with tf.Session() as sess:
        sess.run(step.initializer)
        assert tf.train.global_step(sess, step) == 0


def test_training_on_a_gpu_leaves_the_same_values():
    def trained(device):
        with tf.Graph().as_default(), tf.device(device):
            w = tf.Variable(np.ones((3, 2), np.float32))
            loss = tf.reduce_sum(tf.square(w * tf.constant([1.0, 2.0])))
            steps = [make().minimize(loss) for make, _ in CASES.values()]
            with tf.Session() as sess:
                sess.run(tf.global_variables_initializer())
                for step in steps * 2:
                    sess.run(step)
                return sess.run(w)

    with simulated_gpu():
        np.testing.assert_array_equal(trained("/gpu:0"), trained("/cpu:0"))


def test_clipping(graph):
    a, b = tf.constant([3.0, 0.0]), tf.constant([[4.0]])
    (x, nothing, y), norm = tf.clip_by_global_norm([a, None, b], 1.0)
    assert nothing is None
    small, large = tf.clip_by_norm(a, 5.0), tf.clip_by_norm(a, 1.5)
    with tf.Session() as sess:
        results = [np.asarray(v).tolist() for v in sess.run([norm, x, y, small, large])]
    expected = [5.0, [0.6, 0.0], [[0.8]], [3.0, 0.0], [1.5, 0.0]]
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, wanted, rtol=1e-6)
