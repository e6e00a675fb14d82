"""Windows over volumes [batch, planes, rows, columns, channels]: padding and places."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from opscope.runtime import errors
from opscope.runtime.ops.window_nodes import inner
from opscope.runtime.ops.windows import Line, line


class Windows(NamedTuple):
    """The windows along each of the spatial axes of channels-last arrays."""

    lines: tuple[Line, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """How many windows lie along each axis."""
        return tuple(axis.count for axis in self.lines)

    @property
    def padded(self) -> tuple[int, ...]:
        """The sizes with padding."""
        return tuple(axis.padded for axis in self.lines)

    @property
    def inside(self) -> tuple[slice, ...]:
        """Where the input lies on the padded array."""
        spatial = (slice(axis.before, axis.before + axis.size) for axis in self.lines)
        return (slice(None), *spatial)

    def places(self) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
        """Each element of the window in row-major order, and where it lies for all windows."""
        for index in itertools.product(*(range(axis.window) for axis in self.lines)):
            spatial = (axis.places(i) for axis, i in zip(self.lines, index, strict=True))
            yield index, (slice(None), *spatial)

    def with_border(self, xp: Any, values: Any, border: Any) -> Any:
        """The array with its padding, of the value `border`."""
        if self.padded == values.shape[1:-1]:
            return values
        shape = (values.shape[0], *self.padded, values.shape[-1])
        result = xp.full(shape, border, values.dtype)
        result[self.inside] = values
        return result

    def element_counts(self, xp: Any, dtype: Any) -> Any:
        """How many elements of the input each window holds, with an axis for the channels."""
        total = np.ones(())
        for axis in self.lines:
            starts = np.arange(axis.count) * axis.step - axis.before
            ends = np.minimum(starts + axis.window, axis.size)
            total = np.multiply.outer(total, ends - np.maximum(starts, 0))
        return xp.asarray(total[..., None].astype(dtype))


def windows_of(sizes: Any, windows: Any, attrs: dict[str, Any]) -> Windows:
    """The windows that a node's attributes lay over arrays of the given spatial sizes.

    InvalidArgumentError when a window does not fit.
    """
    data_format = attrs["data_format"]
    steps = inner(attrs["strides"], data_format)
    dilations = inner(attrs.get("dilations") or (1,) * (len(steps) + 2), data_format)
    try:
        return Windows(
            tuple(
                line(size, window, step, attrs["padding"], dilation)
                for size, window, step, dilation in zip(
                    sizes, windows, steps, dilations, strict=True
                )
            )
        )
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, str(error)) from None


def channels_last(values: Any, data_format: str) -> Any:
    """An array with its channels on the last axis."""
    return values if data_format[1] != "C" else values.transpose(0, *range(2, values.ndim), 1)


def as_format(xp: Any, values: Any, data_format: str) -> Any:
    """A channels-last array as the data format has it."""
    if data_format[1] != "C":
        return values
    return xp.ascontiguousarray(values.transpose(0, values.ndim - 1, *range(1, values.ndim - 1)))


def check_volumes(values: Any, what: str) -> Any:
    """The array itself; InvalidArgumentError unless it has five axes."""
    if values.ndim != 5:
        raise errors.InvalidArgumentError(
            None, None, f"{what} must be 5-dimensional: {list(values.shape)}"
        )
    return values
