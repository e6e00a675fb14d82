"""Placeholders, identity and no-op: the ops that move or order values without changing them."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.make_op import make_op
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape, as_shape


@op("Placeholder", "-> output: dtype", "dtype: type, shape: shape = unknown", stateful=True)
def _placeholder(xp: Any) -> Any:
    """A value that must be fed."""
    raise AssertionError("a placeholder is fed or refused before the run starts")


@_placeholder.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.attrs["shape"]]


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """A tensor that must be fed; `shape` None leaves it open."""
    made: Tensor = make_op(
        "Placeholder", dtype=dtypes.as_dtype(dtype), shape=as_shape(shape), name=name
    )
    return made


@op(
    "PlaceholderWithDefault",
    "input: dtype -> output: dtype",
    "dtype: type, shape: shape",
    view_of=0,
    template="{0}",
)
def _placeholder_with_default(xp: Any, value: Any) -> Any:
    """A value that may be fed, else that of the input."""
    return value


@_placeholder_with_default.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.attrs["shape"]]


@_placeholder_with_default.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad]


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """A tensor that may be fed and else has the value of `input`."""
    made: Tensor = make_op("PlaceholderWithDefault", input, shape=as_shape(shape), name=name)
    return made


@op("Identity", "input: T -> output: T", "T: type", view_of=0, template="{0}")
def _identity(xp: Any, value: Any) -> Any:
    """Return the input."""
    return value


@_identity.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape]


@_identity.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad]


def identity(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """A tensor of the same value."""
    made: Tensor = make_op("Identity", input, name=name)
    return made


@op("NoOp", "->", stateful=True, template="None")
def _no_op(xp: Any) -> None:
    """Do nothing; run for its control inputs."""


def no_op(name: str | None = None) -> Operation:
    """An operation that does nothing and can carry control dependencies."""
    made: Operation = make_op("NoOp", name=name)
    return made
