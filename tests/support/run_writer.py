"""Writes event files for a test, as a training would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from opscope.events import EventFileWriter
from opscope.events.proto.event_pb2 import Event, SessionLog
from opscope.events.proto.summary_pb2 import Summary

START = 1_700_000_000.0
Points = Sequence[tuple[int, float]]


class RunWriter:
    """Writes scalars and histograms of one run; every call is on disk when it returns."""

    def __init__(self, folder: Path) -> None:
        self.writer = EventFileWriter(str(folder))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def scalars(self, tag: str, points: Points, seconds_per_step: float = 0.5) -> None:
        for step, value in points:
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            time = START + step * seconds_per_step
            self.writer.add_event(Event(wall_time=time, step=step, summary=summary))
        self.writer.flush()

    def restart(self, step: int) -> None:
        """What a training writes that starts again at a step."""
        log = SessionLog(status=SessionLog.START)
        self.writer.add_event(Event(wall_time=START + 1000, step=step, session_log=log))

    def histograms(self, tag: str, values: Mapping[int, Sequence[float]]) -> None:
        for step, numbers in values.items():
            counts, edges = np.histogram(numbers, bins=10)
            summary = Summary()
            histo = summary.value.add(tag=tag).histo
            histo.min, histo.max = edges[0], edges[-1]
            histo.num, histo.sum = len(numbers), float(np.sum(numbers))
            histo.bucket_limit.extend([edges[0], *edges[1:]])
            histo.bucket.extend([0, *counts])
            event = Event(wall_time=START + step * 0.5, step=step, summary=summary)
            self.writer.add_event(event)
        self.writer.flush()

    def close(self) -> None:
        self.writer.close()
