"""tf.nn.rnn_cell: one step of a recurrent network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime import initializers, nest
from opscope.runtime.graph import get_default_graph
from opscope.runtime.initializers import Constant, Zeros
from opscope.runtime.lstm_cell import BasicLSTMCell, LSTMCell, LSTMStateTuple
from opscope.runtime.math import matmul, sigmoid, tanh
from opscope.runtime.ops.activation import bias_add
from opscope.runtime.ops.joining import concat, split
from opscope.runtime.ops.slicing import slice_block
from opscope.runtime.recurrent_cell import Activation, LayerRNNCell, RNNCell, activation_of
from opscope.runtime.rnn_cell_wrappers import DeviceWrapper, DropoutWrapper, ResidualWrapper
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variable_scope import variable_scope
from opscope.runtime.variables import Variable

__all__ = [
    "BasicLSTMCell",
    "BasicRNNCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "GRUCell",
    "LSTMCell",
    "LSTMStateTuple",
    "MultiRNNCell",
    "RNNCell",
    "ResidualWrapper",
]


class BasicRNNCell(LayerRNNCell):
    """output = new state = activation(W [inputs, state] + b); tanh unless told otherwise."""

    def __init__(
        self,
        num_units: int,
        activation: Activation | str | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(trainable, name, dtype, _reuse=reuse)
        self._num_units = num_units
        self._activation = activation_of(activation, tanh)

    @property
    def state_size(self) -> int:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def build(self, input_shape: TensorShape) -> None:
        """Make `kernel` and `bias`."""
        units = self._num_units
        self._kernel = self.add_weight("kernel", [self.depth_of(input_shape) + units, units])
        self._bias = self.add_weight("bias", [units], initializer=Zeros(dtype=self.dtype))
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The new state, twice."""
        inner = matmul(concat([inputs, state], 1), self._kernel)
        output = self._activation(bias_add(inner, self._bias))
        return output, output


class GRUCell(LayerRNNCell):
    """The gated recurrent unit of Cho et al., arXiv:1406.1078."""

    def __init__(
        self,
        num_units: int,
        activation: Activation | str | None = None,
        reuse: bool | None = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(trainable, name, dtype, _reuse=reuse)
        self._num_units = num_units
        self._activation = activation_of(activation, tanh)
        self._kernel_initializer = kernel_initializer and initializers.get(kernel_initializer)
        self._bias_initializer = bias_initializer and initializers.get(bias_initializer)

    @property
    def state_size(self) -> int:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def build(self, input_shape: TensorShape) -> None:
        """Make the kernels and biases of the gates and of the candidate."""
        rows, units = self.depth_of(input_shape) + self._num_units, self._num_units
        start, bias = self._kernel_initializer, self._bias_initializer
        self._gate_kernel = self.add_weight("gates/kernel", [rows, 2 * units], initializer=start)
        self._gate_bias = self.add_weight(
            "gates/bias", [2 * units], initializer=bias or Constant(1.0, dtype=self.dtype)
        )
        self._candidate_kernel = self.add_weight(
            "candidate/kernel", [rows, units], initializer=start
        )
        self._candidate_bias = self.add_weight(
            "candidate/bias", [units], initializer=bias or Zeros(dtype=self.dtype)
        )
        self.built = True

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
        if not isinstance(cells, (list, tuple)):
            raise TypeError(f"cells must be a list or tuple, but received: {cells}.")
        if not state_is_tuple and any(nest.is_nested(cell.state_size) for cell in cells):
            raise ValueError(
                "Some cells return tuples of states, but the flag state_is_tuple is not set. "
                f"State sizes are: {[cell.state_size for cell in cells]}"
            )
        self._cells = list(cells)
        self._state_is_tuple = state_is_tuple

    @property
    def state_size(self) -> Any:
        """The state sizes of the cells; their sum when the states are joined."""
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """The output size of the last cell."""
        return self._cells[-1].output_size

    @property
    def variables(self) -> list[Variable]:
        """The variables of all cells."""
        return [v for cell in self._cells for v in cell.variables]

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros for each cell."""
        with get_default_graph().name_scope(type(self).__name__ + "ZeroState"):
            if not self._state_is_tuple:
                return super().zero_state(batch_size, dtype)
            return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The output of the last cell, and the new states of all."""
        if self._state_is_tuple and not nest.is_nested(state):
            raise ValueError(
                f"Expected state to be a tuple of length {len(self._cells)}, but received: {state}"
            )
        states = []
        start = 0
        for i, cell in enumerate(self._cells):
            with variable_scope(f"cell_{i}"):
                if self._state_is_tuple:
                    old = state[i]
                else:
                    old = slice_block(state, [0, start], [-1, cell.state_size])
                    start += cell.state_size
                inputs, new = cell(inputs, old)
                states.append(new)
        return inputs, tuple(states) if self._state_is_tuple else concat(states, 1)
