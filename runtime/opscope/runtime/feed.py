"""What is fed to a run: conversion of the values, and their check against the static shape."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import as_array
from opscope.runtime.graph import Graph
from opscope.runtime.operation import Operation, Tensor


class Feed:
    """One fed tensor of a plan."""

    __slots__ = ("any_size", "numpy_dtype", "sizes", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.numpy_dtype = tensor.dtype.numpy_dtype
        self.sizes = tensor.shape.sizes
        self.any_size = self.sizes is None

    def on(self, tensor: Tensor) -> Feed:
        """The feed of another tensor in the place of this one; itself for its own."""
        return self if tensor is self.tensor else Feed(tensor)

    def convert(self, value: Any) -> Any:
        """Return `value` as an array of the tensor's dtype, or a NumPy scalar when it is 0-d.

        TypeError when it cannot be converted, ValueError when its shape does not fit.
        """
        if value.__class__ is not np.ndarray or value.dtype != self.numpy_dtype:
            value = self._array(value)
        if not self.any_size:
            sizes = self.sizes
            shape = value.shape
            if shape != sizes:
                assert sizes is not None
                if len(shape) != len(sizes):
                    self._refuse(shape)
                for given, expected in zip(shape, sizes, strict=True):
                    if expected is not None and given != expected:
                        self._refuse(shape)
        return value if value.ndim else value[()]

    def _array(self, value: Any) -> Any:
        tensor = self.tensor
        if isinstance(value, (Tensor, Operation)):
            raise TypeError(
                "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include "
                "Python scalars, strings, lists, numpy ndarrays. For reference, the tensor object "
                f"was {value!r} which was passed to the feed with key {tensor!r}."
            )
        if self.numpy_dtype.kind == "O":
            return as_array(value, dtypes.string)
        try:
            array = np.asarray(value, self.numpy_dtype)
        except (TypeError, ValueError) as error:
            raise type(error)(
                f"Cannot feed a value of type {type(value).__name__} for {tensor!r}: {error}"
            ) from None
        if isinstance(value, int) and not array.dtype.kind == "b" and int(array) != value:
            raise TypeError(
                f"Type of feed value {value} with type {type(value)} is not compatible with Tensor "
                f"type {tensor.dtype.name}. Try explicitly setting the type of the feed tensor to "
                "a larger type (e.g. int64)."
            )
        return array

    def _refuse(self, shape: tuple[int, ...]) -> None:
        raise ValueError(
            f"Cannot feed value of shape {shape} for Tensor {self.tensor.name}, "
            f"which has shape {self.tensor.shape}"
        )


def whole_feeds(feed_dict: dict[Any, Any]) -> dict[Any, Any]:
    """The feeds with those that stand for several tensors (a SparseTensor) taken apart."""
    if not any(hasattr(key, "_feed_parts") for key in feed_dict):
        return feed_dict
    feeds: dict[Any, Any] = {}
    for key, value in feed_dict.items():
        parts = getattr(key, "_feed_parts", None)
        feeds.update(parts(value) if parts is not None else [(key, value)])
    return feeds


def read_feeds(graph: Graph, keys: Any) -> tuple[Feed, ...]:
    """The fed tensors of a plan; TypeError or ValueError names the key that cannot be fed."""
    feeds = []
    for key in keys:
        try:
            tensor = graph.as_graph_element(key, allow_operation=False)
        except (TypeError, ValueError, KeyError) as error:
            reason = error.args[0] if error.args else error
            raise TypeError(f"Cannot interpret feed_dict key as Tensor: {reason}") from None
        assert isinstance(tensor, Tensor)
        if not graph.is_feedable(tensor):
            raise ValueError(f"Tensor {tensor.name} may not be fed.")
        feeds.append(Feed(tensor))
    return tuple(feeds)


def refuse_unfed(op: Operation) -> NoReturn:
    """Say that a placeholder must be fed."""
    tensor = op.outputs[0]
    sizes = tensor.shape.sizes
    shape = "" if sizes is None else f" and shape {list(sizes)}".replace("None", "?")
    raise errors.InvalidArgumentError(
        op.node_def,
        op,
        f"You must feed a value for placeholder tensor '{op.name}' "
        f"with dtype {tensor.dtype.name}{shape}",
    )
