"""The update ops of optimizers that TensorFlow 2 added: AdagradV2, AMSGrad, Keras' momentum.

Formulas are those of TensorFlow's CPU kernels (core/kernels/training_ops.cc).
"""

from __future__ import annotations

from typing import Any

from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.ops.resource_variables import shape_behind
from opscope.runtime.ops.training import require_shape
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variable_slot import VariableSlot

_FLOATS = "T: {float16, bfloat16, float32, float64}, use_locking: bool = false"


@op(
    "ApplyAdagradV2",
    "var: Ref(T), accum: Ref(T), lr: T, epsilon: T, grad: T -> out: Ref(T)",
    _FLOATS + ", update_slots: bool = true",
    updates=(0, 1),
    not_differentiable=True,
)
def _adagrad_v2(
    xp: Any,
    var: VariableSlot,
    accum: VariableSlot,
    lr: Any,
    epsilon: Any,
    grad: Any,
    *,
    update_slots: bool,
) -> None:
    """Divide the step by the root of the sum of squared gradients, plus epsilon."""
    require_shape("grad", grad, var)
    require_shape("accum", accum.value, var)
    now = accum.value
    if update_slots:
        now = xp.add(now, grad * grad, out=accum.target())
        accum.commit(now)
    step = grad * lr / (xp.sqrt(now) + epsilon)
    var.commit(xp.subtract(var.value, step, out=var.target()))


@_adagrad_v2.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.merge_with(node.inputs[4].shape)]


@op(
    "ResourceApplyKerasMomentum",
    "var: resource, accum: resource, lr: T, grad: T, momentum: T ->",
    _FLOATS + ", use_nesterov: bool = false",
    updates=(0, 1),
    not_differentiable=True,
)
def _keras_momentum(
    xp: Any,
    var: VariableSlot,
    accum: VariableSlot,
    lr: Any,
    grad: Any,
    momentum: Any,
    *,
    use_nesterov: bool,
) -> None:
    """Accumulate steps, learning rate included, with a decay of momentum, and follow the sum."""
    require_shape("grad", grad, var)
    require_shape("accum", accum.value, var)
    step = grad * lr
    now = xp.subtract(accum.value * momentum, step, out=accum.target())
    accum.commit(now)
    ahead = now * momentum - step if use_nesterov else now
    var.commit(xp.add(var.value, ahead, out=var.target()))


@op(
    "ResourceApplyAdamWithAmsgrad",
    "var: resource, m: resource, v: resource, vhat: resource, beta1_power: T, beta2_power: T, "
    "lr: T, beta1: T, beta2: T, epsilon: T, grad: T ->",
    _FLOATS,
    updates=(0, 1, 2, 3),
    not_differentiable=True,
)
def _amsgrad(
    xp: Any,
    var: VariableSlot,
    m: VariableSlot,
    v: VariableSlot,
    vhat: VariableSlot,
    beta1_power: Any,
    beta2_power: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    epsilon: Any,
    grad: Any,
) -> None:
    """Adam whose mean square is the largest there was."""
    require_shape("grad", grad, var)
    alpha = lr * xp.sqrt(1 - beta2_power) / (1 - beta1_power)
    mean = xp.add(m.value, (grad - m.value) * (1 - beta1), out=m.target())
    m.commit(mean)
    square = xp.add(v.value, (grad * grad - v.value) * (1 - beta2), out=v.target())
    v.commit(square)
    largest = xp.maximum(vhat.value, square, out=vhat.target())
    vhat.commit(largest)
    step = mean * alpha / (xp.sqrt(largest) + epsilon)
    var.commit(xp.subtract(var.value, step, out=var.target()))


def _shape_behind_all(node: Operation) -> list[TensorShape]:
    shape = shape_behind(node.inputs[0])
    for arg, tensor in zip(node.definition.inputs, node.inputs, strict=True):
        if arg.type_attr is None:
            shape = shape.merge_with(shape_behind(tensor))
        elif arg.name == "grad":
            shape = shape.merge_with(tensor.shape)
    return []


_keras_momentum.shape(_shape_behind_all)
_amsgrad.shape(_shape_behind_all)
