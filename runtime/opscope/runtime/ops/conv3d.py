"""Convolution of volumes and its two gradients, one element of the window at a time."""

from __future__ import annotations

import math
from typing import Any

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.shape import shape, shape_n
from opscope.runtime.ops.static_value import static_shape
from opscope.runtime.ops.type_sets import FLOAT
from opscope.runtime.ops.volumes import (
    Windows,
    as_format,
    channels_last,
    check_volumes,
    windows_of,
)
from opscope.runtime.ops.window_nodes import attrs_of, channel_axis, inner, window_shape
from opscope.runtime.ops.windows import check_filters
from opscope.runtime.tensor_shape import TensorShape

_ATTRS = (
    f"T: {{{FLOAT}}}, strides: list(int), padding: {{'SAME', 'VALID'}}, "
    "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC', dilations: list(int) = [1, 1, 1, 1, 1]"
)


def _computed(value: Any) -> Any:
    """16-bit floats are computed in float32: BLAS has no smaller type."""
    return value.astype("float32") if value.dtype.itemsize == 2 else value


def _rows(xp: Any, values: Any) -> Any:
    return xp.ascontiguousarray(values).reshape(math.prod(values.shape[:-1]), values.shape[-1])


@op("Conv3D", "input: T, filter: T -> output: T", _ATTRS)
def _conv3d(xp: Any, volumes: Any, filters: Any, **attrs: Any) -> Any:
    """The products of the filters with every window of the volumes.

    volumes: [batch, planes, rows, columns, channels] (or NCDHW); filters: [planes, rows, columns,
    in, out].
    """
    x = _computed(channels_last(check_volumes(volumes, "input"), attrs["data_format"]))
    w = _computed(check_filters(filters, 5))
    _check_depth(x.shape[4], w.shape)
    windows = windows_of(x.shape[1:4], w.shape[:3], attrs)
    padded = windows.with_border(xp, x, 0)
    shape = (x.shape[0], *windows.counts, w.shape[4])
    total = xp.zeros((shape[0] * shape[1] * shape[2] * shape[3], shape[4]), x.dtype)
    for index, place in windows.places():
        total += xp.dot(_rows(xp, padded[place]), w[index])
    result = total.reshape(shape).astype(volumes.dtype, copy=False)
    return as_format(xp, result, attrs["data_format"])


def _check_depth(channels: int, filters: tuple[int, ...]) -> None:
    if channels != filters[3]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Number of channels in filter ({filters[3]}) must match last dimension of input "
            f"({channels})",
        )


def _checked_gradient(grad: Any, batch: int, windows: Windows, deep: int, data_format: str) -> Any:
    g = _computed(channels_last(check_volumes(grad, "out_backprop"), data_format))
    expected = (batch, *windows.counts, deep)
    if g.shape != expected:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Size of out_backprop doesn't match computed: actual = {list(g.shape)}, "
            f"computed = {list(expected)}",
        )
    return g


def _input_gradient(xp: Any, sizes: Any, filters: Any, grad: Any, attrs: dict[str, Any]) -> Any:
    data_format = attrs["data_format"]
    w = _computed(check_volumes(filters, "filter"))
    _check_depth(sizes[channel_axis(data_format)], w.shape)
    windows = windows_of(inner(sizes, data_format), w.shape[:3], attrs)
    g = _rows(xp, _checked_gradient(grad, sizes[0], windows, w.shape[4], data_format))
    whole = xp.zeros((sizes[0], *windows.padded, w.shape[3]), g.dtype)
    for index, place in windows.places():
        whole[place] += xp.dot(g, w[index].T).reshape(sizes[0], *windows.counts, w.shape[3])
    inside = xp.ascontiguousarray(whole[windows.inside]).astype(grad.dtype, copy=False)
    return as_format(xp, inside, data_format)


