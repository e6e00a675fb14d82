"""The colours of `opscope watch`, for terminals with 16 colours and for those with more."""

from __future__ import annotations

from collections.abc import Mapping

# Of middle lightness, so that they can be read on a light terminal as well as on a dark one; and
# in an order in which neighbours differ for the colour-blind, too.
_SERIES = ("#3b82f6", "#e07b00", "#0e9f6e", "#d6409f", "#8b5cf6", "#0891b2", "#b7791f", "#dc2626")
_FAINT = ("#7d8fb0", "#b09377", "#7ba394", "#ad8a9f", "#968cb0", "#7b9ca6", "#a39678", "#ad8080")
_SIXTEEN = ("blue", "yellow", "green", "magenta", "cyan", "brightmagenta", "brightblue", "red")

RICH: Mapping[str, str] = {
    "title": "bold #ffffff bg:#475569",
    "live": "#86efac",
    "stopped": "nobold #e2e8f0",
    "bar": "bg:#334155 #cbd5e1",
    "hint": "#94a3b8",
    "bar bad": "bold #fca5a5",
    "cursor": "bg:#334155 #f8fafc",
    "heading": "bold",
    "value": "bold",
    "marked": "bold #e07b00",
    "axis": "#808894",
    "dim": "#808894",
    "error": "bold #dc2626",
    **{f"series.{n}": colour for n, colour in enumerate(_SERIES)},
    **{f"faint.{n}": colour for n, colour in enumerate(_FAINT)},
}

SIXTEEN: Mapping[str, str] = {
    "title": "bold reverse",
    "live": "",
    "stopped": "",
    "bar": "reverse",
    "hint": "",
    "bar bad": "bold",
    "cursor": "reverse",
    "heading": "bold",
    "value": "bold",
    "marked": "bold",
    "axis": "",
    "dim": "",
    "error": "bold ansired",
    **{f"series.{n}": f"ansi{colour}" for n, colour in enumerate(_SIXTEEN)},
    **{f"faint.{n}": "ansibrightblack" for n in range(len(_SIXTEEN))},
}
