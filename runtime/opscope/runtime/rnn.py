"""tf.nn.dynamic_rnn: a cell run over the steps of a sequence by a loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime import dtypes, nest
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.graph import get_default_graph
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
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.grouping import reverse_sequence
from opscope.runtime.ops.joining import concat, stack
from opscope.runtime.ops.shape import rank, shape
from opscope.runtime.recurrent_cell import joined_sizes, static_sizes
from opscope.runtime.rnn_cell_wrappers import check_cell
from opscope.runtime.rnn_step import first_state, guarded_step, state_dtype
from opscope.runtime.scopes import control_dependencies
from opscope.runtime.tensor_array import TensorArray
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variable_scope import variable_scope
from opscope.runtime.while_loop import while_loop


def dynamic_rnn(
    cell: Any,
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
    check_cell("cell", cell)
    with variable_scope(scope or "rnn"):
        flat = [convert_to_tensor(x) for x in nest.flatten(inputs)]
        if not time_major:
            flat = [_swapped(x) for x in flat]
        lengths = None
        if sequence_length is not None:
            lengths = cast(sequence_length, dtypes.int32)
            if lengths.shape.ndims not in (None, 1):
                raise ValueError(
                    f"sequence_length must be a vector of length batch_size, got {lengths.shape}"
                )
            lengths = identity(lengths, name="sequence_length")
        batch_size = _batch_size(flat)
        state = first_state(cell, batch_size, initial_state, dtype)
        if lengths is not None:
            with control_dependencies([_one_length_per_row(lengths, batch_size)]):
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
        [f"Expected shape for Tensor {lengths.name} is ", wanted, " but saw shape: ", given],
    )


def _swapped(tensor: Tensor) -> Tensor:
    """The tensor with batch and time in each other's place; without them as it is."""
    sizes = tensor.shape.sizes
    if sizes is not None and len(sizes) < 2:
        return tensor
    order = concat([[1, 0], number_range(2, rank(tensor))], 0)
    swapped = transpose(tensor, order)
    if sizes is not None:
        swapped.set_shape([sizes[1], sizes[0], *sizes[2:]])
    return swapped


def _batch_size(flat: Sequence[Tensor]) -> Any:
    """The second size of time-major inputs: a number where it is known."""
    for tensor in flat:
        sizes = tensor.shape.sizes
        if sizes is None:
            continue
        if len(sizes) < 2:
            raise ValueError(
                f"Input tensor should have rank >= 2. Received input={tensor} of rank {len(sizes)}"
            )
        if sizes[1] is not None:
            return sizes[1]
    return shape(flat[0])[1]


def _checked_shapes(flat: Sequence[Tensor]) -> list[TensorShape]:
    """The shapes of time-major inputs, which agree in time and batch and have known depths."""
    shapes = [tensor.shape.with_rank_at_least(3) for tensor in flat]
    first = (shapes[0].sizes or (None, None))[:2]
    for tensor, found in zip(flat, shapes, strict=True):
        sizes = found.sizes or (None, None, None)
        if None in sizes[2:]:
            raise ValueError(
                "Input size (depth of inputs) must be accessible via shape inference, but saw "
                f"value None for input={tensor}."
            )
        for what, wanted, got in zip(("Time steps", "Batch_size"), first, sizes, strict=False):
            if wanted != got:
                raise ValueError(
                    f"{what} is not the same for all the elements in the input: {wanted} and {got} "
                    f"for input={tensor}."
                )
    return shapes


def _loop(
    cell: Any,
    inputs: Any,
    state: Any,
    lengths: Tensor | None,
    dtype: Any,
    parallel_iterations: int,
    swap_memory: bool,
) -> tuple[Any, Any]:
    """The steps over time-major inputs."""
    flat = nest.flatten(inputs)
    steps = shape(flat[0])[0]
    batch_size = _batch_size(flat)
    shapes = _checked_shapes(flat)
    fixed_steps, fixed_batch = (shapes[0].sizes or (None, None))[:2]
    kind = state_dtype(dtype, state)
    sizes = nest.flatten(cell.output_size)
    blanks = [zeros(joined_sizes(batch_size, s), kind) for s in sizes]
    blank = nest.pack_sequence_as(cell.output_size, blanks)
    longest: Tensor = steps
    shortest = None
    if lengths is not None:
        shortest, longest = reduce_min(lengths), reduce_max(lengths)
    time = constant(0, dtypes.int32, name="time")
    with get_default_graph().name_scope("dynamic_rnn") as base:
        pass
    results = [
        TensorArray(
            kind,
            size=steps,
            element_shape=TensorShape([fixed_batch]).concatenate(_known(s)),
            tensor_array_name=f"{base}output_{i}",
        )
        for i, s in enumerate(sizes)
    ]
    sources = [
        TensorArray(
            tensor.dtype,
            size=steps,
            element_shape=TensorShape(None if s.sizes is None else s.sizes[1:]),
            tensor_array_name=f"{base}input_{i}",
        )
        for i, (tensor, s) in enumerate(zip(flat, shapes, strict=True))
    ]
    sources = [source.unstack(tensor) for source, tensor in zip(sources, flat, strict=True)]

    def step(time: Tensor, arrays: tuple[TensorArray, ...], old: Any) -> Any:
        read = [source.read(time) for source in sources]
        for tensor, known in zip(read, shapes, strict=True):
            tensor.set_shape(None if known.sizes is None else known.sizes[1:])
        given = nest.pack_sequence_as(inputs, read)
        if lengths is None:
            output, new = cell(given, old)
        else:
            output, new = guarded_step(
                lambda: cell(given, old), time, lengths, shortest, longest, blank, old, loops=True
            )
        leaves = nest.flatten(output)
        written = tuple(a.write(time, v) for a, v in zip(arrays, leaves, strict=True))
        return time + 1, written, new

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
        tensor.set_shape(static_sizes(TensorShape([fixed_steps, fixed_batch]), size))
    return nest.pack_sequence_as(cell.output_size, outputs), last


def _known(size: Any) -> TensorShape:
    """A size, which may be a shape or a tensor, as a shape."""
    if isinstance(size, Tensor):
        return TensorShape(None)
    return TensorShape([size] if isinstance(size, int) else size)


def bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
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
    check_cell("cell_fw", cell_fw)
    check_cell("cell_bw", cell_bw)
    time_axis, batch_axis = (0, 1) if time_major else (1, 0)

    def turned(tensor: Tensor) -> Tensor:
        if sequence_length is None:
            return reverse(tensor, [time_axis])
        return reverse_sequence(tensor, sequence_length, time_axis, batch_axis)

    rest = (dtype, parallel_iterations, swap_memory, time_major)
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as forward_scope:
            forward, last_forward = dynamic_rnn(
                cell_fw, inputs, sequence_length, initial_state_fw, *rest, scope=forward_scope
            )
        with variable_scope("bw") as backward_scope:
            backward, last_backward = dynamic_rnn(
                cell_bw,
                nest.map_structure(lambda x: turned(convert_to_tensor(x)), inputs),
                sequence_length,
                initial_state_bw,
                *rest,
                scope=backward_scope,
            )
    back = nest.map_structure(turned, backward)
    return (forward, back), (last_forward, last_backward)
