"""How wide text is and how it is shortened, so that boxes are sized before a browser draws them."""

from __future__ import annotations

from functools import lru_cache

from opscope.events.graph_columns import Shape

_NARROW = "iljtfI.,:;'|!()[]/^ "
_WIDE = "mwMWQOGDHNU@%#&"


@lru_cache(maxsize=65536)
def text_width(text: str, size: float) -> float:
    """Width in pixels of text in a sans-serif face of `size` pixels, about 5 % generous."""
    total = 0.0
    for letter in text:
        if letter in _NARROW:
            total += 0.34
        elif letter in _WIDE:
            total += 0.82
        elif letter.isupper():
            total += 0.69
        else:
            total += 0.59
    return total * size


def fit(text: str, size: float, width: float) -> str:
    """Text that fits in `width` pixels: its middle gives way, as numbers stand at the end."""
    if text_width(text, size) <= width:
        return text
    for kept in range(len(text) - 1, 1, -1):
        tail = min(kept // 2, 8)
        short = text[: kept - tail] + "…" + text[len(text) - tail :]
        if text_width(short, size) <= width:
            return short
    return "…"


def shape_text(shape: Shape | str) -> str:
    """`?×784` as the graph draws it: "scalar" for rank 0, "" where nothing is known."""
    if shape is None or isinstance(shape, str):
        return ""
    if not shape:
        return "scalar"
    return "×".join("?" if size < 0 else str(size) for size in shape)


def count_text(count: int) -> str:
    """Write a count in at most four letters: 812, 4.5k, 27k, 1.2M."""
    if count < 1000:
        return str(count)
    if count < 10_000:
        return f"{count / 1000:.1f}k"
    if count < 1_000_000:
        return f"{count // 1000}k"
    return f"{count / 1_000_000:.1f}M"


def amount_text(amount: float, unit: str) -> str:
    """Write seconds ("s"), bytes ("B") or a plain count (""): 1.24 ms, 3.5 MB, 62k."""
    if unit == "s":
        for size, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
            if amount >= size:
                return f"{amount / size:.3g} {name}"
        return f"{amount / 1e-6:.3g} µs" if amount else "0"
    if unit == "B":
        for size, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
            if amount >= size:
                return f"{amount / size:.3g} {name}"
        return f"{amount:.0f} B"
    return count_text(int(amount))
