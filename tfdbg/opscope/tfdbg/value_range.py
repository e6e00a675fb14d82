"""The ranges of `pt -r`: `a,b`, `[a,b]` or `[[a,b],[c,d]]`, both ends included."""

from __future__ import annotations

import re

import numpy as np

from opscope.tfdbg.debug_tensor import Array

_NUMBER = r"\s*([-+]?(?:inf|nan|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?))\s*"
_PAIR = re.compile(rf"\[{_NUMBER},{_NUMBER}\]")
_BARE = re.compile(rf"{_NUMBER},{_NUMBER}$")
_LIST = re.compile(rf"\s*\[\s*{_PAIR.pattern}(?:\s*,\s*{_PAIR.pattern})*\s*\]\s*$")

Range = tuple[float, float]


class RangeError(ValueError):
    """The text names no range, or the values have no order."""


def parse_ranges(text: str) -> list[Range]:
    """The ranges that the text names; raises RangeError."""
    bare = _BARE.match(text)
    single = _PAIR.fullmatch(text.strip())
    if bare or single:
        pairs = [(bare or single).groups()]  # type: ignore[union-attr]
    elif _LIST.match(text):
        pairs = [found.groups() for found in _PAIR.finditer(text)]
    else:
        raise RangeError(
            f"-r: {text!r} is no range. Write [low, high] or [[low, high], [low, high], ...]; "
            "inf and -inf are allowed."
        )
    ranges = [(float(low), float(high)) for low, high in pairs]
    for low, high in ranges:
        if not low <= high:
            raise RangeError(f"-r: the range [{low}, {high}] is empty")
    return ranges


def elements_inside(value: Array, ranges: list[Range]) -> np.ndarray:
    """A mask of the elements in any of the ranges; raises RangeError where there is no order."""
    if value.dtype.kind in "cOSUMm" or value.dtype.names:
        raise RangeError(f"-r: elements of dtype {value.dtype} have no order")
    # Small float types compare against Python floats in their own precision: widen them first.
    narrow = value.dtype.kind in "fV" and value.dtype.itemsize < 8
    wide: np.ndarray = value.astype(np.float64) if narrow else value
    inside = np.zeros(value.shape, np.bool_)
    for low, high in ranges:
        inside |= (wide >= low) & (wide <= high)
    return inside
