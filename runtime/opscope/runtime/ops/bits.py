"""Integers bit by bit, and bytes read as another type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.broadcasting import broadcast_shape
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.type_sets import NUMBER, SIGNED, UNSIGNED
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

_INTEGER = f"T: {{{SIGNED}, {UNSIGNED}}}"


def _define(name: str, function: Callable[..., Any], doc: str) -> OpDef:
    def kernel(xp: Any, x: Any, y: Any) -> Any:
        return function(xp, x, y)

    kernel.__doc__ = doc
    made = op(name, "x: T, y: T -> z: T", _INTEGER, not_differentiable=True)(kernel)
    made.shape(broadcast_shape)
    return made


def _shift(y: Any, xp: Any) -> Any:
    """The number of places, which is cut to what the type has: beyond it is not defined in C."""
    return xp.clip(y, 0, y.dtype.itemsize * 8 - 1).astype(y.dtype)


_and = _define("BitwiseAnd", lambda xp, x, y: x & y, "The bits that are set in both.")
_or = _define("BitwiseOr", lambda xp, x, y: x | y, "The bits that are set in one of them.")
_xor = _define("BitwiseXor", lambda xp, x, y: x ^ y, "The bits in which they differ.")
_left = _define("LeftShift", lambda xp, x, y: x << _shift(y, xp), "The bits of x moved up by y.")
_right = _define("RightShift", lambda xp, x, y: x >> _shift(y, xp), "The bits of x moved down.")


@op("Invert", "x: T -> y: T", _INTEGER, not_differentiable=True)
def _invert(xp: Any, x: Any) -> Any:
    """Every bit turned over."""
    return ~x


@op("PopulationCount", "x: T -> y: uint8", _INTEGER, not_differentiable=True, host_only=True)
def _population_count(xp: Any, x: Any) -> Any:
    """How many bits are set."""
    unsigned = np.asarray(x).view(f"u{x.dtype.itemsize}")
    return np.bitwise_count(unsigned).astype(np.uint8)[()]


_invert.shape(same_shape)
_population_count.shape(same_shape)


@op(
    "Bitcast",
    "input: T -> output: type",
    f"T: {{{NUMBER}}}, type: {{{NUMBER}}}",
    host_only=True,
)
def _bitcast(xp: Any, value: Any, *, type: dtypes.DType) -> Any:  # noqa: A002
    """The same bytes read as another type; a change of size adds or takes the last axis."""
    array, target = np.ascontiguousarray(value), type.numpy_dtype
    sizes = value.shape
    old, new = value.dtype.itemsize, target.itemsize
    if old > new:
        sizes = (*sizes, old // new)
    elif old < new:
        if not sizes or sizes[-1] != new // old:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Cannot bitcast from {value.dtype} to {type.name}: shape {list(sizes)}",
            )
        sizes = sizes[:-1]
    return np.frombuffer(array.tobytes(), target).reshape(sizes).copy()[()]


@_bitcast.shape
def _(node: Operation) -> list[TensorShape]:
    shape = node.inputs[0].shape
    old, new = node.attrs["T"].size, node.attrs["type"].size
    if old == new or shape.sizes is None:
        return [shape if old == new else unknown_shape()]
    if old > new:
        return [shape.concatenate([old // new])]
    if not shape.sizes or shape.sizes[-1] not in (None, new // old):
        raise ValueError(
            f"Cannot bitcast from {node.attrs['T'].name} to {node.attrs['type'].name} due to "
            f"shape. {shape.sizes[-1] if shape.sizes else None} is not equal to {new // old}"
        )
    return [TensorShape(shape.sizes[:-1])]


def bitcast(input: Any, type: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """The bytes of `input` read as `type`; a change of size adds or takes the last axis."""
    return make_tensor("Bitcast", input, type=type, name=name)


def _function(definition: OpDef) -> Callable[..., Tensor]:
    def function(x: Any, y: Any, name: str | None = None) -> Tensor:
        return make_tensor(definition.name, x, y, name=name)

    function.__doc__ = definition.doc
    return function


bitwise_and, bitwise_or, bitwise_xor = map(_function, (_and, _or, _xor))
left_shift, right_shift = map(_function, (_left, _right))


def invert(x: Any, name: str | None = None) -> Tensor:
    """Every bit turned over."""
    return make_tensor("Invert", x, name=name)
