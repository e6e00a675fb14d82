"""Intervals as they are typed: `[a, b]`, `(a, b)`, `<b`, `<=b`, `>a`, `>=a`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_NUMBER = re.compile(r"^([-+]?(?:inf|[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?))\s*([a-zA-Z]*)$")
_UNITS = {
    "": 1.0,
    "us": 1.0,
    "ms": 1e3,
    "s": 1e6,
    "B": 1.0,
    "k": 2.0**10,
    "kB": 2.0**10,
    "M": 2.0**20,
    "MB": 2.0**20,
    "G": 2.0**30,
    "GB": 2.0**30,
}


class IntervalError(ValueError):
    """The text is not an interval; says which part is wrong."""


@dataclass(frozen=True)
class Interval:
    """Numbers between two ends, each end in or out."""

    start: float
    stop: float
    start_included: bool
    stop_included: bool

    def __contains__(self, value: float) -> bool:
        above = value >= self.start if self.start_included else value > self.start
        below = value <= self.stop if self.stop_included else value < self.stop
        return above and below


def parse_interval(text: str) -> Interval:
    """The interval that `text` names; times in microseconds, sizes in bytes.

    A number may carry a unit of time (us, ms, s) or of size (B, kB, MB, GB). Raises
    IntervalError with tfdbg's wording.
    """
    text = text.strip()
    if text.startswith(("<", ">")):
        included = text[1:2] == "="
        rest = text[1 + included :].strip()
        value = _number(rest)
        if value is None:
            raise IntervalError(f"Invalid value string after {text[: 1 + included]} in '{text}'")
        if text[0] == "<":
            return Interval(-math.inf, value, start_included=False, stop_included=included)
        return Interval(value, math.inf, start_included=included, stop_included=False)
    if not (text.startswith(("[", "(")) and text.endswith(("]", ")"))):
        raise IntervalError(
            f"Invalid interval format: {text}. "
            "Valid formats are: [min, max], (min, max), <max, >min"
        )
    parts = text[1:-1].split(",")
    if len(parts) != 2:
        raise IntervalError(
            f"Incorrect interval format: {text}. "
            "Interval should specify two values: [min, max] or (min, max)."
        )
    ends: list[float] = []
    for part, which in zip(parts, ("first", "second"), strict=True):
        end = _number(part.strip())
        if end is None:
            raise IntervalError(f"Invalid {which} item in interval: '{part.strip()}'")
        ends.append(end)
    if ends[0] > ends[1]:
        raise IntervalError(f"Invalid interval {text}. Start must be before end of interval.")
    return Interval(ends[0], ends[1], text.startswith("["), text.endswith("]"))


def _number(text: str) -> float | None:
    found = _NUMBER.match(text)
    if found is None or found[2] not in _UNITS:
        return None
    return float(found[1]) * _UNITS[found[2]]
