"""Slots: variables that an optimizer keeps beside each variable it trains."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from opscope.runtime import dtypes, initializers
from opscope.runtime.initial_value import initialized_value
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.shape import shape as shape_of
from opscope.runtime.save_slice import SaveSliceInfo
from opscope.runtime.tensor_shape import as_shape
from opscope.runtime.variable_scope import get_variable, variable_scope
from opscope.runtime.variables import Variable


def create_slot(
    primary: Any, value: Any, name: str, colocate_with_primary: bool = True
) -> Variable:
    """A variable `PRIMARY/name`, on the device of `primary`, that starts from `value`."""
    return _create(primary, value, None, None, name, colocate_with_primary)


def create_slot_with_initializer(
    primary: Any,
    initializer: Callable[..., Tensor],
    shape: Any,
    dtype: Any,
    name: str,
    colocate_with_primary: bool = True,
) -> Variable:
    """A variable `PRIMARY/name`, on the device of `primary`, that an initializer fills."""
    sizes, wanted = as_shape(shape), dtypes.as_dtype(dtype)
    return _create(primary, initializer, sizes, wanted, name, colocate_with_primary)


def create_zeros_slot(
    primary: Any, name: str, dtype: Any = None, colocate_with_primary: bool = True
) -> Variable:
    """A variable `PRIMARY/name` of zeros, of the shape of `primary`, a variable or a tensor."""
    wanted = primary.dtype.base_dtype if dtype is None else dtype
    sizes = primary.shape
    if sizes.is_fully_defined():
        return create_slot_with_initializer(
            primary, initializers.Zeros(), sizes, wanted, name, colocate_with_primary
        )
    model = initialized_value(primary) if isinstance(primary, Variable) else primary
    start = zeros(shape_of(model), wanted)
    return create_slot(primary, start, name, colocate_with_primary)


def _create(
    primary: Any, value: Any, shape: Any, dtype: Any, name: str, colocate: bool
) -> Variable:
    graph = primary.graph
    # A variable scope of its own makes the name unique: `W/Adam`, then `W/Adam_1`. The variable
    # takes the scope's name, which is what a name that ends in "/" means.
    with (
        graph.as_default(),
        variable_scope(None, f"{primary.op.name}/{name}") as scope,
        graph.colocate_with(primary.op) if colocate else nullcontext(),
    ):
        # The slot of a part is a whole variable, saved as a part.
        scope.set_partitioner(None)
        known = callable(value) or value.shape.is_fully_defined()
        slot: Variable = get_variable(
            "",
            initializer=value,
            shape=shape,
            dtype=dtype,
            trainable=False,
            use_resource=hasattr(primary, "handle") if isinstance(primary, Variable) else None,
            validate_shape=known,
        )
    part = getattr(primary, "save_slice_info", None)
    rank = slot.shape.ndims
    if part is not None and rank != 0:
        local = slot.op.name[len(primary.op.name) :]
        slot.save_slice_info = SaveSliceInfo(
            part.full_name + local,
            part.full_shape[:rank],
            part.var_offset[:rank],
            part.var_shape[:rank],
        )
    return slot
