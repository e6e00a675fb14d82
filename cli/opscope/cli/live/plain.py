"""The log as plain lines: a table of what there is, or a line for each new point."""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from opscope.cli.inspect import printable
from opscope.cli.live.health import Health
from opscope.cli.live.live_log import HEALTH, HISTOGRAM, SCALAR, Entry, LiveLog
from opscope.cli.live.scale import number
from opscope.cli.live.series import Extreme, Series
from opscope.cli.live.writer import Writer
from opscope.events import EventsError, Histograms

EXIT_NOTHING = 1


def print_once(log: LiveLog, *, as_json: bool) -> int:
    """Print every tag with its last value and extremes; 1 where there is nothing to print."""
    log.reload()
    for problem in log.problems:
        print(problem, file=sys.stderr)
    if as_json:
        print(json.dumps(document(log), indent=2, allow_nan=False))
    else:
        print(table(log, time.time()), end="")
    if not log.entries:
        print(f"opscope watch: nothing to show in {printable(log.path)}", file=sys.stderr)
    return 0 if log.entries else EXIT_NOTHING


def _found(log: LiveLog, entry: Entry) -> object:
    asked: dict[str, Callable[[Entry], object]] = {
        SCALAR: log.series,
        HISTOGRAM: log.histograms,
        HEALTH: log.health,
    }
    asked[entry.kind](entry)
    while log.wanting and log.fetch():
        pass
    return asked[entry.kind](entry)


def table(log: LiveLog, now: float) -> str:
    """Aligned text, a line per tag below a line per run."""
    lines: list[str] = []
    heads = ("", "points", "step", "last", "min", "max", "")
    rows: list[tuple[str, ...] | str] = []
    run = None
    for entry in log.entries:
        if entry.run != run:
            run = entry.run
            rows.append(f"run {printable(run)}{_state(log.writers.get(run), now)}")
        rows += _table_rows(entry, _found(log, entry))
    columns = [heads, *(row for row in rows if not isinstance(row, str))]
    widths = [max(len(row[at]) for row in columns) for at in range(len(heads))]
    if len(columns) > 1:
        rows.insert(0, heads)
    for row in rows:
        if isinstance(row, str):
            lines.append(row)
            continue
        cells = [f"{row[0]:<{widths[0]}}"]
        cells += [f"{cell:>{width}}" for cell, width in zip(row[1:6], widths[1:6], strict=True)]
        lines.append(("  " + "  ".join([*cells, row[6]])).rstrip())
    return "".join(f"{line}\n" for line in lines)


def _state(writer: Writer | None, now: float) -> str:
    return f": {writer.said(now)}" if writer else ""


def _table_rows(entry: Entry, found: object) -> list[tuple[str, ...] | str]:
    name = printable(entry.tag)
    if isinstance(found, Series):
        facts = found.facts
        if facts.last is None:
            return [(name, "0", "", "", "", "", "")]
        ends = [number(each.value) if each else "" for each in (facts.low, facts.high)]
        bad = ((facts.nan, "NaN"), (facts.plus_inf, "+inf"), (facts.minus_inf, "-inf"))
        said = ", ".join(f"{count} {word}" for count, word in bad if count)
        since = f"{said} from step {facts.first_bad}" if said else ""
        last = (str(facts.last.step), number(facts.last.value))
        return [(name, str(facts.count), *last, *ends, since)]
    if isinstance(found, Histograms):
        step = str(int(found.step[-1])) if len(found.step) else ""
        return [(name, str(len(found.step)), step, "", "", "", "histogram")]
    if isinstance(found, Health):
        return [*_health_lines(found)]
    return []


def _health_lines(health: Health) -> list[str]:
    lines = []
    for tensor in health.tensors:
        if tensor.first_bad is not None:
            lines.append(f"  ! {printable(tensor.name)} bad from step {tensor.first_bad}")
    for dump in health.dumps:
        first = f", first {printable(dump.bad[0].name)}" if dump.bad else ""
        lines.append(
            f"  ! dump of step {dump.step}: {len(dump.bad)} of {dump.tensors} tensors bad{first}: "
            f"{printable(dump.command)}"
        )
    return lines


# JSON


