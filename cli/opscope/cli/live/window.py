"""The whole window as rows: title, list, picture and status, for any size."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from opscope.cli.inspect import printable
from opscope.cli.live import scale
from opscope.cli.live.browser import Browser, Item
from opscope.cli.live.chart import Picture, chart
from opscope.cli.live.health import health_rows
from opscope.cli.live.histogram_picture import histogram_picture
from opscope.cli.live.key_help import help_rows
from opscope.cli.live.live_log import HEALTH, HISTOGRAM, SCALAR, Entry
from opscope.cli.live.row import Glyphs, Row, cells, cut, cut_left, fitted, text_of, wrapped
from opscope.cli.live.series import Series

NARROW = 52
"""Columns below which the list and the picture do not stand side by side."""

SMALL = (26, 7)
"""The least columns and rows of a chart of the grid."""


def window(
    browser: Browser,
    columns: int,
    rows: int,
    glyphs: Glyphs,
    now: Callable[[], float] = time.time,
) -> list[Row]:
    """Exactly `rows` rows of `columns` cells; notes in the browser what keys need to know."""
    if rows < 4 or columns < 20:
        return [fitted([("", "too small")], columns) for _ in range(rows)]
    height = rows - 2
    if browser.help:
        body = _cropped(help_rows(), columns, height, browser.scroll)
    elif browser.damage:
        body = _cropped(_damage(browser), columns, height, browser.scroll)
    elif not browser.choices():
        body = _filled(_nothing(browser), columns, height)
    elif browser.grid:
        body = _grid(browser, columns, height, glyphs)
    else:
        body = _list_and_picture(browser, columns, height, glyphs)
    return [_title(browser, columns, now()), *body, _status(browser, columns, glyphs)]


def _filled(rows: list[Row], columns: int, height: int) -> list[Row]:
    full = [fitted(row, columns) for row in rows[:height]]
    return full + [fitted([], columns) for _ in range(height - len(full))]


def _cropped(rows: list[Row], columns: int, height: int, scroll: int) -> list[Row]:
    first = min(scroll, max(len(rows) - height, 0))
    return _filled(rows[first:], columns, height)


def _nothing(browser: Browser) -> list[Row]:
    log = browser.log
    if not log.is_open:
        return [[], [("class:dim", f"  reading {printable(log.path)}")]]
    if log.entries:
        return [[], [("class:dim", "  the filter leaves nothing: press / to change it")]]
    runs = log.logdir.runs()
    said = "no scalars, histograms or health yet" if runs else "no event files yet"
    return [[], [("class:dim", f"  {said}; waiting")]]


def _damage(browser: Browser) -> list[Row]:
    problems = browser.log.problems
    rows: list[Row] = [[("class:heading", f" Damage: {len(problems) or 'none'}")], []]
    return rows + [[("class:error", f" {each}")] for each in problems]


def _title(browser: Browser, columns: int, now: float) -> Row:
    log = browser.log
    current = browser.current()
    runs = {entry.run for entry in current.entries} if current else set(log.writers)
    writers = [log.writers[run] for run in runs if run in log.writers]
    state: Row = []
    if writers:
        newest = max(writers, key=lambda each: each.written)
        word = newest.state(now)
        style = {"live": "class:live", "running": "class:live"}.get(word, "class:stopped")
        state = [(f"class:title {style}", newest.said(now) + " ")]
    elif log.changed is not None:
        state = [("class:title", f"new data {scale.duration(int(now - log.changed))} ago ")]
    room = columns - sum(cells(text) for _, text in state) - 1
    name = " opscope watch " if columns >= 70 else " "
    path = cut_left(printable(log.path), max(room - len(name), 8))
    return [
        *fitted([("class:title", f"{name}{path}")], columns - cells(text_of(state)), "class:title"),
        *state,
    ]


def _status(browser: Browser, columns: int, glyphs: Glyphs) -> Row:
    style = "class:bar"
    if browser.typing is not None:
        row: Row = [(style, f" /{browser.typing}_ "), ("class:bar class:hint", browser.message)]
        return fitted(row, columns, style)
    said: Row = []
    view = browser.view
    words: list[str] = [view.axis]
    if view.smoothing:
        words.append(f"smooth {view.smoothing:g}")
    words += [word for word, on in (("log y", view.log), ("no outliers", view.robust)) if on]
    if view.zoom:
        words.append("zoom, follows" if view.zoom.follows else "zoom")
    if browser.pattern is not None:
        words.append(f"/{printable(browser.pattern.pattern)}/")
    if browser.marks:
        words.append(f"{len(browser.marks)} marked")
    said.append((style, " " + (" · " if glyphs.braille else ", ").join(words)))
    problems = browser.log.problems
    if problems:
        more = f" (+{len(problems) - 1})" if len(problems) > 1 else ""
        said.append(("class:bar class:bad", f"  ! {_short_problem(problems[0])}{more}"))
    keys = "? help  q quit "
    if columns >= 100 and not problems:
        keys = "/ filter  space mark  a all runs  g grid  x axis  l log  [ ] smooth  " + keys
    row = fitted(said, max(columns - len(keys) - 1, 0), style)
    return fitted([*row, (style, " "), ("class:bar class:hint", keys)], columns, style)


def _short_problem(problem: str) -> str:
    """The problem first and the file's name, without its folder, behind it."""
    path, _, rest = problem.partition(": ")
    return f"{rest} ({path.rsplit('/', 1)[-1]})" if rest else problem


