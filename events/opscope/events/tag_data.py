"""What a logdir gives for a tag: columns of points, and what is said of graphs and run metadata."""

from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

from opscope.events.series import Float64s, Int64s

T = TypeVar("T")


@dataclass(frozen=True)
class Scalars:
    """The points of a scalar tag in file order: int64 steps, seconds since the epoch, float64."""

    step: Int64s
    wall_time: Float64s
    value: Float64s

    def thinned(
        self,
        most: int,
        *,
        low: float | None = None,
        high: float | None = None,
        method: Literal["minmax", "lttb"] = "minmax",
    ) -> "Scalars":
        """About `most` of the points whose step is within `low` and `high`, one more at each side.

        "minmax" keeps the extremes of every stretch, "lttb" the shape of the line; see
        `opscope.events.thinning.thin`.
        """
        from opscope.events.thinning import thin, within

        inside = within(self.step, low, high)
        kept = inside[thin(self.step[inside], self.value[inside], most, method)]
        return Scalars(self.step[kept], self.wall_time[kept], self.value[kept])


@dataclass(frozen=True)
class Histograms:
    """The points of a histogram tag; `buckets[i]` is float64[k, 3]: left, right, count.

    `uncounted` is how many values of each point are in no bucket: NaN and the infinities, where the
    writer told how many values there were (opscope's does).
    """

    step: Int64s
    wall_time: Float64s
    buckets: list[Float64s]
    uncounted: Float64s


@dataclass(frozen=True)
class Payloads(Generic[T]):
    """The points of a tag whose values are neither numbers nor histograms."""

    step: Int64s
    wall_time: Float64s
    value: list[T]


@dataclass(frozen=True)
class TagPoints:
    """When the points of a tag were written; `index` names each one, those of restarts included."""

    index: Int64s
    step: Int64s
    wall_time: Float64s


class GraphRef(NamedTuple):
    """A graph of a run: its tag and kind.

    The kinds: `run_graph`, `profile` and `conceptual` in event files, `file`, `dump` (what ran, of
    a tfdbg dump) and `debugger` (Debugger V2) beside them.
    """

    tag: str
    kind: str


class RunMetadataRef(NamedTuple):
    """A run metadata of a run: its tag and step."""

    tag: str
    step: int


@dataclass(frozen=True)
class TagSummary:
    """What a tag holds, restarts taken into account; steps are None where it has no points."""

    kind: str
    count: int
    first_step: int | None
    last_step: int | None
