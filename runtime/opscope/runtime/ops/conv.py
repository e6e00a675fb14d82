"""The op types of two-dimensional convolution and its two gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime.binding import Binding
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.convolution import (
    convolution,
    filter_gradient,
    forward,
    input_gradient,
)
from opscope.runtime.ops.shape import shape, shape_n
from opscope.runtime.ops.static_value import static_shape
from opscope.runtime.ops.type_sets import FLOAT
from opscope.runtime.ops.windows import explicit_pairs, image_shape, spatial, static_line
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.threads import kernel_pool

_ATTRS = (
    "strides: list(int), use_cudnn_on_gpu: bool = true, "
    "padding: {'SAME', 'VALID', 'EXPLICIT'}, explicit_paddings: list(int) = [], "
    "data_format: {'NHWC', 'NCHW'} = 'NHWC', dilations: list(int) = [1, 1, 1, 1]"
)


def _bound(
    kernel: Callable[..., Any],
) -> Callable[[Binding], Callable[..., Any]]:
    def rule(binding: Binding) -> Callable[..., Any]:
        conv = convolution(binding.attrs, binding.xp, kernel_pool(binding))
        return lambda *inputs: kernel(conv, *inputs)

    return rule


@op("Conv2D", "input: T, filter: T -> output: T", f"T: {{{FLOAT}, int32}}, {_ATTRS}")
def _conv2d(
    xp: Any,
    images: Any,
    filters: Any,
    *,
    strides: Any,
    padding: str,
    explicit_paddings: Any,
    data_format: str,
    dilations: Any,
) -> Any:
    """The products of the filters with every window of the images.

    images: [batch, height, width, channels] (or NCHW); filters: [height, width, in, out].
    """
    attrs = {
        "strides": strides,
        "padding": padding,
        "explicit_paddings": explicit_paddings,
        "data_format": data_format,
        "dilations": dilations,
    }
    return forward(convolution(attrs, xp, None), images, filters)


@_conv2d.shape
def _(node: Operation) -> list[TensorShape]:
    images, filters = (t.shape.with_rank(4).known_rank() for t in node.inputs)
    attrs = node.attrs
    data_format = attrs["data_format"]
    channels = images[1] if data_format == "NCHW" else images[3]
    if channels is not None and filters[2] is not None and channels != filters[2]:
        raise ValueError(
            f"Depth of input ({channels}) is not a multiple of input depth of filter ({filters[2]})"
        )
    counts = []
    for size, window, step, dilation, pair in zip(
        spatial(images, data_format),
        filters[:2],
        spatial(attrs["strides"], data_format),
        spatial(attrs["dilations"], data_format),
        explicit_pairs(attrs["explicit_paddings"], data_format),
        strict=True,
    ):
        counts.append(static_line(size, window, step, attrs["padding"], dilation, pair))
    return [image_shape(images[0], counts[0], counts[1], filters[3], data_format)]


@op(
    "Conv2DBackpropInput",
    "input_sizes: int32, filter: T, out_backprop: T -> output: T",
    f"T: {{{FLOAT}, int32}}, {_ATTRS}",
)
def _conv2d_backprop_input(
    xp: Any,
    input_sizes: Any,
    filters: Any,
    out_backprop: Any,
    *,
    strides: Any,
    padding: str,
    explicit_paddings: Any,
    data_format: str,
    dilations: Any,
) -> Any:
    """The gradient of a convolution with respect to its images."""
    attrs = {
        "strides": strides,
        "padding": padding,
        "explicit_paddings": explicit_paddings,
        "data_format": data_format,
        "dilations": dilations,
    }
    return input_gradient(convolution(attrs, xp, None), input_sizes, filters, out_backprop)


@_conv2d_backprop_input.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[0]).with_rank(4)]


@op(
    "Conv2DBackpropFilter",
    "input: T, filter_sizes: int32, out_backprop: T -> output: T",
    f"T: {{{FLOAT}}}, {_ATTRS}",
)
def _conv2d_backprop_filter(
    xp: Any,
    images: Any,
    filter_sizes: Any,
    out_backprop: Any,
    *,
    strides: Any,
    padding: str,
    explicit_paddings: Any,
    data_format: str,
    dilations: Any,
) -> Any:
    """The gradient of a convolution with respect to its filters."""
    attrs = {
        "strides": strides,
        "padding": padding,
        "explicit_paddings": explicit_paddings,
        "data_format": data_format,
        "dilations": dilations,
    }
    return filter_gradient(convolution(attrs, xp, None), images, filter_sizes, out_backprop)


@_conv2d_backprop_filter.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[1]).with_rank(4)]


_conv2d.bind(_bound(forward))
_conv2d_backprop_input.bind(_bound(input_gradient))
_conv2d_backprop_filter.bind(_bound(filter_gradient))


def _conv_attrs(node: Operation) -> dict[str, Any]:
    return {key: value for key, value in node.attrs.items() if key not in ("T", "_class")}


@_conv2d.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    images, filters = node.inputs
    image_sizes, filter_sizes = shape_n([images, filters])
    attrs = _conv_attrs(node)
    return [
        make_tensor("Conv2DBackpropInput", image_sizes, filters, grad, **attrs),
        make_tensor("Conv2DBackpropFilter", images, filter_sizes, grad, **attrs),
    ]


@_conv2d_backprop_input.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    _, filters, out_backprop = node.inputs
    attrs = _conv_attrs(node)
    return [
        None,
        make_tensor("Conv2DBackpropFilter", grad, shape(filters), out_backprop, **attrs),
        make_tensor("Conv2D", grad, filters, **attrs),
    ]


@_conv2d_backprop_filter.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    images, _, out_backprop = node.inputs
    attrs = _conv_attrs(node)
    return [
        make_tensor("Conv2DBackpropInput", shape(images), grad, out_backprop, **attrs),
        None,
        make_tensor("Conv2D", images, grad, **attrs),
    ]
