"""Pooling of volumes: the largest value or the mean of every window, channel by channel."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.filling import zeros_like
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.static_value import static_shape
from opscope.runtime.ops.type_sets import FLOAT, REAL
from opscope.runtime.ops.volumes import (
    Windows,
    as_format,
    channels_last,
    check_volumes,
    windows_of,
)
from opscope.runtime.ops.window_nodes import (
    attrs_of,
    channel_axis,
    grad_grad_shape,
    inner,
    window_shape,
)
from opscope.runtime.ops.windows import check_shape
from opscope.runtime.tensor_shape import TensorShape

_ATTRS = (
    "ksize: list(int), strides: list(int), padding: {'SAME', 'VALID'}, "
    "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'"
)
_MAX_TYPES = "float16, bfloat16, float32"


def _windows(sizes: Any, attrs: dict[str, Any]) -> Windows:
    """The windows over arrays of the given spatial sizes."""
    data_format, ksize = attrs["data_format"], attrs["ksize"]
    if ksize[0] != 1 or ksize[channel_axis(data_format)] != 1:
        raise errors.UnimplementedError(
            None, None, "Pooling is not yet supported on the batch or depth dimension."
        )
    return windows_of(sizes, inner(ksize, data_format), attrs)


@op("MaxPool3D", "input: T -> output: T", f"{_ATTRS}, T: {{{_MAX_TYPES}}}")
def _max_pool3d(xp: Any, volumes: Any, **attrs: Any) -> Any:
    """The largest value of each window of each channel; NaN where there is one."""
    x = channels_last(check_volumes(volumes, "tensor_in"), attrs["data_format"])
    windows = _windows(x.shape[1:4], attrs)
    padded = windows.with_border(xp, x, -np.inf)
    result = None
    for _, place in windows.places():
        part = padded[place]
        result = part.copy() if result is None else xp.maximum(result, part, out=result)
    return as_format(xp, result, attrs["data_format"])


@op(
    "MaxPool3DGrad",
    "orig_input: TInput, orig_output: TInput, grad: T -> output: T",
    f"{_ATTRS}, T: {{{_MAX_TYPES}}} = float32, TInput: {{{_MAX_TYPES}}} = float32",
)
def _max_pool3d_grad(xp: Any, orig_input: Any, orig_output: Any, grad: Any, **attrs: Any) -> Any:
    """The gradient of max pooling: each window's goes to the first of its largest elements."""
    data_format = attrs["data_format"]
    x, tops, g = (
        channels_last(check_volumes(v, "tensor"), data_format)
        for v in (orig_input, orig_output, grad)
    )
    windows = _windows(x.shape[1:4], attrs)
    pooled = (x.shape[0], *windows.counts, x.shape[4])
    check_shape(tops, pooled, "orig_output")
    check_shape(g, pooled, "grad")
    padded = windows.with_border(xp, x, -np.inf)
    spread = xp.zeros(padded.shape, g.dtype)
    free = xp.ones(g.shape, bool)
    for _, place in windows.places():
        found = (padded[place] == tops) & free
        free ^= found
        spread[place] += xp.where(found, g, g.dtype.type(0))
    return as_format(xp, xp.ascontiguousarray(spread[windows.inside]), data_format)


@op(
    "MaxPool3DGradGrad",
    "orig_input: T, orig_output: T, grad: T -> output: T",
    f"{_ATTRS}, T: {{{REAL}}}",
)
def _max_pool3d_grad_grad(
    xp: Any, orig_input: Any, orig_output: Any, grad: Any, **attrs: Any
) -> Any:
    """For each window, the element of grad at the place of the window's first largest element."""
    data_format = attrs["data_format"]
    x, tops, g = (
        channels_last(check_volumes(v, "tensor"), data_format)
        for v in (orig_input, orig_output, grad)
    )
    windows = _windows(x.shape[1:4], attrs)
    check_shape(tops, (x.shape[0], *windows.counts, x.shape[4]), "orig_output")
    check_shape(g, x.shape, "grad")
    # A border that is equal to no largest element is never taken.
    inside = windows.with_border(xp, xp.ones(x.shape, bool), False)
    padded, grads = windows.with_border(xp, x, 0), windows.with_border(xp, g, 0)
    result = xp.zeros(tops.shape, g.dtype)
    free = xp.ones(tops.shape, bool)
    for _, place in windows.places():
        found = (padded[place] == tops) & inside[place] & free
        free ^= found
        result = xp.where(found, grads[place], result)
    return as_format(xp, result, data_format)


