"""What a report shall hold, and how much of it at most."""

from __future__ import annotations

import re
from dataclasses import dataclass

ALL_POINTS = 400_000  # of all curves together: about 16 MB of text
LEAST_POINTS = 50  # of a curve, however many there are
MOST_SERIES = 2000
MOST_CARDS = 400  # of histograms, of distributions, of pictures and of texts
STEPS = 25  # of a histogram
PAYLOAD_STEPS = 4  # of a picture or a text
PICTURE_BYTES = 256_000
ALL_PICTURE_BYTES = 8_000_000
MOST_GRAPHS = 3
MOST_ROWS = 2000


@dataclass(frozen=True)
class ReportRequest:
    """Which runs and tags, by expressions that match anywhere; the title; how smooth, how fine."""

    title: str = ""
    run: re.Pattern[str] | None = None
    tag: re.Pattern[str] | None = None
    max_points: int = 1000
    smoothing: float = 0.6

    def wants(self, run: str, tag: str) -> bool:
        """Whether a run's tag is asked for."""
        return self.wants_run(run) and (self.tag is None or bool(self.tag.search(tag)))

    def wants_run(self, run: str) -> bool:
        """Whether anything of a run is asked for."""
        return self.run is None or bool(self.run.search(run))

    def points_each(self, series: int) -> int:
        """How many points each of so many curves may have."""
        return max(LEAST_POINTS, min(self.max_points, ALL_POINTS // max(series, 1)))
