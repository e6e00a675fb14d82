"""Variables behind a handle: reading, assignment and updates by resource.

A handle stands for the variable's slot; kernels get the slot wherever they take a handle.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import FLOW
from opscope.runtime.ops.state import assign_value, require_same_shape
from opscope.runtime.tensor_shape import TensorShape, unknown_shape
from opscope.runtime.variable_slot import VariableSlot


def variable_of(handle: Tensor) -> Operation | None:
    """The VarHandleOp behind a handle that other ops hand on; None if there is none."""
    node = handle.op
    while node.type == "Identity" or (node.type in FLOW and node.inputs):
        node = node.inputs[0].op
    return node if node.type == "VarHandleOp" else None


def shape_behind(handle: Tensor) -> TensorShape:
    """The shape of the value behind a handle, as far as it is known."""
    variable = variable_of(handle)
    shape = unknown_shape() if variable is None else variable.attrs["shape"]
    assert isinstance(shape, TensorShape)
    return shape


@op(
    "VarHandleOp",
    "-> resource: resource",
    "container: string = '', shared_name: string = '', debug_name: string = '', dtype: type, "
    "shape: shape, allowed_devices: list(string) = []",
    stateful=True,
)
def _var_handle(xp: Any) -> Any:
    """Hold a tensor between runs; the output is a handle to it."""
    raise AssertionError("a variable's slot is bound when the plan is made")


@_var_handle.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape(())]


@op(
    "ReadVariableOp",
    "resource: resource -> value: dtype",
    "dtype: type",
    view_of=0,
    template="{0}.value",
)
def _read(xp: Any, resource: VariableSlot) -> Any:
    """The value of a variable."""
    return resource.value


@_read.shape
def _(node: Operation) -> list[TensorShape]:
    return [shape_behind(node.inputs[0])]


@_read.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad]


@op(
    "AssignVariableOp",
    "resource: resource, value: dtype ->",
    "dtype: type, validate_shape: bool = false",
    updates=(0,),
    allows_uninitialized=True,
    not_differentiable=True,
)
def _assign(xp: Any, resource: VariableSlot, value: Any, *, validate_shape: bool) -> None:
    """Give a variable a new value."""
    assign_value(resource, value, validate_shape)


@op(
    "AssignAddVariableOp",
    "resource: resource, value: dtype ->",
    "dtype: type",
    updates=(0,),
    not_differentiable=True,
)
def _assign_add(xp: Any, resource: VariableSlot, value: Any) -> None:
    """Add to a variable."""
    require_same_shape(resource, value)
    resource.commit(xp.add(resource.value, value, out=resource.target()))


@op(
    "AssignSubVariableOp",
    "resource: resource, value: dtype ->",
    "dtype: type",
    updates=(0,),
    not_differentiable=True,
)
def _assign_sub(xp: Any, resource: VariableSlot, value: Any) -> None:
    """Subtract from a variable."""
    require_same_shape(resource, value)
    resource.commit(xp.subtract(resource.value, value, out=resource.target()))


def _checked(node: Operation) -> list[TensorShape]:
    shape_behind(node.inputs[0]).merge_with(node.inputs[1].shape)
    return []


_assign.shape(_checked)
_assign_add.shape(_checked)
_assign_sub.shape(_checked)


@op(
    "VarIsInitializedOp",
    "resource: resource -> is_initialized: bool",
    stateful=True,
    allows_uninitialized=True,
    not_differentiable=True,
)
def _is_initialized(xp: Any, resource: VariableSlot) -> Any:
    """True when the variable has a value."""
    return xp.bool_(resource.value is not None)


@_is_initialized.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape(())]


@op(
    "VariableShape",
    "input: resource -> output: out_type",
    "out_type: {int32, int64} = int32",
    stateful=True,
    not_differentiable=True,
)
def _variable_shape(xp: Any, handle: VariableSlot, *, out_type: dtypes.DType) -> Any:
    """The shape of a variable's value."""
    return xp.asarray(np.shape(handle.value), out_type.as_numpy_dtype)


@_variable_shape.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([shape_behind(node.inputs[0]).ndims])]


@op(
    "DestroyResourceOp",
    "resource: resource ->",
    "ignore_lookup_error: bool = true",
    updates=(0,),
    allows_uninitialized=True,
    not_differentiable=True,
)
def _destroy(xp: Any, resource: VariableSlot, *, ignore_lookup_error: bool) -> None:
    """Take the value of a variable away."""
    if resource.value is None and not ignore_lookup_error:
        raise errors.NotFoundError(None, None, f"Resource {resource.name} does not exist.")
    resource.shared = False
    resource.commit(None)


@op("DisableCopyOnRead", "resource: resource ->", stateful=True, not_differentiable=True)
def _disable_copy_on_read(xp: Any, resource: VariableSlot) -> None:
    """Nothing: a read shares the memory of the variable until an update needs it."""


@_destroy.shape
def _(node: Operation) -> list[TensorShape]:
    return []


_disable_copy_on_read.shape(lambda node: [])
