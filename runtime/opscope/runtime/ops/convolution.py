"""Two-dimensional convolution by unfolding windows into rows of a matrix, some images at a time.

Images are unfolded in chunks that stay in a core's cache; with a pool, each thread has its share
of the batch and scratch memory of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from opscope.runtime import errors
from opscope.runtime.ops.windows import (
    Line,
    check_filters,
    check_images,
    explicit_pairs,
    from_nhwc,
    images_per_chunk,
    line,
    padded,
    scratch,
    spatial,
    to_nhwc,
    window_view,
)
from opscope.runtime.threads import KernelPool

# The unfolded windows of one chunk, small enough to stay in a cache between writing and reading.
_CHUNK_BYTES = 4 << 20

# With this many times more outgoing than incoming channels folding takes less time.
_FOLD_FROM_RATIO = 4


class Convolution(NamedTuple):
    """The attributes of a convolution node, and what it runs on."""

    xp: Any
    pool: KernelPool | None
    steps: tuple[int, int]
    dilations: tuple[int, int]
    padding: str
    explicit: tuple[Any, Any]
    data_format: str

    def lines(self, height: int, width: int, filters: tuple[int, ...]) -> tuple[Line, Line]:
        """The windows along both axes; InvalidArgumentError when they do not fit."""
        try:
            return (
                line(height, filters[0], self.steps[0], self.padding, self.dilations[0],
                     self.explicit[0]),
                line(width, filters[1], self.steps[1], self.padding, self.dilations[1],
                     self.explicit[1]),
            )  # fmt: skip
        except ValueError as error:
            raise errors.InvalidArgumentError(None, None, str(error)) from None

    def over_batch(self, count: int, work: Callable[[int, int], None]) -> None:
        """Call work(start, stop) on shares of the batch."""
        if self.pool is None:
            work(0, count)
        else:
            self.pool.split(count, work)


def convolution(attrs: dict[str, Any], xp: Any, pool: KernelPool | None) -> Convolution:
    """The convolution that a node's attributes describe."""
    data_format = attrs["data_format"]
    return Convolution(
        xp,
        pool,
        spatial(attrs["strides"], data_format),
        spatial(attrs["dilations"], data_format),
        attrs["padding"],
        explicit_pairs(attrs["explicit_paddings"], data_format),
        data_format,
    )


def _unfolded(conv: Convolution, images: Any, rows: Line, columns: Line) -> Any:
    """The windows of some images as the rows of a matrix, in scratch memory."""
    xp = conv.xp
    view = window_view(xp, images, rows, columns)
    n, high, wide, window_high, window_wide, deep = view.shape
    width = window_high * window_wide * deep
    if window_wide * deep < wide:
        # Few channels: runs along the image are longer than runs inside of a window.
        flipped = scratch(xp, "unfold T", (width, n * high * wide), images.dtype)
        target = flipped.reshape(window_high, window_wide, deep, n, high, wide)
        target[...] = view.transpose(3, 4, 5, 0, 1, 2)
        return flipped.T
    matrix = scratch(xp, "unfold", (n * high * wide, width), images.dtype)
    matrix.reshape(view.shape)[...] = view
    return matrix


def _chunks(conv: Convolution, filters: Any, rows: Line, columns: Line, size: int) -> int:
    width = filters.shape[0] * filters.shape[1] * filters.shape[2]
    bytes_per_image = rows.count * columns.count * width * filters.dtype.itemsize
    return min(size, images_per_chunk(conv.xp, bytes_per_image, _CHUNK_BYTES))


def _wide(value: Any) -> Any:
    """16-bit floats are computed in float32: BLAS has no smaller type."""
    return value.astype("float32") if value.dtype.itemsize == 2 else value


def forward(conv: Convolution, images: Any, filters: Any) -> Any:
    """The products of the filters with every window of the images."""
    check_images(images, "input")
    check_filters(filters, 4)
    dtype = images.dtype
    x, w = _wide(to_nhwc(images, conv.data_format)), _wide(filters)
    if x.shape[3] != w.shape[2]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"input depth must be evenly divisible by filter depth: {x.shape[3]} vs {w.shape[2]}",
        )
    rows, columns = conv.lines(x.shape[1], x.shape[2], w.shape)
    out = (x.shape[0], rows.count, columns.count, w.shape[3])
    if 0 in out or not x.size:
        return from_nhwc(conv.xp, conv.xp.zeros(out, dtype), conv.data_format)
    result = _correlate(conv, x, w, rows, columns)
    return from_nhwc(conv.xp, result.astype(dtype, copy=False), conv.data_format)


def _correlate(conv: Convolution, x: Any, w: Any, rows: Line, columns: Line) -> Any:
    xp = conv.xp
    count, deep = x.shape[0], w.shape[3]
    out = xp.empty((count, rows.count, columns.count, deep), x.dtype)
    matrix = w.reshape(-1, deep)
    if rows.window == columns.window == rows.step == columns.step == 1:
        xp.dot(x.reshape(-1, w.shape[2]), matrix, out=out.reshape(-1, deep))
        return out
    chunk = _chunks(conv, w, rows, columns, count)

    def some(start: int, stop: int) -> None:
        for first in range(start, stop, chunk):
            last = min(first + chunk, stop)
            inside = padded(xp, x[first:last], rows, columns, "pad", chunk)
            windows = _unfolded(conv, inside, rows, columns)
            xp.dot(windows, matrix, out=out[first:last].reshape(-1, deep))

    conv.over_batch(count, some)
    return out


