"""DebugNumericSummary: what the elements of a tensor are like, as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.events import health_summary
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape


@op(
    "DebugNumericSummary",
    "input: T -> output: float64",
    "T: type, device_name: string = '', tensor_name: string = '', debug_urls: list(string) = [], "
    # 1e999 is infinite: a literal that Python reads.
    "lower_bound: float = -1e999, upper_bound: float = 1e999, mute_if_healthy: bool = false, "
    "gated_grpc: bool = false",
    host_only=True,
)
def _debug_numeric_summary(xp: Any, value: Any, *, lower_bound: float, upper_bound: float) -> Any:
    """Counts of NaN, infinite, negative, zero and positive elements, extremes, mean, variance."""
    return health_summary(np.asarray(value), lower_bound, upper_bound)


@_debug_numeric_summary.shape
def _(node: Operation) -> list[TensorShape]:
    rank = node.inputs[0].shape.ndims
    return [TensorShape([None if rank is None else 14 + rank])]
