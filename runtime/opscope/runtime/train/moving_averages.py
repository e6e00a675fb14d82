"""Moving averages of variables and tensors, kept in variables beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opscope.runtime import dtypes, initializers
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.group import group
from opscope.runtime.initial_value import initialized_value
from opscope.runtime.math import minimum, pow  # noqa: A004 - TensorFlow's name
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.cast import cast
from opscope.runtime.scopes import name_scope
from opscope.runtime.train.slot_creator import create_slot, create_zeros_slot
from opscope.runtime.variable_scope import get_variable, get_variable_scope, variable_scope
from opscope.runtime.variables import (
    Variable,
    assign,
    assign_sub,
    global_variables,
    moving_average_variables,
    trainable_variables,
)

_AVERAGED = (dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64)


class ExponentialMovingAverage:
    """Averages that follow values as average -= (1 - decay) * (average - value).

    num_updates: a number, tensor or variable; with it the decay is at most
    (1 + num_updates) / (10 + num_updates), so that the average moves faster at first. zero_debias:
    averages of tensors, which start from 0, are divided by 1 - decay ** updates.
    """

    def __init__(
        self,
        decay: Any,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, Variable] = {}

    @property
    def name(self) -> str:
        """The name of the averages, below that of the variables."""
        return self._name

    def apply(self, var_list: Iterable[Any] | None = None) -> Operation:
        """An operation that moves the averages; they are made at the first call.

        var_list: variables, whose averages start from their values, and tensors, whose averages
        start from 0; None means all trainable variables. TypeError unless they are floating.
        """
        averaged = list(trainable_variables() if var_list is None else var_list)
        debiased: set[Any] = set()
        for var in averaged:
            if var.dtype.base_dtype not in _AVERAGED:
                raise TypeError(f"The variables must be half, float, or double: {var.name}")
            if _key(var) not in self._averages:
                self._averages[_key(var)] = self._make(var)
                if not isinstance(var, Variable) and self._zero_debias:
                    debiased.add(_key(var))
        with name_scope(self._name) as scope:
            decay: Any = convert_to_tensor(self._decay, dtypes.float32, name="decay")
            if self._num_updates is not None:
                count = cast(_current(self._num_updates), dtypes.float32, name="num_updates")
                decay = minimum(decay, (1.0 + count) / (10.0 + count))
            updates = [
                assign_moving_average(
                    self._averages[_key(var)], var, decay, zero_debias=_key(var) in debiased
                )
                for var in averaged
            ]
            return group(*updates, name=scope)

    def _make(self, var: Any) -> Variable:
        graph = get_default_graph()
        # The averages are made once, so they must not depend on what surrounds this call.
        with graph.control_dependencies(None):
            if not isinstance(var, Variable):
                on_a_variable = var.op.type in ("Variable", "VariableV2", "VarHandleOp")
                return create_zeros_slot(var, self._name, colocate_with_primary=on_a_variable)
            with graph.device(var.device):
                start = initialized_value(var)
            made = create_slot(var, start, self._name)
        graph.add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, var)
        return made

    def average(self, var: Any) -> Variable | None:
        """The variable that holds the average of a variable or tensor, or None."""
        return self._averages.get(_key(var))

    def average_name(self, var: Any) -> str:
        """The name that the average has or will have, as a checkpoint knows it."""
        found = self._averages.get(_key(var))
        if found is not None:
            return found.op.name
        name: str = get_default_graph().unique_name(
            f"{var.op.name}/{self._name}", mark_as_used=False
        )
        return name

    def variables_to_restore(
        self, moving_avg_variables: Iterable[Variable] | None = None
    ) -> dict[str, Variable]:
        """Names in a checkpoint to variables: what has an average gets it in place of its value.

        moving_avg_variables None: the trainable variables and those that were averaged.
        """
        if moving_avg_variables is None:
            moving_avg_variables = trainable_variables() + moving_average_variables()
        averaged = list(dict.fromkeys(moving_avg_variables))
        found = {self.average_name(v): v for v in averaged}
        names = {v.name for v in averaged}
        for var in dict.fromkeys(global_variables()):
            if var.name not in names and var.op.name not in found:
                found[var.op.name] = var
        return found


def _key(var: Any) -> Any:
    return var.op if isinstance(var, Variable) else var


def _current(value: Any) -> Any:
    """A reference variable's value at the time of use, where control dependencies say when that is.

    After a training step the average shall follow the new value. `NAME/read` may be older: it does
    not wait for the step.
    """
    waits = bool(get_default_graph().scoped_controls(()))
    is_reference = isinstance(value, Variable) and value.op.type == "VariableV2"
    return value._ref() if waits and is_reference else value


def assign_moving_average(
    variable: Variable,
    value: Any,
    decay: Any,
    zero_debias: bool = True,
    name: str | None = None,
) -> Any:
    """Let variable -= (1 - decay) * (variable - value); the tensor is it after that.

    zero_debias: the variable started from 0 and is divided by 1 - decay ** updates; two more
    variables, `biased` and `local_step`, are kept for that.
    """
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope:
        rest: Tensor = convert_to_tensor(1.0 - decay, name="decay")
        if rest.dtype is not variable.dtype.base_dtype:
            rest = cast(rest, variable.dtype.base_dtype)
        if zero_debias:
            return _debiased(variable, value, rest, scope)
        return assign_sub(variable, (variable - _current(value)) * rest, name=scope)


def _debiased(variable: Variable, value: Any, rest: Tensor, name: str) -> Any:
    """Move the biased average, and set the variable to it without the bias."""
    graph, dtype = variable.graph, variable.dtype.base_dtype
    with (
        variable_scope(variable.op.name, values=[variable, value, rest]),
        graph.colocate_with(variable.op),
        graph.control_dependencies(None),
    ):
        zeros = initializers.Zeros()
        biased = get_variable(_unused("biased"), variable.shape, dtype, zeros, trainable=False)
        count = get_variable(_unused("local_step"), [], dtype, zeros, trainable=False)
    moved = assign_sub(biased, (biased - value) * rest)
    bias = 1 - pow(1.0 - rest, count.assign_add(1))
    return assign(variable, moved / bias, name=name)


def _unused(name: str) -> str:
    """A name that no global variable of the variable scope has."""
    scope = get_variable_scope()
    if scope.reuse:
        return name
    taken = {v.op.name for v in scope.global_variables()}
    found, number = name, 0
    while f"{scope.name}/{found}" in taken:
        number += 1
        found = f"{name}_{number}"
    return found
