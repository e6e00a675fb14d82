"""Curves as a picture: legend, y labels, dots, x labels; functions of the points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from opscope.cli.inspect import printable
from opscope.cli.live import scale
from opscope.cli.live.canvas import ACROSS, Canvas
from opscope.cli.live.row import Glyphs, Row, cells, cut_left, fitted, text_of
from opscope.cli.live.series import Series
from opscope.cli.live.stretch import columns_of, draw
from opscope.cli.live.view import View
from opscope.dashboard.histogram_bins import FARTHEST

Floats = npt.NDArray[np.float64]
Extent = tuple[float, float]

COLOURS = 8
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MOST_CURVES = 40
"""Curves drawn in one picture; more cannot be told apart."""


class Picture(NamedTuple):
    """Rows, and the whole x range of the curves in them; None without points."""

    rows: list[Row]
    extent: Extent | None = None


def style_of(index: int) -> str:
    """The style of the n-th curve of a picture."""
    return f"class:series.{index % COLOURS}"


def labels(series: Sequence[Series]) -> list[str]:
    """What tells the curves apart: the run, the tag, or both."""
    runs, tags = {each.run for each in series}, {each.tag for each in series}
    if len(tags) == 1 and len(runs) > 1:
        return [printable(each.run) for each in series]
    if len(runs) == 1:
        return [printable(each.tag) for each in series]
    return [printable(f"{each.run} {each.tag}") for each in series]


def chart(
    series: Sequence[Series],
    view: View,
    columns: int,
    rows: int,
    glyphs: Glyphs,
    *,
    reading: bool = False,
    title: str = "",
    small: bool = False,
) -> Picture:
    """A picture of exactly `rows` rows of `columns` cells.

    NaN and infinities are marked where they happened, and counted in the legend. `small` has one
    line of legend and only the ends of the axes. `reading` says that curves are still to come.
    """
    left_out = len(series) - MOST_CURVES
    series = series[:MOST_CURVES]
    head = (
        _small_head(series, title, columns, glyphs)
        if small
        else _legend(series, columns, rows, glyphs)
    )
    if left_out > 0:
        head.append([("class:dim", f"and {left_out} more: filter with /")])
    extents = [found for each in series if (found := each.extent(view.axis))]
    extent = (min(e[0] for e in extents), max(e[1] for e in extents)) if extents else None
    height = rows - len(head) - (1 if small else 2)
    if extent is None or height < 1 or columns < 12:
        note: list[Row] = [[("class:dim", _empty(reading, extent))]]
        return Picture(_filled([*head, *note], columns, rows), extent)
    low, high = view.zoom.within(*extent) if view.zoom else extent
    bounds = _y_range(series, view, low, high)
    if bounds is None:
        bounds = (-1.0, 1.0)
    ticks = _y_ticks(bounds, view.log, height, small)
    margin = min(max(cells(label) for _, label in ticks), columns // 3) if ticks else 0
    canvas = Canvas(columns - margin - 1, height)
    _draw(canvas, series, view, (low, high), bounds, glyphs)
    body: list[Row] = []
    at = dict(ticks)
    drawn = canvas.drawn([*map(style_of, range(COLOURS)), *_FAINT], glyphs)
    for row, cells_of_row in enumerate(drawn):
        label = at.get(row)
        edge = glyphs.vertical if label is None else glyphs.tick
        body.append([("class:axis", f"{label or '':>{margin}}{edge}"), *cells_of_row])
    body += _x_axis(low, high, view, canvas.columns, margin, glyphs, small)
    return Picture(_filled([*head, *body], columns, rows), extent)


_FAINT = [f"class:faint.{index}" for index in range(COLOURS)]


def _filled(rows: list[Row], columns: int, height: int) -> list[Row]:
    full = [fitted(row, columns) for row in rows[:height]]
    return full + [fitted([], columns) for _ in range(height - len(full))]


def facts_text(series: Series, room: int = 1000) -> Row:
    """Last value, what is not finite, and extremes, in at most `room` cells as far as they go."""
    facts = series.facts
    if facts.last is None:
        return [("class:dim", "no points yet")]
    last = scale.number(facts.last.value)
    row: Row = [
        ("class:error" if not np.isfinite(facts.last.value) else "class:value", last),
        ("class:dim", f" @{scale.count(facts.last.step)}"),
        *bad_text(series),
    ]
    for name, found in (("min", facts.low), ("max", facts.high)):
        if found is not None:
            said = f"  {name} {scale.number(found.value)} @{scale.count(found.step)}"
            if cells(text_of(row)) + cells(said) > room:
                break
            row.append(("class:dim", said))
    return row


def bad_text(series: Series) -> Row:
    """How many values are NaN or infinite, and since when; nothing where all are finite."""
    facts = series.facts
    named = (("NaN", facts.nan), ("+inf", facts.plus_inf), ("-inf", facts.minus_inf))
    said = ", ".join(f"{number} {name}" for name, number in named if number)
    if not said or facts.first_bad is None:
        return []
    return [("class:error", f"  {said} from @{scale.count(facts.first_bad)}")]


def _legend(series: Sequence[Series], columns: int, rows: int, glyphs: Glyphs) -> list[Row]:
    most = max(rows // 4, 1)
    shown = series if len(series) <= most else series[: max(most - 1, 1)]
    names = labels(series)
    beside = columns - min(max(map(cells, names), default=0), columns // 3) - 6
    facts = [facts_text(each, beside) for each in shown]
    taken = max((cells(text_of(row)) for row in facts), default=0) + 6
    room = min(max(map(cells, names), default=0), max(columns - taken, columns // 3))
    found: list[Row] = []
    for index in range(len(shown)):
        name = names[index]
        if cells(name) > room:
            name = cut_left(name, room, glyphs.ellipsis)
        letter = f"{LETTERS[index % 26]} " if len(series) > 1 else ""
        name += " " * (room - cells(name) if len(series) > 1 else 0)
        mark = glyphs.line if glyphs.braille else ""
        found.append([(style_of(index), f"{letter}{mark} {name}".lstrip()), ("", "  ")])
        found[-1] += facts[index]
    if len(shown) < len(series) and most > 1:
        rest = series[len(shown) :]
        bad = sum(1 for each in rest if each.facts.bad)
        note: Row = [("class:dim", f"and {len(rest)} more")]
        if bad:
            note.append(("class:error", f", {bad} of them with NaN or infinities"))
        found.append(note)
    return found


def _empty(reading: bool, extent: Extent | None) -> str:
    if extent is not None:
        return "too small"
    return "reading" if reading else "no points yet"


def _small_head(series: Sequence[Series], title: str, columns: int, glyphs: Glyphs) -> list[Row]:
    if not series:
        return [[("class:heading", title)]]
    value: Row = []
    if len(series) == 1 and series[0].facts.last is not None:
        last = series[0].facts.last.value
        value = [("class:value" if np.isfinite(last) else "class:error", f" {scale.number(last)}")]
    elif len(series) > 1:
        value = [("class:dim", f" {len(series)} runs")]
    if any(each.facts.bad for each in series):
        value.append(("class:error", " !"))
    room = columns - sum(cells(text) for _, text in value)
    return [[("class:heading", cut_left(printable(title), max(room, 4), glyphs.ellipsis)), *value]]


def _y_range(series: Sequence[Series], view: View, low: float, high: float) -> Extent | None:
    """The y range of what is in sight; on a log axis in exponents of ten."""
    smoothings = {0.0, view.smoothing}
    reaches = [
        each.reach(view.axis, smoothing, view.log, view.robust, low, high)
        for each in series
        for smoothing in smoothings
    ]
    found = [reach for reach in reaches if reach is not None]
    if not found:
        return None
    bottom, top = min(f[0] for f in found), max(f[1] for f in found)
    return max(bottom, -FARTHEST), min(top, FARTHEST)


def _y_ticks(bounds: Extent, log: bool, height: int, small: bool) -> list[tuple[int, str]]:
    """Rows and labels, top to bottom."""
    low, high = bounds
    if not high > low:
        return [((height - 1) // 2, scale.tick_labels([low], log)[0])]
    if small or height < 4:
        ends = scale.tick_labels([high, low], log)
        return [(0, ends[0]), (height - 1, ends[1])] if height > 1 else [(0, ends[0])]
    values = (scale.log_ticks if log else scale.ticks)(low, high, max(height // 3, 2))
    if len(values) < 2:
        values = [low, high]
    texts = scale.tick_labels(values, log)
    rows = [round((high - value) / (high - low) * (height - 1)) for value in values]
    return sorted(zip(rows, texts, strict=True))


def _draw(
    canvas: Canvas,
    series: Sequence[Series],
    view: View,
    x_range: Extent,
    bounds: Extent,
    glyphs: Glyphs,
) -> None:
    low, high = x_range
    passes = [0.0] if view.smoothing <= 0 else [view.smoothing, 0.0]
    for smoothing in passes:
        faint = smoothing == 0.0 and len(passes) > 1
        for index, each in enumerate(series):
            plane = canvas.plane()
            found = each.columns(view.axis, smoothing, view.log, low, high, canvas.width)
            draw(plane, found, *bounds)
            owner = index % COLOURS + (COLOURS if faint else 0)
            canvas.add(plane, owner, behind=faint)
    if len(series) > 1:
        _letters(canvas, series, view, x_range, bounds)
    for each in series:
        _mark_bad(canvas, each, view, x_range, glyphs)


def _letters(
    canvas: Canvas, series: Sequence[Series], view: View, x_range: Extent, bounds: Extent
) -> None:
    """The letter of the legend at the last point of each curve: colours alone tell too little."""
    for index, each in enumerate(series):
        found = each.columns(view.axis, view.smoothing, view.log, *x_range, canvas.width)
        seen = np.flatnonzero((found.column >= 0) & (found.column < canvas.width))
        if len(seen):
            at = int(seen[-1])
            share = 0.5
            if bounds[1] > bounds[0]:
                share = (bounds[1] - float(found.last[at])) / (bounds[1] - bounds[0])
            row = min(max(round(share * (canvas.height - 1)) // 4, 0), canvas.rows - 1)
            column = int(found.column[at]) // ACROSS
            canvas.mark(column, row, LETTERS[index % 26], f"{style_of(index)} bold")


def _mark_bad(canvas: Canvas, each: Series, view: View, x_range: Extent, glyphs: Glyphs) -> None:
    """Infinities at the edge they left by, NaN at the bottom; in the column where they happened."""
    if not each.facts.bad:
        return
    x, value = each.curve.along(view.axis), each.curve.value
    bad = ~np.isfinite(value) & (x >= x_range[0]) & (x <= x_range[1])
    kinds = (
        (value == -np.inf, canvas.rows - 1, glyphs.down),
        (value == np.inf, 0, glyphs.up),
        (np.isnan(value), canvas.rows - 1, glyphs.nan),
    )
    for which, row, char in kinds:
        places = columns_of(x[bad & which], *x_range, canvas.width) // ACROSS
        for column in np.unique(places).tolist():
            canvas.mark(column, row, char, "class:error")


def _x_axis(
    low: float, high: float, view: View, columns: int, margin: int, glyphs: Glyphs, small: bool
) -> list[Row]:
    """The axis and its labels; of a small picture only the labels of the ends."""
    span = high - low
    if small:
        first, last = (scale.along(each, view.axis, span) for each in (low, high))
        gap = columns - cells(first) - cells(last)
        text = first + " " * gap + last if gap > 0 and high > low else last[:columns]
        return [[("class:axis", " " * (margin + 1) + text)]]
    values = _x_ticks(low, high, view, columns)
    line, below = [glyphs.horizontal] * columns, [" "] * columns
    free = 0
    places = columns_of(np.array(values), low, high, columns * ACROSS) // ACROSS
    for value, place in zip(values, places.tolist(), strict=True):
        label = scale.along(value, view.axis, span)
        start = min(max(place - cells(label) // 2, 0), columns - cells(label))
        if start < free:
            continue
        line[place] = glyphs.below
        below[start : start + len(label)] = label
        free = start + len(label) + 1
    name = {"step": "step", "relative": "time", "wall": ""}[view.axis]
    if name and free + len(name) < columns:
        below[columns - len(name) :] = name
    return [
        [("class:axis", " " * margin + glyphs.corner + "".join(line))],
        [("class:axis", " " * (margin + 1) + "".join(below))],
    ]


def _x_ticks(low: float, high: float, view: View, columns: int) -> list[float]:
    if not high > low:
        return [low]
    most = max(columns // 10, 2)
    if view.axis == "wall":
        return [low + (high - low) * share for share in np.linspace(0, 1, most)]
    if view.axis == "relative":
        for unit in (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0):
            step = unit
            if (high - low) / step <= most and high - low >= 4:
                first = np.ceil(low / step)
                return [float(each) * step for each in np.arange(first, high // step + 1)]
    found = scale.ticks(low, high, most)
    if view.axis == "step" and high - low >= 1:
        found = [each for each in found if each == round(each)]
    return found or [low, high]
