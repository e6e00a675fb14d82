"""Filters: questions about one tensor, answered exactly, shared by all layers.

Each is called as tfdbg calls a filter, `(datum, tensor) -> bool`, and has two faster forms for who
knows that it holds an array: `passes` on the host, `passes_on_device` in operators that a GPU's
arrays have. Only numbers pass: booleans, strings, objects and what is no array do not. Complex
numbers are judged by their magnitude.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from opscope.events.health import has_inf_or_nan

_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)

# The largest finite values' successors of the 16 bit floats, as bits: what lies above is NaN.
_INF_BITS = {np.dtype(np.float16): 0x7C00, _BFLOAT16: 0x7F80}

_FIRST_LOOK = 1024  # elements: most tensors with a nonzero element have one among these

# What float32 keeps of a sum of squares that it just reaches.
_ROUNDING = 1 - 1e-6


class BuiltInFilter(ABC):
    """A filter whose exact answer is known for every dtype."""

    @abstractmethod
    def passes(self, value: Any) -> bool:
        """True where the array or NumPy scalar passes."""

    @abstractmethod
    def passes_on_device(self, value: Any) -> bool:
        """As `passes`, for a GPU's array: only one bool comes back to the host."""

    def reads(self, dtype: npt.DTypeLike) -> bool:
        """False for a dtype of which no value passes."""
        return _is_floating(np.dtype(dtype))

    def __call__(self, datum: object, tensor: object) -> bool:
        """True where `tensor` is an array that passes; the datum is not asked."""
        if not isinstance(tensor, np.ndarray | np.generic):
            return False
        return self.reads(tensor.dtype) and self.passes(tensor)


@dataclass(frozen=True)
class HasInfOrNan(BuiltInFilter):
    """Some element is infinite or NaN."""

    def passes(self, value: Any) -> bool:
        """True where an element is infinite or NaN."""
        return has_inf_or_nan(value)

    def passes_on_device(self, value: Any) -> bool:
        """As `passes`: x - x is 0 exactly where x is finite."""
        return not bool((value - value == 0).all())


@dataclass(frozen=True)
class HasNan(BuiltInFilter):
    """Some element is NaN; infinities are let be."""

    def passes(self, value: Any) -> bool:
        """True where an element is NaN."""
        flat = _flat(value)
        infinity = _INF_BITS.get(flat.dtype)
        if infinity is not None:
            return bool(flat.size) and bool(
                flat.view(np.int16).max() > infinity
                or flat.view(np.uint16).max() > infinity + 0x8000
            )
        if not _is_floating(flat.dtype) or _has_finite_square(flat):
            return False
        return bool(np.isnan(flat).any())

    def passes_on_device(self, value: Any) -> bool:
        """As `passes`."""
        return bool((value != value).any())


@dataclass(frozen=True)
class OutOfRange(BuiltInFilter):
    """Some element is not within [lower, upper]; a NaN is in no range."""

    lower: float = -math.inf
    upper: float = math.inf

    def __post_init__(self) -> None:
        if not self.lower <= self.upper:
            raise ValueError(f"no value is within [{self.lower}, {self.upper}]")

    def reads(self, dtype: npt.DTypeLike) -> bool:
        """True for all numbers."""
        return _is_number(np.dtype(dtype))

    def passes(self, value: Any) -> bool:
        """True where an element is below `lower`, above `upper`, or NaN."""
        flat = _flat(value)
        if not flat.size or not _is_number(flat.dtype):
            return False
        if flat.dtype.kind == "c":
            flat = _magnitude(flat)
        if _square_is_below(flat, min(-self.lower, self.upper)):
            return False
        with np.errstate(invalid="ignore"):
            return self._misses(flat)

    def passes_on_device(self, value: Any) -> bool:
        """As `passes`."""
        if value.dtype.kind == "c":
            if (value != value).any():
                return True
            value = abs(value.astype(np.complex128))
        return value.size > 0 and self._misses(value)

    def _misses(self, values: Any) -> bool:
        """True where real numbers are not all within the range; a NaN makes itself both ends."""
        # Python compares a whole number with a float exactly, however large.
        return not (values.min().item() >= self.lower and values.max().item() <= self.upper)


