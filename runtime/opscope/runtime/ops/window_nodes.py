"""What nodes of convolution and pooling have in common: attributes and output shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime.operation import Operation
from opscope.runtime.ops.windows import static_line
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
    node: Operation, sizes: Sequence[Any], windows: Sequence[Any], channels: Any
) -> TensorShape:
    """The output shape of a convolution or pooling node over an input of `sizes`.

    windows: sizes along the spatial axes; unknown sizes are None. ValueError when one is too large.
    """
    attrs = node.attrs
    data_format = attrs["data_format"]
    dilations = attrs.get("dilations") or (1,) * len(sizes)
    explicit = attrs.get("explicit_paddings") or (0,) * (2 * len(sizes))
    pairs = list(zip(explicit[::2], explicit[1::2], strict=True))
    counts = [
        static_line(size, window, step, attrs["padding"], dilation, pair)
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
