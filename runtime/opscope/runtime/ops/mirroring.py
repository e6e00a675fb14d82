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


def _check(value: Any, paddings: Any) -> None:
    if paddings.shape != (value.ndim, 2):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"paddings must be a matrix with 2 columns and a row per axis of the input: "
            f"{list(paddings.shape)} for {list(value.shape)}",
        )


@op("MirrorPad", "input: T, paddings: Tpaddings -> output: T", _ATTRS, host_only=True)
def _mirror_pad(xp: Any, value: Any, paddings: Any, *, mode: str) -> Any:
    """The tensor with its border mirrored outwards; REFLECT leaves out the border element."""
    _check(value, paddings)
    for axis, (before, after) in enumerate(paddings.tolist()):
        value = value.take(_sources(value.shape[axis], before, after, mode), axis=axis)
    return value


@op("MirrorPadGrad", "input: T, paddings: Tpaddings -> output: T", _ATTRS, host_only=True)
def _mirror_pad_grad(xp: Any, value: Any, paddings: Any, *, mode: str) -> Any:
    """The gradient of MirrorPad: each element's images added to it."""
    _check(value, paddings)
    for axis, (before, after) in enumerate(paddings.tolist()):
        size = value.shape[axis] - before - after
        if size <= 0:
            raise errors.InvalidArgumentError(
                None, None, f"paddings {before}, {after} are more than axis {axis} has"
            )
        rows = np.moveaxis(value, axis, 0)
        total = np.zeros((size, *rows.shape[1:]), value.dtype)
        np.add.at(total, _sources(size, before, after, mode), rows)
        value = np.ascontiguousarray(np.moveaxis(total, 0, axis))
    return value


def _shape(node: Operation, sign: int) -> list[TensorShape]:
    value, paddings = node.inputs[0].shape, static_value(node.inputs[1])
    count = node.inputs[1].shape.merge_with([None, 2]).known_rank()[0]
    if count is not None:
        value = value.with_rank(count)
    sizes = value.sizes
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