@dataclass(frozen=True)
class AllZero(BuiltInFilter):
    """Every element is zero; an empty tensor does not pass."""

    def reads(self, dtype: npt.DTypeLike) -> bool:
        """True for all numbers."""
        return _is_number(np.dtype(dtype))

    def passes(self, value: Any) -> bool:
        """True where there are elements and all are 0 or -0."""
        flat = _flat(value)
        if not flat.size or not _is_number(flat.dtype):
            return False
        return not flat[:_FIRST_LOOK].any() and not flat.any()

    def passes_on_device(self, value: Any) -> bool:
        """As `passes`."""
        return value.size > 0 and not bool((value != 0).any())


@dataclass(frozen=True)
class AbsoluteAbove(BuiltInFilter):
    """Some element is not within [-bound, bound], NaN included: what explodes, before it is inf."""

    bound: float

    def __post_init__(self) -> None:
        if not self.bound >= 0:
            raise ValueError(f"the bound of absolute values is 0 or more, not {self.bound}")

    def reads(self, dtype: npt.DTypeLike) -> bool:
        """True for all numbers."""
        return _is_number(np.dtype(dtype))

    def passes(self, value: Any) -> bool:
        """True where the magnitude of an element is above `bound`, or NaN."""
        return OutOfRange(-self.bound, self.bound).passes(value)

    def passes_on_device(self, value: Any) -> bool:
        """As `passes`."""
        return OutOfRange(-self.bound, self.bound).passes_on_device(value)


@dataclass(frozen=True)
class AnyOf:
    """Passes what one of `filters` passes: built-in ones and functions alike."""

    filters: tuple[Callable[[Any, Any], bool], ...]

    def __call__(self, datum: object, tensor: object) -> bool:
        """True where a filter passes the tensor."""
        return any(passes(datum, tensor) for passes in self.filters)


_NAMED: dict[str, type[BuiltInFilter]] = {
    "abs_above": AbsoluteAbove,
    "all_zero": AllZero,
    "has_nan": HasNan,
    "out_of_range": OutOfRange,
}
_CALL = re.compile(r"(\w+)(?:\(([^()]*)\))?\Z")

FILTER_NAMES = ("all_zero", "has_nan", "abs_above(BOUND)", "out_of_range(LOWER,UPPER)")
"""What commands call the filters that are there beside `has_inf_or_nan`."""


def named_filter(text: str) -> BuiltInFilter | None:
    """The built-in filter that `text` names, `has_nan` or `out_of_range(-1e3,1e3)`.

    None where there is no such filter, or not with these bounds.
    """
    call = _CALL.match(text)
    if call is None or call[1] not in _NAMED:
        return None
    try:
        return _NAMED[call[1]](*(float(bound) for bound in (call[2] or "").split(",") if bound))
    except (TypeError, ValueError):
        return None


def _is_floating(dtype: np.dtype[Any]) -> bool:
    if dtype.kind in "fc":
        return True
    return dtype.kind == "V" and dtype.name.startswith(("bfloat", "float"))


def _is_number(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "iu" or _is_floating(dtype) or dtype.name in ("int4", "uint4")


def _flat(value: Any) -> npt.NDArray[Any]:
    """All elements in one row, where memory allows it as they lie."""
    return np.ascontiguousarray(np.asarray(value).ravel("K"))


def _magnitude(flat: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Magnitudes in float64, which those of complex64 do not overflow; NaN where a part is."""
    with np.errstate(over="ignore", invalid="ignore"):
        magnitude = np.abs(flat.astype(np.complex128))
    magnitude[np.isnan(flat)] = np.nan  # abs(inf + nan j) is inf
    return magnitude


def _has_finite_square(flat: npt.NDArray[Any]) -> bool:
    """True where the dot product with itself shows that all is finite."""
    if flat.dtype.kind == "c":
        flat = flat.view(flat.real.dtype)
    if flat.dtype.kind != "f":
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(flat.dot(flat))


def _square_is_below(flat: npt.NDArray[Any], bound: float) -> bool:
    """True where the dot product with itself shows that no element reaches `bound`.

    Adding a square, which is never negative, never makes a rounded sum smaller: the sum is at least
    the largest square, rounded. Squares of a tiny bound would be rounded to 0.
    """
    if flat.dtype not in (np.float32, np.float64) or not 1e-15 < bound < 1e15:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(flat.dot(flat) < bound * bound * _ROUNDING)
