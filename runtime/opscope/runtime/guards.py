"""Guards: under which predicates an op runs, found from the Switch and Merge ops alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from opscope.runtime import errors
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import MERGES

# A predicate and the value it must have.
Literal = tuple[Tensor, bool]

# The literals that must all hold, outer ones first; None: the op can never run.
Guard = tuple[Literal, ...] | None


def predicate(tensor: Tensor, fed: Collection[Tensor]) -> Tensor:
    """The tensor that decides, looked up through what hands it on unchanged."""
    while tensor not in fed:
        op = tensor.op
        if op.type != "Identity" and not (op.type == "Enter" and op.attrs["is_constant"]):
            break
        tensor = op.inputs[0]
    return tensor


def chosen_input(test: Tensor) -> tuple[Operation, int] | None:
    """The Merge and the input of it that `test` asks for, if it asks which input was alive."""
    op = test.op
    if op.type != "Equal" or len(op.inputs) != 2:
        return None
    index, wanted = op.inputs
    merge = index.op
    if merge.type not in MERGES or index.value_index != 1 or wanted.op.type != "Const":
        return None
    place = wanted.op.attrs["value"]
    if len(merge.inputs) != 2 or place.ndim or int(place) not in (0, 1):
        return None
    return merge, int(place)


def both(a: Guard, b: Guard) -> Guard:
    """The guard of what needs two values."""
    if a is None or b is None:
        return None
    joined = list(a)
    for tensor, wanted in b:
        if (tensor, not wanted) in joined:
            return None
        if (tensor, wanted) not in joined:
            joined.append((tensor, wanted))
    return tuple(joined)


def either(op: Operation, guards: Sequence[Guard]) -> Guard:
    """The guard of a Merge that takes one of several values.

    Two guards that differ in the value of one predicate make one without it. UnimplementedError
    names the op when the guards are not those of branches that exclude each other.
    """
    left = [g for g in guards if g is not None]
    if not left:
        return None
    while len(left) > 1:
        merged = _merge_two(left)
        if merged is None:
            raise errors.UnimplementedError(
                op.node_def,
                op,
                f"the inputs of {op.name} are not the two branches of one condition; "
                "opscope runs structured conditionals only",
            )
        left = merged
    return left[0]


def _merge_two(guards: list[tuple[Literal, ...]]) -> list[tuple[Literal, ...]] | None:
    for i, a in enumerate(guards):
        for j in range(i):
            b = guards[j]
            only_a = [x for x in a if x not in b]
            only_b = [x for x in b if x not in a]
            if len(only_a) == len(only_b) == 1:
                (tensor, wanted), (other, other_wanted) = only_a[0], only_b[0]
                if tensor is other and wanted is not other_wanted:
                    common = tuple(x for x in a if x in b)
                    rest = [g for k, g in enumerate(guards) if k not in (i, j)]
                    return [*rest, common]
    return None
