"""tf.nn.convolution, tf.nn.pool and the atrous convolutions: rows, images or volumes."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.blocks import batch_to_space, space_to_batch
from opscope.runtime.ops.dilated import steps_and_rate, with_space_to_batch
from opscope.runtime.ops.image_layers import conv1d
from opscope.runtime.ops.images import conv2d, conv3d
from opscope.runtime.ops.pooling import avg_pool, avg_pool3d, max_pool, max_pool3d
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, shape, squeeze
from opscope.runtime.ops.transposed import conv2d_transpose
from opscope.runtime.ops.window_nodes import inner, per_axis, same_argument

_LAST = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def _as_given(value: Any, *others: Any) -> Any:
    """A tensor or variable as it is, another value as a constant."""
    if isinstance(value, Tensor) or hasattr(value, "_as_tensor"):
        return value
    with op_scope("convolution_internal", "convolution_internal", *others):
        return convert_to_tensor(value)


def convolution(
    input: Any,  # noqa: A002
    filter: Any,  # noqa: A002
    padding: Any,
    strides: Any = None,
    dilation_rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """The convolution of rows, images or volumes, as the rank of the filter says.

    strides, dilation_rate: one number per spatial axis; not both other than 1.
    """
    given = same_argument("filters", filters, "filter", filter)
    between = same_argument("dilations", dilations, "dilation_rate", dilation_rate)
    windows = _as_given(given, input)
    values = _as_given(input, windows)
    ndims = windows.shape.ndims or values.shape.ndims
    if not ndims:
        raise ValueError(
            "one of `input.shape.rank` or `filters.shape.rank` must be known. "
            f"Received: input.shape={values.shape} and filters.shape={windows.shape}"
        )
    count = ndims - 2
    if count not in _LAST:
        raise ValueError(
            f"`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims={count}."
        )
    layout = data_format or _LAST[count]
    full = per_axis(between, layout, "dilations")
    steps = per_axis(strides, layout, "strides")
    with op_scope(name, "convolution", values, windows) as scope:
        if all(rate == 1 for rate in full):
            return _dense(count, values, windows, steps, padding, layout, full, scope)
        spread_steps, rate = steps_and_rate(count, inner(steps, layout), inner(full, layout))
        dense_steps = per_axis(list(spread_steps), layout, "strides")

        def convolved(part: Any, _: int, used_padding: Any) -> Tensor:
            return _dense(count, part, windows, dense_steps, used_padding, layout, None, scope)

        return with_space_to_batch(
            values,
            rate,
            padding,
            convolved,
            filter_shape=windows.shape,
            data_format=layout,
        )


def _dense(
    count: int,
    values: Any,
    windows: Any,
    steps: list[int],
    padding: Any,
    layout: str,
    dilations: list[int] | None,
    name: str,
) -> Tensor:
    if count == 1:
        return conv1d(
            values, windows, steps, padding, data_format=layout, dilations=dilations, name=name
        )
    function: Any = conv2d if count == 2 else conv3d
    result: Tensor = function(
        values, windows, steps, padding, data_format=layout, dilations=dilations, name=name
    )
    return result


def atrous_conv2d(
    value: Any, filters: Any, rate: Any, padding: Any, name: str | None = None
) -> Tensor:
    """The convolution of images by filters whose elements lie `rate` apart."""
    return convolution(
        value, filters, padding, dilation_rate=[int(r) for r in np.broadcast_to(rate, (2,))],
        name=name,
    )  # fmt: skip


def pool(
    input: Any,  # noqa: A002
    window_shape: Any,
    pooling_type: str,
    padding: Any,
    dilation_rate: Any = None,
    strides: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """The largest value ("MAX") or the mean ("AVG") of windows of rows, images or volumes.

    window_shape, strides, dilation_rate: one number per spatial axis.
    """
    between = same_argument("dilations", dilations, "dilation_rate", dilation_rate)
    with op_scope(name, f"{pooling_type.lower()}_pool", input) as scope:
        values = convert_to_tensor(input, name="input")
        count = len(window_shape)
        functions: dict[tuple[str, int], Any] = {
            ("MAX", 1): max_pool, ("MAX", 2): max_pool, ("MAX", 3): max_pool3d,
            ("AVG", 1): avg_pool, ("AVG", 2): avg_pool, ("AVG", 3): avg_pool3d,
        }  # fmt: skip
        values.shape.with_rank(count + 2)
        steps, rate = steps_and_rate(count, strides, between)
        if padding == "SAME" and (rate > 1).any():
            raise ValueError(
                "pooling with 'SAME' padding is not implemented for `dilation_rate` > 1. "
                f"Received: padding={padding} and dilation_rate={rate}"
            )
        if (steps > np.array(window_shape)).any():
            raise ValueError(
                "`strides` > `window_shape` not supported due to inconsistency between CPU and GPU "
                f"implementations. Received: strides={steps} and window_shape={window_shape}"
            )
        if (pooling_type, count) not in functions:
            raise ValueError(f"{count}-D {pooling_type} pooling is not supported.")
        layout = data_format or _LAST[count]
        first = 2 if layout[1] == "C" else 1
        ksize = per_axis(list(window_shape), layout, "ksize")
        strided = per_axis(list(steps), layout, "strides")

        def pooled(part: Any, _: int, used_padding: Any) -> Tensor:
            function = functions[pooling_type, count]
            if count > 1:
                made: Tensor = function(part, ksize, strided, used_padding, layout, name=scope)
                return made
            image_layout = "NCHW" if layout == "NCW" else "NHWC"
            rows = expand_dims(part, first)
            result = function(rows, [1, *ksize], [1, *strided], used_padding, image_layout,
                              name=scope)  # fmt: skip
            return squeeze(result, [first])

        return with_space_to_batch(
            values,
            rate,
            padding,
            pooled,
            filter_shape=window_shape,
            spatial_dims=range(first, first + count),
        )


def atrous_conv2d_transpose(
    value: Any, filters: Any, output_shape: Any, rate: int, padding: str, name: str | None = None
) -> Tensor:
    """Images of `output_shape` whose atrous convolution would give `value`."""
    with op_scope(name, "atrous_conv2d_transpose", value, filters, output_shape):
        images = convert_to_tensor(value, name="value")
        windows = convert_to_tensor(filters, name="filters")
        if images.shape.with_rank(4)[3:].is_compatible_with(windows.shape[3:]) is False:
            raise ValueError(
                "`value` channel count must be compatible with `filters` input channel count. "
                f"Received: value.shape={images.shape} and filters.shape={windows.shape}"
            )
        if rate < 1:
            raise ValueError(f"`rate` cannot be less than one. Received: rate={rate}")
        if rate == 1:
            return conv2d_transpose(images, windows, output_shape, [1, 1, 1, 1], padding)
        if padding not in ("SAME", "VALID"):
            raise ValueError(
                f"`padding` must be either 'VALID' or 'SAME'. Received: padding={padding}"
            )
        convert_to_tensor(output_shape, name="output_shape")
        sizes = list(output_shape) if isinstance(output_shape, tuple) else output_shape
        before: list[Any] = [0, 0]
        after: list[Any] = [0, 0]
        if padding == "SAME":
            whole: Any = windows.shape
            known = whole.as_list() if whole.is_fully_defined() else shape(windows)
            spread = [known[i] + (known[i] - 1) * (rate - 1) - 1 for i in (0, 1)]
            before = [size // 2 for size in spread]
            after = [spread[i] - before[i] for i in (0, 1)]
        full = [sizes[1 + i] + before[i] + after[i] for i in (0, 1)]
        extra = [(rate - size % rate) % rate for size in full]
        together = space_to_batch(
            input=images, paddings=[[0, extra[0]], [0, extra[1]]], block_size=rate
        )
        back = make_tensor(
            "Conv2DBackpropInput",
            [
                rate * rate * sizes[0],
                (full[0] + extra[0]) // rate,
                (full[1] + extra[1]) // rate,
                sizes[3],
            ],
            windows,
            together,
            strides=[1, 1, 1, 1],
            padding="VALID",
            data_format="NHWC",
        )
        crops = [[before[i], after[i] + extra[i]] for i in (0, 1)]
        return batch_to_space(input=back, crops=crops, block_size=rate)