def _filter_gradient(xp: Any, volumes: Any, sizes: Any, grad: Any, attrs: dict[str, Any]) -> Any:
    data_format = attrs["data_format"]
    x = _computed(channels_last(check_volumes(volumes, "input"), data_format))
    _check_depth(x.shape[4], sizes)
    windows = windows_of(x.shape[1:4], sizes[:3], attrs)
    g = _rows(xp, _checked_gradient(grad, x.shape[0], windows, sizes[4], data_format))
    padded = windows.with_border(xp, x, 0)
    total = xp.empty(sizes, g.dtype)
    for index, place in windows.places():
        total[index] = xp.dot(_rows(xp, padded[place]).T, g)
    return total.astype(grad.dtype, copy=False)


@op(
    "Conv3DBackpropInputV2",
    "input_sizes: Tshape, filter: T, out_backprop: T -> output: T",
    f"{_ATTRS}, Tshape: {{int32, int64}} = int32",
)
def _conv3d_input(xp: Any, input_sizes: Any, filters: Any, out_backprop: Any, **attrs: Any) -> Any:
    """The gradient of a convolution of volumes with respect to the volumes."""
    return _input_gradient(xp, tuple(input_sizes.tolist()), filters, out_backprop, attrs)


@op(
    "Conv3DBackpropFilterV2",
    "input: T, filter_sizes: int32, out_backprop: T -> output: T",
    _ATTRS,
)
def _conv3d_filter(
    xp: Any, volumes: Any, filter_sizes: Any, out_backprop: Any, **attrs: Any
) -> Any:
    """The gradient of a convolution of volumes with respect to the filters."""
    return _filter_gradient(xp, volumes, tuple(filter_sizes.tolist()), out_backprop, attrs)


@_conv3d.shape
def _(node: Operation) -> list[TensorShape]:
    volumes, filters = (t.shape.with_rank(5).known_rank() for t in node.inputs)
    channels = volumes[channel_axis(node.attrs["data_format"])]
    if filters[3] == 0:
        raise ValueError("Depth of filter must not be 0")
    if channels is not None and filters[3] is not None:
        groups, rest = divmod(channels, filters[3])
        if rest:
            raise ValueError(
                f"Depth of input ({channels}) is not a multiple of input depth of filter "
                f"({filters[3]})"
            )
        if not groups:
            raise ValueError("Depth of input must not be 0")
        if filters[4] is not None and filters[4] % groups:
            raise ValueError(
                f"Depth of output ({filters[4]}) is not a multiple of the number of groups "
                f"({groups})"
            )
    return [window_shape(node.attrs, volumes, filters[:3], filters[4])]


@_conv3d_input.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[0]).with_rank(5)]


@_conv3d_filter.shape
def _(node: Operation) -> list[TensorShape]:
    return [static_shape(node.inputs[1]).with_rank(5)]


@_conv3d.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    volumes, filters = node.inputs
    sizes, filter_sizes = shape_n([volumes, filters])
    attrs = attrs_of(node)
    return [
        make_tensor("Conv3DBackpropInputV2", sizes, filters, grad, **attrs),
        make_tensor("Conv3DBackpropFilterV2", volumes, filter_sizes, grad, **attrs),
    ]


def _shared(node: Operation) -> dict[str, Any]:
    return {key: value for key, value in attrs_of(node).items() if key != "Tshape"}


@_conv3d_input.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    _, filters, out_backprop = node.inputs
    attrs = _shared(node)
    return [
        None,
        make_tensor("Conv3DBackpropFilterV2", grad, shape(filters), out_backprop, **attrs),
        make_tensor("Conv3D", grad, filters, **attrs),
    ]


@_conv3d_filter.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    volumes, _, out_backprop = node.inputs
    attrs = _shared(node)
    return [
        make_tensor("Conv3DBackpropInputV2", shape(volumes), grad, out_backprop, **attrs),
        None,
        make_tensor("Conv3D", volumes, grad, **attrs),
    ]
