"""How curves and histograms are looked at: axis, range, smoothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from opscope.dashboard.scalar_series import AXES, Axis

SMOOTHINGS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.97, 0.99, 0.995, 0.999)


@dataclass(frozen=True)
class Zoom:
    """A part of the x axis; one that follows keeps its width and stays at the end."""

    low: float
    high: float
    follows: bool

    def within(self, low: float, high: float) -> tuple[float, float]:
        """The range to show of all that there is now."""
        if self.follows:
            return max(high - (self.high - self.low), low), high
        return self.low, self.high


@dataclass(frozen=True)
class View:
    """The choices of the user; `robust` leaves outliers out of the y range, `heat` is a map."""

    axis: Axis = "step"
    smoothing: float = 0.0
    log: bool = False
    robust: bool = False
    heat: bool = False
    zoom: Zoom | None = None

    def next_axis(self) -> View:
        """The next of step, relative and wall time, without a zoom: its numbers were another's."""
        return replace(self, axis=AXES[(AXES.index(self.axis) + 1) % len(AXES)], zoom=None)

    def smoothed(self, by: int) -> View:
        """More smoothing or less, by places in `SMOOTHINGS`."""
        nearest = min(range(len(SMOOTHINGS)), key=lambda at: abs(SMOOTHINGS[at] - self.smoothing))
        place = min(max(nearest + by, 0), len(SMOOTHINGS) - 1)
        return replace(self, smoothing=SMOOTHINGS[place])

    def zoomed(self, extent: tuple[float, float], factor: float) -> View:
        """The x range made wider by a factor; at the end of the data it stays there."""
        full_low, full_high = extent
        low, high = self.zoom.within(*extent) if self.zoom else extent
        width = (high - low) * factor
        if not full_high > full_low or width <= (full_high - full_low) * 1e-9:
            return self
        if width >= full_high - full_low:
            return replace(self, zoom=None)
        follows = self.zoom is None or self.zoom.follows
        end = full_high if follows else min((low + high + width) / 2, full_high)
        start = max(end - width, full_low)
        return replace(self, zoom=Zoom(start, start + width, follows))

    def moved(self, extent: tuple[float, float], by: float) -> View:
        """The x range moved by a share of its width; moved to the end it follows again."""
        if self.zoom is None:
            return self
        low, high = self.zoom.within(*extent)
        shift = (high - low) * by
        shift = min(max(shift, extent[0] - low), extent[1] - high)
        follows = high + shift >= extent[1]
        return replace(self, zoom=Zoom(low + shift, high + shift, follows))
