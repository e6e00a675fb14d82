"""Variables that count to a limit."""

from __future__ import annotations

from typing import Any

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape, scalar
from opscope.runtime.variable_slot import VariableSlot


@op(
    "CountUpTo",
    "ref: Ref(T) -> output: T",
    "limit: int, T: {int32, int64}",
    updates=(0,),
    not_differentiable=True,
)
def _count_up_to(xp: Any, ref: VariableSlot, *, limit: int) -> Any:
    """The value of a variable, which grows by one; OutOfRangeError at the limit."""
    return _counted(ref, limit)


@op(
    "ResourceCountUpTo",
    "resource: resource -> output: T",
    "limit: int, T: {int32, int64}",
    updates=(0,),
    not_differentiable=True,
)
def _resource_count_up_to(xp: Any, resource: VariableSlot, *, limit: int) -> Any:
    """As CountUpTo, for a variable behind a handle."""
    return _counted(resource, limit)


def _counted(slot: VariableSlot, limit: int) -> Any:
    value = slot.value
    if value >= limit:
        raise errors.OutOfRangeError(None, None, f"Reached limit of {limit}")
    slot.commit(value + value.dtype.type(1))
    return value


@_count_up_to.shape
@_resource_count_up_to.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


def count_up_to(ref: Any, limit: int, name: str | None = None) -> Tensor:
    """The value of an integer variable, which then grows by one; OutOfRangeError at the limit."""
    if hasattr(ref, "handle"):
        kind = ref.dtype
        return make_tensor("ResourceCountUpTo", ref.handle, limit=limit, T=kind, name=name)
    return make_tensor("CountUpTo", ref, limit=limit, name=name)
