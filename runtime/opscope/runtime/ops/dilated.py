"""tf.nn's convolution and pooling with windows whose elements lie apart.

The elements at a distance of the rate are brought together by `space_to_batch_nd`, so that the
window of the op itself is dense.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.constant import constant_value, convert_to_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.blocks import (
    batch_to_space_nd,
    required_space_to_batch_paddings,
    space_to_batch_nd,
)
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.shape import shape
from opscope.runtime.ops.window_nodes import padding_attrs

# Gets the values, the number of spatial axes and the padding, and returns the result.
WindowOp = Callable[[Any, int, Any], Tensor]


def with_space_to_batch(
    input: Any,  # noqa: A002
    dilation_rate: Any,
    padding: Any,
    op: WindowOp,
    filter_shape: Any = None,
    spatial_dims: Iterable[int] | None = None,
    data_format: str | None = None,
) -> Tensor:
    """The result of op(values, spatial axes, padding) as if its windows had the dilation rate.

    filter_shape: needed for padding "SAME". spatial_dims: the axes, by default those after the
    batch (or the channels in data formats that begin with NC).
    """
    values = convert_to_tensor(input, name="input")
    rate = convert_to_tensor(dilation_rate, dtypes.int32, name="dilation_rate")
    if rate.shape.ndims != 1 or not rate.shape.is_fully_defined():
        raise ValueError(
            f"`dilation_rate.shape` must be fully defined and of rank 1, got {rate.shape}"
        )
    count = rate.shape.num_elements() or 0
    first = 2 if data_format is not None and data_format.startswith("NC") else 1
    axes = list(range(first, first + count) if spatial_dims is None else spatial_dims)
    if axes != sorted(set(axes)) or min(axes) < 1:
        raise ValueError(
            "`spatial_dims` must be a monotonically increasing sequence of positive integers. "
            f"Received: spatial_dims={axes}"
        )
    known = constant_value(rate)
    if known is not None and (known < 1).any():
        raise ValueError(f"`dilation_rate` must be positive. Received: dilation_rate={known}")
    if known is not None and (known == 1).all():
        return op(values, count, padding)
    least = _least_paddings(
        padding, filter_shape, count, rate if known is None else known, data_format
    )
    return _spread(values, rate, op, least, axes)


def _least_paddings(
    padding: Any, filter_shape: Any, count: int, rate: Any, data_format: str | None
) -> Any:
    """The (before, after) pairs of the spatial axes that the padding asks for."""
    attrs = padding_attrs(padding)
    if attrs["padding"] == "VALID":
        return np.zeros([count, 2], np.int32)
    if attrs["padding"] == "EXPLICIT":
        pairs = np.array(attrs["explicit_paddings"]).reshape(count + 2, 2)
        first = data_format is not None and data_format.startswith("NC")
        return pairs[2:] if first else pairs[1:-1]
    if attrs["padding"] != "SAME":
        raise ValueError(f"`padding` must be one of 'SAME' or 'VALID'. Received: padding={padding}")
    if filter_shape is None:
        raise ValueError(
            "`filter_shape` must be specified for `padding='SAME'`. "
            f"Received: filter_shape={filter_shape} and padding={padding}"
        )
    windows = convert_to_tensor(filter_shape, name="filter_shape")
    known = constant_value(windows)
    extra = ((windows if known is None else known)[:count] - 1) * rate
    before = extra // 2
    after = extra - before
    return stack([[before[i], after[i]] for i in range(count)])


def _spread(values: Tensor, rate: Tensor, op: WindowOp, least: Any, axes: list[int]) -> Tensor:
    sizes: Any = None
    if values.shape.ndims is not None:
        listed = values.shape.as_list()
        sizes = [listed[i] for i in axes]
    if sizes is None or None in sizes:
        whole = shape(values)
        sizes = stack([whole[i] for i in axes])
    paddings, crops = required_space_to_batch_paddings(
        input_shape=sizes, base_paddings=least, block_shape=rate
    )
    blocks = _over_all_axes(rate, 1, axes)
    pads, cuts = _over_all_axes(paddings, 0, axes), _over_all_axes(crops, 0, axes)
    together = space_to_batch_nd(values, blocks, pads)
    return batch_to_space_nd(op(together, len(axes), "VALID"), blocks, cuts)


def _over_all_axes(entries: Tensor, fill: int, axes: list[int]) -> Any:
    """Entries of the spatial axes as entries of every axis after the batch, `fill` for others."""
    known = constant_value(entries)
    source: Any = entries if known is None else known
    rest = entries.shape.known_rank()[1:]
    parts: list[Any] = []
    place = i = 0
    while i < len(axes):
        start = i
        if axes[start] > 1:
            parts.append(np.full([axes[start] - 1 - place, *rest], fill, np.int32))
        while i + 1 < len(axes) and axes[i + 1] == axes[i] + 1:
            i += 1
        parts.append(source[start : i + 1])
        place = axes[i]
        i += 1
    return concat(parts, 0) if known is None else np.concatenate(parts)


def steps_and_rate(
    count: int, strides: Sequence[int] | None, dilation_rate: Sequence[int] | None
) -> tuple[Any, Any]:
    """Strides and dilation rate as int32 arrays of `count`; ValueError unless they go together."""
    found = []
    for name, value in (("dilation_rate", dilation_rate), ("strides", strides)):
        listed = [1] * count if value is None else value
        if len(listed) != count:
            raise ValueError(
                f"`len({name})` should be {count}. Received: {name}={listed} of length "
                f"{len(listed)}"
            )
        array = np.array(listed, np.int32)
        if (array < 1).any():
            raise ValueError(f"all values of `{name}` must be positive. Received: {name}={array}")
        found.append(array)
    rate, steps = found
    if (steps > 1).any() and (rate > 1).any():
        raise ValueError(
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
            f"Received: strides={steps} and dilation_rate={rate}"
        )
    return steps, rate
