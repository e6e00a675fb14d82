"""Fake quantization: values rounded to what an integer of few bits could hold, and kept floats."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from opscope.runtime import errors
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.tensor_shape import TensorShape, scalar

_BITS = "num_bits: int = 8, narrow_range: bool = false"
_RANGE = f"min: float = -6.0, max: float = 6.0, {_BITS}"


class _Grid(NamedTuple):
    """The evenly spaced values that there are: from `low` to `high`, `step` apart, 0 among them."""

    low: Any
    high: Any
    step: Any


def _grid(xp: Any, low: Any, high: Any, num_bits: int, narrow_range: bool) -> _Grid:
    """The grid nearest to the wanted range on which 0 lies exactly; float32 throughout."""
    if not 2 <= num_bits <= 16:
        raise errors.InvalidArgumentError(
            None, None, f"num_bits must be between 2 and 16 inclusive, got {num_bits}"
        )
    first, last = np.float32(narrow_range), np.float32(2**num_bits - 1)
    step = (high - low) / (last - first)
    zero = xp.clip(xp.floor(first - low / step + np.float32(0.5)), first, last)
    return _Grid((first - zero) * step, (last - zero) * step, step)


def _quantized(xp: Any, values: Any, grid: _Grid) -> Any:
    inverse = np.float32(1) / grid.step
    half = np.float32(0.5)
    zero = xp.floor(-grid.low * inverse + half)
    clamped = xp.maximum(xp.minimum(values, grid.high), grid.low)
    return xp.floor((clamped - grid.low) * inverse - zero + half) * grid.step


def _check_forms(values: Any, grads: Any | None, low: Any, high: Any, per_channel: bool) -> None:
    """InvalidArgumentError unless gradients are like values and ranges like the channels."""
    if grads is not None and grads.shape != values.shape:
        raise errors.InvalidArgumentError(None, None, "gradient and input must be the same size")
    wanted = values.shape[-1:] if per_channel else ()
    if low.shape != wanted or high.shape != wanted:
        raise errors.InvalidArgumentError(
            None, None, f"min and max must have shape {list(wanted)}, got {list(low.shape)}"
        )


def _grid_of_args(xp: Any, attrs: dict[str, Any]) -> _Grid:
    low, high = attrs["min"], attrs["max"]
    if low >= high:
        raise errors.InvalidArgumentError(
            None, None, f"min has to be smaller than max, was: {low} >= {high}"
        )
    bits, is_narrow = attrs["num_bits"], attrs["narrow_range"]
    return _grid(xp, np.float32(low), np.float32(high), bits, is_narrow)


@op("FakeQuantWithMinMaxArgs", "inputs: float32 -> outputs: float32", _RANGE)
def _with_args(xp: Any, values: Any, **attrs: Any) -> Any:
    """Round values to a grid of 2 ** num_bits between min and max, which 0 lies on."""
    return _quantized(xp, values, _grid_of_args(xp, attrs))


@op(
    "FakeQuantWithMinMaxArgsGradient",
    "gradients: float32, inputs: float32 -> backprops: float32",
    _RANGE,
    not_differentiable=True,
)
def _args_gradient(xp: Any, grads: Any, values: Any, **attrs: Any) -> Any:
    """The gradient where a value is in the range, else 0."""
    grid = _grid_of_args(xp, attrs)
    _check_forms(values, grads, grid.low, grid.high, False)
    return grads * ((values >= grid.low) & (values <= grid.high))


def _variable(xp: Any, values: Any, low: Any, high: Any, attrs: dict[str, Any]) -> Any:
    """Values rounded to the grid of `low` and `high`: scalars, or one per channel."""
    nothing = (low == 0) & (high == 0)
    with np.errstate(all="ignore"):
        rounded = _quantized(xp, values, _grid(xp, low, high, **attrs))
    return xp.where(nothing, np.float32(0), rounded)


def _variable_gradient(
    xp: Any, inputs: tuple[Any, ...], axes: tuple[int, ...], attrs: dict[str, Any]
) -> Any:
    grads, values, low, high = inputs
    nothing = (low == 0) & (high == 0)
    with np.errstate(all="ignore"):
        grid = _grid(xp, low, high, **attrs)
    below = ~nothing & (values < grid.low)
    above = ~nothing & (values > grid.high)
    none = np.float32(0)
    return (
        xp.where(below | above, none, grads),
        xp.where(below, grads, none).sum(axis=axes),
        xp.where(above, grads, none).sum(axis=axes),
    )


@op(
    "FakeQuantWithMinMaxVars",
    "inputs: float32, min: float32, max: float32 -> outputs: float32",
    _BITS,
)
def _with_vars(xp: Any, values: Any, low: Any, high: Any, **attrs: Any) -> Any:
    """Round values to a grid of 2 ** num_bits between two scalars, which 0 lies on."""
    _check_forms(values, None, low, high, False)
    return _variable(xp, values, low, high, attrs)


@op(
    "FakeQuantWithMinMaxVarsGradient",
    "gradients: float32, inputs: float32, min: float32, max: float32 -> "
    "backprops_wrt_input: float32, backprop_wrt_min: float32, backprop_wrt_max: float32",
    _BITS,
    not_differentiable=True,
)
def _vars_gradient(xp: Any, *inputs: Any, **attrs: Any) -> Any:
    """The gradient of values in the range, and the sums of those below and above."""
    _check_forms(inputs[1], inputs[0], inputs[2], inputs[3], False)
    found = _variable_gradient(xp, inputs, tuple(range(inputs[0].ndim)), attrs)
    return tuple(part[()] if xp is np else part for part in found)


@op(
    "FakeQuantWithMinMaxVarsPerChannel",
    "inputs: float32, min: float32, max: float32 -> outputs: float32",
    _BITS,
)
def _per_channel(xp: Any, values: Any, low: Any, high: Any, **attrs: Any) -> Any:
    """Round each channel (the last axis) to a grid of its own."""
    _check_forms(values, None, low, high, True)
    return _variable(xp, values, low, high, attrs)


@op(
    "FakeQuantWithMinMaxVarsPerChannelGradient",
    "gradients: float32, inputs: float32, min: float32, max: float32 -> "
    "backprops_wrt_input: float32, backprop_wrt_min: float32, backprop_wrt_max: float32",
    _BITS,
    not_differentiable=True,
)
def _per_channel_gradient(xp: Any, *inputs: Any, **attrs: Any) -> Any:
    """The gradient of values in the range, and per channel the sums of those below and above."""
    _check_forms(inputs[1], inputs[0], inputs[2], inputs[3], True)
    return _variable_gradient(xp, inputs, tuple(range(inputs[0].ndim - 1)), attrs)


_with_args.shape(same_shape)
_args_gradient.shape(same_shape)
_with_vars.shape(same_shape)


@_vars_gradient.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.merge_with(node.inputs[1].shape), scalar(), scalar()]


def _channel_shape(node: Operation, at: int) -> TensorShape:
    channels = node.inputs[at].shape.with_rank(1)
    values = node.inputs[at - 1].shape
    if values.ndims:
        channels = channels.merge_with(values[-1:])
    return channels.merge_with(node.inputs[at + 1].shape.with_rank(1))


@_per_channel.shape
def _(node: Operation) -> list[TensorShape]:
    _channel_shape(node, 1)
    return [node.inputs[0].shape]


@_per_channel_gradient.shape
def _(node: Operation) -> list[TensorShape]:
    channels = _channel_shape(node, 2)
    return [node.inputs[0].shape.merge_with(node.inputs[1].shape), channels, channels]


@_with_args.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    attrs = {key: node.attrs[key] for key in ("min", "max", "num_bits", "narrow_range")}
    return [make_tensor("FakeQuantWithMinMaxArgsGradient", grad, node.inputs[0], **attrs)]


@_with_vars.gradient
@_per_channel.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    attrs = {key: node.attrs[key] for key in ("num_bits", "narrow_range")}
    return list(make_op(f"{node.type}Gradient", grad, *node.inputs, **attrs))
