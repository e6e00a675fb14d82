"""Grey-scale dilation and erosion of images by windows with a height of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.dtypes import as_dtype as data_type
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import reverse
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.type_sets import REAL
from opscope.runtime.ops.volumes import Windows, windows_of
from opscope.runtime.ops.window_nodes import same_argument, window_shape
from opscope.runtime.ops.windows import check_images
from opscope.runtime.tensor_shape import TensorShape

_ATTRS = f"T: {{{REAL}}}, strides: list(int), rates: list(int), padding: {{'SAME', 'VALID'}}"


def _windows(images: Any, filters: Any, attrs: dict[str, Any]) -> Windows:
    check_images(images, "input")
    if filters.ndim != 3 or images.shape[3] != filters.shape[2]:
        raise errors.InvalidArgumentError(
            None,
            None,
            "input and filter must have the same depth: "
            f"{images.shape[3]} vs {filters.shape[-1] if filters.ndim else 0}",
        )
    described = {**attrs, "dilations": attrs["rates"], "data_format": "NHWC"}
    return windows_of(images.shape[1:3], filters.shape[:2], described)


def _largest(xp: Any, images: Any, filters: Any, attrs: dict[str, Any]) -> tuple[Any, Any, Windows]:
    """The largest sum of each window, the number of the element that gave it, and the windows."""
    windows = _windows(images, filters, attrs)
    padded = windows.with_border(xp, images, 0)
    inside = windows.with_border(xp, xp.ones((1, *images.shape[1:3], 1), bool), False)
    shape = (images.shape[0], *windows.counts, images.shape[3])
    # As in TensorFlow: a sum has to be more than the lowest number, which NaN never is, and the
    # first element of a window has won where none is.
    best = xp.full(shape, data_type(images.dtype).min, images.dtype)
    winner = xp.full(shape, -1, np.int64)
    for number, (index, place) in enumerate(windows.places()):
        total = padded[place] + filters[index]
        better = inside[place] & (total > best)
        best = xp.where(better, total, best)
        winner = xp.where(better | (inside[place] & (winner < 0)), number, winner)
    return best, winner, windows


def _winners(
    xp: Any, images: Any, filters: Any, grad: Any, attrs: dict[str, Any]
) -> tuple[Any, Windows]:
    """Which element won each window, and the windows; the gradient has to have their shape."""
    best, winner, windows = _largest(xp, images, filters, attrs)
    if best.shape != grad.shape:
        raise errors.InvalidArgumentError(
            None, None, f"out_backprop has incompatible shape {list(grad.shape)}"
        )
    return winner, windows


@op("Dilation2D", "input: T, filter: T -> output: T", _ATTRS)
def _dilation(xp: Any, images: Any, filters: Any, **attrs: Any) -> Any:
    """The largest sum of window and filter at each place, channel by channel.

    images: [batch, height, width, channels]; filters: [height, width, channels].
    """
    return _largest(xp, images, filters, attrs)[0]


@op("Dilation2DBackpropInput", "input: T, filter: T, out_backprop: T -> in_backprop: T", _ATTRS)
def _input_gradient(xp: Any, images: Any, filters: Any, grad: Any, **attrs: Any) -> Any:
    """The gradient of a dilation for the images: each window's goes to the element that won."""
    winner, windows = _winners(xp, images, filters, grad, attrs)
    spread = xp.zeros((images.shape[0], *windows.padded, images.shape[3]), images.dtype)
    for number, (_, place) in enumerate(windows.places()):
        spread[place] += xp.where(winner == number, grad, images.dtype.type(0))
    return xp.ascontiguousarray(spread[windows.inside])


@op("Dilation2DBackpropFilter", "input: T, filter: T, out_backprop: T -> filter_backprop: T",
    _ATTRS)  # fmt: skip
def _filter_gradient(xp: Any, images: Any, filters: Any, grad: Any, **attrs: Any) -> Any:
    """The gradient of a dilation for the filters: each window's goes to the element that won."""
    winner, windows = _winners(xp, images, filters, grad, attrs)
    total = xp.zeros(filters.shape, filters.dtype)
    for number, (index, _) in enumerate(windows.places()):
        won = xp.where(winner == number, grad, filters.dtype.type(0))
        total[index] = won.sum(axis=(0, 1, 2), dtype=filters.dtype)
    return total


@_dilation.shape
def _(node: Operation) -> list[TensorShape]:
    images = node.inputs[0].shape.with_rank(4).known_rank()
    filters = node.inputs[1].shape.with_rank(3).known_rank()
    attrs = {**node.attrs, "dilations": node.attrs["rates"]}
    return [window_shape(attrs, images, filters[:2], images[3], may_be_empty=True)]


@_input_gradient.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.with_rank(4)]


@_filter_gradient.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[1].shape.with_rank(3)]


@_dilation.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    attrs = {key: node.attrs[key] for key in ("strides", "rates", "padding")}
    return [
        make_tensor(f"Dilation2DBackprop{what}", *node.inputs, grad, **attrs)
        for what in ("Input", "Filter")
    ]


def dilation2d(
    input: Any,  # noqa: A002
    filter: Any = None,  # noqa: A002
    strides: Any = None,
    rates: Any = None,
    padding: str | None = None,
    name: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """The largest sum of each window of the images and the filter [height, width, channels]."""
    return make_tensor(
        "Dilation2D",
        input,
        same_argument("filters", filters, "filter", filter),
        strides=strides,
        rates=same_argument("dilations", dilations, "rates", rates),
        padding=padding,
        name=name,
    )


def erosion2d(
    value: Any, kernel: Any, strides: Any, rates: Any, padding: str, name: str | None = None
) -> Tensor:
    """The smallest difference of each window of the images and the kernel, turned around."""
    with op_scope(name, "erosion2d", value, kernel) as scope:
        lowest = dilation2d(
            make_tensor("Neg", value), reverse(kernel, [0, 1]), strides, rates, padding, scope
        )
        return make_tensor("Neg", lowest)