# The list


def _list_and_picture(browser: Browser, columns: int, height: int, glyphs: Glyphs) -> list[Row]:
    if browser.hides_list or columns < NARROW:
        if columns < NARROW and not browser.hides_list:
            upper = min(max(height // 3, 3), len(browser.items()))
            return [
                *_list(browser, columns, upper, glyphs),
                *_picture(browser, columns, height - upper, glyphs),
            ]
        return _picture(browser, columns, height, glyphs)
    width = min(max(columns * 3 // 10, 20), 40)
    names = _list(browser, width, height, glyphs)
    picture = _picture(browser, columns - width - 1, height, glyphs)
    edge = [("class:axis", glyphs.vertical)]
    return [[*left, *edge, *right] for left, right in zip(names, picture, strict=True)]


def _list(browser: Browser, width: int, height: int, glyphs: Glyphs) -> list[Row]:
    items = browser.items()
    current = browser.current()
    at = next((n for n, item in enumerate(items) if current and item.key == current.key), 0)
    first = min(max(at - height // 2, 0), max(len(items) - height, 0))
    browser.page = max(height - 1, 1)
    rows = []
    for item in items[first : first + height]:
        rows.append(_list_row(browser, item, item is current, width, glyphs))
    return _filled(rows, width, height)


def _list_row(browser: Browser, item: Item, here: bool, width: int, glyphs: Glyphs) -> Row:
    if not item.entries:
        return fitted([("class:heading", cut(printable(item.label), width))], width)
    style, value = _list_value(browser, item, glyphs)
    marked = item.key in browser.marks
    name = printable(item.label)
    room = width - 2 - (cells(value) + 1 if value else 0)
    if room < 10 and cells(name) > room:
        value, room = "", width - 2
    name = cut_left(name, room, glyphs.ellipsis)
    over = "class:cursor" if here else ""
    mark = glyphs.marked if marked else ">" if here else " "
    row: Row = [
        (f"class:marked {over}", f"{mark} "),
        (over, name + " " * (room - cells(name))),
    ]
    if value:
        row.append((f"{style} {over}", f" {value}"))
    return fitted(row, width, over)


def _list_value(browser: Browser, item: Item, glyphs: Glyphs) -> tuple[str, str]:
    if item.kind == HEALTH:
        known = [browser.log.health(entry) for entry in item.entries]
        bad = any(each is not None and each.bad for each in known)
        return ("class:error", "bad") if bad else ("class:dim", "")
    if item.kind == HISTOGRAM:
        return ("class:dim", glyphs.blocks[2] + glyphs.blocks[5] + glyphs.blocks[3])
    if len(item.entries) > 1:
        return ("class:dim", f"{len(item.entries)} runs")
    series = browser.log.series(item.entries[0])
    if series is None or series.facts.last is None:
        return ("class:dim", "")
    last = series.facts.last.value
    if series.facts.bad and math.isfinite(last):
        return ("class:error", f"!{scale.number(last)}")
    return ("class:error" if series.facts.bad else "class:dim", scale.number(last))


# The picture


def _picture(browser: Browser, columns: int, height: int, glyphs: Glyphs) -> list[Row]:
    items = browser.shown()
    if items[0].kind == SCALAR:
        entries = [entry for item in items for entry in item.entries]
        found = _read(browser, items)
        if not found and entries:
            return _filled([[("class:dim", "reading")]], columns, height)
        picture = chart(found, browser.view, columns, height, glyphs)
        browser.extent = picture.extent
        return picture.rows
    browser.extent = None
    entries = [entry for item in items for entry in item.entries]
    if items[0].kind == HEALTH:
        rows: list[Row] = []
        for entry in entries:
            health = browser.log.health(entry)
            if len(entries) > 1:
                rows.append([("class:heading", f"run {printable(entry.run)}")])
            rows += health_rows(health) if health else [[("class:dim", "reading")]]
        rows = [part for row in rows for part in wrapped(row, columns)]
        return _cropped(rows, columns, height, browser.scroll)
    most = max(height // 7, 1)
    shown = entries[:most]
    rows = []
    for number, entry in enumerate(shown):
        part = height // len(shown) + (1 if number < height % len(shown) else 0)
        rows += _histogram(browser, entry.run, entry.tag, columns, part, glyphs, len(entries) > 1)
    return rows


def _read(browser: Browser, items: list[Item]) -> list[Series]:
    series = [browser.log.series(entry) for item in items for entry in item.entries]
    return [each for each in series if each is not None]


def _histogram(
    browser: Browser, run: str, tag: str, columns: int, rows: int, glyphs: Glyphs, several: bool
) -> list[Row]:
    points = browser.log.histograms(Entry(HISTOGRAM, run, tag))
    if points is None:
        return _filled([[("class:dim", f"reading {printable(tag)}")]], columns, rows)
    title = f"{run} {tag}" if several else tag
    return histogram_picture(points, title, browser.view.heat, columns, rows, glyphs)


def _grid(browser: Browser, columns: int, height: int, glyphs: Glyphs) -> list[Row]:
    """Small pictures of the page of the list that the cursor is on."""
    items = [item for item in browser.choices() if item.kind != HEALTH] or browser.choices()
    across = max(columns // SMALL[0], 1)
    down = max(height // SMALL[1], 1)
    across = min(across, max(math.ceil(len(items) / down), 1))
    down = min(down, max(math.ceil(len(items) / across), 1))
    browser.page, browser.across = across * down, across
    current = browser.current()
    at = next((n for n, item in enumerate(items) if current and item.key == current.key), 0)
    first = at // browser.page * browser.page
    rows: list[Row] = []
    low = 0
    for line in range(down):
        part = height // down + (1 if line < height % down else 0)
        row_of_items = items[first + line * across : first + (line + 1) * across]
        pictures = []
        for place, item in enumerate(row_of_items):
            width = columns // across + (1 if place < columns % across else 0)
            here = first + line * across + place == at
            pictures.append(_cell(browser, item, width - 1, part, glyphs, here))
        rows += [
            fitted([each for p in pictures for each in (*p[y], ("", " "))], columns)
            for y in range(part)
        ]
        low += part
    return _filled(rows, columns, height)


def _cell(
    browser: Browser, item: Item, columns: int, rows: int, glyphs: Glyphs, here: bool
) -> list[Row]:
    several = len({entry.run for entry in browser.log.entries}) > 1 and not browser.all_runs
    name = f"{item.entries[0].run} {item.label}" if several else item.label
    if item.kind == SCALAR:
        found = _read(browser, [item])
        picture = chart(
            found, browser.view, columns, rows, glyphs, reading=not found, title=name, small=True
        )
        if here:
            browser.extent = picture.extent
        made = picture
    elif item.kind == HISTOGRAM:
        entry = item.entries[0]
        made = Picture(_histogram(browser, entry.run, entry.tag, columns, rows, glyphs, several))
    else:
        health = browser.log.health(item.entries[0])
        made = Picture(_filled(health_rows(health) if health else [], columns, rows))
    head = made.rows[0]
    if here:
        head = [(f"{style} class:cursor", text) for style, text in head]
    return [head, *made.rows[1:]]
