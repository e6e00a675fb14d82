"""The gradient of the gradient of max pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OPS, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.filling import zeros_like
from opscope.runtime.ops.type_sets import REAL
from opscope.runtime.ops.window_nodes import grad_grad_shape
from opscope.runtime.ops.windows import (
    check_images,
    check_shape,
    from_nhwc,
    line,
    spatial,
    to_nhwc,
    window_view,
)


@op(
    "MaxPoolGradGrad",
    "orig_input: T, orig_output: T, grad: T -> output: T",
    "ksize: list(int), strides: list(int), padding: {'SAME', 'VALID'}, "
    f"data_format: {{'NHWC', 'NCHW'}} = 'NHWC', T: {{{REAL}}}",
    host_only=True,
)
def _max_pool_grad_grad(
    xp: Any,
    orig_input: Any,
    orig_output: Any,
    grad: Any,
    *,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str,
) -> Any:
    """For each window, the element of grad at the place of the window's first largest element."""
    x, tops, g = (
        to_nhwc(check_images(v, "tensor"), data_format) for v in (orig_input, orig_output, grad)
    )
    windows, steps = spatial(ksize, data_format), spatial(strides, data_format)
    rows = line(x.shape[1], windows[0], steps[0], padding)
    columns = line(x.shape[2], windows[1], steps[1], padding)
    pairs = ((0, 0), (rows.before, rows.after), (columns.before, columns.after), (0, 0))
    pooled = (x.shape[0], rows.count, columns.count, x.shape[3])
    check_shape(tops, pooled, "orig_output")
    check_shape(g, x.shape, "grad")
    least = dtypes.as_dtype(x.dtype).min
    inside = np.pad(x, pairs, constant_values=least)
    found = window_view(np, inside, rows, columns) == tops[:, :, :, None, None, :]
    flat = (*found.shape[:3], windows[0] * windows[1], found.shape[5])
    first = found.reshape(flat).argmax(axis=3)[:, :, :, None, :]
    picked = np.take_along_axis(
        window_view(np, np.pad(g, pairs), rows, columns).reshape(flat), first, axis=3
    )
    return from_nhwc(np, picked[:, :, :, 0, :], data_format)


_max_pool_grad_grad.shape(grad_grad_shape)


def _attrs(node: Operation) -> dict[str, Any]:
    return {key: node.attrs[key] for key in ("ksize", "strides", "padding", "data_format")}


@_max_pool_grad_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    images, tops = node.inputs[:2]
    back = make_tensor("MaxPoolGrad", images, tops, grad, **_attrs(node))
    return [zeros_like(images), zeros_like(tops), back]


@OPS["MaxPoolGrad"].gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    images, tops = node.inputs[:2]
    back = make_tensor("MaxPoolGradGrad", images, tops, grad, **_attrs(node))
    return [zeros_like(images), zeros_like(tops), back]
