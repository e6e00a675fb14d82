"""The colours of the terminal app, for terminals with 16 colours and for those with more.

The terminal's own background is kept, so that the app sits in a light terminal as well as in a
dark one: text colours are of middle lightness, and bars bring their own background.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

_RICH = {
    "title": "bold #ffffff bg:#475569",
    "title.start": "bg:#1d4ed8",
    "title.end": "bg:#0f766e",
    "title.hit": "bg:#b91c1c",
    "title.error": "bg:#b91c1c",
    "title.offline": "bg:#475569",
    "title.stepper": "bg:#1e40af",
    "product": "nobold #e2e8f0",
    "bar": "bg:#334155 #cbd5e1",
    "bar.command": "#f8fafc",
    "bar.arrow": "bold #f8fafc",
    "bar.off": "#64748b",
    "bar.hint": "#94a3b8",
    "bar.behind": "bold #fbbf24",
    "bar.on": "#4ade80",
    "choice.link": "underline #3b82f6",
    "choice.off": "#808894",
    "heading": "bold",
    "tensor": "#3b82f6",
    "link": "underline",
    "link.chosen": "bg:#fbbf24 #111827 nounderline",
    "yellow": "#b7791f",
    "highlight": "bold #d97706",
    "dim": "#808894",
    "label.placeholder": "#0891b2",
    "label.unfeedable": "#dc2626",
    "label.handle": "bold #16a34a",
    "label.intermediate": "#3b82f6",
    "label.override": "bold #b7791f",
    "label.dirty": "bold #c026d3",
    "error": "bold #dc2626",
    "bad": "bold #dc2626",
    "warning": "#d97706",
    "match": "bg:#fde68a #111827",
    "match.current": "bg:#f59e0b #111827",
    "scroll.arrow": "bg:#334155 #cbd5e1",
    "scroll.track": "#808894",
    "scroll.block": "bg:#64748b",
    "prompt": "bold #3b82f6",
    "candidates": "bg:#1e293b #e2e8f0",
    "candidates.head": "bold #fbbf24",
    "toast.info": "bg:#1d4ed8 #ffffff",
    "toast.error": "bg:#b91c1c #ffffff bold",
    "toast.work": "bg:#7e22ce #ffffff",
}

_SIXTEEN = {
    "title": "bold ansiwhite bg:ansibrightblack",
    "title.start": "bg:ansiblue",
    "title.end": "bg:ansicyan ansiblack",
    "title.hit": "bg:ansired",
    "title.error": "bg:ansired",
    "title.offline": "bg:ansibrightblack",
    "title.stepper": "bg:ansiblue",
    "product": "nobold",
    "bar": "bg:ansigray ansiblack",
    "bar.command": "bold",
    "bar.arrow": "bold",
    "bar.off": "ansibrightblack",
    "bar.behind": "ansimagenta bold",
    "bar.on": "bold",
    "choice.link": "underline ansiblue",
    "choice.off": "ansibrightblack",
    "heading": "bold",
    "tensor": "ansiblue",
    "link": "underline",
    "link.chosen": "bg:ansiyellow ansiblack nounderline",
    "yellow": "ansiyellow",
    "highlight": "bold ansired",
    "dim": "ansibrightblack",
    "label.placeholder": "ansicyan",
    "label.unfeedable": "ansired",
    "label.handle": "ansigreen bold",
    "label.intermediate": "ansiblue",
    "label.override": "ansiyellow bold",
    "label.dirty": "ansimagenta bold",
    "error": "bold ansired",
    "bad": "bold ansired",
    "warning": "ansiyellow",
    "match": "bg:ansiyellow ansiblack",
    "match.current": "bg:ansibrightyellow ansiblack",
    "scroll.arrow": "bg:ansigray ansiblack",
    "scroll.track": "ansibrightblack",
    "scroll.block": "bg:ansigray",
    "prompt": "bold ansiblue",
    "candidates": "bg:ansigray ansiblack",
    "candidates.head": "bold",
    "toast.info": "bg:ansiblue ansiwhite",
    "toast.error": "bg:ansired ansiwhite bold",
    "toast.work": "bg:ansimagenta ansiwhite",
}


def style_for(depth: ColorDepth) -> Style:
    """The palette for a colour depth; one bit gives bold, underline and reverse only."""
    return Style.from_dict(
        _SIXTEEN if depth in (ColorDepth.DEPTH_1_BIT, ColorDepth.DEPTH_4_BIT) else _RICH
    )


def color_depth(
    environment: Mapping[str, str], known_colors: Callable[[str], int] | None = None
) -> ColorDepth | None:
    """How many colours the terminal has, by its environment; None where the library is to tell.

    `known_colors` gives the number that the terminal's description names, -1 for none.
    """
    if environment.get("PROMPT_TOOLKIT_COLOR_DEPTH") or sys.platform == "win32":
        return None
    if environment.get("NO_COLOR"):
        return ColorDepth.DEPTH_1_BIT
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return ColorDepth.DEPTH_24_BIT
    colors = (known_colors or _described_colors)(environment.get("TERM", ""))
    for least, depth in _DEPTHS:
        if colors >= least:
            return depth
    return ColorDepth.DEPTH_1_BIT if colors >= 0 else None


_DEPTHS = (
    (1 << 24, ColorDepth.DEPTH_24_BIT),
    (256, ColorDepth.DEPTH_8_BIT),
    (8, ColorDepth.DEPTH_4_BIT),
)


def _described_colors(term: str) -> int:
    try:
        import curses
    except ImportError:  # not everywhere
        return -1
    try:
        curses.setupterm(term)
        return curses.tigetnum("colors")
    except (curses.error, OSError, ValueError):
        return -1
