"""Sliding windows over images: sizes, padding, and views, for convolution and pooling."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from opscope.runtime import errors


@dataclass(frozen=True, slots=True)
class Line:
    """One spatial axis: `count` windows of `window` elements, `step` apart, on padded input.

    The elements of a window are `dilation` apart; `before` and `after` zeros are added.
    """

    size: int
    window: int
    step: int
    dilation: int
    count: int
    before: int
    after: int

    @property
    def padded(self) -> int:
        """The size with padding."""
        return self.before + self.size + self.after

    def places(self, i: int) -> slice:
        """Where element i of every window lies on the padded axis."""
        start = i * self.dilation
        return slice(start, start + (self.count - 1) * self.step + 1, self.step)


def line(
    size: int,
    window: int,
    step: int,
    padding: str,
    dilation: int = 1,
    explicit: tuple[int, int] | None = None,
) -> Line:
    """The windows along one axis as TensorFlow lays them.

    SAME gives ceil(size / step) windows and puts the odd element of padding behind; VALID uses no
    padding; EXPLICIT takes `explicit` (before, after). ValueError when a window does not fit.
    """
    extent = (window - 1) * dilation + 1
    if padding == "SAME":
        count = -(-size // step)
        total = max(0, (count - 1) * step + extent - size)
        return Line(size, window, step, dilation, count, total // 2, total - total // 2)
    before, after = explicit if padding == "EXPLICIT" and explicit else (0, 0)
    room = size + before + after - extent + step
    if room <= -step:
        raise ValueError(
            f"Negative dimension size caused by subtracting {extent} from {size + before + after}"
        )
    return Line(size, window, step, dilation, max(0, room // step), before, after)


def static_line(
    size: int | None,
    window: int | None,
    step: int,
    padding: str,
    dilation: int = 1,
    explicit: tuple[int, int] | None = None,
) -> int | None:
    """The number of windows along an axis, None when a size is not known.

    ValueError when not one fits: a graph is refused where a run gives an empty tensor, as in
    TensorFlow.
    """
    if size is None or window is None:
        return None
    found = line(size, window, step, padding, dilation, explicit)
    extent = (window - 1) * dilation + 1
    if extent < 0:
        raise ValueError(f"A window of {window} elements cannot be dilated by {dilation}")
    if padding != "SAME" and found.padded < extent:
        raise ValueError(
            f"Negative dimension size caused by subtracting {extent} from {found.padded}"
        )
    return found.count


def windows_along(size: int | None, window: int | None, *rest: Any) -> int | None:
    """The number of windows along an axis as `line` counts them, None when it is not known."""
    return None if size is None or window is None else line(size, window, *rest).count


def spatial(values: Any, data_format: str) -> tuple[int, int]:
    """The two entries about height and width of a list with one entry per axis."""
    return (values[2], values[3]) if data_format == "NCHW" else (values[1], values[2])


def explicit_pairs(
    paddings: Any, data_format: str
) -> tuple[tuple[int, int], tuple[int, int]] | tuple[None, None]:
    """The (before, after) pairs of height and width from the flat list of explicit paddings."""
    if not paddings:
        return None, None
    first = 4 if data_format == "NCHW" else 2
    return (paddings[first], paddings[first + 1]), (paddings[first + 2], paddings[first + 3])


def to_nhwc(value: Any, data_format: str) -> Any:
    """An image array with channels last."""
    return value.transpose(0, 2, 3, 1) if data_format == "NCHW" else value


def from_nhwc(xp: Any, value: Any, data_format: str) -> Any:
    """An image array as the data format has it."""
    return xp.ascontiguousarray(value.transpose(0, 3, 1, 2)) if data_format == "NCHW" else value


def check_images(value: Any, what: str) -> Any:
    """The array itself; InvalidArgumentError unless it has four axes."""
    if value.ndim != 4:
        raise errors.InvalidArgumentError(
            None, None, f"{what} must be 4-dimensional: {list(value.shape)}"
        )
    return value


def check_shape(values: Any, expected: tuple[int, ...], what: str) -> Any:
    """The array itself; InvalidArgumentError unless it has the shape."""
    if values.shape != expected:
        raise errors.InvalidArgumentError(
            None, None, f"Expected {what} shape to be {list(expected)}, got {list(values.shape)}"
        )
    return values


def check_filters(filters: Any, axes: int) -> Any:
    """The array itself; InvalidArgumentError unless it has so many axes and elements."""
    if filters.ndim != axes:
        raise errors.InvalidArgumentError(
            None, None, f"filter must be {axes}-dimensional: {list(filters.shape)}"
        )
    if not filters.size:
        raise errors.InvalidArgumentError(
            None,
            None,
            "filter must not have zero elements (i.e. all dimensions must be non-zero): "
            f"{list(filters.shape)}",
        )
    return filters


# -- scratch memory ------------------------------------------------------------------------

# A thread keeps this many blocks; a session with many shapes would otherwise collect them all.
_MOST_BLOCKS = 24


class _Blocks(threading.local):
    def __init__(self) -> None:
        self.blocks: dict[Any, Any] = {}


_local = _Blocks()


def scratch(xp: Any, kind: str, shape: tuple[int, ...], dtype: Any) -> Any:
    """A block of memory of the calling thread, with what was left in it; zeros at first."""
    key = (xp.__name__, kind, shape, dtype)
    blocks = _local.blocks
    block = blocks.get(key)
    if block is None:
        if len(blocks) >= _MOST_BLOCKS:
            blocks.clear()
        block = blocks[key] = xp.zeros(shape, dtype)
    return block


def padded(xp: Any, images: Any, rows: Line, columns: Line, kind: str, capacity: int) -> Any:
    """NHWC images with their zeros around them, in scratch memory for `capacity` images."""
    if not (rows.before or rows.after or columns.before or columns.after):
        return images
    shape = (capacity, rows.padded, columns.padded, images.shape[3])
    # The border of the block stays zero: blocks with this name are only ever written inside of it.
    inside = f"{rows.before}+{rows.size},{columns.before}+{columns.size}"
    block = scratch(xp, f"{kind} {inside}", shape, images.dtype)
    block = block[: images.shape[0]]
    inside_rows = slice(rows.before, rows.before + rows.size)
    block[:, inside_rows, columns.before : columns.before + columns.size] = images
    return block


def window_view(xp: Any, images: Any, rows: Line, columns: Line) -> Any:
    """All windows of padded NHWC images: [n, row, column, window row, window column, channel]."""
    n, high, wide, deep = images.strides
    as_strided = xp.lib.stride_tricks.as_strided
    shape = (
        images.shape[0], rows.count, columns.count, rows.window, columns.window, images.shape[3],
    )  # fmt: skip
    strides = (
        n, high * rows.step, wide * columns.step, high * rows.dilation, wide * columns.dilation,
        deep,
    )  # fmt: skip
    return as_strided(images, shape, strides)


def images_per_chunk(xp: Any, bytes_per_image: int, limit: int) -> int:
    """How many images to unfold at once: what fits a core's cache; on a GPU, 256 MiB."""
    budget = limit if xp is np else 256 << 20
    return max(1, budget // max(1, bytes_per_image))
