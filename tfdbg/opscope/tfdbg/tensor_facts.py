"""What a dumped tensor is, without its elements: dtype, shape, and how its numbers are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from opscope.events import health_summary
from opscope.tfdbg.debug_tensor import DebugTensorDatum, InconvertibleTensorProto

STATISTICS = (
    "size",
    "rank",
    "nan",
    "-inf",
    "+inf",
    "inf",
    "negative",
    "zero",
    "positive",
    "min",
    "max",
    "mean",
    "std",
)
"""What a tensor may be asked for: counts of elements, then numbers over the finite ones."""


@dataclass(frozen=True)
class TensorFacts:
    """Dtype and shape of a dump, None where it is no array, and its statistics by name.

    Statistics of elements are there for numbers and booleans; min, max, mean and std only where
    an element is finite. Those of complex numbers are over magnitudes.
    """

    dtype: str | None
    shape: tuple[int, ...] | None
    initialized: bool
    statistics: dict[str, float]

    @property
    def health(self) -> str:
        """`ok`, `2 nan, 1 -inf`, `uninitialized`; `-` where the elements are no numbers."""
        if not self.initialized:
            return "uninitialized"
        if "nan" not in self.statistics:
            return "-"
        bad = [
            f"{self.statistics[name]:.0f} {name}"
            for name in ("nan", "-inf", "+inf")
            if self.statistics[name]
        ]
        return ", ".join(bad) or "ok"


def tensor_facts(datum: DebugTensorDatum) -> TensorFacts:
    """The facts of a dump; its value is read for them."""
    value = datum.get_tensor()
    if isinstance(value, InconvertibleTensorProto):
        return TensorFacts(None, None, value.initialized, {})
    array = np.asarray(value)
    shape = tuple(int(size) for size in array.shape)
    found: dict[str, float] = {"size": float(array.size), "rank": float(array.ndim)}
    if array.dtype.kind not in "OSUMm" and not array.dtype.names:
        found |= _numbers(np.abs(array) if array.dtype.kind == "c" else array)
    return TensorFacts(array.dtype.name, shape, True, found)


def _numbers(array: np.ndarray) -> dict[str, float]:
    summary = [float(number) for number in health_summary(array)]
    names = ("nan", "-inf", "negative", "zero", "positive", "+inf")
    found = dict(zip(names, summary[2:8], strict=True))
    found["inf"] = found["-inf"] + found["+inf"]
    if math.isfinite(summary[8]):
        found |= {"min": summary[8], "max": summary[9], "mean": summary[10]}
        found["std"] = math.sqrt(max(summary[11], 0.0))
    return found
