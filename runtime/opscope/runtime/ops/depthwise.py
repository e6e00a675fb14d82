"""Depthwise convolution: each channel of an image has filters of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.convolution import Convolution, check_gradient, convolution
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.static_value import static_shape
from opscope.runtime.ops.type_sets import FLOAT
from opscope.runtime.ops.window_nodes import CONV_ATTRS, attrs_of, channel_axis, window_shape
from opscope.runtime.ops.windows import (
    Line,
    check_filters,
    check_images,
    from_nhwc,
    spatial,
    to_nhwc,
)
from opscope.runtime.tensor_shape import TensorShape

_ATTRS = f"T: {{{FLOAT}}}, {CONV_ATTRS}"


def _places(rows: Line, columns: Line) -> Iterator[tuple[int, int, Any]]:
    """Each element of the window, and where it lies on the padded images."""
    for i in range(rows.window):
        for j in range(columns.window):
            yield i, j, (slice(None), rows.places(i), columns.places(j))


def _with_border(xp: Any, images: Any, rows: Line, columns: Line) -> Any:
    pairs = ((0, 0), (rows.before, rows.after), (columns.before, columns.after), (0, 0))
    return xp.pad(images, pairs) if any(map(any, pairs)) else images


def _computed(value: Any) -> Any:
    return value.astype("float32") if value.dtype.itemsize == 2 else value


def _output(conv: Convolution, images: Any, filters: Any) -> Any:
    xp, dtype = conv.xp, images.dtype
    x = _computed(to_nhwc(check_images(images, "input"), conv.data_format))
    w = _computed(check_filters(filters, 4))
    _check_depth(x.shape[3], w.shape)
    rows, columns = conv.lines(x.shape[1], x.shape[2], w.shape)
    inside = _with_border(xp, x, rows, columns)
    total = xp.zeros((x.shape[0], rows.count, columns.count, *w.shape[2:]), x.dtype)
    for i, j, place in _places(rows, columns):
        total += inside[place][..., None] * w[i, j]
    flat = total.reshape(*total.shape[:3], math.prod(w.shape[2:])).astype(dtype, copy=False)
    return from_nhwc(xp, flat, conv.data_format)


def _check_depth(channels: int, filters: tuple[int, ...]) -> None:
    if channels != filters[2]:
        raise errors.InvalidArgumentError(
            None, None, f"input and filter must have the same depth: {channels} vs {filters[2]}"
        )


def _split_channels(
    conv: Convolution, grad: Any, batch: int, rows: Line, columns: Line, filters: tuple[int, ...]
) -> Any:
    """The gradient as [batch, row, column, channel, filter of the channel]."""
    g = _computed(to_nhwc(check_images(grad, "out_backprop"), conv.data_format))
    check_gradient(g, batch, rows, columns, filters[2] * filters[3])
    return g.reshape(*g.shape[:3], *filters[2:])


def _input_gradient(conv: Convolution, input_sizes: Any, filters: Any, grad: Any) -> Any:
    xp = conv.xp
    sizes = tuple(input_sizes.tolist())
    height, width = spatial(sizes, conv.data_format)
    w = _computed(check_images(filters, "filter"))
    _check_depth(sizes[1 if conv.data_format == "NCHW" else 3], w.shape)
    rows, columns = conv.lines(height, width, w.shape)
    g = _split_channels(conv, grad, sizes[0], rows, columns, w.shape)
    whole = xp.zeros((g.shape[0], rows.padded, columns.padded, w.shape[2]), g.dtype)
    for i, j, place in _places(rows, columns):
        whole[place] += (g * w[i, j]).sum(axis=4)
    inside = whole[
        :, rows.before : rows.before + rows.size, columns.before : columns.before + columns.size
    ]
    return from_nhwc(
        xp, xp.ascontiguousarray(inside).astype(grad.dtype, copy=False), conv.data_format
    )


def _filter_gradient(conv: Convolution, images: Any, filter_sizes: Any, grad: Any) -> Any:
    xp = conv.xp
    sizes = tuple(filter_sizes.tolist())
    x = _computed(to_nhwc(check_images(images, "input"), conv.data_format))
    _check_depth(x.shape[3], sizes)
    rows, columns = conv.lines(x.shape[1], x.shape[2], sizes)
    g = _split_channels(conv, grad, x.shape[0], rows, columns, sizes)
    inside = _with_border(xp, x, rows, columns)
    total = xp.empty(sizes, g.dtype)
    for i, j, place in _places(rows, columns):
        total[i, j] = (inside[place][..., None] * g).sum(axis=(0, 1, 2))
    return total.astype(grad.dtype, copy=False)


@op("DepthwiseConv2dNative", "input: T, filter: T -> output: T", _ATTRS)
def _depthwise(
    xp: Any,
    images: Any,
    filters: Any,
    **attrs: Any,
) -> Any:
    """Convolve each channel with filters of its own.

    images: [batch, height, width, channels] (or NCHW); filters: [height, width, channels, filters
    per channel]; output channels are channels times filters per channel, those of a channel
    together.
    """
    return _output(convolution(attrs, xp, None), images, filters)


@op(
    "DepthwiseConv2dNativeBackpropInput",
    "input_sizes: int32, filter: T, out_backprop: T -> output: T",
    _ATTRS,
)
def _depthwise_input(
    xp: Any,
    input_sizes: Any,
    filters: Any,
    out_backprop: Any,
    **attrs: Any,
) -> Any:
    """The gradient of a depthwise convolution with respect to its images."""
    return _input_gradient(convolution(attrs, xp, None), input_sizes, filters, out_backprop)


@op(
    "DepthwiseConv2dNativeBackpropFilter",
    "input: T, filter_sizes: int32, out_backprop: T -> output: T",
    _ATTRS,
)
def _depthwise_filter(
    xp: Any,
    images: Any,
    filter_sizes: Any,
    out_backprop: Any,
    **attrs: Any,
) -> Any:
    """The gradient of a depthwise convolution with respect to its filters."""
    return _filter_gradient(convolution(attrs, xp, None), images, filter_sizes, out_backprop)


@_depthwise.shape
def _(node: Operation) -> list[TensorShape]:
    images, filters = (t.shape.with_rank(4).known_rank() for t in node.inputs)
    channels = images[channel_axis(node.attrs["data_format"])]
    if channels is not None and filters[2] is not None and channels != filters[2]:
        raise ValueError(
            f"Dimensions must be equal, but are {channels} and {filters[2]} for "
            f"'{node.name}' (op: 'DepthwiseConv2dNative')"
        )
    deep = None if filters[2] is None or filters[3] is None else filters[2] * filters[3]
    return [window_shape(node.attrs, images, filters[:2], deep)]


@_depthwise_input.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[0]).with_rank(4)]


@_depthwise_filter.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[1]).with_rank(4)]


@_depthwise.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    images, filters = node.inputs
    attrs = attrs_of(node)
    return [
        make_tensor("DepthwiseConv2dNativeBackpropInput", shape(images), filters, grad, **attrs),
        make_tensor("DepthwiseConv2dNativeBackpropFilter", images, shape(filters), grad, **attrs),
    ]


@_depthwise_input.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    _, filters, out_backprop = node.inputs
    attrs = attrs_of(node)
    return [
        None,
        make_tensor(
            "DepthwiseConv2dNativeBackpropFilter", grad, shape(filters), out_backprop, **attrs
        ),
        make_tensor("DepthwiseConv2dNative", grad, filters, **attrs),
    ]


@_depthwise_filter.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    images, _, out_backprop = node.inputs
    attrs = attrs_of(node)
    return [
        make_tensor(
            "DepthwiseConv2dNativeBackpropInput", shape(images), grad, out_backprop, **attrs
        ),
        None,
        make_tensor("DepthwiseConv2dNative", images, grad, **attrs),
    ]
