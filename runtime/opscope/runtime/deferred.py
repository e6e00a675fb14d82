"""Values that no run needed: computed when somebody looks at a watched run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from opscope.runtime.binding import Binding
from opscope.runtime.kernels import bound_kernel
from opscope.runtime.operation import Operation, Tensor

if TYPE_CHECKING:
    from opscope.runtime.plan import Recorded

# Stands for a value that is not there: an error came before it, or an update wrote over it.
NOT_COMPUTED = object()


def with_deferred(recorded: Sequence[Recorded], values: Sequence[Any]) -> Sequence[Any]:
    """Return `values` with those of deferred tensors filled in.

    Deferred ops are stateless and run on CPU, so that computing them late gives what computing
    them in the run would have given. One whose inputs are missing, or that fails, is NOT_COMPUTED.
    """
    if all(r.local for r in recorded):
        return values
    complete = list(values)
    by_tensor: dict[Tensor, Any] = {}
    done: set[Operation] = set()
    for i, r in enumerate(recorded):
        if r.local:
            by_tensor[r.tensor] = complete[i]
            continue
        if r.tensor.op not in done:
            done.add(r.tensor.op)
            by_tensor.update(_compute(r.tensor.op, by_tensor))
        complete[i] = by_tensor[r.tensor]
    return complete


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
