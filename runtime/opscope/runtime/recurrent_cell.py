"""What every recurrent cell shares: its variables' scope, its state of zeros."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from opscope.runtime import dtypes, nest
from opscope.runtime.constant import constant
from opscope.runtime.graph import get_default_graph
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.joining import concat
from opscope.runtime.variable_scope import get_variable, get_variable_scope, variable_scope
from opscope.runtime.variables import Variable

Activation = Callable[[Any], Tensor]


def _snake(name: str) -> str:
    """The name of a class as TensorFlow names scopes: BasicRNNCell is basic_rnn_cell."""
    partly = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", partly).lower()


class RNNCell(ABC):
    """One step: `output, new_state = cell(inputs, state)`.

    The first call makes the variables, in a variable scope named after the cell; later ones share
    them. A class of one's own defines state_size, output_size and call.
    """

    def __init__(
        self, reuse: bool | None = None, name: str | None = None, dtype: Any = None
    ) -> None:
        self._reuse = reuse
        self._base_name = name or _snake(type(self).__name__)
        self._given_name = name
        self.dtype = None if dtype is None else dtypes.as_dtype(dtype)
        self.built = False
        self.variables: list[Variable] = []

    @property
    @abstractmethod
    def state_size(self) -> Any:
        """The size of the state, nested as the state is."""

    @property
    @abstractmethod
    def output_size(self) -> Any:
        """The size of the output."""

    @abstractmethod
    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The output and the next state."""

    def build(self, depth: int | None) -> None:  # noqa: B027 - a cell need not have variables
        """Make the variables for inputs of `depth` columns."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """The output and the next state; the first call makes the variables."""
        if self.built:
            with get_default_graph().name_scope(self._base_name):
                return self.call(inputs, state)
        with self._variable_scope(scope):
            first = nest.flatten(inputs)[0]
            sizes = first.shape.sizes
            if self.dtype is None:
                self.dtype = first.dtype.base_dtype
            self.build(sizes[-1] if sizes else None)
            self.built = True
            return self.call(inputs, state)

    def _variable_scope(self, scope: Any) -> AbstractContextManager[Any]:
        shared = self._reuse or get_variable_scope().reuse
        if scope is not None or self._given_name is not None or shared:
            return variable_scope(scope or self._base_name, reuse=self._reuse)
        return variable_scope(None, default_name=self._base_name)

    def add_variable(self, name: str, shape: Sequence[int], initializer: Any = None) -> Variable:
        """A variable of the cell's dtype."""
        made: Variable = get_variable(name, list(shape), self.dtype, initializer)
        self.variables.append(made)
        return made

    @property
    def weights(self) -> list[Variable]:
        """The variables, after the first call."""
        return list(self.variables)

    trainable_weights = weights
    trainable_variables = weights

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros."""
        with get_default_graph().name_scope(type(self).__name__ + "ZeroState"):
            sizes = self.state_size
            states = [zeros_of_size(batch_size, s, dtype) for s in nest.flatten(sizes)]
            return nest.pack_sequence_as(sizes, states)

    def _depth(self, depth: int | None) -> int:
        if depth is None:
            raise ValueError(
                f"the last size of the inputs of {type(self).__name__} must be known "
                "(expected inputs.shape[-1] to be known)"
            )
        return depth


def zeros_of_size(batch_size: Any, size: int, dtype: Any) -> Tensor:
    """Zeros of shape [batch_size, size]; the batch size may be a tensor."""
    if not isinstance(batch_size, Tensor):
        return zeros([int(batch_size), size], dtype)
    rows = batch_size if batch_size.shape.ndims == 1 else batch_size[None]
    return zeros(concat([rows, constant([size])], 0), dtype)
