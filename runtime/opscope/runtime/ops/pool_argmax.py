"""Max pooling of images that also says where each largest value was."""

from __future__ import annotations

from typing import Any

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.type_sets import REAL
from opscope.runtime.ops.volumes import Windows, windows_of
from opscope.runtime.ops.window_nodes import attrs_of, pooled_channels, window_shape
from opscope.runtime.ops.windows import check_images, check_shape
from opscope.runtime.tensor_shape import TensorShape

_ATTRS = (
    "ksize: list(int), strides: list(int), padding: {'SAME', 'VALID'}, "
    "include_batch_in_index: bool = false"
)


def _windows(images: Any, attrs: dict[str, Any]) -> Windows:
    return windows_of(images.shape[1:3], attrs["ksize"][1:3], {**attrs, "data_format": "NHWC"})


@op(
    "MaxPoolWithArgmax",
    "input: T -> output: T, argmax: Targmax",
    f"{_ATTRS}, Targmax: {{int32, int64}} = int64, T: {{{REAL}}}",
)
def _max_pool_with_argmax(xp: Any, images: Any, **attrs: Any) -> Any:
    """The largest value of each window and its place, (row * width + column) * channels + channel.

    The first of equal values counts; with include_batch_in_index the image comes before the row.
    """
    x = check_images(images, "tensor_in")
    if not x.size:
        raise errors.InvalidArgumentError(
            None, None, f"tensor_in must not be empty: {list(x.shape)}"
        )
    windows = _windows(x, attrs)
    batch, height, width, channels = x.shape
    numbers = xp.arange(height * width * channels).reshape(1, height, width, channels)
    padded = windows.with_border(xp, x, 0)
    inside = windows.with_border(xp, xp.ones((1, height, width, 1), bool), False)
    numbers = windows.with_border(xp, numbers, 0)
    result = xp.zeros((batch, *windows.counts, channels), x.dtype)
    found_at = xp.zeros(result.shape, numbers.dtype)
    known = xp.zeros(result.shape, bool)
    for _, place in windows.places():
        better = ((padded[place] > result) | ~known) & inside[place]
        result = xp.where(better, padded[place], result)
        found_at = xp.where(better, numbers[place], found_at)
        known |= inside[place]
    if attrs["include_batch_in_index"]:
        found_at = found_at + _first_of_image(xp, x.shape)
    return result, found_at.astype(attrs["Targmax"].as_numpy_dtype)


def _first_of_image(xp: Any, shape: Any) -> Any:
    """The place of the first element of each image in the flattened batch."""
    batch, height, width, channels = shape
    return (xp.arange(batch) * (height * width * channels)).reshape(-1, 1, 1, 1)


def _places_in_batch(xp: Any, images: Any, argmax: Any, attrs: dict[str, Any]) -> Any:
    if attrs["include_batch_in_index"]:
        return argmax
    return argmax + _first_of_image(xp, images.shape)


_GRADIENT_ATTRS = f"{_ATTRS}, Targmax: {{int32, int64}}, T: {{{REAL}}}"


@op(
    "MaxPoolGradWithArgmax",
    "input: T, grad: T, argmax: Targmax -> output: T",
    _GRADIENT_ATTRS,
)
def _grad_with_argmax(xp: Any, images: Any, grad: Any, argmax: Any, **attrs: Any) -> Any:
    """The gradient of max pooling: each window's goes to the place that it names."""
    counts = _windows(check_images(images, "tensor_in"), attrs).counts
    pooled = (images.shape[0], *counts, images.shape[3])
    check_shape(grad, pooled, "grad")
    check_shape(argmax, pooled, "argmax")
    places = _places_in_batch(xp, images, argmax, attrs)
    result = xp.zeros(images.size, grad.dtype)
    xp.add.at(result, places.ravel(), grad.ravel())
    return result.reshape(images.shape)


@op(
    "MaxPoolGradGradWithArgmax",
    "input: T, grad: T, argmax: Targmax -> output: T",
    _GRADIENT_ATTRS,
)
def _grad_grad_with_argmax(xp: Any, images: Any, grad: Any, argmax: Any, **attrs: Any) -> Any:
    """For each window, the element of grad at the place that it names."""
    return grad.ravel()[_places_in_batch(xp, images, argmax, attrs)]


@_max_pool_with_argmax.shape
def _(node: Operation) -> list[TensorShape]:
    images = node.inputs[0].shape.with_rank(4)
    channels = pooled_channels(images, node.attrs)
    pooled = window_shape(node.attrs, images.known_rank(), node.attrs["ksize"][1:3], channels)
    return [pooled, pooled]


@_grad_with_argmax.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.with_rank(4)]


@_grad_grad_with_argmax.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[2].shape.with_rank(4)]


@_max_pool_with_argmax.gradient
def _(node: Operation, grad: Tensor, _: Any) -> list[Tensor | None]:
    images, places = node.inputs[0], node.outputs[1]
    return [make_tensor("MaxPoolGradWithArgmax", images, grad, places, **attrs_of(node))]
