"""Long short-term memory: the cells with a memory beside their output."""

from __future__ import annotations

from typing import Any, NamedTuple

from opscope.runtime.constant import constant
from opscope.runtime.initializers import Zeros
from opscope.runtime.math import clip_by_value, matmul, sigmoid, tanh
from opscope.runtime.ops.activation import bias_add
from opscope.runtime.ops.joining import concat, split
from opscope.runtime.recurrent_cell import Activation, RNNCell


class LSTMStateTuple(NamedTuple):
    """The state of an LSTM: `c` is the memory, `h` the output."""

    c: Any
    h: Any


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
