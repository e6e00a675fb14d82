"""Places of a tensor's elements on its screen: `@[i, j]` and the indices in sight."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from opscope.tfdbg.screen import Line, MadeLines, Screen

Indices = tuple[int, ...]


class ElementError(ValueError):
    """The indices name no element of the tensor that is shown."""


def parse_indices(text: str) -> Indices:
    """The indices of `[i, j]` or `i,j`; raises ElementError where they are none."""
    inner = text.strip().removeprefix("[").removesuffix("]").strip()
    if not inner:
        raise ElementError("Empty indices.")
    try:
        indices = tuple(int(word) for word in inner.split(","))
    except ValueError as error:
        raise ElementError(f"Indices must be whole numbers: {text}") from error
    if min(indices) < 0:
        raise ElementError("Indices contain negative value(s).")
    return indices


def line_of_element(screen: Screen, lines: Sequence[Line], indices: Indices) -> int:
    """The line that shows an element, or the last one before where it is left out.

    `lines` are the screen's as they are laid out now. Raises ElementError where the screen shows no
    tensor, or one without this element.
    """
    shape = screen.data.get("shape") if isinstance(screen.data, dict) else None
    made = isinstance(lines, MadeLines)
    places = [
        (line.index, number)
        for number, line in enumerate(() if made else lines)
        if line.index is not None
    ]
    if not (places or (made and shape)):
        raise ElementError("This screen shows no elements of a tensor.")
    rank = len(places[0][0]) if places else len(shape or ())
    if len(indices) != rank:
        raise ElementError(f"Dimensions mismatch: requested: {len(indices)}; actual: {rank}")
    if isinstance(shape, list | tuple) and any(
        index >= size for index, size in zip(indices, shape, strict=False)
    ):
        raise ElementError("Indices exceed tensor dimensions.")
    if isinstance(lines, MadeLines):
        return lines.line_of(indices) or 0
    found = bisect_right(places, indices, key=lambda place: place[0]) - 1
    return places[max(found, 0)][1]


def range_text(first: Line, last: Line) -> str:
    """`[0,0]-[3,0]`: what the first and the last row with elements begin with."""
    return "-".join(f"[{','.join(map(str, line.index or ()))}]" for line in (first, last))
