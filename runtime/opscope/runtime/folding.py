"""Constant folding: what is the same in every run is computed once, when the plan is made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from opscope.runtime.binding import Binding
from opscope.runtime.kernels import bound_kernel
from opscope.runtime.operation import Operation, Tensor

# A folded value lives as long as the plan; larger ones are computed in each run instead.
MAX_FOLDED_BYTES = 10 << 20


def fold_constants(
    order: Sequence[Operation], fed: Collection[Tensor], devices: Any
) -> dict[Tensor, Any]:
    """The values of constants and of stateless ops that depend on constants alone.

    An op whose kernel fails is left to fail when it runs. `devices` maps ops to their Device; only
    CPU ops are folded.
    """
    known: dict[Tensor, Any] = {}
    for op in order:
        if any(t in fed for t in op.outputs) or not op.outputs:
            continue
        if op.type == "Const":
            known[op.outputs[0]] = host_scalar(op.attrs["value"])
            continue
        definition = op.definition
        if (
            definition.stateful
            or not op.inputs
            or op.control_inputs
            or devices[op].device_type != "CPU"
            or any(t not in known for t in op.inputs)
        ):
            continue
        kernel = bound_kernel(Binding(op, np, "CPU", {}))
        try:
            with np.errstate(all="ignore"):
                result = kernel(*[known[t] for t in op.inputs])
        except Exception:  # the op raises the same, with its name, when it runs
            continue
        values = result if len(op.outputs) > 1 else (result,)
        if sum(getattr(v, "nbytes", 0) for v in values) <= MAX_FOLDED_BYTES:
            known.update(zip(op.outputs, values, strict=True))
    return known


def host_scalar(array: Any) -> Any:
    """A 0-d array as the scalar that kernels expect, any other array as it is."""
    return array[()] if array.ndim == 0 else array
