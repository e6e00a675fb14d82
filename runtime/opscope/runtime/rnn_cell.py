"""tf.nn.rnn_cell: one step of a recurrent network."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from opscope.runtime import dtypes, nest
from opscope.runtime.constant import constant
from opscope.runtime.graph import get_default_graph
from opscope.runtime.initializers import Constant, Zeros
from opscope.runtime.math import clip_by_value, matmul, sigmoid, tanh
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.activation import bias_add
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.joining import concat, split
from opscope.runtime.ops.normalization import dropout
from opscope.runtime.variable_scope import get_variable, get_variable_scope, variable_scope
from opscope.runtime.variables import Variable

__all__ = [
    "BasicLSTMCell",
    "BasicRNNCell",
    "DropoutWrapper",
    "GRUCell",
    "LSTMCell",
    "LSTMStateTuple",
    "MultiRNNCell",
    "RNNCell",
]

Activation = Callable[[Any], Tensor]


class LSTMStateTuple(NamedTuple):
    """The state of an LSTM: `c` is the memory, `h` the output."""

    c: Any
    h: Any


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


class BasicRNNCell(RNNCell):
    """output = new state = activation(W [inputs, state] + b); tanh unless told otherwise."""

    def __init__(
        self,
        num_units: int,
        activation: Activation | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reuse, name, dtype)
        self._units = num_units
        self._activation = activation or tanh

    @property
    def state_size(self) -> int:
        """The number of units."""
        return self._units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._units

    def build(self, depth: int | None) -> None:
        """Make `kernel` and `bias`."""
        shape = [self._depth(depth) + self._units, self._units]
        self._kernel = self.add_variable("kernel", shape)
        self._bias = self.add_variable("bias", [self._units], Zeros())

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The new state, twice."""
        inner = matmul(concat([inputs, state], 1), self._kernel)
        output = self._activation(bias_add(inner, self._bias))
        return output, output


class GRUCell(RNNCell):
    """The gated recurrent unit of Cho et al., arXiv:1406.1078."""

    def __init__(
        self,
        num_units: int,
        activation: Activation | None = None,
        reuse: bool | None = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reuse, name, dtype)
        self._units = num_units
        self._activation = activation or tanh
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    @property
    def state_size(self) -> int:
        """The number of units."""
        return self._units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._units

    def build(self, depth: int | None) -> None:
        """Make the kernels and biases of the gates and of the candidate."""
        rows, units = self._depth(depth) + self._units, self._units
        start = self._kernel_initializer
        gate_start = self._bias_initializer or Constant(1.0)
        self._gate_kernel = self.add_variable("gates/kernel", [rows, 2 * units], start)
        self._gate_bias = self.add_variable("gates/bias", [2 * units], gate_start)
        self._candidate_kernel = self.add_variable("candidate/kernel", [rows, units], start)
        self._candidate_bias = self.add_variable(
            "candidate/bias", [units], self._bias_initializer or Zeros()
        )

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The new state, twice."""
        gates = bias_add(matmul(concat([inputs, state], 1), self._gate_kernel), self._gate_bias)
        reset, update = split(sigmoid(gates), 2, axis=1)
        inner = matmul(concat([inputs, reset * state], 1), self._candidate_kernel)
        candidate = self._activation(bias_add(inner, self._candidate_bias))
        new = update * state + (1 - update) * candidate
        return new, new


class BasicLSTMCell(RNNCell):
    """The LSTM of Zaremba et al., arXiv:1409.2329; its state is an LSTMStateTuple."""

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Activation | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(reuse, name, dtype)
        self._units = num_units
        self._forget_bias = forget_bias
        self._is_tuple = state_is_tuple
        self._activation = activation or tanh

    @property
    def state_size(self) -> Any:
        """Twice the number of units: as LSTMStateTuple, or in one number."""
        return LSTMStateTuple(self._units, self._units) if self._is_tuple else 2 * self._units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._units

    def build(self, depth: int | None) -> None:
        """Make `kernel` and `bias`."""
        shape = [self._depth(depth) + self._units, 4 * self._units]
        self._kernel = self.add_variable("kernel", shape)
        self._bias = self.add_variable("bias", [4 * self._units], Zeros())

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The output, and memory and output as the new state."""
        one = constant(1)
        c, h = state if self._is_tuple else split(state, 2, axis=one)
        inner = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(inner, 4, axis=one)
        bias = constant(self._forget_bias, f.dtype)
        new_c = c * sigmoid(f + bias) + sigmoid(i) * self._activation(j)
        new_h = self._activation(new_c) * sigmoid(o)
        return new_h, LSTMStateTuple(new_c, new_h) if self._is_tuple else concat([new_c, new_h], 1)


class LSTMCell(RNNCell):
    """The LSTM of Sak et al. with peepholes, clipping and projection where they are asked for."""

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int | None = None,
        num_proj_shards: int | None = None,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Activation | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        if num_unit_shards is not None or num_proj_shards is not None:
            raise NotImplementedError("opscope's LSTMCell does not split its variables into shards")
        super().__init__(reuse, name, dtype)
        self._units = num_units
        self._peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._projection = num_proj
        self._proj_clip = proj_clip
        self._forget_bias = forget_bias
        self._is_tuple = state_is_tuple
        self._activation = activation or tanh

    @property
    def state_size(self) -> Any:
        """The sizes of memory and output: as LSTMStateTuple, or their sum."""
        sizes = LSTMStateTuple(self._units, self.output_size)
        return sizes if self._is_tuple else sum(sizes)

    @property
    def output_size(self) -> int:
        """The number of units, or what they are projected to."""
        return self._projection or self._units

    def build(self, depth: int | None) -> None:
        """Make `kernel`, `bias`, and what peepholes and projection need."""
        units, start = self._units, self._initializer
        shape = [self._depth(depth) + self.output_size, 4 * units]
        self._kernel = self.add_variable("kernel", shape, start)
        self._bias = self.add_variable("bias", [4 * units], Zeros())
        if self._peepholes:
            self._diagonals = [
                self.add_variable(f"w_{gate}_diag", [units], start) for gate in "fio"
            ]
        if self._projection is not None:
            self._out = self.add_variable("projection/kernel", [units, self._projection], start)

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The output, and memory and output as the new state."""
        if self._is_tuple:
            c, h = state
        else:
            c, h = split(state, [self._units, self.output_size], axis=1)
        inner = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(inner, 4, axis=1)
        act = self._activation
        if self._peepholes:
            w_f, w_i, w_o = self._diagonals
            kept = sigmoid(f + self._forget_bias + w_f * c) * c
            new_c = kept + sigmoid(i + w_i * c) * act(j)
        else:
            new_c = sigmoid(f + self._forget_bias) * c + sigmoid(i) * act(j)
        if self._cell_clip is not None:
            new_c = clip_by_value(new_c, -self._cell_clip, self._cell_clip)
        gate = sigmoid(o + w_o * new_c) if self._peepholes else sigmoid(o)
        new_h = gate * act(new_c)
        if self._projection is not None:
            new_h = matmul(new_h, self._out)
            if self._proj_clip is not None:
                new_h = clip_by_value(new_h, -self._proj_clip, self._proj_clip)
        return new_h, LSTMStateTuple(new_c, new_h) if self._is_tuple else concat([new_c, new_h], 1)


class MultiRNNCell(RNNCell):
    """Cells on top of each other: each takes the output of the one before as its inputs."""

    def __init__(self, cells: Sequence[RNNCell], state_is_tuple: bool = True) -> None:
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not state_is_tuple:
            raise NotImplementedError("opscope's MultiRNNCell keeps its state as a tuple")
        self._cells = list(cells)

    @property
    def state_size(self) -> Any:
        """The state sizes of the cells."""
        return tuple(cell.state_size for cell in self._cells)

    @property
    def output_size(self) -> Any:
        """The output size of the last cell."""
        return self._cells[-1].output_size

    @property
    def weights(self) -> list[Variable]:
        """The variables of all cells."""
        return [v for cell in self._cells for v in cell.weights]

    trainable_weights = weights
    trainable_variables = weights

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros for each cell."""
        with get_default_graph().name_scope(type(self).__name__ + "ZeroState"):
            return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The output of the last cell, and the new states of all."""
        states = []
        for i, (cell, old) in enumerate(zip(self._cells, state, strict=True)):
            with variable_scope(f"cell_{i}"):
                inputs, new = cell(inputs, old)
                states.append(new)
        return inputs, tuple(states)


class DropoutWrapper(RNNCell):
    """A cell some of whose inputs, outputs and states are set to zero at random."""

    def __init__(
        self,
        cell: RNNCell,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(dtype=dtype)
        if variational_recurrent:
            raise NotImplementedError("opscope's DropoutWrapper draws anew in each step")
        self._cell = cell
        self._keep = (input_keep_prob, state_keep_prob, output_keep_prob)
        self._seed = seed

    @property
    def state_size(self) -> Any:
        """That of the cell inside."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the cell inside."""
        return self._cell.output_size

    @property
    def weights(self) -> list[Variable]:
        """The variables of the cell inside."""
        return self._cell.weights

    trainable_weights = weights
    trainable_variables = weights

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """That of the cell inside."""
        return self._cell.zero_state(batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """As the cell inside, in its scope."""
        return self.call(inputs, state)

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The output and the state of the cell inside, thinned out."""
        keep_input, keep_state, keep_output = self._keep
        output, new = self._cell(self._thinned(inputs, keep_input), state)
        if isinstance(new, LSTMStateTuple):  # the memory of an LSTM stays whole
            new = LSTMStateTuple(new.c, self._thinned(new.h, keep_state))
        else:
            new = nest.map_structure(lambda s: self._thinned(s, keep_state), new)
        return self._thinned(output, keep_output), new

    def _thinned(self, value: Any, keep: Any) -> Any:
        if isinstance(keep, (int, float)) and keep >= 1:
            return value
        return dropout(value, keep_prob=keep, seed=self._seed)
