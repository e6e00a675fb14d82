"""tf.nn.dynamic_rnn and tf.nn.static_rnn: a cell run over the steps of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime import dtypes, nest
from opscope.runtime.cond import cond
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.math import (
    cast,
    equal,
    maximum,
    minimum,
    reduce_all,
    reduce_max,
    reduce_min,
)
from opscope.runtime.math import range as number_range
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import reverse, transpose
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.comparison import where
from opscope.runtime.ops.grouping import reverse_sequence
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.shape import rank, shape
from opscope.runtime.recurrent_cell import RNNCell, zeros_of_size
from opscope.runtime.scopes import control_dependencies
from opscope.runtime.tensor_array import TensorArray
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variable_scope import get_variable_scope, variable_scope
from opscope.runtime.while_loop import while_loop


def dynamic_rnn(
    cell: RNNCell,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """The outputs of all steps and the last state, computed by a loop.

    inputs: [batch, time, ...], or [time, batch, ...] with time_major; outputs are alike. With
    sequence_length (one number per row) the steps beyond it put out zeros and leave the state.
    ValueError without a dtype or an initial state, or when the inputs have no time.
    """
    _check_cell(cell)
    with variable_scope(scope or "rnn"):
        flat = [convert_to_tensor(x) for x in nest.flatten(inputs)]
        if not time_major:
            flat = [_swapped(x) for x in flat]
        for tensor in flat:
            if tensor.shape.ndims is not None and tensor.shape.ndims < 2:
                raise ValueError(f"inputs need a batch and a time: {tensor}")
        lengths = None
        if sequence_length is not None:
            lengths = cast(sequence_length, dtypes.int32)
            if lengths.shape.ndims not in (None, 1):
                raise ValueError(
                    f"sequence_length must be a vector of length batch_size, got {lengths.shape}"
                )
            lengths = identity(lengths, name="sequence_length")
        state = _first_state(cell, _batch_size(flat), initial_state, dtype)
        if lengths is not None:
            with control_dependencies([_one_length_per_row(lengths, _batch_size(flat))]):
                lengths = identity(lengths, name="CheckSeqLen")
        packed = nest.pack_sequence_as(inputs, flat)
        outputs, last = _loop(
            cell, packed, state, lengths, dtype, parallel_iterations or 32, swap_memory
        )
        if not time_major:
            outputs = nest.map_structure(_swapped, outputs)
    return outputs, last


def _one_length_per_row(lengths: Tensor, batch_size: Any) -> Operation:
    """An op that fails when there is not one length for each row of the batch."""
    given, wanted = shape(lengths), stack([batch_size])
    return Assert(
        reduce_all(equal(given, wanted)),
        [
            f"Expected shape for Tensor {lengths.name} is ",
            wanted,
            " but saw shape: ",
            given,
        ],
    )


def _check_cell(cell: Any) -> None:
    if not callable(cell) or not hasattr(cell, "state_size") or not hasattr(cell, "output_size"):
        raise TypeError(f"cell must be an RNNCell, got {cell!r}")


def _swapped(tensor: Tensor) -> Tensor:
    """The tensor with batch and time in each other's place."""
    sizes = tensor.shape.sizes
    if sizes is not None and len(sizes) < 2:
        raise ValueError(f"inputs need a batch and a time: {tensor}")
    order = concat([[1, 0], number_range(2, rank(tensor))], 0)
    swapped = transpose(tensor, order)
    if sizes is not None:
        swapped.set_shape([sizes[1], sizes[0], *sizes[2:]])
    return swapped


def _batch_size(flat: Sequence[Tensor]) -> Any:
    """The second size of time-major inputs: a number where it is known."""
    for tensor in flat:
        sizes = tensor.shape.sizes
        if sizes is not None and sizes[1] is not None:
            return sizes[1]
    return shape(flat[0])[1]


def _first_state(cell: RNNCell, batch_size: Any, initial_state: Any, dtype: Any) -> Any:
    if initial_state is not None:
        return nest.map_structure(convert_to_tensor, initial_state)
    if dtype is None:
        raise ValueError("If there is no initial_state, you must give a dtype.")
    return cell.zero_state(batch_size, dtype)


def _state_dtype(dtype: Any, state: Any) -> dtypes.DType:
    if dtype is not None:
        return dtypes.as_dtype(dtype)
    leaves = nest.flatten(state)
    if len({t.dtype.base_dtype for t in leaves}) > 1:
        raise ValueError("State has tensors of different inferred dtypes. Unable to infer a dtype.")
    found: dtypes.DType = leaves[0].dtype.base_dtype
    return found


