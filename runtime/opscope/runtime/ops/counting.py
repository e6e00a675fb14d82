"""CountUpTo: a variable that counts to a limit."""

from __future__ import annotations

from typing import Any

from opscope.runtime import errors
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
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
    value = ref.value
    if value >= limit:
        raise errors.OutOfRangeError(None, None, f"Reached limit of {limit}")
    ref.commit(value + value.dtype.type(1))
    return value


@_count_up_to.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]
