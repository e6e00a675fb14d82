"""What static and dynamic recurrent networks share: first states, steps beyond a row's end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime import dtypes, nest
from opscope.runtime.cond import cond
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.comparison import where
from opscope.runtime.tensor_array import TensorArray


def first_state(cell: Any, batch_size: Any, initial_state: Any, dtype: Any) -> Any:
    """The state given, or the cell's own; ValueError when neither it nor a dtype is given."""
    if initial_state is not None:
        return initial_state
    if dtype is None:
        raise ValueError("If no initial_state is provided, argument `dtype` must be specified")
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=None, batch_size=batch_size, dtype=dtype)
    return cell.zero_state(batch_size, dtype)


def state_dtype(dtype: Any, state: Any) -> dtypes.DType:
    """The dtype given, or that of the state; ValueError when its parts differ."""
    if dtype is not None:
        return dtypes.as_dtype(dtype)
    leaves = nest.flatten(state)
    if not leaves:
        raise ValueError(f"Unable to infer dtype from argument state={state}.")
    found = {t.dtype.base_dtype for t in leaves}
    if len(found) > 1:
        raise ValueError(
            f"Argument state={state} has tensors of different inferred dtypes. "
            "Unable to infer a single representative dtype."
        )
    only: dtypes.DType = found.pop()
    return only


def guarded_step(
    call: Callable[[], Any],
    time: Any,
    lengths: Tensor,
    shortest: Any,
    longest: Any,
    blank: Any,
    state: Any,
    *,
    loops: bool = False,
) -> tuple[Any, Any]:
    """The output and state of one step, where rows that are at their end keep theirs.

    blank: what a row puts out beyond its end. Outside of loops the step runs only when some row
    needs it.
    """
    old_outputs, old_states = nest.flatten(blank), nest.flatten(state)
    old = [*old_outputs, *old_states]
    done = time >= lengths

    def called() -> list[Any]:
        output, new = call()
        nest.assert_same_structure(blank, output)
        nest.assert_same_structure(state, new)
        states = nest.flatten(new)
        return [*nest.flatten(output), *states]

    def kept(leaves: list[Any]) -> list[Any]:
        return [kept_rows(done, b, v) for b, v in zip(old, leaves, strict=True)]

    def some_rows() -> Any:
        leaves = called()
        return cond(time < shortest, lambda: leaves, lambda: kept(leaves))

    found = kept(called()) if loops else cond(time >= longest, lambda: list(old), some_rows)
    for before, after in zip(old, found, strict=True):
        if not isinstance(after, TensorArray):
            after.set_shape(before.shape)
    output = nest.pack_sequence_as(blank, found[: len(old_outputs)])
    return output, nest.pack_sequence_as(state, found[len(old_outputs) :])


def kept_rows(done: Tensor, old: Any, new: Any) -> Any:
    """The old rows of sequences that are done, the new ones of the others."""
    if isinstance(old, TensorArray) or old.shape.ndims == 0:
        return new
    with new.graph.colocate_with(new.op):
        return where(done, old, new)
