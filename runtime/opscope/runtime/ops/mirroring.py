"""Padding with a mirror image of the tensor's own border."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_ATTRS = "T: type, Tpaddings: {int32, int64} = int32, mode: {'REFLECT', 'SYMMETRIC'}"


def _sources(size: int, before: int, after: int, mode: str) -> Any:
    """For each place of the padded axis, the place it mirrors."""
    most = size - 1 if mode == "REFLECT" else size
    if before > most or after > most:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"paddings must be no greater than the dimension size{' less 1' * (most < size)}: "
            f"{before}, {after} greater than {most}",
        )
    return np.pad(np.arange(size), (before, after), mode.lower())  # type: ignore[call-overload]


@op("MirrorPad", "input: T, paddings: Tpaddings -> output: T", _ATTRS, host_only=True)
def _mirror_pad(xp: Any, value: Any, paddings: Any, *, mode: str) -> Any:
    """The tensor with its border mirrored outwards; REFLECT leaves out the border element."""
    for axis, (before, after) in enumerate(paddings.tolist()):
        value = value.take(_sources(value.shape[axis], before, after, mode), axis=axis)
    return value


@op("MirrorPadGrad", "input: T, paddings: Tpaddings -> output: T", _ATTRS, host_only=True)
def _mirror_pad_grad(xp: Any, value: Any, paddings: Any, *, mode: str) -> Any:
    """The gradient of MirrorPad: each element's images added to it."""
    for axis, (before, after) in enumerate(paddings.tolist()):
        size = value.shape[axis] - before - after
        rows = np.moveaxis(value, axis, 0)
        total = np.zeros((size, *rows.shape[1:]), value.dtype)
        np.add.at(total, _sources(size, before, after, mode), rows)
        value = np.ascontiguousarray(np.moveaxis(total, 0, axis))
    return value


def _shape(node: Operation, sign: int) -> list[TensorShape]:
    sizes, paddings = node.inputs[0].shape.sizes, static_value(node.inputs[1])
    if sizes is None:
        return [unknown_shape()]
    if paddings is None:
        return [unknown_shape(len(sizes))]
    pairs = paddings.sum(axis=1).tolist()
    return [
        TensorShape(
            [None if n is None else n + sign * both for n, both in zip(sizes, pairs, strict=True)]
        )
    ]


@_mirror_pad.shape
def _(node: Operation) -> list[TensorShape]:
    return _shape(node, 1)


@_mirror_pad_grad.shape
def _(node: Operation) -> list[TensorShape]:
    return _shape(node, -1)


@_mirror_pad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    mode = node.attrs["mode"]
    return [make_tensor("MirrorPadGrad", grad, node.inputs[1], mode=mode), None]


@_mirror_pad_grad.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("MirrorPad", grad, node.inputs[1], mode=node.attrs["mode"]), None]
