"""What a dumped tensor is, without its elements: dtype, shape, and how its numbers are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from opscope.events import health_summary, numpy_dtype
from opscope.tfdbg.debug_tensor import DebugTensorDatum, InconvertibleTensorProto
from opscope.tfdbg.kept_health import KeptHealth

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
    an element is finite. Those of complex numbers are over magnitudes. `any_bad` is there where it
    is only known whether any element is inf or nan.
    """

    dtype: str | None
    shape: tuple[int, ...] | None
    initialized: bool
    statistics: dict[str, float]
    any_bad: bool | None = None

    @property
    def health(self) -> str:
        """`ok`, `2 nan, 1 -inf`, `uninitialized`; `-` where the elements are no numbers."""
        if not self.initialized:
            return "uninitialized"
        if self.any_bad is not None:
            return "inf or nan" if self.any_bad else "ok"
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
    if isinstance(value, KeptHealth):
        return _kept_facts(value.counts)
    if isinstance(value, InconvertibleTensorProto):
        return TensorFacts(None, None, value.initialized, {})
    array = np.asarray(value)
    shape = tuple(int(size) for size in array.shape)
    found: dict[str, float] = {"size": float(array.size), "rank": float(array.ndim)}
    if array.dtype.kind not in "OSUMm" and not array.dtype.names:
        found |= _numbers(np.abs(array) if array.dtype.kind == "c" else array)
    return TensorFacts(array.dtype.name, shape, True, found)


def _kept_facts(counts: dict[str, float]) -> TensorFacts:
    """The facts that a debug mode of Debugger V2 kept in place of the value."""
    names = {"elements": "size"} | {name: name for name in STATISTICS}
    found = {names[name]: number for name, number in counts.items() if name in names}
    if "nan" in found:
        found["inf"] = found["-inf"] + found["+inf"]
    sizes = [int(number) for name, number in counts.items() if name.startswith("size ")]
    shape = tuple(sizes) if counts.get("rank") == len(sizes) else None
    any_bad = counts.get("any inf or nan")
    dtype = numpy_dtype(int(counts["dtype"])).name if "dtype" in counts else None
    return TensorFacts(dtype, shape, True, found, None if any_bad is None else any_bad > 0)


def _numbers(array: np.ndarray) -> dict[str, float]:
    summary = [float(number) for number in health_summary(array)]
    names = ("nan", "-inf", "negative", "zero", "positive", "+inf")
    found = dict(zip(names, summary[2:8], strict=True))
    found["inf"] = found["-inf"] + found["+inf"]
    if math.isfinite(summary[8]):
        found |= {"min": summary[8], "max": summary[9], "mean": summary[10]}
        found["std"] = math.sqrt(max(summary[11], 0.0))
    return found
