"""Whether the elements of a tensor rise."""

from __future__ import annotations

from typing import Any

from opscope.runtime.cond import cond
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.dtypes import bool as boolean
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.reduction import reduce_all
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape, shape, size
from opscope.runtime.ops.slicing import strided_slice
from opscope.runtime.recognition import is_numeric_tensor


def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """True when no element is below the one before it, in row-major order."""
    with op_scope(name, "is_non_decreasing", x):
        return reduce_all(_compared(x, "GreaterEqual"))


def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """True when each element is above the one before it, in row-major order."""
    with op_scope(name, "is_strictly_increasing", x):
        return reduce_all(_compared(x, "Greater"))


def _compared(x: Any, op_type: str) -> Tensor:
    values = reshape(x, [-1])
    if not is_numeric_tensor(values):
        raise TypeError(f"Expected x to be numeric, instead found: {values}")
    is_short = make_tensor("Less", size(values), 2)
    length = shape(values) - 1

    def pairs() -> Tensor:
        one: Any = [1]
        later = strided_slice(values, one, one + length)
        return make_tensor(op_type, later, strided_slice(values, [0], length))

    found: Tensor = cond(is_short, lambda: convert_to_tensor([], boolean), pairs)
    return found
