"""Values that no run needed: computed when somebody looks at a watched run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from opscope.runtime.binding import Binding
from opscope.runtime.kernels import bound_kernel
from opscope.runtime.operation import Operation, Tensor

if TYPE_CHECKING:
    from opscope.runtime.plan import Program

# Stands for a value that is not there: an error came before it, or an update wrote over it.
NOT_COMPUTED = object()


def with_deferred(program: Program, values: Sequence[Any]) -> Sequence[Any]:
    """Return `values` with those of deferred and dropped tensors filled in.

    They are those of `program.recorded`, all or the first of them. Deferred ops are stateless and
    run on CPU, so that computing them late gives what computing them in the run would have given.
    One whose inputs are missing, or that fails, is NOT_COMPUTED.
    """
    recorded = program.recorded[: len(values)]
    if all(r.local for r in recorded) and not any(v is NOT_COMPUTED for v in values):
        return values
    complete = list(values)
    by_tensor: dict[Tensor, Any] = {}
    by_local: dict[str, Any] = {}
    done: set[Operation] = set()
    for i, r in enumerate(recorded):
        if r.local:
            if complete[i] is NOT_COMPUTED and not r.in_slot:
                complete[i] = by_local.get(r.local, NOT_COMPUTED)
                if complete[i] is NOT_COMPUTED:
                    complete[i] = _run_again(program, r.local, by_local)
            by_tensor[r.tensor] = by_local[r.local] = complete[i]
            continue
        if r.tensor.op not in done:
            done.add(r.tensor.op)
            by_tensor.update(_compute(r.tensor.op, by_tensor))
        complete[i] = by_tensor[r.tensor]
    return complete


def _run_again(program: Program, local: str, by_local: dict[str, Any]) -> Any:
    """The value of a dropped local, from its own source line."""
    again = program.again.get(local)
    if again is None:
        return NOT_COMPUTED
    known = {name: by_local[name] for name in again.arguments if name in by_local}
    if any(value is NOT_COMPUTED for value in known.values()):
        return NOT_COMPUTED
    try:
        with np.errstate(all="ignore"):
            exec(again.line, program.namespace, known)
    except Exception:  # as it may have failed in the run
        return NOT_COMPUTED
    return known[local]


def _compute(op: Operation, by_tensor: dict[Tensor, Any]) -> dict[Tensor, Any]:
    inputs = [by_tensor.get(t, NOT_COMPUTED) for t in op.inputs]
    nothing = dict.fromkeys(op.outputs, NOT_COMPUTED)
    if any(value is NOT_COMPUTED for value in inputs):
        return nothing
    try:
        with np.errstate(all="ignore"):
            result = bound_kernel(Binding(op, np, "CPU", {}))(*inputs)
    except Exception:  # nothing depended on it, so its failure is nobody's error
        return nothing
    results = result if len(op.outputs) > 1 else (result,)
    return dict(zip(op.outputs, results, strict=True))
