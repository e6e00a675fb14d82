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
from opscope.runtime.ops.window_nodes import CONV_ATTRS, attrs_of, channel_axis, window_shape
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.threads import kernel_pool

_ATTRS = f"{CONV_ATTRS}, use_cudnn_on_gpu: bool = true"


def _bound(kernel: Callable[..., Any]) -> Callable[[Binding], Callable[..., Any]]:
    def rule(binding: Binding) -> Callable[..., Any]:
        conv = convolution(binding.attrs, binding.xp, kernel_pool(binding))
        return lambda *inputs: kernel(conv, *inputs)

    return rule


@op("Conv2D", "input: T, filter: T -> output: T", f"T: {{{FLOAT}, int32}}, {_ATTRS}")
def _conv2d(
    xp: Any,
    images: Any,
    filters: Any,
    **attrs: Any,
) -> Any:
    """The products of the filters with every window of the images.

    images: [batch, height, width, channels] (or NCHW); filters: [height, width, in, out].
    """
    return forward(convolution(attrs, xp, None), images, filters)


@_conv2d.shape
def _(node: Operation) -> list[TensorShape]:
    images, filters = (t.shape.with_rank(4).known_rank() for t in node.inputs)
    channels = images[channel_axis(node.attrs["data_format"])]
    if filters[2] == 0:
        raise ValueError("Depth of filter must not be 0")
    if channels is not None and filters[2] is not None and channels != filters[2]:
        raise ValueError(
            f"Depth of input ({channels}) is not a multiple of input depth of filter ({filters[2]})"
        )
    return [window_shape(node.attrs, images, filters[:2], filters[3])]


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
    **attrs: Any,
) -> Any:
    """The gradient of a convolution with respect to its images."""
    return input_gradient(convolution(attrs, xp, None), input_sizes, filters, out_backprop)


@_conv2d_backprop_input.shape
def _(node: Operation) -> list[TensorShape]:
    wanted = static_shape(node.inputs[0]).with_rank(4)
    filters, grad = (t.shape.with_rank(4) for t in node.inputs[1:])
    channels = channel_axis(node.attrs["data_format"])
    filters[3:].assert_is_compatible_with(grad[channels : channels + 1])
    return [wanted[:1].merge_with(grad[:1]).concatenate(wanted[1:])]


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
    **attrs: Any,
) -> Any:
    """The gradient of a convolution with respect to its filters."""
    return filter_gradient(convolution(attrs, xp, None), images, filter_sizes, out_backprop)


@_conv2d_backprop_filter.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[1]).with_rank(4)]


_conv2d.bind(_bound(forward))
_conv2d_backprop_input.bind(_bound(input_gradient))
_conv2d_backprop_filter.bind(_bound(filter_gradient))


@_conv2d.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    images, filters = node.inputs
    image_sizes, filter_sizes = shape_n([images, filters])
    attrs = attrs_of(node)
    return [
        make_tensor("Conv2DBackpropInput", image_sizes, filters, grad, **attrs),
        make_tensor("Conv2DBackpropFilter", images, filter_sizes, grad, **attrs),
    ]


@_conv2d_backprop_input.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    _, filters, out_backprop = node.inputs
    attrs = attrs_of(node)
    return [
        None,
        make_tensor("Conv2DBackpropFilter", grad, shape(filters), out_backprop, **attrs),
        make_tensor("Conv2D", grad, filters, **attrs),
    ]


@_conv2d_backprop_filter.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    images, _, out_backprop = node.inputs
    attrs = attrs_of(node)
    return [
        make_tensor("Conv2DBackpropInput", shape(images), grad, out_backprop, **attrs),
        None,
        make_tensor("Conv2D", images, grad, **attrs),
    ]
