"""All that a logdir says, as values that compare, and a second way to decode it."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np

from opscope.events import Logdir, LogdirError, open_logdir, record_columns
from opscope.events.payload_columns import NO_PAYLOADS
from opscope.events.record_columns import NO_SCALARS, ChunkColumns


def content(logdir: Logdir) -> dict[str, Any]:
    """Problems, and of each series the plugin and the columns; NaN by its bytes."""
    found: dict[str, Any] = {"problems": [str(problem) for problem in logdir.problems]}
    for run in logdir.runs():
        for tag in logdir.tags(run):
            for kind, series in logdir._of_tag(run, tag).items():
                every = series.select(orphaned=True)
                rows = series.values(every) if kind == "scalar" else series.locations(every)
                chosen = series.select(orphaned=False)
                found[f"{run}:{tag}:{kind}"] = (
                    series.plugin,
                    series.steps(every).tobytes(),
                    series.wall_times(every).tobytes(),
                    rows.tobytes() if isinstance(rows, np.ndarray) else rows,
                    series.steps(chosen).tobytes(),
                )
        found[f"{run}:graphs"] = logdir.graph_tags(run)
    return found


def _nothing_by_column(
    self: object, buffer: object, framing: object, places: np.ndarray[Any, Any], lengths: object
) -> ChunkColumns:
    return ChunkColumns(NO_SCALARS, NO_PAYLOADS, np.arange(len(places)))


def content_record_by_record(path: object) -> dict[str, Any]:
    """What `content` says of a logdir whose every record is decoded singly, by protobuf."""
    with mock.patch.object(record_columns.RecordColumns, "decode", _nothing_by_column):
        return content(open_logdir(path))  # type: ignore[arg-type]


def look_at_everything(logdir: Logdir) -> None:
    """Ask for every tag in every way; what a tag does not hold must be a LogdirError."""
    readers = (logdir.scalars, logdir.histograms, logdir.images, logdir.audio, logdir.text)
    for run in logdir.runs():
        for tag in logdir.tags(run):
            logdir.summary(run, tag)
            for read in (*readers, logdir.tensors):
                try:
                    read(run, tag)
                except LogdirError:
                    continue
        for graph in logdir.graph_tags(run):
            try:
                logdir.graph(run, graph.tag)
            except LogdirError:
                continue
