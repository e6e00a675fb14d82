"""Variables behind handles: what TensorFlow's newer graphs are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.make_op import make_node, make_tensor


@pytest.fixture(autouse=True)
def _graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


def handle(name: str = "v", shape: Any = (3,)) -> Any:
    return make_tensor("VarHandleOp", dtype="float32", shape=shape, name=name)


def read(variable: Any) -> Any:
    return make_tensor("ReadVariableOp", variable, dtype="float32")


def test_a_value_lives_from_run_to_run() -> None:
    v = handle()
    set_it = make_node("AssignVariableOp", v, np.ones(3, np.float32))
    add = make_node("AssignAddVariableOp", v, np.full(3, 2, np.float32))
    take = make_node("AssignSubVariableOp", v, np.full(3, 0.5, np.float32))
    value = read(v)
    assert value.shape.as_list() == [3]
    with tf.Session() as session:
        session.run(set_it)
        session.run(add)
        session.run(take)
        np.testing.assert_array_equal(session.run(value), [2.5, 2.5, 2.5])


def test_a_fetched_read_keeps_its_value_under_an_update() -> None:
    v = handle()
    set_it = make_node("AssignVariableOp", v, np.zeros(3, np.float32))
    with tf.control_dependencies([set_it]):
        before = read(v)
    with tf.control_dependencies([before.op]):
        add = make_node("AssignAddVariableOp", v, np.ones(3, np.float32))
    with tf.control_dependencies([add]):
        after = before + 10.0
        now = read(v)
    with tf.Session() as session:
        for _ in range(3):
            found = session.run([before, after, now])
            np.testing.assert_array_equal(found, [[0] * 3, [10] * 3, [1] * 3])


def test_uninitialized_is_told_and_can_be_asked() -> None:
    v = handle()
    is_set = make_tensor("VarIsInitializedOp", v)
    with tf.Session() as session:
        assert not session.run(is_set)
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value v"):
            session.run(read(v))
        session.run(make_node("AssignVariableOp", v, np.ones(3, np.float32)))
        assert session.run(is_set)
        assert session.run(make_tensor("VariableShape", v)).tolist() == [3]


def test_an_optimizer_updates_through_handles() -> None:
    v, m = handle("v"), handle("m")
    gradient = tf.gradients(tf.reduce_sum(read(v) * 3.0), [v])[0]
    start = [make_node("AssignVariableOp", h, np.ones(3, np.float32)) for h in (v, m)]
    step = make_node("ResourceApplyMomentum", v, m, 0.1, gradient, 0.5)
    with tf.Session() as session:
        session.run(start)
        session.run(step)
        np.testing.assert_allclose(session.run(read(m)), [3.5] * 3)
        np.testing.assert_allclose(session.run(read(v)), [0.65] * 3, rtol=1e-6)


def test_a_shape_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="AssignVariableOp"):
        make_node("AssignVariableOp", handle(), np.ones(4, np.float32))
