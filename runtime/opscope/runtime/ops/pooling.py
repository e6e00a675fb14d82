"""tf.nn's pooling functions: the largest value or the mean of windows of rows, images, volumes."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, squeeze
from opscope.runtime.ops.window_nodes import padding_attrs, per_axis, same_argument


def _pooled(
    op_type: str,
    values: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str,
    name: str | None,
) -> Tensor:
    return make_tensor(
        op_type,
        values,
        ksize=per_axis(ksize, data_format, "ksize"),
        strides=per_axis(strides, data_format, "strides"),
        data_format=data_format,
        name=name,
        **padding_attrs(padding),
    )


def max_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,  # noqa: A002
) -> Tensor:
    """The largest value of every window of `ksize`, `strides` apart, channel by channel."""
    images = same_argument("input", input, "value", value)
    with op_scope(name, "MaxPool", images) as scope:
        return _pooled("MaxPool", images, ksize, strides, padding, data_format or "NHWC", scope)


def avg_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    name: str | None = None,
    input: Any = None,  # noqa: A002
) -> Tensor:
    """The mean of every window of `ksize`, `strides` apart, channel by channel."""
    images = same_argument("input", input, "value", value)
    with op_scope(name, "AvgPool", images) as scope:
        return _pooled("AvgPool", images, ksize, strides, padding, data_format or "NHWC", scope)


def max_pool2d(
    input: Any,  # noqa: A002
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    name: str | None = None,
) -> Tensor:
    """The largest value of every window of the images, channel by channel."""
    with op_scope(name, "MaxPool2d", input) as scope:
        return _pooled("MaxPool", input, ksize, strides, padding, data_format or "NHWC", scope)


def max_pool3d(
    input: Any,  # noqa: A002
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """The largest value of every window of the volumes, channel by channel."""
    with op_scope(name, "MaxPool3D", input) as scope:
        return _pooled("MaxPool3D", input, ksize, strides, padding, data_format or "NDHWC", scope)


def avg_pool3d(
    input: Any,  # noqa: A002
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """The mean of every window of the volumes, channel by channel."""
    with op_scope(name, "AvgPool3D", input) as scope:
        return _pooled("AvgPool3D", input, ksize, strides, padding, data_format or "NDHWC", scope)


def _pooled_rows(
    op_type: str,
    rows: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    name: str,
) -> Tensor:
    """Rows [batch, width, channels] pooled as images of one row."""
    row_format = data_format or "NWC"
    last = row_format == "NWC"
    axis = 1 if last else 2
    pairs = padding
    if isinstance(padding, (list, tuple)):
        pairs = [(0, 0), *padding]
    images = expand_dims(rows, axis)
    result = make_tensor(
        op_type,
        images,
        ksize=[1, *per_axis(ksize, row_format, "ksize")],
        strides=[1, *per_axis(strides, row_format, "strides")],
        data_format="NHWC" if last else "NCHW",
        name=name,
        **padding_attrs(pairs),
    )
    return squeeze(result, axis)


def max_pool1d(
    input: Any,  # noqa: A002
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NWC",
    name: str | None = None,
) -> Tensor:
    """The largest value of every window of rows [batch, width, channels]."""
    with op_scope(name, "MaxPool1d", input) as scope:
        return _pooled_rows("MaxPool", input, ksize, strides, padding, data_format, scope)


def avg_pool1d(
    input: Any,  # noqa: A002
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NWC",
    name: str | None = None,
) -> Tensor:
    """The mean of every window of rows [batch, width, channels]."""
    with op_scope(name, "AvgPool1D", input) as scope:
        return _pooled_rows("AvgPool", input, ksize, strides, padding, data_format, scope)


_FORMATS_OF_RANK = {3: "NWC", 4: "NHWC", 5: "NDHWC"}


def _of_any_rank(functions: dict[int, Any], values: Any, data_format: Any, *rest: Any) -> Tensor:
    tensor = convert_to_tensor(values)
    ndims = len(data_format) if data_format else tensor.shape.ndims
    if ndims not in functions:
        raise ValueError(f"`input.shape.rank` must be 3, 4 or 5. Received: {tensor.shape}")
    pooled: Tensor = functions[ndims](tensor, *rest[:-1], data_format or _FORMATS_OF_RANK[ndims],
                                      rest[-1])  # fmt: skip
    return pooled


def max_pool_v2(
    input: Any,  # noqa: A002
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The largest value of every window of rows, images or volumes, as the rank says."""
    functions = {3: max_pool1d, 4: max_pool2d, 5: max_pool3d}
    return _of_any_rank(functions, input, data_format, ksize, strides, padding, name)


def avg_pool_v2(
    input: Any,  # noqa: A002
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The mean of every window of rows, images or volumes, as the rank says."""
    functions = {3: avg_pool1d, 4: avg_pool, 5: avg_pool3d}
    return _of_any_rank(functions, input, data_format, ksize, strides, padding, name)


def max_pool_with_argmax(
    input: Any,  # noqa: A002
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    Targmax: Any = None,  # noqa: N803
    name: str | None = None,
    output_dtype: Any = None,
    include_batch_in_index: bool = False,
) -> tuple[Tensor, Tensor]:
    """The largest value of every window, and its place in the flattened image.

    include_batch_in_index: the place in the flattened batch instead.
    """
    if data_format != "NHWC":
        raise ValueError(
            "`data_format` values other  than 'NHWC' are not supported. "
            f"Received: data_format={data_format}"
        )
    index_type = same_argument("output_dtype", output_dtype, "Targmax", Targmax)
    values, places = make_op(
        "MaxPoolWithArgmax",
        input,
        ksize=list(ksize),
        strides=list(strides),
        padding=padding,
        Targmax=dtypes.int64 if index_type is None else index_type,
        include_batch_in_index=include_batch_in_index,
        name=name,
    )
    return values, places
