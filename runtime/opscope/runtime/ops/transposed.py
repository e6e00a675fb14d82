"""tf.nn's transposed convolutions: the gradient of a convolution as a layer."""

from __future__ import annotations

from typing import Any

from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims, squeeze
from opscope.runtime.ops.window_nodes import padding_attrs, per_axis, same_argument


def conv1d_transpose(
    input: Any,  # noqa: A002
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Rows of `output_shape` whose convolution would give `input`.

    filters: [width, out, in]. data_format: NWC, or NCW for [batch, channels, width].
    """
    with op_scope(name, "conv1d_transpose", input, filters, output_shape) as scope:
        row_format = data_format or "NWC"
        if row_format not in ("NWC", "NCW"):
            raise ValueError(
                f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}"
            )
        axis = 1 if row_format == "NWC" else 2
        images, windows = expand_dims(input, axis), expand_dims(filters, 0)
        sizes = output_shape if isinstance(output_shape, Tensor) else list(output_shape)
        whole = concat([sizes[:axis], [1], sizes[axis:]], 0)
        result = make_tensor(
            "Conv2DBackpropInput",
            whole,
            windows,
            images,
            strides=[1, *per_axis(strides, row_format, "stride")],
            data_format="NHWC" if axis == 1 else "NCHW",
            dilations=[1, *per_axis(dilations, row_format, "dilations")],
            name=scope,
            **padding_attrs(padding),
        )
        return squeeze(result, axis)


def conv2d_transpose(
    value: Any = None,
    filter: Any = None,  # noqa: A002
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,  # noqa: A002
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Images of `output_shape` whose convolution would give `value`.

    filter: [height, width, out, in].
    """
    images = same_argument("input", input, "value", value)
    windows = same_argument("filters", filters, "filter", filter)
    with op_scope(name, "conv2d_transpose", images, windows, output_shape) as scope:
        image_format = data_format or "NHWC"
        return make_tensor(
            "Conv2DBackpropInput",
            output_shape,
            windows,
            images,
            strides=per_axis(strides, image_format, "strides"),
            data_format=image_format,
            dilations=per_axis(dilations, image_format, "dilations"),
            name=scope,
            **padding_attrs(padding),
        )


def conv3d_transpose(
    value: Any,
    filter: Any = None,  # noqa: A002
    output_shape: Any = None,
    strides: Any = None,
    padding: str = "SAME",
    data_format: str | None = "NDHWC",
    name: str | None = None,
    input: Any = None,  # noqa: A002
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Volumes of `output_shape` whose convolution would give `value`.

    filter: [planes, rows, columns, out, in].
    """
    volumes = same_argument("input", input, "value", value)
    windows = same_argument("filters", filters, "filter", filter)
    with op_scope(name, "conv3d_transpose", volumes, windows, output_shape) as scope:
        volume_format = data_format or "NDHWC"
        return make_tensor(
            "Conv3DBackpropInputV2",
            output_shape,
            windows,
            volumes,
            strides=per_axis(strides, volume_format, "strides"),
            padding=padding,
            data_format=volume_format,
            dilations=per_axis(dilations, volume_format, "dilations"),
            name=scope,
        )


def conv_transpose(
    input: Any,  # noqa: A002
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """The transposed convolution of rows, images or volumes, as the length of the shape says."""
    with op_scope(name, "conv_transpose", input, output_shape) as scope:
        if isinstance(output_shape, Tensor):
            count = output_shape.shape.as_list()[0]
        elif hasattr(output_shape, "__len__"):
            count = len(output_shape)
        else:
            raise ValueError(
                "`output_shape` must be a tensor or sized collection. "
                f"Received: output_shape={output_shape}"
            )
        functions: dict[int | None, Any] = {
            3: conv1d_transpose,
            4: conv2d_transpose,
            5: conv3d_transpose,
        }
        if count not in functions:
            raise ValueError(
                "`output_shape` must be of length 3, 4 or 5. "
                f"Received: output_shape={output_shape} of length {count}."
            )
        transposed: Tensor = functions[count](
            input,
            filters,
            output_shape,
            strides,
            padding=padding,
            data_format=data_format,
            dilations=dilations,
            name=scope,
        )
        return transposed
