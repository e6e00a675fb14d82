"""Ops that hand tensors on: several at once, with a shape made sure of, or named a constant."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import expand_dims
from opscope.runtime.tensor_shape import TensorShape, as_shape, scalar


@op("IdentityN", "input: T -> output: T", "T: list(type) >= 1")
def _identity_n(xp: Any, *values: Any) -> Any:
    """Return the inputs."""
    # Copies: the memory of several inputs is more than `view_of` can name.
    copies = tuple(v.copy() if getattr(v, "ndim", 0) else v for v in values)
    return copies if len(copies) > 1 else copies[0]


@_identity_n.shape
def _(node: Operation) -> list[TensorShape]:
    return [t.shape for t in node.inputs]


@_identity_n.gradient
def _(node: Operation, *grads: Tensor) -> list[Tensor | None]:
    return list(grads)


@op("EnsureShape", "input: T -> output: T", "shape: shape, T: type", view_of=0)
def _ensure_shape(xp: Any, value: Any, *, shape: TensorShape) -> Any:
    """Return the input; InvalidArgumentError when it has not the shape."""
    if not shape.is_compatible_with(value.shape):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Shape of tensor {list(value.shape)} is not compatible with expected shape {shape}.",
        )
    return value


@_ensure_shape.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.merge_with(node.attrs["shape"])]


@_ensure_shape.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad]


@op("GuaranteeConst", "input: T -> output: T", "T: type", stateful=True, view_of=0)
def _guarantee_const(xp: Any, value: Any) -> Any:
    """Return the input, which the caller says never changes."""
    return value


_guarantee_const.shape(same_shape)


@op("ParallelConcat", "values: N * T -> output: T", "N: int >= 1, T: type, shape: shape")
def _parallel_concat(xp: Any, *values: Any) -> Any:
    """Tensors of one row each, one below the other."""
    return xp.concatenate(values)


@_parallel_concat.shape
def _(node: Operation) -> list[TensorShape]:
    shape: TensorShape = node.attrs["shape"]
    row = TensorShape([1]).concatenate(shape[1:])
    for value in node.inputs:
        value.shape.assert_is_compatible_with(row)
        if not value.shape.is_fully_defined():
            raise ValueError("All input shapes must be fully defined.")
    return [shape]


@op("Timestamp", "-> ts: float64", stateful=True, not_differentiable=True)
def _timestamp(xp: Any) -> Any:
    """The seconds since 1970 at the time it runs."""
    return np.float64(time.time())


@_timestamp.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


def identity_n(input: Any, name: str | None = None) -> list[Tensor]:  # noqa: A002
    """The tensors, to be had once all of them are there."""
    made: list[Tensor] = make_op("IdentityN", input, name=name)
    return made


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Tensor:
    """`x`, of which the shape is known from here on; running it fails when it is another."""
    return make_tensor("EnsureShape", x, shape=as_shape(shape), name=name)


def guarantee_const(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """`input`, said never to change."""
    return make_tensor("GuaranteeConst", input, name=name)


def parallel_stack(values: Any, name: str = "parallel_stack") -> Tensor:
    """Tensors of one known shape as the rows of one."""
    with op_scope(name, "parallel_stack", *values):
        first = convert_to_tensor(values[0])
        shape = as_shape([len(values)]).concatenate(first.shape)
        rows = [expand_dims(v, 0) for v in values]
        return make_tensor("ParallelConcat", rows, shape=shape)


def timestamp(name: str | None = None) -> Tensor:
    """The seconds since 1970 when it runs."""
    return make_tensor("Timestamp", name=name)
