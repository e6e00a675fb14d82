"""Which ops of a plan have to be computed, and which only stand in the graph."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import NEXTS


def live_ops(
    order: Sequence[Operation],
    targets: Collection[Operation | Tensor],
    given: Collection[Tensor],
) -> set[Operation]:
    """The ops whose effect or value something needs.

    targets: what is fetched. given: tensors that are fed or folded. An op that is only waited for
    through a control dependency, and has no effect of its own, is not among them.
    """
    live: set[Operation] = set()
    read: set[Tensor] = {t for t in targets if isinstance(t, Tensor)}
    ends = {t for t in targets if isinstance(t, Operation)}
    has_loops = not NEXTS.isdisjoint({op.type for op in order})
    known = -1
    while known < len(live):  # once, but for loops: there an op can be read by one before it
        known = len(live)
        for op in reversed(order):
            outputs = op.outputs
            if outputs and outputs[0] in given and all(t in given for t in outputs):
                continue
            if not read.isdisjoint(outputs) or op.definition.stateful or op in ends:
                live.add(op)
                for tensor in op.inputs:
                    if tensor not in given:
                        read.add(tensor)
        if not has_loops:
            break
    return live


def last_uses(
    order: Sequence[Operation],
    active: Collection[Operation],
    common: Mapping[Operation, Operation],
) -> dict[Tensor, int]:
    """The place in `order` of the last active op that reads each tensor.

    common: ops whose outputs are those of another op; they read those, and not their inputs.
    """
    uses: dict[Tensor, int] = {}
    for position, op in enumerate(order):
        if op in active:
            for tensor in common[op].outputs if op in common else op.inputs:
                uses[tensor] = position
    return uses
