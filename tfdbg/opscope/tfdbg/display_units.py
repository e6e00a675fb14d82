"""Sizes and times as short text."""

from __future__ import annotations


def bytes_text(size: int | None) -> str:
    """`500`, `1.47k`, `2.00M`, `5.10G` for a number of bytes; `None` where it is not known."""
    if size is None:
        return "None"
    if size < 1 << 10:
        return str(size)
    for unit, shift in (("k", 10), ("M", 20)):
        if size < 1 << (shift + 10):
            return f"{size / (1 << shift):.2f}{unit}"
    return f"{size / (1 << 30):.2f}G"


def elided(text: str, width: int) -> str:
    """The text, its middle left out where it is longer than `width`: names tell most at the end."""
    if len(text) <= width:
        return text
    head = max((width - 1) // 3, 0)
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"


TIME_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}
"""Units of time in microseconds."""


def time_text(microseconds: float, unit: str) -> str:
    """`27us`, `0.027ms`, `0` for a duration, in one of TIME_UNITS."""
    return "0" if not microseconds else f"{microseconds / TIME_UNITS[unit]:.10g}{unit}"
