"""Clipping: tensors kept within a norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_op
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.comparison import where
from opscope.runtime.ops.filling import ones_like
from opscope.runtime.ops.joining import stack
from opscope.runtime.ops.reduction import reduce_sum
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import rank, size
from opscope.runtime.scopes import name_scope


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """`t` scaled down so that its L2 norm (over `axes`) is at most `clip_norm`."""
    with name_scope(name, "clip_by_norm", [t, clip_norm]) as scope:
        values = convert_to_tensor(t, name="t")
        squares = reduce_sum(make_op("Mul", values, values, name="mul"), axes, keepdims=True)
        # The root's gradient at 0 is infinite: zeros take a detour around it.
        positive = make_op("Greater", squares, 0)
        safe = where(positive, squares, ones_like(squares))
        norm = where(positive, make_op("Sqrt", safe), squares)
        scaled = make_op("Mul", values, clip_norm, name="mul")
        values.shape.assert_is_compatible_with(scaled.shape)
        divisor = make_op("Maximum", norm, clip_norm)
        return identity(make_op("RealDiv", scaled, divisor, name="truediv"), name=scope)


def clip_by_average_norm(t: Any, clip_norm: Any, name: str | None = None) -> Tensor:
    """`t` scaled down so that its L2 norm, divided by its size, is at most `clip_norm`."""
    with name_scope(name, "clip_by_average_norm", [t, clip_norm]) as scope:
        values: Any = convert_to_tensor(t, name="t")
        count = cast(size(values), dtypes.float32)
        inverse: Any = make_op("Rsqrt", reduce_sum(values * values, range_of(rank(values))))
        limit = constant(1.0) / clip_norm
        scaled = values * clip_norm * make_op("Minimum", inverse * count, limit)
        return identity(scaled, name=scope)


def global_norm(t_list: Sequence[Any], name: str | None = None) -> Tensor | None:
    """The L2 norm of all the tensors together; None entries do not count."""
    if isinstance(t_list, (Tensor, str)):
        raise TypeError(f"`t_list` should be a sequence of tensors, got {t_list!r}")
    with name_scope(name, "global_norm", t_list):
        halves = []
        for i, item in enumerate(t_list):
            if item is None:
                continue
            value = convert_to_tensor(item, name=f"t_{i}")
            with value.graph.colocate_with(value.op):
                halves.append(make_op("L2Loss", value))
        if not halves:
            return None
        total = reduce_sum(stack(halves))
        doubled = make_op("Mul", total, constant(2.0, dtype=total.dtype), name="mul")
        made: Tensor = make_op("Sqrt", doubled, name="global_norm")
        return made


def clip_by_global_norm(
    t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Tensor | None], Tensor | None]:
    """The tensors scaled down together so that their common norm is at most `clip_norm`.

    Returns them and the norm they had. An infinite norm gives NaN everywhere.
    """
    if use_norm is None:
        use_norm = global_norm(t_list, name)
    if use_norm is None:
        return list(t_list), None
    with name_scope(name, "clip_by_global_norm", [*t_list, clip_norm]) as scope:
        inverse = make_op("RealDiv", 1.0, use_norm, name="truediv")
        one = constant(1.0, dtype=use_norm.dtype)
        ratio = make_op("Minimum", inverse, make_op("RealDiv", one, clip_norm, name="truediv"))
        scale = make_op("Mul", clip_norm, ratio, name="mul")
        # norm - norm is 0 unless the norm is not finite; then the scale becomes NaN.
        scale = make_op("AddV2", scale, make_op("Sub", use_norm, use_norm, name="sub"), name="add")
        clipped: list[Tensor | None] = []
        for i, item in enumerate(t_list):
            if item is None:
                clipped.append(None)
                continue
            value = convert_to_tensor(item, name=f"t_{i}")
            with value.graph.colocate_with(value.op):
                clipped.append(
                    identity(make_op("Mul", value, scale, name="mul"), name=f"{scope}_{i}")
                )
        return clipped, use_norm
