"""Slots: variables that an optimizer keeps beside each variable it trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime import dtypes, initializers
from opscope.runtime.operation import Tensor
from opscope.runtime.tensor_shape import as_shape
from opscope.runtime.variable_scope import get_variable, variable_scope
from opscope.runtime.variables import Variable


def create_slot(primary: Variable, value: Any, name: str) -> Variable:
    """A variable `PRIMARY/name`, on the device of `primary`, that starts from `value`."""
    return _create(primary, value, None, None, name)


def create_slot_with_initializer(
    primary: Variable, initializer: Callable[..., Tensor], shape: Any, dtype: Any, name: str
) -> Variable:
    """A variable `PRIMARY/name`, on the device of `primary`, that an initializer fills."""
    return _create(primary, initializer, as_shape(shape), dtypes.as_dtype(dtype), name)


def create_zeros_slot(primary: Variable, name: str, dtype: Any = None) -> Variable:
    """A variable `PRIMARY/name` of zeros, of the shape of `primary`."""
    return create_slot_with_initializer(
        primary,
        initializers.Zeros(),
        primary.shape,
        primary.dtype.base_dtype if dtype is None else dtype,
        name,
    )


def _create(primary: Variable, value: Any, shape: Any, dtype: Any, name: str) -> Variable:
    graph = primary.graph
    # A variable scope of its own makes the name unique: `W/Adam`, then `W/Adam_1`. The variable
    # takes the scope's name, which is what a name that ends in "/" means.
    with (
        graph.as_default(),
        variable_scope(None, f"{primary.op.name}/{name}"),
        graph.colocate_with(primary.op),
    ):
        return get_variable(
            "",
            initializer=value,
            shape=shape,
            dtype=dtype,
            trainable=False,
            use_resource=hasattr(primary, "handle"),
        )
