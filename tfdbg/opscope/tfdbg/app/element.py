"""Places of a tensor's elements on its screen: `@[i, j]` and the indices in sight."""

from __future__ import annotations

from bisect import bisect_right

from opscope.tfdbg.screen import Line, Screen

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


def line_of_element(screen: Screen, indices: Indices) -> int:
    """The line that shows an element, or the last one before where it is left out.

    Raises ElementError where the screen shows no tensor, or one without this element.
    """
    places = [
        (line.index, number) for number, line in enumerate(screen.lines) if line.index is not None
    ]
    if not places:
        raise ElementError("This screen shows no elements of a tensor.")
    rank = len(places[0][0])
    if len(indices) != rank:
        raise ElementError(f"Dimensions mismatch: requested: {len(indices)}; actual: {rank}")
    shape = screen.data.get("shape") if isinstance(screen.data, dict) else None
    if isinstance(shape, list | tuple) and any(
        index >= size for index, size in zip(indices, shape, strict=False)
    ):
        raise ElementError("Indices exceed tensor dimensions.")
    found = bisect_right(places, indices, key=lambda place: place[0]) - 1
    return places[max(found, 0)][1]


def range_text(first: Line | None, last: Line | None) -> str:
    """`[0,0]-[3,0]`: what the rows at the top and at the bottom begin with; "" without elements."""
    texts = [_index_text(line) for line in (first, last)]
    return "-".join(texts) if any(texts) else ""


def _index_text(line: Line | None) -> str:
    if line is None or line.index is None:
        return ""
    return f"[{','.join(map(str, line.index))}]"
