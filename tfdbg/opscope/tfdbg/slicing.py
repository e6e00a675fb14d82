"""NumPy's basic indexing, read from text: `[0, :]`, `[-1]`, `[..., ::2]`, `[0][1]`. Never eval."""

from __future__ import annotations

import re
from types import EllipsisType
from typing import Any

Index = int | slice | EllipsisType | None
Slicing = tuple[tuple[Index, ...], ...]
"""One tuple of indices for each bracket."""

_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_ITEM = re.compile(
    r"\s*(?:(?P<ellipsis>\.\.\.)|(?P<newaxis>None|np\.newaxis)"
    r"|(?P<start>[-+]?\d+)?\s*(?:(?P<colon>:)\s*(?P<stop>[-+]?\d+)?\s*"
    r"(?::\s*(?P<step>[-+]?\d+)?)?)?)\s*$"
)


class SlicingError(ValueError):
    """The text in the brackets is no slicing, or does not fit the tensor."""


def split_slicing(text: str) -> tuple[str, str]:
    """The name and the brackets behind it: `a:0` and `[0][:, 1]` of `a:0[0][:, 1]`."""
    at = text.find("[")
    return (text, "") if at < 0 else (text[:at], text[at:])


def parse_slicing(text: str) -> Slicing:
    """The indices of each bracket; raises SlicingError for anything but basic indexing."""
    brackets = [found[1] for found in _BRACKET.finditer(text)]
    if "".join(f"[{bracket}]" for bracket in brackets) != text.replace("] [", "][").strip():
        raise SlicingError(
            f"Invalid tensor-slicing string. {text!r} is not of the form [index, ...]"
        )
    return tuple(_parse_bracket(bracket, text) for bracket in brackets)


def apply_slicing(value: Any, slicing: Slicing) -> Any:
    """The elements that the brackets choose, one bracket after the other.

    Raises SlicingError where an index is out of bounds, with the shape it did not fit.
    """
    chosen = value
    for bracket in slicing:
        try:
            chosen = chosen[bracket]
        except (IndexError, TypeError) as error:
            shape = getattr(chosen, "shape", ())
            raise SlicingError(f"The slicing does not fit the shape {shape}: {error}") from error
    return chosen


def _parse_bracket(bracket: str, whole: str) -> tuple[Index, ...]:
    items = bracket.split(",")
    if len(items) > 1 and not items[-1].strip():
        items = items[:-1]
    return tuple(_parse_item(item, whole) for item in items)


def _parse_item(item: str, whole: str) -> Index:
    found = _ITEM.match(item)
    if found is None or not item.strip():
        raise SlicingError(
            f"Invalid tensor-slicing string. {item.strip()!r} in {whole} is neither an index, "
            "nor a slice start:stop:step, nor ..."
        )
    if found["ellipsis"]:
        return ...
    if found["newaxis"]:
        return None
    start, stop, step = (
        None if found[name] is None else int(found[name]) for name in ("start", "stop", "step")
    )
    if not found["colon"]:
        return start
    if step == 0:
        raise SlicingError(f"Invalid tensor-slicing string. The step of {item.strip()!r} is zero")
    return slice(start, stop, step)
