"""tf.nn.static_rnn: a cell run over the steps of a sequence, each step with ops of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from opscope.runtime import dtypes, nest
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.math import cast, reduce_max, reduce_min
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.grouping import reverse_sequence
from opscope.runtime.ops.joining import concat, stack, unstack
from opscope.runtime.ops.shape import shape
from opscope.runtime.recurrent_cell import joined_sizes, static_sizes
from opscope.runtime.rnn_cell_wrappers import check_cell
from opscope.runtime.rnn_step import first_state, guarded_step, state_dtype
from opscope.runtime.scopes import control_dependencies
from opscope.runtime.tensor_shape import TensorShape, unknown_shape
from opscope.runtime.variable_scope import variable_scope


def static_rnn(
    cell: Any,
    inputs: Sequence[Any],
    initial_state: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """The outputs of all steps and the last state, each step with its own ops.

    inputs: one [batch, size] tensor per step. With sequence_length the steps beyond it put out
    zeros and leave the state; what no row needs is not computed.
    """
    check_cell("cell", cell)
    _check_steps(inputs)
    outputs: list[Any] = []
    with variable_scope(scope or "rnn") as entered:
        given = [nest.map_structure(convert_to_tensor, x) for x in inputs]
        fixed_batch = _fixed_batch(given)
        first = nest.flatten(given[0])[0]
        batch_size = fixed_batch or shape(first)[0]
        state = first_state(cell, batch_size, initial_state, dtype)
        lengths = None
        if sequence_length is not None:
            lengths = convert_to_tensor(sequence_length, name="sequence_length")
            if lengths.shape.ndims not in (None, 1):
                raise ValueError(
                    f"Argument `sequence_length` must be a vector of length {batch_size}. "
                    f"Received sequence_length={sequence_length}."
                )
            kind = state_dtype(dtype, state)
            blank = nest.map_structure(
                lambda s: _blank(batch_size, fixed_batch, s, kind), cell.output_size
            )
            lengths = cast(lengths, dtypes.int32)
            shortest, longest = reduce_min(lengths), reduce_max(lengths)
        for time, x in enumerate(given):
            if time > 0:
                entered.reuse_variables()
            if lengths is None:
                output, state = cell(x, state)
            else:
                call = partial(cell, x, state)
                output, state = guarded_step(call, time, lengths, shortest, longest, blank, state)
            outputs.append(output)
    return outputs, state


def _check_steps(inputs: Any) -> None:
    if not nest.is_nested(inputs):
        raise TypeError(f"Argument `inputs` must be a sequence. Received: {inputs}")
    if not inputs:
        raise ValueError("Argument `inputs` must not be empty.")


def _fixed_batch(steps: Sequence[Any]) -> int | None:
    """The batch size where it is known; ValueError when steps differ or a depth is not known."""
    flat = nest.flatten(steps)
    if flat[0].shape.ndims == 1:
        return flat[0].shape.sizes[0]  # type: ignore[no-any-return]
    first = flat[0].shape.with_rank_at_least(2).sizes
    for tensor in flat:
        sizes = tensor.shape.with_rank_at_least(2).sizes
        if sizes is None:
            continue
        if first is not None and None not in (first[0], sizes[0]) and first[0] != sizes[0]:
            raise ValueError(f"Dimensions {first[0]} and {sizes[0]} are not compatible")
        if None in sizes[1:]:
            axis = sizes.index(None, 1)
            raise ValueError(
                f"Input size (dimension {axis} of input {tensor}) must be accessible via shape "
                "inference, but saw value None."
            )
    return None if first is None else first[0]


def _blank(batch_size: Any, fixed_batch: int | None, size: Any, dtype: dtypes.DType) -> Tensor:
    made = zeros(joined_sizes(batch_size, size), dtype)
    made.set_shape(static_sizes(TensorShape([fixed_batch]), size))
    return made


def static_state_saving_rnn(
    cell: Any,
    inputs: Sequence[Any],
    state_saver: Any,
    state_name: Any,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """As `static_rnn`, starting from a state that `state_saver` keeps, and saving the last one.

    state_saver: has state(name) and save_state(name, value). state_name: a name, or names nested as
    the state of the cell.
    """
    size = cell.state_size
    if nest.is_nested(size) != nest.is_nested(state_name):
        raise ValueError(
            "Argument `state_name` should be the same type as `cell.state_size`. Received: "
            f"state_name={state_name}, cell.state_size={size}."
        )
    names = nest.flatten(state_name)
    if len(names) != len(nest.flatten(size)):
        raise ValueError(
            "Number of elements in argument `state_name` and `cell.state_size` are mismatched. "
            f"Received state_name={state_name} and cell.state_size={size}."
        )
    start = nest.pack_sequence_as(size, [state_saver.state(name) for name in names])
    outputs, state = static_rnn(
        cell, inputs, initial_state=start, sequence_length=sequence_length, scope=scope
    )
    saved = [
        state_saver.save_state(name, part)
        for name, part in zip(names, nest.flatten(state), strict=True)
    ]
    with control_dependencies(saved):
        outputs[-1] = nest.map_structure(identity, outputs[-1])
        state = nest.map_structure(identity, state)
    return outputs, state


def static_bidirectional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Sequence[Any],
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any, Any]:
    """One cell from the front and another from the back.

    Returns the outputs of both side by side for each step, and the last states.
    """
    check_cell("cell_fw", cell_fw)
    check_cell("cell_bw", cell_bw)
    _check_steps(inputs)
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as forward_scope:
            forward, last_forward = static_rnn(
                cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=forward_scope
            )
        with variable_scope("bw") as backward_scope:
            turned = _reversed_steps(inputs, sequence_length)
            backward, last_backward = static_rnn(
                cell_bw, turned, initial_state_bw, dtype, sequence_length, scope=backward_scope
            )
    back = _reversed_steps(backward, sequence_length)
    joined = [
        concat(pair, 1) for pair in zip(nest.flatten(forward), nest.flatten(back), strict=True)
    ]
    return nest.pack_sequence_as(forward, joined), last_forward, last_backward


def _reversed_steps(steps: Sequence[Any], lengths: Any) -> list[Any]:
    """The steps from the last to the first; with lengths, each row from its own last one."""
    if lengths is None:
        return list(reversed(steps))
    results: list[list[Tensor]] = [[] for _ in steps]
    for sequence in zip(*(nest.flatten(step) for step in steps), strict=True):
        common = unknown_shape(sequence[0].shape.ndims)
        for tensor in sequence:
            common.assert_is_compatible_with(tensor.shape)
            tensor.set_shape(common)
        turned = reverse_sequence(stack(sequence), lengths, 0, 1)
        for part, result in zip(unstack(turned), results, strict=True):
            part.set_shape(common)
            result.append(part)
    return [nest.pack_sequence_as(s, flat) for s, flat in zip(steps, results, strict=True)]
