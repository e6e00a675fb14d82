"""tf.nn's convolutions made of other ops: depthwise, separable, one-dimensional."""

from __future__ import annotations

from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.dilated import with_space_to_batch
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, shape, squeeze
from opscope.runtime.ops.window_nodes import padding_attrs, per_axis, same_argument


def depthwise_conv2d(
    input: Any,  # noqa: A002
    filter: Any,  # noqa: A002
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Each channel convolved with filters of its own [height, width, channels, filters each]."""
    with op_scope(name, "depthwise", input, filter) as scope:
        images = convert_to_tensor(input, name="tensor_in")
        filters = convert_to_tensor(filter, name="filter_in")
        between = same_argument("dilations", dilations, "rate", rate)
        return _depthwise(images, filters, strides, padding, between, data_format, scope)


def _depthwise(
    images: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    rate: Any,
    data_format: str | None,
    name: str,
) -> Tensor:
    """The op on the images, or between the ops that spread its windows by `rate`."""

    def convolved(values: Any, _: int, used_padding: Any) -> Tensor:
        return depthwise_conv2d_native(
            values, filters, strides, used_padding, data_format or "NHWC", name=name
        )

    return with_space_to_batch(
        images,
        [1, 1] if rate is None else rate,
        padding,
        convolved,
        filter_shape=shape(filters),
        data_format=data_format,
    )


def depthwise_conv2d_native(
    input: Any,  # noqa: A002
    filter: Any,  # noqa: A002
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Each channel convolved with filters of its own, as the op itself."""
    return make_tensor(
        "DepthwiseConv2dNative",
        input,
        filter,
        strides=strides,
        data_format=data_format,
        dilations=dilations,
        name=name,
        **padding_attrs(padding),
    )


def depthwise_conv2d_native_backprop_input(
    input_sizes: Any,
    filter: Any,  # noqa: A002
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The gradient of a depthwise convolution with respect to images of shape `input_sizes`."""
    return make_tensor(
        "DepthwiseConv2dNativeBackpropInput",
        input_sizes,
        filter,
        out_backprop,
        strides=strides,
        data_format=data_format,
        dilations=dilations,
        name=name,
        **padding_attrs(padding),
    )


def depthwise_conv2d_native_backprop_filter(
    input: Any,  # noqa: A002
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The gradient of a depthwise convolution with respect to filters of shape `filter_sizes`."""
    return make_tensor(
        "DepthwiseConv2dNativeBackpropFilter",
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        data_format=data_format,
        dilations=dilations,
        name=name,
        **padding_attrs(padding),
    )


def separable_conv2d(
    input: Any,  # noqa: A002
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """A depthwise convolution, and one of single pixels that mixes the channels."""
    with op_scope(name, "separable_conv2d", input, depthwise_filter, pointwise_filter) as scope:
        images = convert_to_tensor(input, name="tensor_in")
        filters = convert_to_tensor(depthwise_filter, name="depthwise_filter")
        mixing = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        mixing.shape.with_rank(4)
        apart = same_argument("dilations", dilations, "rate", rate)
        between = _depthwise(images, filters, strides, padding, apart, data_format, "depthwise")
        return make_tensor(
            "Conv2D",
            between,
            mixing,
            strides=[1, 1, 1, 1],
            padding="VALID",
            data_format=data_format or "NHWC",
            name=scope,
        )


def conv1d(
    value: Any = None,
    filters: Any = None,
    stride: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool | None = None,
    data_format: str | None = None,
    name: str | None = None,
    input: Any = None,  # noqa: A002
    dilations: Any = None,
) -> Tensor:
    """The convolution of rows [batch, width, in] with filters [width, in, out].

    data_format: NWC, or NCW for [batch, in, width].
    """
    rows = same_argument("input", input, "value", value)
    if data_format not in (None, "NHWC", "NWC", "NCHW", "NCW"):
        raise ValueError(
            f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}"
        )
    channels_first = data_format in ("NCHW", "NCW")
    row_format = "NCW" if channels_first else "NWC"
    with op_scope(name, "conv1d", rows, filters) as scope:
        place = -2 if channels_first else -3
        image = expand_dims(convert_to_tensor(rows), place)
        windows = expand_dims(convert_to_tensor(filters), 0)
        result = make_tensor(
            "Conv2D",
            image,
            windows,
            strides=[1, *per_axis(stride, row_format, "stride")],
            padding=padding,
            use_cudnn_on_gpu=use_cudnn_on_gpu,
            data_format="NCHW" if channels_first else "NHWC",
            dilations=[1, *per_axis(dilations, row_format, "dilations")],
            name=scope,
        )
        return squeeze(result, [place])
