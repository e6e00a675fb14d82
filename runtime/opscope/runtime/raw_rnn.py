"""tf.nn.raw_rnn: a recurrent network whose inputs and states a function chooses step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime import dtypes, nest
from opscope.runtime.constant import constant, constant_value, convert_to_tensor
from opscope.runtime.math import logical_not, logical_or, reduce_all
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.filling import zeros
from opscope.runtime.ops.shape import shape
from opscope.runtime.recurrent_cell import joined_sizes
from opscope.runtime.rnn_cell_wrappers import check_cell
from opscope.runtime.rnn_step import kept_rows
from opscope.runtime.tensor_array import TensorArray
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variable_scope import variable_scope
from opscope.runtime.while_loop import while_loop


def raw_rnn(
    cell: Any,
    loop_fn: Callable[..., Any],
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """TensorArrays of what was emitted, the last state and the last loop state.

    loop_fn(time, output, state, loop_state) returns (finished, next input, next state, what to
    emit, next loop state). It is called first with (0, None, None, None); then what it emits is an
    example in the structure of all that follows, or None for the outputs of the cell. Rows that are
    finished emit zeros and keep their state.
    """
    check_cell("cell", cell)
    if not callable(loop_fn):
        raise TypeError(f"Argument `loop_fn` must be a callable. Received: {loop_fn}.")
    with variable_scope(scope or "rnn"):
        time = constant(0, dtypes.int32)
        finished, first_input, state, emitted, first_loop_state = loop_fn(time, None, None, None)
        loop_state = constant(0, dtypes.int32) if first_loop_state is None else first_loop_state
        flat_input = nest.flatten(first_input)
        fixed_batch = _fixed_batch(flat_input)
        batch_size = shape(flat_input[0])[0] if fixed_batch is None else fixed_batch
        nest.assert_same_structure(state, cell.state_size)
        state = nest.map_structure(convert_to_tensor, state)
        if emitted is None:
            emitted = cell.output_size
            sizes = nest.flatten(emitted)
            kinds = [nest.flatten(state)[0].dtype] * len(sizes)
        else:
            examples = nest.flatten(emitted)
            sizes = [e.shape if e.shape.is_fully_defined() else shape(e) for e in examples]
            kinds = [e.dtype for e in examples]
        arrays = nest.pack_sequence_as(
            emitted,
            [
                TensorArray(
                    kind,
                    dynamic_size=True,
                    element_shape=TensorShape([fixed_batch]).concatenate(_known(size)),
                    size=0,
                    name=f"rnn_output_{i}",
                )
                for i, (kind, size) in enumerate(zip(kinds, sizes, strict=True))
            ],
        )
        blank = nest.pack_sequence_as(
            emitted,
            [zeros(joined_sizes(batch_size, s), k) for s, k in zip(sizes, kinds, strict=True)],
        )

        def goes_on(time: Tensor, finished: Tensor, *_: Any) -> Tensor:
            return logical_not(reduce_all(finished))

        def step(
            time: Tensor, finished: Tensor, given: Any, arrays: Any, state: Any, loop_state: Any
        ) -> Any:
            output, new = cell(given, state)
            nest.assert_same_structure(state, new)
            nest.assert_same_structure(cell.output_size, output)
            later = time + 1
            ends, following, chosen, emits, kept_state = loop_fn(later, output, new, loop_state)
            nest.assert_same_structure(state, chosen)
            nest.assert_same_structure(given, following)
            nest.assert_same_structure(arrays, emits)

            def kept(old: Any, new: Any) -> Any:
                return nest.map_structure(lambda a, b: kept_rows(finished, a, b), old, new)

            emits = kept(blank, emits)
            chosen = kept(state, chosen)
            written = nest.map_structure(lambda array, row: array.write(time, row), arrays, emits)
            return (
                later,
                logical_or(finished, ends),
                following,
                written,
                chosen,
                loop_state if kept_state is None else kept_state,
            )

        *_, arrays, last, loop_state = while_loop(
            goes_on,
            step,
            [time, finished, first_input, arrays, state, loop_state],
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
        )
    return arrays, last, None if first_loop_state is None else loop_state


def _fixed_batch(flat_input: list[Tensor]) -> int | None:
    """The batch size where it is known; ValueError when inputs differ."""
    found = [t.shape.sizes[0] if t.shape.sizes else None for t in flat_input]
    for size in found[1:]:
        if None not in (found[0], size) and size != found[0]:
            raise ValueError(f"Dimensions {found[0]} and {size} are not compatible")
    return found[0]


def _known(size: Any) -> TensorShape:
    if isinstance(size, Tensor):
        value = constant_value(size)
        return TensorShape(None if value is None else value.tolist())
    return TensorShape([size] if isinstance(size, int) else size)
