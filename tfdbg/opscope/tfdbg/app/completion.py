"""What Tab does to a typed line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Completed:
    """The line after Tab, and the words that are still possible (empty when one was taken)."""

    text: str
    candidates: tuple[str, ...] = ()


def complete(text: str, words: list[str]) -> Completed:
    """The line with its last word extended as far as all candidate words agree."""
    if not words:
        return Completed(text)
    last = "" if not text or text[-1].isspace() else text.split()[-1]
    common = _common_prefix(words)
    extended = text[: len(text) - len(last)] + common if len(common) > len(last) else text
    return Completed(extended, tuple(words) if len(words) > 1 else ())


def _common_prefix(words: list[str]) -> str:
    low, high = min(words), max(words)  # the two that differ first, if any do
    for place, character in enumerate(low):
        if character != high[place]:
            return low[:place]
    return low
