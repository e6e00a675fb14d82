"""Ops on strings: values are bytes, tensors of them object arrays."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape


@op(
    "StringJoin",
    "inputs: N * string -> output: string",
    "N: int >= 1, separator: string = ''",
    host_only=True,
    not_differentiable=True,
)
def _string_join(xp: Any, *inputs: Any, separator: str) -> Any:
    """Join strings element by element; scalars go with every element."""
    between = separator.encode() if isinstance(separator, str) else separator
    if all(isinstance(i, bytes) for i in inputs):
        return between.join(inputs)
    arrays = [_strings(i) for i in inputs]
    shape = next((a.shape for a in arrays if a.ndim), ())
    columns = [np.broadcast_to(a, shape).ravel().tolist() for a in arrays]
    joined = np.empty(shape, object)
    joined.reshape(-1)[:] = [between.join(row) for row in zip(*columns, strict=True)]
    return joined


def _strings(value: Any) -> np.ndarray[Any, np.dtype[Any]]:
    if isinstance(value, bytes):
        array = np.empty((), object)
        array[()] = value
        return array
    return np.asarray(value)


@_string_join.shape
def _(node: Operation) -> list[TensorShape]:
    shape = TensorShape(())
    for tensor in node.inputs:
        if tensor.shape.ndims is None:
            return [TensorShape(None)]
        if tensor.shape.ndims:
            shape = tensor.shape if not shape.ndims else shape.merge_with(tensor.shape)
    return [shape]


@op(
    "StaticRegexFullMatch",
    "input: string -> output: bool",
    "pattern: string",
    host_only=True,
    not_differentiable=True,
)
def _static_regex_full_match(xp: Any, input: Any, *, pattern: str) -> Any:  # noqa: A002
    """True for each string that a regular expression matches whole."""
    matches = _matcher(pattern)
    if isinstance(input, bytes):
        return np.bool_(matches(input))
    found = [matches(item) for item in input.ravel().tolist()]
    return np.array(found, bool).reshape(input.shape)


def _matcher(pattern: str | bytes) -> Callable[[bytes], bool]:
    compiled = re.compile(pattern.encode() if isinstance(pattern, str) else pattern)
    return lambda text: compiled.fullmatch(text) is not None


@_static_regex_full_match.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape]


def string_join(inputs: Any, separator: str = "", name: str | None = None) -> Tensor:
    """The strings of several tensors joined, element by element."""
    return make_tensor("StringJoin", list(inputs), separator=separator, name=name)