def document(log: LiveLog) -> dict[str, Any]:
    """The table as values that JSON can carry: NaN and infinities by name."""
    runs: dict[str, Any] = {}
    for entry in log.entries:
        run = runs.setdefault(entry.run, {"writer": None, "health": None, "tags": {}})
        writer = log.writers.get(entry.run)
        if writer is not None:
            run["writer"] = asdict(writer) | {"state": writer.state(time.time())}
        found = _found(log, entry)
        if isinstance(found, Health):
            run["health"] = _spelt(asdict(found))
            for dump, each in zip(run["health"]["dumps"], found.dumps, strict=True):
                dump["command"] = each.command
        elif isinstance(found, Series):
            run["tags"][entry.tag] = {"kind": SCALAR, **_spelt(_facts(found))}
        elif isinstance(found, Histograms):
            last = int(found.step[-1]) if len(found.step) else None
            held = {"kind": HISTOGRAM, "count": len(found.step), "last_step": last}
            run["tags"][entry.tag] = held
    return {"logdir": log.path, "runs": runs, "problems": list(log.problems)}


def _facts(series: Series) -> dict[str, Any]:
    facts = series.facts

    def spelt(found: Extreme | None) -> dict[str, Any] | None:
        return None if found is None else found._asdict()

    return {
        "count": facts.count,
        "last": spelt(facts.last),
        "min": spelt(facts.low),
        "max": spelt(facts.high),
        "nan": facts.nan,
        "plus_inf": facts.plus_inf,
        "minus_inf": facts.minus_inf,
        "first_bad_step": facts.first_bad,
    }


def _spelt(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _spelt(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_spelt(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return value


# Following


class NewPoints:
    """The points of a log that were not told yet; at first the last one of each tag."""

    def __init__(self, log: LiveLog):
        self._log = log
        self._told: dict[Entry, int] = {}
        self._problems: set[str] = set()
        self._health: dict[Entry, set[str]] = {}

    def told(self) -> list[dict[str, Any]]:
        """What is new, as JSON-able objects in the order of time within a tag.

        A scalar has step, wall_time and value; a histogram step and wall_time; health a text.
        """
        found: list[dict[str, Any]] = []
        for entry in self._log.entries:
            try:
                found += self._of_health(entry) if entry.kind == HEALTH else self._of_tag(entry)
            except EventsError:
                continue  # a problem that the log names
        return found

    def new_problems(self) -> list[str]:
        """Damage that was not told yet."""
        found = [each for each in self._log.problems if each not in self._problems]
        self._problems.update(found)
        return found

    def _of_tag(self, entry: Entry) -> list[dict[str, Any]]:
        logdir = self._log.logdir
        if entry.kind == SCALAR:
            points = logdir.scalars(entry.run, entry.tag, orphaned=True)
            steps, times = points.step, points.wall_time
            values: list[float] | None = points.value.tolist()
        else:
            if self._told.get(entry) == logdir.summary(entry.run, entry.tag).count:
                return []
            held = logdir.histograms(entry.run, entry.tag)
            steps, times, values = held.step, held.wall_time, None
        start = self._told.get(entry, len(steps) - 1)
        if start > len(steps):  # the file was written anew
            start = len(steps) - 1
        self._told[entry] = len(steps)
        found = []
        for at in range(max(start, 0), len(steps)):
            point: dict[str, Any] = {"kind": entry.kind, "run": entry.run, "tag": entry.tag}
            point |= {"step": int(steps[at]), "wall_time": float(times[at])}
            if values is not None:
                point["value"] = _spelt(values[at])
            found.append(point)
        return found

    def _of_health(self, entry: Entry) -> list[dict[str, Any]]:
        health = _found(self._log, entry)
        known = self._health.setdefault(entry, set())
        lines = [] if not isinstance(health, Health) else _health_lines(health)
        new = [line for line in lines if line not in known]
        known.update(new)
        return [{"kind": HEALTH, "run": entry.run, "text": line.strip(" !")} for line in new]


def line_of(point: dict[str, Any]) -> str:
    """A new point as a line of text."""
    run = printable(point["run"])
    if point["kind"] == HEALTH:
        return f"{run} ! {point['text']}"
    value = point.get("value", "histogram")
    shown = number(value) if isinstance(value, float) else str(value).replace("Infinity", "inf")
    return f"{run} {printable(point['tag'])} step {point['step']}: {shown}"


def follow(
    log: LiveLog,
    interval: float,
    *,
    as_json: bool,
    wait: Callable[[float], object] | None = None,
) -> int:
    """Print what is new every `interval` seconds, until Ctrl-C; once where that is 0."""
    wait = wait or threading.Event().wait
    new = NewPoints(log)
    first = True
    while True:
        if log.reload() or first:
            first = False
            for point in new.told():
                print(json.dumps(point, allow_nan=False) if as_json else line_of(point))
        for problem in new.new_problems():
            print(problem, file=sys.stderr, flush=True)
        sys.stdout.flush()
        if interval <= 0:
            return 0
        wait(interval)
