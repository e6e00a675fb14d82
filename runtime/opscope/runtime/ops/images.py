"""tf.nn's functions on images: convolution and pooling under their Python names."""

from __future__ import annotations

from typing import Any

from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.scope import op_scope


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
        filters if filter is None else filter,
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
        filters if filter is None else filter,
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
    attrs: dict[str, Any] = {
        "strides": _per_axis(1 if strides is None else strides, data_format, "strides"),
        "dilations": _per_axis(1 if dilations is None else dilations, data_format, "dilations"),
        "use_cudnn_on_gpu": use_cudnn_on_gpu,
        "data_format": data_format,
        "padding": padding,
    }
    if isinstance(padding, (list, tuple)):
        attrs["padding"] = "EXPLICIT"
        attrs["explicit_paddings"] = [int(size) for pair in padding for size in pair]
    return attrs


def _per_axis(value: Any, data_format: str, what: str) -> list[int]:
    """One number per axis from a number, a pair for height and width, or all four."""
    listed = [value] if isinstance(value, int) else list(value)
    if len(listed) == 4:
        return [int(v) for v in listed]
    if len(listed) not in (1, 2):
        raise ValueError(f"{what} should be of length 1, 2 or 4, got {value!r}")
    high, wide = (listed * 2)[:2]
    return [1, 1, high, wide] if data_format == "NCHW" else [1, high, wide, 1]


def max_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,  # noqa: A002
) -> Tensor:
    """The largest value of every window of `ksize`, `strides` apart, channel by channel."""
    images = value if input is None else input
    with op_scope(name, "MaxPool", images) as scope:
        return make_tensor(
            "MaxPool",
            images,
            ksize=_per_axis(ksize, data_format, "ksize"),
            strides=_per_axis(strides, data_format, "strides"),
            padding=padding,
            data_format=data_format,
            name=scope,
        )


def avg_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,  # noqa: A002
) -> Tensor:
    """The mean of every window of `ksize`, `strides` apart, channel by channel."""
    images = value if input is None else input
    with op_scope(name, "AvgPool", images) as scope:
        return make_tensor(
            "AvgPool",
            images,
            ksize=_per_axis(ksize, data_format, "ksize"),
            strides=_per_axis(strides, data_format, "strides"),
            padding=padding,
            data_format=data_format,
            name=scope,
        )
