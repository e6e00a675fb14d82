"""Every scalar series in a few numbers, and every point of chosen ones as one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any

import numpy as np
import orjson

from opscope.dashboard.json_number import spelt
from opscope.dashboard.store import Store
from opscope.events import Scalars


class ScalarSummaries:
    """What alerts are decided by: a row for each run and tag, anew when it has grown."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = Lock()
        self._rows: dict[tuple[str, str], tuple[tuple[int, float], dict[str, Any]]] = {}

    def rows(self) -> list[dict[str, Any]]:
        """The rows, by run and tag."""
        with self._lock:
            with self.store.reading() as logdir:
                found = [
                    (run, tag, logdir.scalars(run, tag))
                    for run in logdir.runs()
                    for tag in logdir.tags(run, "scalar")
                ]
            rows = {}
            for run, tag, points in found:
                state = len(points.step), float(points.wall_time[-1:].sum())
                known, row = self._rows.get((run, tag), (None, {}))
                rows[run, tag] = (state, row if known == state else summary(run, tag, points))
            self._rows = rows
            return [row for _, row in rows.values()]


def summary(run: str, tag: str, points: Scalars) -> dict[str, Any]:
    """Counts, extremes with their steps, the last point, and the first that is not finite."""
    finite = np.isfinite(points.value)
    value, step = points.value[finite], points.step[finite]
    bad = np.flatnonzero(~finite)
    row: dict[str, Any] = {
        "run": run,
        "tag": tag,
        "count": len(points.step),
        "bad": len(bad),
        "bad_step": points.step[bad[0]] if len(bad) else None,
        "last_step": points.step[-1] if len(points.step) else None,
        "last_wall": points.wall_time[-1] if len(points.step) else None,
        "last": None,
        "min": None,
        "max": None,
    }
    if len(value):
        least, greatest = int(np.argmin(value)), int(np.argmax(value))
        row |= {
            "last": value[-1],
            "min": value[least],
            "min_step": step[least],
            "max": value[greatest],
            "max_step": step[greatest],
        }
    return row


def long_table(store: Store, pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    """CSV with a line for each point: run, tag, step, wall time in seconds, value."""
    yield "run,tag,step,wall_time,value\n"
    for run, tag, points in _having(store, pairs):
        written = io.StringIO()
        columns = (points.step.tolist(), points.wall_time.tolist(), points.value.tolist())
        lines = ((run, tag, *point) for point in zip(*columns, strict=True))
        csv.writer(written, lineterminator="\n").writerows(lines)
        yield written.getvalue()


def columns_of_each(store: Store, pairs: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    """The same points as JSON: for each run and tag its columns; NaN and the infinities by name."""
    before = b"["
    for run, tag, points in _having(store, pairs):
        columns = {
            "run": run,
            "tag": tag,
            "step": points.step,
            "wall_time": points.wall_time,
            "value": [spelt(value) for value in points.value.tolist()],
        }
        yield before + orjson.dumps(columns, option=orjson.OPT_SERIALIZE_NUMPY)
        before = b",\n"
    yield b"[]" if before == b"[" else b"]"


def _having(store: Store, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, Scalars]]:
    """The points of each run and tag that there are, read one after the other."""
    for run, tag in pairs:
        with store.reading() as logdir:
            if run not in logdir.runs() or tag not in logdir.tags(run, "scalar"):
                continue
            points = logdir.scalars(run, tag)
        yield run, tag, points
