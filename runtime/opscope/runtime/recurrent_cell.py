"""What every recurrent cell shares: its variables' scope, its state of zeros."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import numpy as np

from opscope.runtime import dtypes, nest
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.shape import expand_dims, shape
from opscope.runtime.partitioned_variable import PartitionedVariable
from opscope.runtime.tensor_shape import TensorShape, as_shape
from opscope.runtime.variable_scope import VariableScope, get_variable_scope, variable_scope
from opscope.runtime.variables import Variable

Activation = Callable[[Any], Tensor]


def _snake(name: str) -> str:
    """The name of a class as TensorFlow names scopes: BasicRNNCell is basic_rnn_cell."""
    partly = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", partly).lower()


class RNNCell:
    """One step: `output, new_state = cell(inputs, state)`.

    The first call makes the variables, in a variable scope named after the cell; later ones share
    them. A class of one's own defines state_size, output_size and call, and may define build, which
    gets the shape of the inputs.
    """

    def __init__(
        self,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
        *,
        _reuse: bool | None = None,
    ) -> None:
        self.trainable = trainable
        self._reuse = _reuse
        self._base_name = name or _snake(type(self).__name__)
        self.name = self._base_name
        self.dtype = None if dtype is None else dtypes.as_dtype(dtype)
        if self.dtype is not None:
            check_dtype(self.dtype)
        self.built = False
        self._scope: VariableScope | None = None
        self._called_in: VariableScope | None = None
        self._variables: list[Variable] = []

    @property
    def state_size(self) -> Any:
        """The size of the state, nested as the state is."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        raise NotImplementedError("Abstract method")

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The output and the next state."""
        raise NotImplementedError(f"{type(self).__name__} must define call(inputs, state)")

    def build(self, input_shape: TensorShape) -> None:
        """Make the variables; a cell need not have any."""
        self.built = True

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """The output and the next state; the first call makes the variables.

        Later calls without a scope are in the variable scope of the first one.
        """
        if scope is not None:
            with variable_scope(scope) as entered:
                return self.call_in_scope(inputs, state, entered)
        if self._called_in is None:
            self._called_in = get_variable_scope()
        with variable_scope(self._called_in):
            return self.call_in_scope(inputs, state)

    def call_in_scope(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """As a call, in the scope of the cell, which the first call opens."""
        with self._own_scope(scope):
            if not self.built:
                first = nest.flatten(inputs)[0]
                if self.dtype is None:
                    self.dtype = first.dtype.base_dtype
                self.build(first.shape)
                self.built = True
            return self.call(inputs, state)

    @contextmanager
    def _own_scope(self, scope: Any = None) -> Any:
        if self._scope is None:
            if self._reuse:
                opened = variable_scope(scope if scope is not None else self._base_name)
            else:
                opened = variable_scope(scope, default_name=self._base_name)
            with opened as self._scope:
                pass
        reuse = True if self.built else self._reuse
        with (
            variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as entered,
            get_default_graph().name_scope(entered.original_name_scope),
        ):
            yield

    def add_weight(
        self,
        name: str,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool = True,
        constraint: Any = None,
        partitioner: Any = None,
    ) -> Any:
        """A variable in the scope of the cell, of its dtype unless told otherwise."""
        with self._own_scope():
            made = get_variable_scope().get_variable(
                name,
                shape,
                dtype or self.dtype or dtypes.float32,
                initializer,
                regularizer,
                trainable and self.trainable,
                constraint=constraint,
                partitioner=partitioner,
            )
        self._variables.extend(made if isinstance(made, PartitionedVariable) else [made])
        return made

    add_variable = add_weight

    @property
    def variables(self) -> list[Variable]:
        """The variables, after the first call: those of `add_weight`, and all in the scope."""
        if self._scope is None:
            return list(self._variables)
        inside = get_default_graph().get_collection(
            GraphKeys.GLOBAL_VARIABLES, re.escape(self._scope.name) + "/"
        )
        return [*self._variables, *(v for v in inside if not _is_among(v, self._variables))]

    @property
    def weights(self) -> list[Variable]:
        """The variables, after the first call."""
        return self.variables

    @property
    def trainable_weights(self) -> list[Variable]:
        """The variables that are trained."""
        trained = get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES)
        return [v for v in self.weights if _is_among(v, trained)]

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that are trained."""
        return self.trainable_weights

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """A state of zeros; batch size and dtype are those of `inputs` where it is given."""
        if inputs is not None:
            batch_size, dtype = _batch_size(inputs), inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros."""
        with get_default_graph().name_scope(type(self).__name__ + "ZeroState"):
            return nest.map_structure(
                lambda size: zeros_of_size(batch_size, size, dtype), self.state_size
            )

    def depth_of(self, input_shape: TensorShape) -> int:
        """The last size of the inputs; ValueError when it is not known."""
        depth = input_shape.sizes[-1] if input_shape.sizes else None
        if depth is None:
            raise ValueError(
                f"Expected inputs.shape[-1] to be known, received shape: {input_shape}"
            )
        return depth


class LayerRNNCell(RNNCell):
    """A cell that makes its variables in `build`: it is called in the scope of the caller."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """The output and the next state; the first call makes the variables."""
        inputs = nest.map_structure(_as_tensor, inputs)
        for tensor in nest.flatten([inputs, state]):
            check_dtype(dtypes.as_dtype(tensor.dtype))
        return self.call_in_scope(inputs, state, scope)


def activation_of(given: Any, default: Activation) -> Activation:
    """An activation function, or that of a name in `tf.nn`."""
    if isinstance(given, str):
        from opscope.runtime import nn  # it gathers the cells that this module serves

        found: Activation = getattr(nn, given)
        return found
    chosen: Activation = given or default
    return chosen


def check_dtype(dtype: dtypes.DType) -> None:
    """ValueError for what is not floating or complex."""
    if not (dtype.is_floating or dtype.is_complex):
        raise ValueError(
            f"RNN cell only supports floating point inputs, but received dtype: {dtype}"
        )


def zeros_of_size(batch_size: Any, size: Any, dtype: Any) -> Tensor:
    """Zeros of shape [batch_size, *size]; both may be tensors."""
    made = zeros(joined_sizes(batch_size, size), dtype)
    made.set_shape(static_sizes(batch_size, size))
    return made


def joined_sizes(first: Any, last: Any) -> Tensor:
    """The shape [*first, *last] as a tensor; each is a number, a shape or a tensor."""
    parts = (_as_vector(first), _as_vector(last))
    if parts[0] is None or parts[1] is None:
        raise ValueError(f"sizes must be known: {first} and {last}")
    return concat(parts, 0)


def static_sizes(first: Any, last: Any) -> TensorShape:
    """As `joined_sizes`, as far as it is known; it leaves the same constants in the graph."""
    known = []
    for given in (first, last):
        _as_vector(given)
        known.append(_known_sizes(given))
    return known[0].concatenate(known[1])


def _as_vector(given: Any) -> Tensor | None:
    if isinstance(given, Tensor):
        return expand_dims(given, 0) if given.shape.ndims == 0 else given
    sizes = as_shape([given] if isinstance(given, int) else given)
    return constant(sizes.as_list(), dtypes.int32) if sizes.is_fully_defined() else None


def _known_sizes(given: Any) -> TensorShape:
    if isinstance(given, Tensor):
        return TensorShape([None]) if given.shape.ndims == 0 else TensorShape(None)
    return as_shape([given] if isinstance(given, int) else given)


def _batch_size(inputs: Tensor) -> Any:
    sizes = inputs.shape.sizes
    if sizes and sizes[0] is not None:
        return sizes[0]
    return shape(inputs)[0]


def _as_tensor(value: Any) -> Any:
    return convert_to_tensor(value) if isinstance(value, np.ndarray) else value


def _is_among(variable: Variable, others: Any) -> bool:
    return any(variable is other for other in others)
