"""What nodes of convolution and pooling have in common: attributes and output shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opscope.runtime.operation import Operation
from opscope.runtime.ops.windows import static_line, windows_along
from opscope.runtime.tensor_shape import TensorShape

# The attributes of convolutions of images, in TensorFlow's order but for T.
CONV_ATTRS = (
    "strides: list(int), padding: {'SAME', 'VALID', 'EXPLICIT'}, "
    "explicit_paddings: list(int) = [], data_format: {'NHWC', 'NCHW'} = 'NHWC', "
    "dilations: list(int) = [1, 1, 1, 1]"
)


def attrs_of(node: Operation) -> dict[str, Any]:
    """The attributes that a node's gradients share with it."""
    return {key: value for key, value in node.attrs.items() if key not in ("T", "_class")}


def channel_axis(data_format: str) -> int:
    """Where the channels are: 1 for NCHW, NCDHW and NCW, else the last axis."""
    return 1 if data_format[1] == "C" else len(data_format) - 1


def inner(values: Any, data_format: str) -> tuple[Any, ...]:
    """The entries about the spatial axes of a sequence with one entry per axis."""
    return tuple(values[2:] if data_format[1] == "C" else values[1:-1])


def window_shape(
    attrs: Mapping[str, Any],
    sizes: Sequence[Any],
    windows: Sequence[Any],
    channels: Any,
    may_be_empty: bool = False,
) -> TensorShape:
    """The output shape of a convolution or pooling node over an input of `sizes`.

    attrs: the node's; without a data format it is NHWC. windows: sizes along the spatial axes;
    unknown sizes are None. may_be_empty: windows less than a stride too large give an empty axis.
    ValueError when one is too large.
    """
    data_format = attrs.get("data_format", "NHWC")
    dilations = attrs.get("dilations") or (1,) * len(sizes)
    explicit = attrs.get("explicit_paddings") or (0,) * (2 * len(sizes))
    pairs = list(zip(explicit[::2], explicit[1::2], strict=True))
    count = windows_along if may_be_empty else static_line
    counts = [
        count(size, window, step, attrs["padding"], dilation, pair)
        for size, window, step, dilation, pair in zip(
            inner(sizes, data_format),
            windows,
            inner(attrs["strides"], data_format),
            inner(dilations, data_format),
            inner(pairs, data_format),
            strict=True,
        )
    ]
    if data_format[1] == "C":
        return TensorShape([sizes[0], channels, *counts])
    return TensorShape([sizes[0], *counts, channels])


def pooled_channels(images: TensorShape, attrs: Mapping[str, Any]) -> int | None:
    """The number of channels that max pooling leaves, its windows being of one channel.

    ValueError where there is none, unless the padding is SAME.
    """
    channels = images[channel_axis(attrs.get("data_format", "NHWC"))].value
    return static_line(channels, 1, 1, "SAME" if attrs["padding"] == "SAME" else "VALID")


def grad_grad_shape(node: Operation) -> list[TensorShape]:
    """The pooled shape of images, pooled images and what the first has a gradient of."""
    data_format = node.attrs["data_format"]
    images = node.inputs[0].shape.with_rank(len(data_format)).merge_with(node.inputs[2].shape)
    sizes = images.known_rank()
    windows = inner(node.attrs["ksize"], data_format)
    pooled = window_shape(node.attrs, sizes, windows, sizes[channel_axis(data_format)])
    return [pooled.merge_with(node.inputs[1].shape)]


def per_axis(value: Any, data_format: str, what: str) -> list[int]:
    """One number per axis from one number, one per spatial axis, or all of them; None is ones.

    ValueError for another length.
    """
    spatial = len(data_format) - 2
    if value is None:
        return [1] * len(data_format)
    listed = [int(v) for v in value] if hasattr(value, "__len__") else [int(value)]
    if len(listed) == len(data_format):
        return listed
    if len(listed) not in (1, spatial):
        raise ValueError(
            f"{what} should be of length 1, {spatial} or {spatial + 2}. "
            f"Received: {what}={value} of length {len(listed)}"
        )
    if len(listed) == 1:
        listed *= spatial
    return [1, 1, *listed] if data_format[1] == "C" else [1, *listed, 1]


def padding_attrs(padding: Any) -> dict[str, Any]:
    """The attributes for padding "SAME", "VALID" or a list of (before, after), one per axis."""
    if isinstance(padding, (list, tuple)):
        flat = [int(size) for pair in padding for size in pair]
        return {"padding": "EXPLICIT", "explicit_paddings": flat}
    return {"padding": padding}


def same_argument(new_name: str, new: Any, old_name: str, old: Any) -> Any:
    """The value given under either of two names of one argument; ValueError when under both."""
    if new is None:
        return old
    if old is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'.")
    return new