def filter_gradient(conv: Convolution, images: Any, filter_sizes: Any, grad: Any) -> Any:
    """The gradient with respect to filters of the given sizes."""
    xp = conv.xp
    dtype = grad.dtype
    x = _wide(to_nhwc(check_images(images, "input"), conv.data_format))
    g = _wide(to_nhwc(check_images(grad, "out_backprop"), conv.data_format))
    sizes = tuple(filter_sizes.tolist())
    rows, columns = conv.lines(x.shape[1], x.shape[2], sizes)
    check_gradient(g, x.shape[0], rows, columns, sizes[3])
    if not (x.size and g.size):
        return xp.zeros(sizes, dtype)
    g = xp.ascontiguousarray(g)
    width, deep = sizes[0] * sizes[1] * sizes[2], sizes[3]
    total = xp.zeros((width, deep), x.dtype)
    chunk = _chunks(conv, xp.empty(sizes, x.dtype), rows, columns, x.shape[0])
    shares: list[Any] = []

    def some(start: int, stop: int) -> None:
        share = xp.zeros((width, deep), x.dtype)
        part = scratch(xp, "filter gradient", (width, deep), x.dtype)
        for first in range(start, stop, chunk):
            last = min(first + chunk, stop)
            inside = padded(xp, x[first:last], rows, columns, "pad", chunk)
            windows = _unfolded(conv, inside, rows, columns)
            share += xp.dot(windows.T, g[first:last].reshape(-1, deep), out=part)
        shares.append((start, share))

    conv.over_batch(x.shape[0], some)
    for _, share in sorted(shares, key=lambda s: s[0]):
        total += share
    return total.reshape(sizes).astype(dtype, copy=False)


def check_gradient(grad: Any, batch: int, rows: Line, columns: Line, deep: int) -> None:
    """InvalidArgumentError unless a gradient [n, height, width, channels] fits the windows."""
    expected = (batch, rows.count, columns.count, deep)
    if grad.shape != expected:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Size of out_backprop doesn't match computed: actual = {list(grad.shape)}, "
            f"computed = {list(expected)}",
        )


def input_gradient(conv: Convolution, input_sizes: Any, filters: Any, grad: Any) -> Any:
    """The gradient with respect to images of the given sizes."""
    xp = conv.xp
    dtype = grad.dtype
    sizes = tuple(input_sizes.tolist())
    batch, channels = sizes[0], filters.shape[2]
    height, width = spatial(sizes, conv.data_format)
    w = _wide(check_images(filters, "filter"))
    g = _wide(to_nhwc(check_images(grad, "out_backprop"), conv.data_format))
    if sizes[1 if conv.data_format == "NCHW" else 3] != channels:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"input depth must be evenly divisible by filter depth: {list(sizes)} vs {channels}",
        )
    rows, columns = conv.lines(height, width, w.shape)
    check_gradient(g, batch, rows, columns, w.shape[3])
    if 0 in sizes or not (w.size and g.size):
        return xp.zeros(sizes, dtype)
    is_plain = all(
        along.step == along.dilation == 1 and max(along.before, along.after) < along.window
        for along in (rows, columns)
    )
    # Unfolding copies every window of `g`, folding adds every window of the result.
    if is_plain and w.shape[3] <= _FOLD_FROM_RATIO * channels:
        result = _correlate_back(conv, w, g, rows, columns)
    else:
        result = _fold_back(conv, w, g, rows, columns, batch, channels)
    return from_nhwc(xp, result.astype(dtype, copy=False), conv.data_format)


def _correlate_back(conv: Convolution, w: Any, g: Any, rows: Line, columns: Line) -> Any:
    """With steps of 1 the gradient is the convolution of `g` with the filters turned around."""
    turned = conv.xp.ascontiguousarray(w[::-1, ::-1].transpose(0, 1, 3, 2))

    def back(forth: Line) -> Line:
        before = forth.window - 1 - forth.before
        after = forth.size + forth.window - 1 - before - forth.count
        return Line(forth.count, forth.window, 1, 1, forth.size, before, after)

    return _correlate(conv, g, turned, back(rows), back(columns))


def _fold_back(
    conv: Convolution, w: Any, g: Any, rows: Line, columns: Line, batch: int, channels: int
) -> Any:
    """The gradient of every window, added back to where the window lay."""
    xp = conv.xp
    out = xp.empty((batch, rows.size, columns.size, channels), g.dtype)
    matrix = w.reshape(-1, w.shape[3]).T
    chunk = _chunks(conv, w, rows, columns, batch)

    inside_rows = slice(rows.before, rows.before + rows.size)
    inside_columns = slice(columns.before, columns.before + columns.size)
    places = [
        (i, j, rows.places(i), columns.places(j))
        for i in range(rows.window)
        for j in range(columns.window)
    ]

    def some(start: int, stop: int) -> None:
        for first in range(start, stop, chunk):
            last = min(first + chunk, stop)
            count = last - first
            part = xp.ascontiguousarray(g[first:last]).reshape(-1, w.shape[3])
            if channels < columns.count:
                # Channels first, so that the additions run along the image.
                windows = xp.dot(matrix.T, part.T).reshape(
                    rows.window, columns.window, channels, count, rows.count, columns.count
                )
                whole = xp.zeros((channels, count, rows.padded, columns.padded), g.dtype)
                for i, j, high, wide in places:
                    whole[:, :, high, wide] += windows[i, j]
                inside = whole[:, :, inside_rows, inside_columns].transpose(1, 2, 3, 0)
            else:
                windows = xp.dot(part, matrix).reshape(
                    count, rows.count, columns.count, rows.window, columns.window, channels
                )
                whole = xp.zeros((count, rows.padded, columns.padded, channels), g.dtype)
                for i, j, high, wide in places:
                    whole[:, high, wide] += windows[:, :, :, i, j]
                inside = whole[:, inside_rows, inside_columns]
            out[first:last] = inside

    conv.over_batch(batch, some)
    return out
