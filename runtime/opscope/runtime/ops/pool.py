"""Pooling: the largest value or the mean of every window of an image, channel by channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.binding import Binding
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.static_value import static_shape
from opscope.runtime.ops.type_sets import FLOAT, REAL
from opscope.runtime.ops.window_nodes import (
    attrs_of,
    channel_axis,
    inner,
    pooled_channels,
    window_shape,
)
from opscope.runtime.ops.windows import (
    Line,
    check_images,
    check_shape,
    explicit_pairs,
    from_nhwc,
    line,
    spatial,
    to_nhwc,
)
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.threads import KernelPool, kernel_pool

_FORMAT = "data_format: {'NHWC', 'NCHW'} = 'NHWC'"
_SIZES = "ksize: list(int), strides: list(int)"
_MAX_TYPES = f"T: {{{FLOAT}, int32, int64, uint8, int16, int8, uint16}} = float32"
_MAX_ATTRS = (
    f"{_SIZES}, padding: {{'SAME', 'VALID', 'EXPLICIT'}}, explicit_paddings: list(int) = [], "
    f"{_FORMAT}"
)
_MEAN_ATTRS = f"{_SIZES}, padding: {{'SAME', 'VALID'}}, {_FORMAT}, T: {{{FLOAT}}}"

# A batch smaller than this many elements is not worth handing to other threads.
_SPLIT_FROM = 200_000


class Pooling(NamedTuple):
    """The attributes of a pooling node, and what it runs on."""

    xp: Any
    pool: KernelPool | None
    windows: tuple[int, int]
    steps: tuple[int, int]
    padding: str
    explicit: tuple[Any, Any]
    data_format: str

    def lines(self, height: int, width: int) -> tuple[Line, Line]:
        """The windows along both axes; InvalidArgumentError when they do not fit."""
        try:
            return (
                line(height, self.windows[0], self.steps[0], self.padding, 1, self.explicit[0]),
                line(width, self.windows[1], self.steps[1], self.padding, 1, self.explicit[1]),
            )
        except ValueError as error:
            raise errors.InvalidArgumentError(None, None, str(error)) from None

    def over_batch(self, images: Any, work: Callable[[int, int], None]) -> None:
        """Call work(start, stop) on shares of the batch."""
        if self.pool is None or images.size < _SPLIT_FROM:
            work(0, images.shape[0])
        else:
            self.pool.split(images.shape[0], work)


def _pooling(attrs: dict[str, Any], xp: Any, pool: KernelPool | None) -> Pooling:
    data_format = attrs["data_format"]
    across = 1 if data_format == "NCHW" else 3
    if attrs["ksize"][0] != 1 or attrs["ksize"][across] != 1:
        raise errors.UnimplementedError(
            None, None, "Pooling is not yet supported on the batch or the channel dimension."
        )
    return Pooling(
        xp,
        pool,
        spatial(attrs["ksize"], data_format),
        spatial(attrs["strides"], data_format),
        attrs["padding"],
        explicit_pairs(attrs.get("explicit_paddings"), data_format),
        data_format,
    )


def _bound(kernel: Callable[..., Any]) -> Callable[[Binding], Callable[..., Any]]:
    def rule(binding: Binding) -> Callable[..., Any]:
        pooling = _pooling(binding.attrs, binding.xp, kernel_pool(binding))
        return lambda *inputs: kernel(pooling, *inputs)

    return rule


def _padded(xp: Any, images: Any, rows: Line, columns: Line, value: Any) -> Any:
    """NHWC images with a border of `value`."""
    if not (rows.before or rows.after or columns.before or columns.after):
        return images
    shape = (images.shape[0], rows.padded, columns.padded, images.shape[3])
    result = xp.full(shape, value, images.dtype)
    _inside(result, rows, columns)[...] = images
    return result


def _inside(images: Any, rows: Line, columns: Line) -> Any:
    """The images without the border."""
    return images[
        :, rows.before : rows.before + rows.size, columns.before : columns.before + columns.size
    ]


def _places(rows: Line, columns: Line) -> list[tuple[slice, slice, slice]]:
    """For each element of a window, in row-major order, where it lies for all windows."""
    return [
        (slice(None), rows.places(i), columns.places(j))
        for i in range(rows.window)
        for j in range(columns.window)
    ]


def _lowest(dtype: Any) -> Any:
    return dtypes.as_dtype(dtype).min if dtype.kind in "iu" else -np.inf


# -- largest -------------------------------------------------------------------------------


def _max_pool_images(pooling: Pooling, images: Any) -> Any:
    xp = pooling.xp
    x = to_nhwc(check_images(images, "tensor_in"), pooling.data_format)
    rows, columns = pooling.lines(x.shape[1], x.shape[2])
    out = xp.empty((x.shape[0], rows.count, columns.count, x.shape[3]), x.dtype)
    first, *others = _places(rows, columns)

    def some(start: int, stop: int) -> None:
        part = _padded(xp, x[start:stop], rows, columns, _lowest(x.dtype))
        result = out[start:stop]
        if not others:
            result[...] = part[first]
            return
        xp.maximum(part[first], part[others[0]], out=result)
        for place in others[1:]:
            xp.maximum(result, part[place], out=result)

    pooling.over_batch(x, some)
    return from_nhwc(xp, out, pooling.data_format)


def _max_pool_gradient(pooling: Pooling, images: Any, largest: Any, grad: Any) -> Any:
    """The gradient of each window goes to the first of its largest elements."""
    xp = pooling.xp
    x, y, g = (to_nhwc(check_images(v, "tensor"), pooling.data_format) for v in
               (images, largest, grad))  # fmt: skip
    rows, columns = pooling.lines(x.shape[1], x.shape[2])
    pooled = (x.shape[0], rows.count, columns.count, x.shape[3])
    check_shape(y, pooled, "orig_output")
    check_shape(g, pooled, "grad")
    out = xp.empty(x.shape, g.dtype)
    places = _places(rows, columns)
    overlap = rows.step < rows.window or columns.step < columns.window

    def some(start: int, stop: int) -> None:
        part = _padded(xp, x[start:stop], rows, columns, _lowest(x.dtype))
        tops, grads = y[start:stop], g[start:stop]
        spread = xp.zeros(part.shape, g.dtype)
        free = None
        for place in places:
            found = part[place] == tops
            if free is None:
                free = ~found
            else:
                found &= free
                free ^= found
            if overlap:
                spread[place] += _where_found(xp, found, grads)
            else:
                spread[place] = _where_found(xp, found, grads)
        out[start:stop] = _inside(spread, rows, columns)

    pooling.over_batch(x, some)
    return from_nhwc(xp, out, pooling.data_format)


def _where_found(xp: Any, found: Any, grads: Any) -> Any:
    """The gradients where `found`, else 0; a product would make inf * 0 = NaN.

    NumPy's `where` takes five times as long as masking the bits.
    """
    bits = {"f": np.int32, "d": np.int64}.get(grads.dtype.char)
    if xp is not np or bits is None:
        return xp.where(found, grads, grads.dtype.type(0))
    mask = found.astype(bits)
    np.negative(mask, out=mask)
    np.bitwise_and(grads.view(bits), mask, out=mask)
    return mask.view(grads.dtype)


@op("MaxPool", "input: T -> output: T", f"{_MAX_TYPES}, {_MAX_ATTRS}")
def _max_pool(xp: Any, images: Any, **attrs: Any) -> Any:
    """The largest value of each window of each channel; NaN where there is one.

    (TensorFlow's CPU kernel skips a NaN, and so hides it.)
    """
    return _max_pool_images(_pooling(attrs, xp, None), images)


@op(
    "MaxPoolGrad",
    "orig_input: T, orig_output: T, grad: T -> output: T",
    f"{_MAX_ATTRS}, T: {{{REAL}}} = float32",
)
def _max_pool_grad(
    xp: Any,
    orig_input: Any,
    orig_output: Any,
    grad: Any,
    **attrs: Any,
) -> Any:
    """The gradient of max pooling: each window's goes to the first of its largest elements."""
    return _max_pool_gradient(_pooling(attrs, xp, None), orig_input, orig_output, grad)


# -- mean ----------------------------------------------------------------------------------


def _counts(xp: Any, rows: Line, columns: Line, dtype: Any) -> Any:
    """How many elements of the image each window holds: [row, column, 1]."""

    def along(axis: Line) -> Any:
        starts = np.arange(axis.count) * axis.step - axis.before
        return np.minimum(starts + axis.window, axis.size) - np.maximum(starts, 0)

    return xp.asarray(np.outer(along(rows), along(columns))[:, :, None].astype(dtype))


def _mean_pool_images(pooling: Pooling, images: Any) -> Any:
    xp = pooling.xp
    x = to_nhwc(check_images(images, "tensor_in"), pooling.data_format)
    rows, columns = pooling.lines(x.shape[1], x.shape[2])
    part = _padded(xp, x, rows, columns, 0)
    first, *others = _places(rows, columns)
    total = part[first].copy()
    for place in others:
        total += part[place]
    total /= _counts(xp, rows, columns, x.dtype)
    return from_nhwc(xp, total, pooling.data_format)


def _mean_pool_gradient(pooling: Pooling, input_shape: Any, grad: Any) -> Any:
    """The gradient of each window in equal parts to its elements."""
    xp = pooling.xp
    sizes = tuple(input_shape.tolist())
    g = to_nhwc(check_images(grad, "grad"), pooling.data_format)
    height, width = spatial(sizes, pooling.data_format)
    rows, columns = pooling.lines(height, width)
    channels = sizes[channel_axis(pooling.data_format)]
    check_shape(g, (sizes[0], rows.count, columns.count, channels), "grad")
    share = g / _counts(xp, rows, columns, g.dtype)
    spread = xp.zeros((g.shape[0], rows.padded, columns.padded, g.shape[3]), g.dtype)
    for place in _places(rows, columns):
        spread[place] += share
    inside = xp.ascontiguousarray(_inside(spread, rows, columns))
    return from_nhwc(xp, inside, pooling.data_format)


@op("AvgPool", "value: T -> output: T", _MEAN_ATTRS)
def _avg_pool(xp: Any, value: Any, **attrs: Any) -> Any:
    """The mean of each window of each channel; padding does not count."""
    return _mean_pool_images(_pooling(attrs, xp, None), value)


@op("AvgPoolGrad", "orig_input_shape: int32, grad: T -> output: T", _MEAN_ATTRS)
def _avg_pool_grad(
    xp: Any,
    orig_input_shape: Any,
    grad: Any,
    **attrs: Any,
) -> Any:
    """The gradient of mean pooling: each window's in equal parts to its elements."""
    return _mean_pool_gradient(_pooling(attrs, xp, None), orig_input_shape, grad)


# -- rules ---------------------------------------------------------------------------------


def _pooled_shape(node: Operation) -> list[TensorShape]:
    sizes = node.inputs[0].shape.with_rank(4).known_rank()
    data_format = node.attrs["data_format"]
    windows = inner(node.attrs["ksize"], data_format)
    return [window_shape(node.attrs, sizes, windows, sizes[channel_axis(data_format)])]


@_max_pool.shape
def _(node: Operation) -> list[TensorShape]:
    images = node.inputs[0].shape.with_rank(4)
    pooled_channels(images, node.attrs)
    return _pooled_shape(node)


_avg_pool.shape(_pooled_shape)
_max_pool_grad.shape(lambda node: [node.inputs[0].shape.with_rank(4)])
_max_pool.bind(_bound(_max_pool_images))
_avg_pool.bind(_bound(_mean_pool_images))
_max_pool_grad.bind(_bound(_max_pool_gradient))
_avg_pool_grad.bind(_bound(_mean_pool_gradient))


@_avg_pool_grad.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[0]).with_rank(4)]


@_max_pool.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    attrs = attrs_of(node)
    return [make_tensor("MaxPoolGrad", node.inputs[0], node.outputs[0], grad, **attrs)]


@_avg_pool.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("AvgPoolGrad", shape(node.inputs[0]), grad, **attrs_of(node))]


@_avg_pool_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [None, make_tensor("AvgPool", grad, **attrs_of(node))]
