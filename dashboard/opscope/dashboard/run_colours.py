"""One colour per run, the same on every page and for as long as the server lives."""

from __future__ import annotations

from collections.abc import Iterable

# Told apart on white and on near-black; neighbours differ in hue and in lightness.
PALETTE = (
    "#0f9d8f",
    "#ef7d2d",
    "#7f68e0",
    "#e0457b",
    "#2f86d6",
    "#7aa52c",
    "#d9a406",
    "#b0523f",
    "#22aec6",
    "#b65bc4",
    "#6f8591",
    "#a5774a",
)


class RunColours:
    """Gives each run the next colour when it is first seen; a run that joins late changes none."""

    def __init__(self) -> None:
        self._colours: dict[str, str] = {}

    def of(self, runs: Iterable[str]) -> dict[str, str]:
        """The colours of these runs, as "#rrggbb"."""
        return {
            run: self._colours.setdefault(run, PALETTE[len(self._colours) % len(PALETTE)])
            for run in runs
        }
