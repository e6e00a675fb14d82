"""References: which variable a tensor that stands for one stands for."""

from __future__ import annotations

from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import MERGES


def referred(reference: Tensor) -> list[Operation]:
    """The ops that make what a reference may stand for; several where a Merge joins different ones.

    It is followed through updates, which hand on the reference that they update, and through the
    ops that steer values, round loops too.
    """
    found: list[Operation] = []
    seen: set[Operation] = set()
    waiting = [reference.op]
    while waiting:
        op = waiting.pop()
        if op in seen:
            continue
        seen.add(op)
        if op.type in MERGES:
            waiting += [t.op for t in op.inputs]
            continue
        place = next(iter(op.definition.updates), 0)
        if place < len(op.inputs) and op.inputs[place].dtype.is_ref_dtype:
            waiting.append(op.inputs[place].op)
        else:
            found.append(op)
    return found
