"""tf.nn's convolutions made of other ops: depthwise, separable, one-dimensional, transposed."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, shape, squeeze


def _rates(rate: Any) -> list[int]:
    rates = [1, 1] if rate is None else [rate] * 2 if isinstance(rate, int) else list(rate)
    if rates != [1, 1]:
        raise NotImplementedError(
            f"opscope's depthwise convolution has no rate other than 1, got {rates}; "
            "spread the filter with zeros instead"
        )
    return rates


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
        shape(filters)
        constant(_rates(dilations if rate is None else rate), dtypes.int32, name="dilation_rate")
        return _depthwise(images, filters, strides, padding, data_format, scope)


def _depthwise(
    images: Any, filters: Any, strides: Any, padding: Any, data_format: str | None, name: str
) -> Tensor:
    return make_tensor(
        "DepthwiseConv2dNative",
        images,
        filters,
        strides=strides,
        padding=padding,
        data_format=data_format or "NHWC",
        name=name,
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
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
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
        shape(filters)
        constant(_rates(dilations if rate is None else rate), dtypes.int32, name="dilation_rate")
        between = _depthwise(images, filters, strides, padding, data_format, "depthwise")
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
    rows = value if input is None else input
    channels_first = data_format in ("NCHW", "NCW")
    if data_format not in (None, "NHWC", "NWC", "NCHW", "NCW"):
        raise ValueError(f'data_format must be "NWC" or "NCW", got {data_format!r}')
    axis = 2 if channels_first else 1
    with op_scope(name, "conv1d", rows, filters) as scope:

        def in_two(number: Any) -> list[int]:
            listed = [number] if isinstance(number, int) else list(number)
            one = int(listed[0] if len(listed) == 1 else listed[axis])
            return [1, 1, 1, one] if channels_first else [1, 1, one, 1]

        place = -2 if channels_first else -3
        image = expand_dims(convert_to_tensor(rows), place)
        windows = expand_dims(convert_to_tensor(filters), 0)
        result = make_tensor(
            "Conv2D",
            image,
            windows,
            strides=in_two(stride),
            padding=padding,
            use_cudnn_on_gpu=use_cudnn_on_gpu,
            data_format="NCHW" if channels_first else "NHWC",
            dilations=None if dilations is None else in_two(dilations),
            name=scope,
        )
        return squeeze(result, [place])


def conv2d_transpose(
    value: Any = None,
    filter: Any = None,  # noqa: A002
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,  # noqa: A002
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """The gradient of a convolution as a layer: images of `output_shape` that would give `value`.

    filter: [height, width, out, in].
    """
    images = value if input is None else input
    windows = filter if filters is None else filters
    with op_scope(name, "conv2d_transpose", images, windows, output_shape) as scope:
        listed = [strides] * 2 if isinstance(strides, int) else list(strides)
        if len(listed) == 2:
            listed = [1, 1, *listed] if data_format == "NCHW" else [1, *listed, 1]
        return make_tensor(
            "Conv2DBackpropInput",
            output_shape,
            windows,
            images,
            strides=listed,
            padding=padding,
            data_format=data_format,
            dilations=dilations,
            name=scope,
        )
