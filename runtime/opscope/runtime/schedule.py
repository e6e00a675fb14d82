"""The order of a plan: only what is needed, and reads of a variable before its updates."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable

from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import FLOW, KEEPS_VALUES, MERGES, is_back_edge


def needed_ops(targets: Iterable[Operation], fed: Collection[Tensor]) -> list[Operation]:
    """The ops that `targets` need, each after its inputs; a fed op comes without its inputs.

    Only where a loop closes does an input come after its reader: NextIteration after Merge.
    """
    order: dict[Operation, None] = {}
    seen: set[Operation] = set()
    fed_ops = {t.op for t in fed if is_fed(t.op, fed)}
    roots = list(targets)
    for target in roots:  # it grows as loops are found
        stack = [target]
        while stack:
            op = stack[-1]
            if op in seen:  # all that it needs is in order
                order.setdefault(stack.pop())
                continue
            seen.add(op)
            if op in fed_ops:
                continue
            before = [t.op for t in op.inputs if t not in fed or t.op in fed_ops]
            if op.controls:
                before += op.controls
            if op.type in MERGES:
                roots.extend(p for p in before if is_back_edge(op, p))
                before = [p for p in before if not is_back_edge(op, p)]
            before.reverse()
            stack += [p for p in before if p not in seen]
    return list(order)


def producers(op: Operation, fed: Collection[Tensor]) -> list[Operation]:
    """The ops that come before `op`: those of its inputs and its control inputs."""
    outputs = op.outputs
    if outputs and outputs[0] in fed and is_fed(op, fed):
        return []
    needed = [t.op for t in op.inputs if t not in fed or is_fed(t.op, fed)]
    return [*needed, *op.controls] if op.controls else needed


def is_fed(op: Operation, fed: Collection[Tensor]) -> bool:
    """True when every output of `op` is fed, so that it does not run."""
    return bool(op.outputs) and all(t in fed for t in op.outputs)


def has_flow(order: Iterable[Operation]) -> bool:
    """True when there are loops or conditionals among the ops, or what loops keep values in."""
    types = {op.type for op in order}
    return not types.isdisjoint(FLOW) or not types.isdisjoint(KEEPS_VALUES)


def reads_first(order: list[Operation], fed: Collection[Tensor]) -> list[Operation]:
    """Reorder so that an op which updates a variable runs only when nothing else can.

    A read that does not depend on an update so sees the value before it. Else the order is kept.
    """
    if not any(op.definition.updates for op in order):
        return order
    rank = {op: i for i, op in enumerate(order)}
    waiting = {op: len(set(producers(op, fed))) for op in order}
    followers: dict[Operation, list[Operation]] = {}
    for op in order:
        for producer in set(producers(op, fed)):
            followers.setdefault(producer, []).append(op)
    plain: list[int] = []
    updates: list[int] = []

    def ready(op: Operation) -> None:
        heapq.heappush(updates if op.definition.updates else plain, rank[op])

    for op in order:
        if waiting[op] == 0:
            ready(op)
    result: list[Operation] = []
    while plain or updates:
        op = order[heapq.heappop(plain or updates)]
        result.append(op)
        for follower in followers.get(op, ()):
            waiting[follower] -= 1
            if waiting[follower] == 0:
                ready(follower)
    return result
