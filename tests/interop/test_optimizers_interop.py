"""Optimizers, decays and moving averages: TensorFlow's nodes, and its values over many steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop

IGNORED_ATTRS = {"_has_manual_control_dependencies", "value"}

OPTIMIZERS: dict[str, Any] = {
    "adadelta": lambda tf, step: tf.train.AdadeltaOptimizer(0.5),
    "ftrl": lambda tf, step: tf.train.FtrlOptimizer(
        0.5, l1_regularization_strength=0.01, l2_regularization_strength=0.02, beta=0.1
    ),
    "ftrl_v2": lambda tf, step: tf.train.FtrlOptimizer(
        0.5, -0.3, l1_regularization_strength=0.01, l2_shrinkage_regularization_strength=0.05
    ),
    "adagrad_da": lambda tf, step: tf.train.AdagradDAOptimizer(
        0.5, step, l1_regularization_strength=0.01, l2_regularization_strength=0.02
    ),
    "adagrad_da_plain": lambda tf, step: tf.train.AdagradDAOptimizer(0.5, step),
    "proximal_adagrad": lambda tf, step: tf.train.ProximalAdagradOptimizer(
        0.5, l1_regularization_strength=0.01, l2_regularization_strength=0.02
    ),
    "proximal_descent": lambda tf, step: tf.train.ProximalGradientDescentOptimizer(
        0.5, l1_regularization_strength=0.01, l2_regularization_strength=0.02
    ),
}

DECAYS: dict[str, Any] = {
    "exponential": lambda t, s: t.exponential_decay(0.1, s, 10, 0.9),
    "exponential_stairs": lambda t, s: t.exponential_decay(0.1, s, 10, 0.9, True, name="e"),
    "natural": lambda t, s: t.natural_exp_decay(0.1, s, 10, 0.9),
    "natural_stairs": lambda t, s: t.natural_exp_decay(0.1, s, 10, 0.9, True),
    "inverse": lambda t, s: t.inverse_time_decay(0.1, s, 10, 0.9),
    "inverse_stairs": lambda t, s: t.inverse_time_decay(0.1, s, 10, 0.9, True),
    "polynomial": lambda t, s: t.polynomial_decay(0.1, s, 10, power=2.0),
    "polynomial_cycle": lambda t, s: t.polynomial_decay(0.1, s, 10, cycle=True, name="p"),
    "cosine": lambda t, s: t.cosine_decay(0.1, s, 10, alpha=0.1),
    "restarts": lambda t, s: t.cosine_decay_restarts(0.1, s, 10, alpha=0.1),
    "equal_restarts": lambda t, s: t.cosine_decay_restarts(0.1, s, 10, t_mul=1.0, m_mul=0.9),
    "linear_cosine": lambda t, s: t.linear_cosine_decay(0.1, s, 10),
    "noisy": lambda t, s: t.noisy_linear_cosine_decay(0.1, s, 10),
    "pieces": lambda t, s: t.piecewise_constant(s, [3, 8], [1.0, 0.5, 0.1]),
    "two_pieces": lambda t, s: t.piecewise_constant_decay(s, [3], [1.0, 0.1], name="x"),
    "long_pieces": lambda t, s: t.piecewise_constant(
        s, [np.int64(3), np.int64(5), np.int64(6)], [1.0, 0.1, 0.3, 0.2]
    ),
}


def nodes_of(tf: Any, build: Any) -> dict[str, Any]:
    with tf.Graph().as_default() as graph:
        build(tf)
    return {
        node.name: (
            node.op,
            list(node.input),
            node.device,
            {
                key: value.SerializeToString(deterministic=True)
                for key, value in node.attr.items()
                if key not in IGNORED_ATTRS
            },
        )
        for node in graph.as_graph_def().node
    }


def values_of(tf: Any, build: Any) -> Any:
    with tf.Graph().as_default(), tf.Session() as session:
        return build(tf, session)


def close(mine: Any, theirs: Any) -> None:
    assert len(mine) == len(theirs)
    for step, (a, b) in enumerate(zip(mine, theirs, strict=True)):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6, err_msg=f"step {step}")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers_make_the_same_nodes(tensorflow: Any, optimizer: str) -> None:
    def build(tf: Any) -> None:
        with tf.name_scope("layer"):
            w = tf.Variable(np.ones((4, 3), np.float32), name="w")
        b = tf.Variable(1.0, name="b")
        step = tf.train.create_global_step()
        loss = tf.reduce_sum(tf.square(w)) + b * b
        OPTIMIZERS[optimizer](tf, step).minimize(loss, global_step=step)

    assert nodes_of(ours, build) == nodes_of(tensorflow, build)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers_give_the_same_values(tensorflow: Any, optimizer: str, dtype: Any) -> None:
    if dtype is np.float64 and optimizer.startswith("proximal"):
        pytest.skip("its learning rate is float32 in TensorFlow, which refuses other variables")

    def build(tf: Any, session: Any) -> Any:
        w = tf.Variable(np.linspace(-1, 1, 12).reshape(4, 3).astype(dtype), name="w")
        b = tf.Variable(dtype(1.0), name="b")
        step = tf.train.create_global_step()
        loss = tf.reduce_sum(tf.square(w - 0.3)) + b * b
        chosen = OPTIMIZERS[optimizer](tf, step)
        train = chosen.minimize(loss, global_step=step)
        session.run(tf.global_variables_initializer())
        found = []
        for _ in range(12):
            session.run(train)
            slots = [chosen.get_slot(w, name) for name in chosen.get_slot_names()]
            found.append(np.concatenate([v.ravel() for v in session.run([w, b, *slots])]))
        return found

    close(values_of(ours, build), values_of(tensorflow, build))


SPARSE_OPS = {
    "SparseApplyAdadelta": (3, ["lr", "rho", "epsilon", "grad"]),
    "SparseApplyFtrl": (3, ["grad", "lr", "l1", "l2", "lr_power"]),
    "SparseApplyFtrlV2": (3, ["grad", "lr", "l1", "l2", "l2_shrinkage", "lr_power"]),
    "SparseApplyAdagradDA": (3, ["grad", "lr", "l1", "l2", "global_step"]),
    "SparseApplyProximalAdagrad": (2, ["lr", "l1", "l2", "grad"]),
    "SparseApplyProximalGradientDescent": (1, ["lr", "l1", "l2", "grad"]),
}


@pytest.mark.parametrize("indices", [[2, 0], [1, 1, 3, 1], []])
@pytest.mark.parametrize("op_type", SPARSE_OPS)
def test_updates_of_rows(tensorflow: Any, op_type: str, indices: list[int]) -> None:
    slots, names = SPARSE_OPS[op_type]
    rng = np.random.default_rng(3)
    starts = [rng.uniform(0.1, 1.0, (4, 3)).astype(np.float32) for _ in range(slots)]
    grad = rng.normal(size=(len(indices), 3)).astype(np.float32)
    numbers = {"lr_power": -0.4, "lr": 0.2, "l1": 0.3}

    def build(tf: Any, session: Any) -> Any:
        variables = [tf.Variable(start) for start in starts]
        rest: list[Any] = []
        for name in names:
            if name == "grad":
                rest += [grad, np.array(indices, np.int64)]
            elif name == "global_step":
                rest.append(np.int64(3))
            else:
                rest.append(np.float32(numbers.get(name, 0.1)))
        if tf is ours:
            from opscope.runtime.make_op import make_op

            update = make_op(op_type, *variables, *rest)
        else:
            refs = [v._ref() for v in variables]
            tensors = [tf.convert_to_tensor(r) for r in rest]
            update = (
                tf.get_default_graph()
                .create_op(op_type, refs + tensors, [refs[0].dtype])
                .outputs[0]
            )
        session.run(tf.global_variables_initializer())
        session.run(update.op)
        session.run(update.op)
        return session.run(variables)

    close(values_of(ours, build), values_of(tensorflow, build))


@pytest.mark.parametrize("decay", DECAYS)
def test_decays(tensorflow: Any, decay: str) -> None:
    def build(tf: Any) -> None:
        DECAYS[decay](tf.train, tf.train.create_global_step())

    assert nodes_of(ours, build) == nodes_of(tensorflow, build)

    def rates(tf: Any, session: Any) -> Any:
        step = tf.train.create_global_step()
        rate = DECAYS[decay](tf.train, step)
        advance = tf.assign_add(step, 3)
        session.run(step.initializer)
        found = []
        for _ in range(8):
            found.append(session.run(rate))
            session.run(advance)
        return found

    if decay != "noisy":
        close(values_of(ours, rates), values_of(tensorflow, rates))


def averages_of_variables(tf: Any) -> None:
    with tf.variable_scope("a"):
        w = tf.get_variable("w", [2, 3])
        b = tf.Variable(tf.zeros([3]), name="b")
    averages = tf.train.ExponentialMovingAverage(0.9, tf.train.create_global_step())
    averages.apply([w, b])
    averages.apply([w])


def averages_of_tensors(tf: Any) -> None:
    w = tf.Variable([1.0, 2.0], name="w")
    tf.train.ExponentialMovingAverage(0.9).apply([w, tf.square(w)])


def unbiased_averages(tf: Any) -> None:
    with tf.name_scope("q"):
        square = tf.square(tf.Variable([1.0, 2.0], name="w"))
        for _ in range(2):
            tf.train.ExponentialMovingAverage(0.9, zero_debias=True, name="avg").apply([square])


def values_from_variables(tf: Any) -> None:
    a = tf.Variable([1.0, 2.0], name="a")
    tf.Variable(a.initialized_value() * 2.0, name="b")
    tf.Variable(a + 1.0, name="c")


@pytest.mark.parametrize(
    "build", [averages_of_variables, averages_of_tensors, unbiased_averages, values_from_variables]
)
def test_averages_make_the_same_nodes(tensorflow: Any, build: Any) -> None:
    assert nodes_of(ours, build) == nodes_of(tensorflow, build)
