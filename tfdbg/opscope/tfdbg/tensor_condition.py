"""What `lt` chooses tensors by: a shape with open places, and conditions on their numbers."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from opscope.tfdbg.tensor_facts import STATISTICS

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_CONDITION = re.compile(
    rf"\s*({'|'.join(re.escape(name) for name in STATISTICS)})\s*"
    rf"({'|'.join(map(re.escape, _OPERATORS))})\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*"
)


class ConditionError(ValueError):
    """The text is no shape or no condition; says what one looks like."""


class Condition(NamedTuple):
    """A statistic, compared with a number."""

    statistic: str
    compare: Callable[[Any, Any], bool]
    number: float

    def holds(self, statistics: Mapping[str, float]) -> bool:
        """True where the statistic is known and compares as asked."""
        value = statistics.get(self.statistic)
        return value is not None and self.compare(value, self.number)


def parse_conditions(text: str) -> list[Condition]:
    """The conditions of `max > 1e3, nan == 0`, all of which are to hold; raises ConditionError."""
    found: list[Condition] = []
    for part in text.split(","):
        read = _CONDITION.fullmatch(part)
        if read is None:
            raise ConditionError(
                f"--where: {part.strip()!r} is no condition. Write them in quotes: "
                f'"max > 1e3, nan == 0". Names: {", ".join(STATISTICS)}'
            )
        found.append(Condition(read[1], _OPERATORS[read[2]], float(read[3])))
    return found


class ShapePattern:
    """Shapes such as `50,?` (two axes, 50 the first), `...,10` (10 the last) and `()`."""

    def __init__(self, text: str) -> None:
        inner = text.strip()
        if inner[:1] in "([" and inner[-1:] in ")]":
            inner = inner[1:-1]
        self._parts = [part.strip() for part in inner.split(",") if part.strip()]
        known = all(part in ("?", "...") or part.isdecimal() for part in self._parts)
        if not known or self._parts.count("...") > 1:
            raise ConditionError(
                f"--shape: {text!r} is no shape. Write sizes with ? for any size and ... for "
                "any axes: 50,10 or ?,10 or ...,10 or ()"
            )

    def matches(self, shape: tuple[int, ...] | None) -> bool:
        """True for a shape of this pattern; False for what has none."""
        if shape is None:
            return False
        if "..." not in self._parts:
            return len(shape) == len(self._parts) and _fit(self._parts, shape)
        at = self._parts.index("...")
        head, tail = self._parts[:at], self._parts[at + 1 :]
        if len(shape) < len(head) + len(tail):
            return False
        return _fit(head, shape[: len(head)]) and _fit(tail, shape[len(shape) - len(tail) :])


def _fit(parts: list[str], sizes: tuple[int, ...]) -> bool:
    return all(part in ("?", str(size)) for part, size in zip(parts, sizes, strict=True))
