"""Long short-term memory: the cells with a memory beside their output."""

from __future__ import annotations

from typing import Any, NamedTuple

from opscope.runtime import dtypes, initializers
from opscope.runtime.constant import constant
from opscope.runtime.initializers import Zeros
from opscope.runtime.math import clip_by_value, matmul, multiply, sigmoid, tanh
from opscope.runtime.ops.activation import bias_add
from opscope.runtime.ops.joining import concat, split
from opscope.runtime.ops.overloads import add
from opscope.runtime.ops.slicing import slice_block
from opscope.runtime.partitioned_variable import fixed_size_partitioner
from opscope.runtime.recurrent_cell import Activation, LayerRNNCell, activation_of
from opscope.runtime.tensor_shape import TensorShape


class LSTMStateTuple(NamedTuple):
    """The state of an LSTM: `c` is the memory, `h` the output."""

    c: Any
    h: Any


class BasicLSTMCell(LayerRNNCell):
    """The LSTM of Zaremba et al., arXiv:1409.2329; its state is an LSTMStateTuple."""

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Activation | str | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(trainable, name, dtype, _reuse=reuse)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation_of(activation, tanh)

    @property
    def state_size(self) -> Any:
        """Twice the number of units: as LSTMStateTuple, or in one number."""
        units = self._num_units
        return LSTMStateTuple(units, units) if self._state_is_tuple else 2 * units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def build(self, input_shape: TensorShape) -> None:
        """Make `kernel` and `bias`."""
        units = self._num_units
        self._kernel = self.add_weight("kernel", [self.depth_of(input_shape) + units, 4 * units])
        self._bias = self.add_weight("bias", [4 * units], initializer=Zeros(dtype=self.dtype))
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The output, and memory and output as the new state."""
        one = constant(1, dtypes.int32)
        c, h = state if self._state_is_tuple else split(state, 2, axis=one)
        inner = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(inner, 4, axis=one)
        forget_bias = constant(self._forget_bias, f.dtype)
        kept = multiply(c, sigmoid(add(f, forget_bias)))
        new_c = add(kept, multiply(sigmoid(i), self._activation(j)))
        new_h = multiply(self._activation(new_c), sigmoid(o))
        if self._state_is_tuple:
            return new_h, LSTMStateTuple(new_c, new_h)
        return new_h, concat([new_c, new_h], 1)


def _in_shards(count: int | None) -> Any:
    return None if count is None else fixed_size_partitioner(count)


class LSTMCell(LayerRNNCell):
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
        activation: Activation | str | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(trainable, name, dtype, _reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer and initializers.get(initializer)
        self._num_proj = num_proj
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._proj_clip = proj_clip
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation_of(activation, tanh)

    @property
    def state_size(self) -> Any:
        """The sizes of memory and output: as LSTMStateTuple, or their sum."""
        sizes = LSTMStateTuple(self._num_units, self.output_size)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> int:
        """The number of units, or what they are projected to."""
        return self._num_proj or self._num_units

    def build(self, input_shape: TensorShape) -> None:
        """Make `kernel`, `bias`, and what peepholes and projection need."""
        units, start = self._num_units, self._initializer
        rows = self.depth_of(input_shape) + self.output_size
        self._kernel = self.add_weight(
            "kernel",
            [rows, 4 * units],
            initializer=start,
            partitioner=_in_shards(self._num_unit_shards),
        )
        self._bias = self.add_weight("bias", [4 * units], initializer=Zeros(dtype=self.dtype))
        if self._use_peepholes:
            self._diagonals = [
                self.add_weight(f"w_{gate}_diag", [units], initializer=start) for gate in "fio"
            ]
        if self._num_proj is not None:
            self._proj_kernel = self.add_weight(
                "projection/kernel",
                [units, self._num_proj],
                initializer=start,
                partitioner=_in_shards(self._num_proj_shards),
            )
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """The output, and memory and output as the new state."""
        units, act = self._num_units, self._activation
        if self._state_is_tuple:
            c, h = state
        else:
            c = slice_block(state, [0, 0], [-1, units])
            h = slice_block(state, [0, units], [-1, self.output_size])
        self.depth_of(inputs.shape)
        inner = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(inner, 4, axis=1)
        if self._use_peepholes:
            w_f, w_i, w_o = self._diagonals
            kept = sigmoid(f + self._forget_bias + w_f * c) * c
            new_c = kept + sigmoid(i + w_i * c) * act(j)
        else:
            new_c = sigmoid(f + self._forget_bias) * c + sigmoid(i) * act(j)
        if self._cell_clip is not None:
            new_c = clip_by_value(new_c, -self._cell_clip, self._cell_clip)
        gate = sigmoid(o + w_o * new_c) if self._use_peepholes else sigmoid(o)
        new_h = gate * act(new_c)
        if self._num_proj is not None:
            new_h = matmul(new_h, self._proj_kernel)
            if self._proj_clip is not None:
                new_h = clip_by_value(new_h, -self._proj_clip, self._proj_clip)
        if self._state_is_tuple:
            return new_h, LSTMStateTuple(new_c, new_h)
        return new_h, concat([new_c, new_h], 1)
