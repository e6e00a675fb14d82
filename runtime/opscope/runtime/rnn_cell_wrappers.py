"""Cells around cells: dropout, residual connections, a device."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from opscope.runtime import nest
from opscope.runtime.constant import constant_value, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.lstm_cell import LSTMStateTuple
from opscope.runtime.math import divide, floor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.normalization import dropout
from opscope.runtime.ops.random import random_uniform
from opscope.runtime.recurrent_cell import RNNCell
from opscope.runtime.tensor_array import TensorArray
from opscope.runtime.tensor_shape import as_shape
from opscope.runtime.variables import Variable


class RNNCellWrapper(RNNCell):
    """A cell that passes calls on to the cell inside, in the scope of that cell."""

    def __init__(self, cell: Any, dtype: Any = None) -> None:
        super().__init__(dtype=dtype)
        check_cell("cell", cell)
        self.cell = cell

    @property
    def wrapped_cell(self) -> Any:
        """The cell inside."""
        return self.cell

    @property
    def state_size(self) -> Any:
        """That of the cell inside."""
        return self.cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the cell inside."""
        return self.cell.output_size

    @property
    def variables(self) -> list[Variable]:
        """The variables of the cell inside."""
        return list(self.cell.variables)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """That of the cell inside."""
        with get_default_graph().name_scope(type(self).__name__ + "ZeroState"):
            return self.cell.zero_state(batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
        """The output and the next state."""
        return self.call_inside(inputs, state, scope)

    def call_inside(self, inputs: Any, state: Any, scope: Any) -> tuple[Any, Any]:
        """Call the cell inside."""
        output, new = self.cell(inputs, state, scope=scope)
        return output, new


def check_cell(argument: str, cell: Any) -> None:
    """TypeError, with what is missing, for what is not a recurrent cell."""
    missing = []
    for name in ("output_size", "state_size"):
        if not hasattr(type(cell), name) and not hasattr(cell, name):
            missing.append(f"'{name}' property is missing")
    if not hasattr(cell, "get_initial_state") and not hasattr(cell, "zero_state"):
        missing.append("either 'zero_state' or 'get_initial_state' method is required")
    if not callable(cell):
        missing.append("is not callable")
    if missing:
        raise TypeError(
            f"The argument {argument!r} ({cell}) is not an RNNCell: {', '.join(missing)}."
        )


class DropoutWrapper(RNNCellWrapper):
    """A cell some of whose inputs, outputs and states are set to zero at random.

    variational_recurrent: what is dropped is drawn once per run and the same in every step (Gal and
    Ghahramani, arXiv:1512.05287); needs dtype, and input_size where inputs are dropped.
    dropout_state_filter_visitor: says of each part of a state whether it is dropped; the memory of
    an LSTM and TensorArrays are not, unless told otherwise.
    """

    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: int | None = None,
        dropout_state_filter_visitor: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(cell, dtype)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError("dropout_state_filter_visitor must be callable")
        self._filter = dropout_state_filter_visitor or _drops
        with get_default_graph().name_scope("DropoutWrapperInit"):
            self._keep_input = _keep_prob(input_keep_prob, "input_keep_prob")
            self._keep_state = _keep_prob(state_keep_prob, "state_keep_prob")
            self._keep_output = _keep_prob(output_keep_prob, "output_keep_prob")
        self._seed = seed
        self._noise: dict[str, Any] | None = None
        if not variational_recurrent:
            return
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")
        self._noise = {}
        if _thins_out(self._keep_input):
            if input_size is None:
                raise ValueError(
                    "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, "
                    "input_size must be provided"
                )
            self._noise["input"] = self._draw(input_size, "input")
        self._noise["state"] = self._draw(cell.state_size, "state")
        self._noise["output"] = self._draw(cell.output_size, "output")

    def _draw(self, sizes: Any, salt: str) -> Any:
        """Random numbers for one row of each size."""
        drawn = [
            random_uniform(
                concat([[1], as_shape([s] if isinstance(s, int) else s).as_list()], 0),
                seed=self._salted_seed(salt, i),
                dtype=self.dtype,
            )
            for i, s in enumerate(nest.flatten(sizes))
        ]
        return nest.pack_sequence_as(sizes, drawn)

    def _salted_seed(self, salt: str, index: int) -> int | None:
        if self._seed is None:
            return None
        text = f"{self._seed}{salt}_{index}".encode()
        return int(hashlib.md5(text).hexdigest()[:8], 16) & 0x7FFFFFFF

    def call_inside(self, inputs: Any, state: Any, scope: Any) -> tuple[Any, Any]:
        """The output and the state of the cell inside, thinned out."""
        if _thins_out(self._keep_input):
            inputs = self._thinned(inputs, "input", self._keep_input, lambda part: True)
        output, new = super().call_inside(inputs, state, scope)
        if _thins_out(self._keep_state):
            new = self._thinned(new, "state", self._keep_state, self._filter)
        if _thins_out(self._keep_output):
            output = self._thinned(output, "output", self._keep_output, lambda part: True)
        return output, new

    def _thinned(self, values: Any, salt: str, keep: Any, drops: Callable[[Any], Any]) -> Any:
        noise = None if self._noise is None else nest.flatten(self._noise[salt])
        made = []
        for i, (value, is_dropped) in enumerate(_with_choices(values, drops)):
            if not is_dropped:
                made.append(value)
            elif noise is None:
                seed = self._salted_seed(salt, i)
                made.append(dropout(value, rate=1.0 - keep, seed=seed))
            else:
                kept = divide(value, keep) * floor(keep + noise[i])
                kept.set_shape(value.shape)
                made.append(kept)
        return nest.pack_sequence_as(values, made)


def _with_choices(part: Any, drops: Callable[[Any], Any]) -> Iterator[tuple[Any, bool]]:
    """Each leaf with what the visitor says of it, or of a structure that holds it."""
    choice = drops(part)
    if nest.is_nested(choice):
        yield from zip(nest.flatten(part), map(bool, nest.flatten(choice)), strict=True)
    elif not nest.is_nested(part):
        yield part, bool(choice)
    else:
        for below in part.values() if isinstance(part, dict) else part:
            if choice:
                yield from _with_choices(below, drops)
            else:
                yield from ((leaf, False) for leaf in nest.flatten(below))


def _drops(part: Any) -> Any:
    if isinstance(part, LSTMStateTuple):
        return LSTMStateTuple(False, True)
    return not isinstance(part, TensorArray)


def _keep_prob(given: Any, name: str) -> Any:
    """A number where it is known, else the tensor; ValueError beyond 0 and 1."""
    tensor: Tensor = convert_to_tensor(given)
    value = constant_value(tensor)
    if value is None:
        return tensor
    if not 0 <= value <= 1:
        raise ValueError(f"Parameter {name} must be between 0 and 1. Received {value}")
    return float(np.float32(value))


def _thins_out(keep: Any) -> bool:
    return not isinstance(keep, float) or keep < 1


class ResidualWrapper(RNNCellWrapper):
    """A cell whose inputs are added to its outputs, or joined with them by `residual_fn`."""

    def __init__(self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None) -> None:
        super().__init__(cell)
        self._residual = residual_fn or _sum

    def call_inside(self, inputs: Any, state: Any, scope: Any) -> tuple[Any, Any]:
        """The outputs joined with the inputs, and the new state."""
        output, new = super().call_inside(inputs, state, scope)
        return self._residual(inputs, output), new


def _sum(inputs: Any, outputs: Any) -> Any:
    nest.assert_same_structure(inputs, outputs)
    for given, made in zip(nest.flatten(inputs), nest.flatten(outputs), strict=True):
        given.shape.assert_is_compatible_with(made.shape)
    return nest.map_structure(lambda given, made: given + made, inputs, outputs)


class DeviceWrapper(RNNCellWrapper):
    """A cell whose ops run on a device."""

    def __init__(self, cell: Any, device: Any) -> None:
        super().__init__(cell)
        self._device = device

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros on the device."""
        graph = get_default_graph()
        name = type(self).__name__ + "ZeroState"
        with graph.name_scope(name), graph.device(self._device):
            return self.cell.zero_state(batch_size, dtype)

    def call_inside(self, inputs: Any, state: Any, scope: Any) -> tuple[Any, Any]:
        """As the cell inside."""
        with get_default_graph().device(self._device):
            return super().call_inside(inputs, state, scope)
