"""The elements of an array as rows of text, as NumPy would print them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from opscope.tfdbg.array_block import ArrayBlock, is_block
from opscope.tfdbg.screen import Line, Span

THRESHOLD = 2000
"""From how many elements on the middle is left out."""

_EDGE = 3
_PREFIX = "array("
_PLAIN = frozenset({"bool", "int64", "float64", "complex128"})
_PIECE = re.compile(r"[^,\[\]]+")

ElementTest = Callable[[np.ndarray], np.ndarray]


def array_lines(
    value: np.ndarray, columns: int, whole: bool = False, highlighted: np.ndarray | None = None
) -> Sequence[Line]:
    """The rows of `array(...)`, each with the index of its first element.

    From 2000 elements on the middle of each axis is left out unless `whole`. `highlighted` is a
    mask of the elements to stress. Rows of text arrays carry no index: a comma may be part of an
    element. The whole of a large array is an ArrayBlock. The process's print options are neither
    used nor changed.
    """
    summarized = not whole and value.size > THRESHOLD
    if not summarized and is_block(value):
        extras = _extras(value, summarized)
        return ArrayBlock(value, columns, f", {extras})" if extras else ")", highlighted)
    rows = _text(value, columns, summarized).split("\n")
    if value.dtype.kind in "OSU" or not value.size:
        return tuple(Line((Span(row),)) for row in rows)
    order = _shown_indices(value.shape, summarized)
    end = len(_extras(value, summarized))
    lines: list[Line] = []
    for number, row in enumerate(rows):
        last_row = number == len(rows) - 1 - (rows[-1].lstrip().startswith(("dtype", "shape")))
        lines.append(_line(row, order, highlighted, end if last_row else 0))
    return tuple(lines)


def _text(value: np.ndarray, columns: int, summarized: bool) -> str:
    extras = _extras(value, summarized)
    if value.size or value.shape == (0,):
        body = np.array2string(
            value,
            max_line_width=columns,
            precision=8,
            suppress_small=False,
            separator=", ",
            prefix=_PREFIX,
            suffix=")",
            threshold=THRESHOLD if summarized else max(value.size, 1),
            edgeitems=_EDGE,
            sign="-",
            floatmode="maxprec",
        )
    else:
        body = "[]"
    text = _PREFIX + body
    if not extras:
        return text + ")"
    width = len(text) - (text.rfind("\n") + 1)
    joint = ",\n" + " " * len(_PREFIX) if width + len(extras) + 3 > columns else ", "
    return f"{text}{joint}{extras})"


def _extras(value: np.ndarray, summarized: bool) -> str:
    parts = []
    if summarized or (not value.size and value.shape != (0,)):
        parts.append(f"shape={value.shape}")
    if value.dtype.name not in _PLAIN or not value.size:
        text = f"'{value.dtype.str}'" if value.dtype.kind in "SU" else value.dtype.name
        parts.append(f"dtype={text}")
    return ", ".join(parts)


def _shown_indices(shape: tuple[int, ...], summarized: bool) -> Iterator[tuple[int, ...]]:
    axes = [
        [*range(_EDGE), *range(size - _EDGE, size)]
        if summarized and size > 2 * _EDGE
        else range(size)
        for size in shape
    ]
    return itertools.product(*axes)


def _line(
    row: str,
    order: Iterator[tuple[int, ...]],
    highlighted: np.ndarray | None,
    end: int,
) -> Line:
    spans: list[Span] = []
    first: tuple[int, ...] | None = None
    at = 0
    start = len(_PREFIX)
    stop = len(row) - end - 1 if end else len(row)
    for piece in _PIECE.finditer(row, min(start, len(row)), max(stop, 0)):
        token = piece[0].strip().rstrip(")")
        if not token or token == "...":
            continue
        index = next(order, None)
        if index is None:
            break
        first = index if first is None else first
        style = "bad" if "nan" in token or "inf" in token else ""
        if highlighted is not None and highlighted[index]:
            style = "highlight"
        if style:
            begin = piece.start() + piece[0].index(token)
            spans += [Span(row[at:begin]), Span(token, style)]
            at = begin + len(token)
    spans.append(Span(row[at:]))
    return Line(tuple(span for span in spans if span.text) or (Span(""),), index=first)