def _loop(
    cell: RNNCell,
    inputs: Any,
    state: Any,
    lengths: Tensor | None,
    dtype: Any,
    parallel_iterations: int,
    swap_memory: bool,
) -> tuple[Any, Any]:
    """The steps over time-major inputs."""
    flat = nest.flatten(inputs)
    known = flat[0].shape.sizes
    fixed_steps = None if known is None else known[0]
    steps = shape(flat[0])[0]
    batch_size = _batch_size(flat)
    kind = _state_dtype(dtype, state)
    sizes = nest.flatten(cell.output_size)
    blanks = [zeros_of_size(batch_size, s, kind) for s in sizes]
    longest = steps
    if lengths is not None:
        reduce_min(lengths)  # TensorFlow's graph has it too
        longest = reduce_max(lengths)
    time = constant(0, name="time")
    fixed_batch = batch_size if isinstance(batch_size, int) else None
    results = [
        TensorArray(
            kind,
            size=steps,
            element_shape=TensorShape([fixed_batch, s]),
            tensor_array_name=f"dynamic_rnn/output_{i}",
        )
        for i, s in enumerate(sizes)
    ]
    sources = []
    for i, tensor in enumerate(flat):
        array = TensorArray(
            tensor.dtype,
            size=steps,
            element_shape=TensorShape(tensor.shape.as_list()[1:] if known is not None else None),
            tensor_array_name=f"dynamic_rnn/input_{i}",
        )
        sources.append(array.unstack(tensor))

    def step(time: Tensor, arrays: tuple[TensorArray, ...], old: Any) -> Any:
        given = nest.pack_sequence_as(inputs, [s.read(time) for s in sources])
        done = None if lengths is None else time >= lengths
        output, new = cell(given, old)
        nest.assert_same_structure(old, new)
        leaves, states = nest.flatten(output), nest.flatten(new)
        if done is not None:
            leaves = [_kept(done, b, v) for b, v in zip(blanks, leaves, strict=True)]
            states = [_kept(done, b, v) for b, v in zip(nest.flatten(old), states, strict=True)]
        written = tuple(a.write(time, v) for a, v in zip(arrays, leaves, strict=True))
        return time + 1, written, nest.pack_sequence_as(old, states)

    bound = minimum(steps, maximum(1, longest))
    _, arrays, last = while_loop(
        lambda time, *_: time < bound,
        step,
        (time, tuple(results), state),
        parallel_iterations=parallel_iterations,
        swap_memory=swap_memory,
        maximum_iterations=steps,
    )
    outputs = [a.stack() for a in arrays]
    for tensor, size in zip(outputs, sizes, strict=True):
        tensor.set_shape([fixed_steps, fixed_batch, size])
    return nest.pack_sequence_as(cell.output_size, outputs), last


def _kept(done: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """The old rows of sequences that are done, the new ones of the others."""
    return where(done, old, new) if new.shape.ndims != 0 else new


def static_rnn(
    cell: RNNCell,
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
    _check_cell(cell)
    if not isinstance(inputs, (list, tuple)):
        raise TypeError("inputs must be a sequence of tensors, one per step")
    if not inputs:
        raise ValueError("inputs must not be empty")
    outputs: list[Any] = []
    with variable_scope(scope or "rnn"):
        given = [nest.map_structure(convert_to_tensor, x) for x in inputs]
        first = nest.flatten(given[0])[0]
        sizes = first.shape.sizes
        batch_size = sizes[0] if sizes and sizes[0] is not None else shape(first)[0]
        state = _first_state(cell, batch_size, initial_state, dtype)
        if sequence_length is None:
            for time, x in enumerate(given):
                if time > 0:
                    get_variable_scope().reuse_variables()
                output, state = cell(x, state)
                outputs.append(output)
            return outputs, state
        lengths = cast(sequence_length, dtypes.int32)
        kind = _state_dtype(dtype, state)
        blank = nest.map_structure(lambda s: zeros_of_size(batch_size, s, kind), cell.output_size)
        shortest, longest = reduce_min(lengths), reduce_max(lengths)
        for time, x in enumerate(given):
            if time > 0:
                get_variable_scope().reuse_variables()
            output, state = _guarded_step(cell, time, x, state, lengths, shortest, longest, blank)
            outputs.append(output)
    return outputs, state


def _guarded_step(
    cell: RNNCell,
    time: int,
    x: Any,
    state: Any,
    lengths: Tensor,
    shortest: Tensor,
    longest: Tensor,
    blank: Any,
) -> tuple[Any, Any]:
    """One step that runs when some row needs it, and keeps the rows that are done."""
    count = len(nest.flatten(blank))
    done = time >= lengths
    old = [*nest.flatten(blank), *nest.flatten(state)]

    def compute() -> list[Any]:
        output, new = cell(x, state)
        leaves = [*nest.flatten(output), *nest.flatten(new)]
        return list(
            cond(
                time < shortest,
                lambda: leaves,
                lambda: [_kept(done, b, v) for b, v in zip(old, leaves, strict=True)],
                strict=True,
            )
        )

    found = cond(time >= longest, lambda: list(old), compute, strict=True)
    output = nest.pack_sequence_as(blank, found[:count])
    return output, nest.pack_sequence_as(state, found[count:])


def bidirectional_dynamic_rnn(
    cell_fw: RNNCell,
    cell_bw: RNNCell,
    inputs: Tensor,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Outputs and last states of one cell from the front and of another from the back.

    The arguments are those of `dynamic_rnn`; outputs and states come in pairs, forward first.
    """
    time_axis, batch_axis = (0, 1) if time_major else (1, 0)

    def turned(tensor: Tensor) -> Tensor:
        if sequence_length is None:
            return reverse(tensor, [time_axis])
        return reverse_sequence(tensor, sequence_length, time_axis, batch_axis)

    rest = (dtype, parallel_iterations, swap_memory, time_major)
    with variable_scope(scope or "bidirectional_rnn"):
        forward, last_forward = dynamic_rnn(
            cell_fw, inputs, sequence_length, initial_state_fw, *rest, scope="fw"
        )
        backward, last_backward = dynamic_rnn(
            cell_bw,
            turned(convert_to_tensor(inputs)),
            sequence_length,
            initial_state_bw,
            *rest,
            scope="bw",
        )
        back = nest.map_structure(turned, backward)
    return (forward, back), (last_forward, last_backward)
