"""How much of a tensor is zero."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.cond import cond
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import size


def zero_fraction(value: Any, name: str | None = None) -> Tensor:
    """The part of the elements of `value` that are zero, as float32."""
    with op_scope(name, "zero_fraction", value):
        values = convert_to_tensor(value, name="value")
        count: Any = size(values, out_type=dtypes.int64)
        # A count that fits is made in int32, which takes half the memory.
        others = cond(
            count <= dtypes.int32.max,
            lambda: cast(_other_than_zero(values, dtypes.int32), dtypes.int64),
            lambda: _other_than_zero(values, dtypes.int64),
        )
        with op_scope(None, "counts_to_fraction"):
            part: Any = cast(count - others, dtypes.float32)
            fraction = part / cast(count, dtypes.float32)
        return identity(fraction, name="fraction")


def _other_than_zero(values: Tensor, kind: dtypes.DType) -> Tensor:
    with op_scope(None, "count_nonzero"):
        zero = zeros([], values.dtype)
        is_other = make_tensor("NotEqual", values, zero)
        return reduce_sum(cast(is_other, kind), name="nonzero_count")
