"""Which tensors a check need not test, because their infs and nans show in one that it does test.

`a + b` is inf or nan wherever a or b is: if the sum is clean, so were both. What a hit means is
looked up after the run, in the values themselves (execution.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import prod

from opscope.runtime import dtypes
from opscope.runtime.operation import Operation, Tensor, tensors_by_argument
from opscope.runtime.tensor_shape import TensorShape

_TYPES = (dtypes.float32, dtypes.float64)


def covered_tensors(
    order: Sequence[Operation],
    active: Collection[Operation],
    common: Mapping[Operation, Operation],
    given: Collection[Tensor],
    shapes: Mapping[Tensor, TensorShape],
    hands_on: Callable[[Operation], bool],
) -> set[Tensor]:
    """The tensors with an op that carries what is bad in them into a tensor that is tested.

    That op comes before the next update of a variable, which may overwrite values as long as
    nothing was found; what an update reads is tested itself, so that it is known to be moderate.
    given: fed and folded tensors. hands_on: True for an op whose output is its input.
    """
    updates_before: list[int] = []
    count = 0
    for op in order:
        updates_before.append(count)
        count += bool(op.definition.updates)
    position = {op: i for i, op in enumerate(order)}
    read_by_update: set[Tensor] = set()
    covered: set[Tensor] = set()
    for i in range(len(order) - 1, -1, -1):
        op = order[i]
        if op not in active:
            continue
        if op.definition.updates:
            read_by_update.update(op.inputs)
            continue
        shared = zip(common[op].outputs, op.outputs, strict=True) if op in common else ()
        read_by_update.update(t for t, same in shared if same in read_by_update)
        if op.type == "IdentityN" or hands_on(op):
            handed = zip(op.inputs, op.outputs, strict=False)
            read_by_update.update(t for t, same in handed if same in read_by_update)
            continue
        if not op.definition.carries or op in common:
            continue
        output = op.outputs[0]
        if output in given or output.dtype not in _TYPES:
            continue
        for arg, tensors in tensors_by_argument(op):
            if arg.name not in op.definition.carries:
                continue
            covered.update(
                t
                for t in tensors
                if t.dtype is output.dtype
                and t.op in position
                and updates_before[position[t.op]] == updates_before[i]
                and _has_elements(shapes[output], shapes[t])
            )
    return covered - read_by_update


def _has_elements(output: TensorShape, carried: TensorShape) -> bool:
    """False where the output may be empty and the input not: [1] and [0] broadcast to [0]."""
    sizes = output.sizes
    if sizes is None or None in sizes:
        return False
    return carried.sizes == sizes or prod(sizes) > 0  # type: ignore[arg-type]
