"""Variables as ops: the reference, and assignment through it."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variable_slot import VariableSlot


@op(
    "VariableV2",
    "-> ref: Ref(dtype)",
    "shape: shape, dtype: type, container: string = '', shared_name: string = ''",
    stateful=True,
)
def _variable(xp: Any) -> Any:
    """Hold a tensor between runs; the output refers to it."""
    raise AssertionError("a variable's slot is bound when the plan is made")


@_variable.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.attrs["shape"]]


def assign_value(ref: VariableSlot, value: Any, validate_shape: bool) -> None:
    """Copy `value` into a variable; InvalidArgumentError when its shape is another."""
    old = ref.value
    shape = np.shape(value)  # a string scalar is plain bytes
    before = None if old is None else np.shape(old)
    if before is not None and validate_shape and before != shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Assign requires shapes of both tensors to match. "
            f"lhs shape= {list(before)} rhs shape= {list(shape)}",
        )
    target = ref.target() if before == shape else None
    if target is None:
        # The value may be a constant, a feed or another variable: the slot needs memory of its own.
        ref.commit(value.copy() if getattr(value, "ndim", 0) else value)
    else:
        target[...] = value
        ref.commit(target)


@op(
    "Assign",
    "ref: Ref(T), value: T -> output_ref: Ref(T)",
    "T: type, validate_shape: bool = true, use_locking: bool = true",
    updates=(0,),
    allows_uninitialized=True,
    not_differentiable=True,
)
def _assign(xp: Any, ref: VariableSlot, value: Any, *, validate_shape: bool) -> None:
    """Give a variable a new value."""
    assign_value(ref, value, validate_shape)


@_assign.shape
def _(node: Operation) -> list[TensorShape]:
    ref, value = node.inputs
    if node.attrs["validate_shape"]:
        return [ref.shape.merge_with(value.shape)]
    return [value.shape]


def require_same_shape(slot: VariableSlot, value: Any) -> None:
    """InvalidArgumentError unless a variable has the shape of what is added to it."""
    if slot.value.shape != value.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Cannot update variable with shape {list(slot.value.shape)} using a Tensor with "
            f"shape {list(value.shape)}, shapes must be equal.",
        )


def _same_shape(node: Operation) -> list[TensorShape]:
    ref, value = node.inputs
    return [ref.shape.merge_with(value.shape)]


@op(
    "AssignAdd",
    "ref: Ref(T), value: T -> output_ref: Ref(T)",
    "T: type, use_locking: bool = false",
    updates=(0,),
    not_differentiable=True,
)
def _assign_add(xp: Any, ref: VariableSlot, value: Any) -> None:
    """Add to a variable."""
    require_same_shape(ref, value)
    ref.commit(xp.add(ref.value, value, out=ref.target()))


@op(
    "AssignSub",
    "ref: Ref(T), value: T -> output_ref: Ref(T)",
    "T: type, use_locking: bool = false",
    updates=(0,),
    not_differentiable=True,
)
def _assign_sub(xp: Any, ref: VariableSlot, value: Any) -> None:
    """Subtract from a variable."""
    require_same_shape(ref, value)
    ref.commit(xp.subtract(ref.value, value, out=ref.target()))


_assign_add.shape(_same_shape)
_assign_sub.shape(_same_shape)


@op(
    "IsVariableInitialized",
    "ref: Ref(dtype) -> is_initialized: bool",
    "dtype: type",
    stateful=True,
    allows_uninitialized=True,
    not_differentiable=True,
)
def _is_variable_initialized(xp: Any, ref: VariableSlot) -> Any:
    """True when the variable has a value."""
    return xp.bool_(ref.value is not None)


@_is_variable_initialized.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape(())]
