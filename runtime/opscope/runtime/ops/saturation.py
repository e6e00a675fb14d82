"""Casts that end at the limits of the new dtype (`tf.saturate_cast`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import reshape, shape
from opscope.runtime.ops.type_sets import T_NUMBER


@op("ClipByValue", "t: T, clip_value_min: T, clip_value_max: T -> output: T", T_NUMBER)
def _clip(xp: Any, value: Any, low: Any, high: Any) -> Any:
    """Each element, or the nearer limit where it is beyond one."""
    return xp.maximum(xp.minimum(value, high), low)


_clip.shape(same_shape)


@_clip.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    t, low, high = node.inputs
    sizes = [shape(x) for x in (t, low, high)]
    nothing = zeros(shape(grad), grad.dtype)
    is_low, is_high = make_tensor("Less", t, low), make_tensor("Greater", t, high)
    axes = [make_op("BroadcastGradientArgs", sizes[0], s)[1] for s in sizes[1:]]
    outside = make_tensor("LogicalOr", is_low, is_high)
    wrt_t = make_tensor("Select", outside, nothing, grad)
    parts = [make_tensor("Select", where, grad, nothing) for where in (is_low, is_high)]
    summed = zip(parts, axes, sizes[1:], strict=True)
    return [wrt_t, *(reshape(reduce_sum(p, a), s) for p, a, s in summed)]


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Tensor:
    """`value` with element type `dtype`; what is beyond its range becomes the nearest limit."""
    with op_scope(name, "saturate_cast", value) as scope:
        tensor = convert_to_tensor(value, name="value")
        wanted, given = dtypes.as_dtype(dtype).base_dtype, tensor.dtype.base_dtype
        if given.is_complex:
            if wanted.is_complex:
                return cast(tensor, wanted, name=scope)
            given = given.real_dtype
            tensor = make_tensor("Real", tensor, Tout=given)
        low, high = _limits(given, wanted.real_dtype)
        clamped = make_tensor(
            "ClipByValue",
            tensor,
            convert_to_tensor(low, given),
            convert_to_tensor(high, given),
            name="clamp",
        )
        return cast(clamped, wanted, name=scope)


def _limits(given: dtypes.DType, wanted: dtypes.DType) -> tuple[Any, Any]:
    """The range of both dtypes in the given one, a step inside where rounding left it."""
    kind = given.numpy_dtype.type
    low = kind(max(_number(given.min), _number(wanted.min)))
    high = kind(min(_number(given.max), _number(wanted.max)))
    if _number(low) < _number(wanted.min):
        low = np.nextafter(low, kind(0))
    if _number(high) > _number(wanted.max):
        high = np.nextafter(high, kind(0))
    return low, high


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, (int, np.integer)) else float(value)
