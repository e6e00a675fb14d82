"""Histograms over steps: the last ones one below the other, or all of them as a map of shades."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from opscope.cli.inspect import printable
from opscope.cli.live import scale
from opscope.cli.live.row import Glyphs, Row, cells, cut_left, fitted
from opscope.dashboard.histogram_bins import evenly, rebinned
from opscope.events import Histograms

Floats = npt.NDArray[np.float64]


def histogram_picture(
    points: Histograms, title: str, heat: bool, columns: int, rows: int, glyphs: Glyphs
) -> list[Row]:
    """A picture of exactly `rows` rows of `columns` cells."""
    head = _head(points, title, columns, glyphs)
    height = rows - len(head)
    body: list[Row] = []
    if height >= 3 and columns >= 20 and len(points.step):
        body = (_heat if heat else _ridge)(points, columns, height, glyphs)
    elif len(points.step):
        body = [[("class:dim", "too small")]]
    full = [fitted(row, columns) for row in [*head, *body][:rows]]
    return full + [fitted([], columns) for _ in range(rows - len(full))]


def _head(points: Histograms, title: str, columns: int, glyphs: Glyphs) -> list[Row]:
    name = cut_left(printable(title), max(columns - 40, columns // 2), glyphs.ellipsis)
    row: Row = [("class:series.0", name)]
    if not len(points.step):
        return [[*row, ("class:dim", "  no points yet")]]
    last = points.buckets[-1].reshape(-1, 3)
    held = last[last[:, 2] > 0]
    row.append(("class:dim", f"  {len(points.step)} histograms, step {int(points.step[-1])}"))
    if len(held):
        ends = f"{scale.number(float(held[0, 0]))} to {scale.number(float(held[-1, 1]))}"
        row.append(("class:dim", f": {scale.count(float(held[:, 2].sum()))} in {ends}"))
    if not np.isfinite(held[:, :2]).all():
        row.append(("class:error", "  infinite bounds"))
    return [row]


def _shades(counts: Floats, letters: str) -> str:
    """A letter for each count, by its share of the largest; what is not empty is seen."""
    most = counts.max() if len(counts) else 0.0
    if not most > 0:
        return letters[0] * len(counts)
    levels = np.ceil(counts / most * (len(letters) - 1)).astype(np.int64)
    return "".join(letters[level] for level in levels.tolist())


def _range_row(edges: Floats, columns: int, margin: int) -> Row:
    first, last = scale.number(float(edges[0])), scale.number(float(edges[-1]))
    middle = scale.number(float(edges[0] + edges[-1]) / 2)
    room = columns - margin
    text = list(" " * room)
    text[: len(first)] = first
    text[room - len(last) :] = last
    start = (room - len(middle)) // 2
    if len(first) + 1 < start and start + len(middle) + 1 < room - len(last):
        text[start : start + len(middle)] = middle
    return [("class:axis", " " * margin + "".join(text[:room]))]


def _ridge(points: Histograms, columns: int, rows: int, glyphs: Glyphs) -> list[Row]:
    """One histogram over the other, the newest at the bottom, over common bins."""
    each = 3 if rows >= 22 else 2 if rows >= 9 else 1
    each = min(max(each, (rows - 1) // len(points.step)), 8)
    most = max((rows - 1) // each, 1)
    chosen = list(range(max(len(points.step) - most, 0), len(points.step)))
    steps = [scale.count(int(points.step[at])) for at in chosen]
    margin = max(map(cells, steps)) + 1
    edges, counts = rebinned([points.buckets[at] for at in chosen], columns - margin)
    found: list[Row] = []
    for step, row in zip(steps, counts, strict=True):
        style = "class:value" if step == steps[-1] else "class:axis"
        for line, text in enumerate(_bars(row, each, glyphs.blocks)):
            label = step if line == each - 1 else ""
            found.append([(style, f"{label:>{margin - 1}} "), (_tone(step, steps), text)])
    return [*found, _range_row(edges, columns, margin)]


def _tone(step: str, steps: Sequence[str]) -> str:
    return "class:series.0" if steps.index(step) % 2 == (len(steps) - 1) % 2 else "class:series.1"


def _bars(counts: Floats, rows: int, blocks: str) -> list[str]:
    """Bars over so many rows of text, top row first."""
    most = counts.max() if len(counts) else 0.0
    full = len(blocks) - 1
    shares = counts / most if most > 0 else np.zeros(len(counts))
    levels = np.ceil(shares * rows * full).astype(np.int64)
    lines = []
    for row in range(rows - 1, -1, -1):
        part = np.clip(levels - row * full, 0, full)
        lines.append("".join(blocks[level] for level in part.tolist()))
    return lines


def _heat(points: Histograms, columns: int, rows: int, glyphs: Glyphs) -> list[Row]:
    """A map: steps to the right, values upwards, the shade is the share of a step's elements."""
    labels_width = 10
    width = columns - labels_width
    chosen = evenly(len(points.step), width)
    edges, counts = rebinned([points.buckets[at] for at in chosen.tolist()], rows - 2)
    stretch = np.repeat(np.arange(len(chosen)), -(-width // len(chosen)))[:width]
    columns_of_text = [_shades(row, glyphs.shades) for row in counts]
    found: list[Row] = []
    for bin_ in range(rows - 3, -1, -1):
        label = ""
        if bin_ in (0, rows - 3) or bin_ == (rows - 3) // 2:
            label = scale.number(float(edges[bin_] + edges[bin_ + 1]) / 2)
        text = "".join(columns_of_text[at][bin_] for at in stretch.tolist())
        edge = glyphs.tick if label else glyphs.vertical
        found.append(
            [("class:axis", f"{label:>{labels_width - 1}}{edge}"), ("class:series.0", text)]
        )
    used = len(stretch)
    first, last = (scale.count(int(points.step[at])) for at in (chosen[0], chosen[-1]))
    line = " " * (labels_width - 1) + glyphs.corner + glyphs.horizontal * used
    gap = max(used - cells(first) - cells(last), 1)
    ends = first + " " * gap + last if first != last else first
    return [
        *found,
        [("class:axis", line)],
        [("class:axis", " " * labels_width + ends)],
    ]
