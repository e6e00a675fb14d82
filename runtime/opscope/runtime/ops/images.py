"""tf.nn's convolution of images and volumes and its two gradients under their Python names."""

from __future__ import annotations

from typing import Any

from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.window_nodes import padding_attrs, per_axis, same_argument


def conv2d(
    input: Any,  # noqa: A002
    filter: Any = None,  # noqa: A002
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """The convolution of images [batch, height, width, in] with filters [height, width, in, out].

    padding: "SAME", "VALID" or a list of (before, after) pairs, one per axis.
    """
    return make_tensor(
        "Conv2D",
        input,
        same_argument("filters", filters, "filter", filter),
        name=name,
        **_conv_attrs(strides, padding, use_cudnn_on_gpu, data_format, dilations),
    )


def conv2d_backprop_input(
    input_sizes: Any,
    filter: Any = None,  # noqa: A002
    out_backprop: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """The gradient of a convolution with respect to images of shape `input_sizes`."""
    return make_tensor(
        "Conv2DBackpropInput",
        input_sizes,
        same_argument("filters", filters, "filter", filter),
        out_backprop,
        name=name,
        **_conv_attrs(strides, padding, use_cudnn_on_gpu, data_format, dilations),
    )


def conv2d_backprop_filter(
    input: Any,  # noqa: A002
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The gradient of a convolution with respect to filters of shape `filter_sizes`."""
    return make_tensor(
        "Conv2DBackpropFilter",
        input,
        filter_sizes,
        out_backprop,
        name=name,
        **_conv_attrs(strides, padding, use_cudnn_on_gpu, data_format, dilations),
    )


def _conv_attrs(
    strides: Any, padding: Any, use_cudnn_on_gpu: bool, data_format: str, dilations: Any
) -> dict[str, Any]:
    return {
        "strides": per_axis(strides, data_format, "strides"),
        "dilations": per_axis(dilations, data_format, "dilations"),
        "use_cudnn_on_gpu": use_cudnn_on_gpu,
        "data_format": data_format,
        **padding_attrs(padding),
    }


def conv3d(
    input: Any,  # noqa: A002
    filter: Any = None,  # noqa: A002
    strides: Any = None,
    padding: Any = None,
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """The convolution of volumes [batch, planes, rows, columns, in].

    filter: [planes, rows, columns, in, out]. strides: five numbers.
    """
    return make_tensor(
        "Conv3D",
        input,
        same_argument("filters", filters, "filter", filter),
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


def conv3d_backprop_filter_v2(
    input: Any,  # noqa: A002
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The gradient of a convolution of volumes with respect to filters of shape `filter_sizes`."""
    return make_tensor(
        "Conv3DBackpropFilterV2",
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )
