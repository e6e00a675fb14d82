"""tf.nn.rnn_cell: one step of a recurrent network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime import nest
from opscope.runtime.graph import get_default_graph
from opscope.runtime.initializers import Constant, Zeros
from opscope.runtime.lstm_cell import BasicLSTMCell, LSTMCell, LSTMStateTuple
from opscope.runtime.math import matmul, sigmoid, tanh
from opscope.runtime.ops.activation import bias_add
from opscope.runtime.ops.joining import concat, split
from opscope.runtime.ops.normalization import dropout
from opscope.runtime.recurrent_cell import Activation, RNNCell
from opscope.runtime.variable_scope import variable_scope
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