@op("AvgPool3D", "input: T -> output: T", f"{_ATTRS}, T: {{{FLOAT}}}")
def _avg_pool3d(xp: Any, volumes: Any, **attrs: Any) -> Any:
    """The mean of each window of each channel; padding does not count."""
    x = channels_last(check_volumes(volumes, "tensor_in"), attrs["data_format"])
    windows = _windows(x.shape[1:4], attrs)
    wide = np.float32 if x.dtype.itemsize == 2 else x.dtype
    padded = windows.with_border(xp, x, 0)
    total = xp.zeros((x.shape[0], *windows.counts, x.shape[4]), wide)
    for _, place in windows.places():
        total += padded[place].astype(wide, copy=False)
    total /= windows.element_counts(xp, wide)
    return as_format(xp, total.astype(x.dtype, copy=False), attrs["data_format"])


@op(
    "AvgPool3DGrad",
    "orig_input_shape: int32, grad: T -> output: T",
    f"{_ATTRS}, T: {{{FLOAT}}}",
)
def _avg_pool3d_grad(xp: Any, orig_input_shape: Any, grad: Any, **attrs: Any) -> Any:
    """The gradient of mean pooling: each window's in equal parts to its elements."""
    data_format = attrs["data_format"]
    sizes = tuple(orig_input_shape.tolist())
    g = channels_last(check_volumes(grad, "out_backprop"), data_format)
    windows = _windows(inner(sizes, data_format), attrs)
    channels = sizes[channel_axis(data_format)]
    check_shape(g, (sizes[0], *windows.counts, channels), "out_backprop")
    wide = np.float32 if g.dtype.itemsize == 2 else g.dtype
    share = g.astype(wide, copy=False) / windows.element_counts(xp, wide)
    spread = xp.zeros((g.shape[0], *windows.padded, g.shape[4]), wide)
    for _, place in windows.places():
        spread[place] += share
    inside = xp.ascontiguousarray(spread[windows.inside]).astype(g.dtype, copy=False)
    return as_format(xp, inside, data_format)


def _pooled_shape(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.with_rank(5).known_rank()
    data_format = node.attrs["data_format"]
    windows = inner(node.attrs["ksize"], data_format)
    return [window_shape(node.attrs, sizes, windows, sizes[channel_axis(data_format)])]


_max_pool3d.shape(_pooled_shape)
_avg_pool3d.shape(_pooled_shape)


@_max_pool3d_grad.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.with_rank(5)]


_max_pool3d_grad_grad.shape(grad_grad_shape)


@_avg_pool3d_grad.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[0]).with_rank(5)]


@_max_pool3d.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    volumes, tops = node.inputs[0], node.outputs[0]
    return [make_tensor("MaxPool3DGrad", volumes, tops, grad, **attrs_of(node))]


def _shared(node: Operation) -> dict[str, Any]:
    return {key: node.attrs[key] for key in ("ksize", "strides", "padding", "data_format")}


@_max_pool3d_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    volumes, tops = node.inputs[:2]
    back = make_tensor("MaxPool3DGradGrad", volumes, tops, grad, **_shared(node))
    return [zeros_like(volumes), zeros_like(tops), back]


@_max_pool3d_grad_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    volumes, tops = node.inputs[:2]
    back = make_tensor("MaxPool3DGrad", volumes, tops, grad, **_shared(node))
    return [zeros_like(volumes), zeros_like(tops), back]


@_avg_pool3d.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("AvgPool3DGrad", shape(node.inputs[0]), grad, **attrs_of(node))]


@_avg_pool3d_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None, make_tensor("AvgPool3D", grad, **_shared(node))]
