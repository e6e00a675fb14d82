"""What the keys of the full screen do, as a screen."""

from __future__ import annotations

from collections.abc import Iterable

from opscope.tfdbg.screen import Screen, Span, line

_KEYS = (
    ("Scrolling", ""),
    ("PgUp, PgDn, wheel", "a page or three rows up and down"),
    ("Shift-Up, Shift-Down", "a row up and down"),
    ("Home, End", "the first and the last page"),
    ("@[i, j]", "the row of a tensor's element"),
    ("Screens", ""),
    ("Alt-Left, Alt-Right", "back and forward; also prev, next and <-- -->"),
    ("click", "run a link or an item of the menu; scroll by the bar"),
    ("Shift-Tab", "choose a link; then Tab, Shift-Tab, Enter, or Esc"),
    ("/regex", "mark what matches; / alone goes to the next match, ? back"),
    ("mouse off", "let the terminal select text; mouse on"),
    ("Commands", ""),
    ("Tab", "complete a command, tensor, node, filter, source file, setting"),
    ("Up, Down", "recall commands that begin with what is typed"),
    ("Ctrl-C", "stop a command, drop what is typed; on an empty line, leave"),
    ("Ctrl-D", "leave: the program runs on without the debugger"),
    ("help", "what every command does"),
)


UI_COMMANDS = {
    "keys": "Show what the keys do.",
    "mouse": "Say whether clicks and the wheel reach the debugger; `mouse on`, `mouse off` (or m). "
    "`config set mouse_mode` keeps it.",
    "next": "Show the screen after this one.",
    "prev": "Show the screen before this one, scrolled as it was left.",
}
"""What the commands do that only the full screen has."""


def command_screen(names: Iterable[str]) -> Screen:
    """What some of UI_COMMANDS do, laid out as `help` does."""
    lines = []
    for name in names:
        lines += [line(Span(name, "bold")), line(), line(f"  {UI_COMMANDS[name]}"), line(), line()]
    return Screen(tuple(lines))


def key_screen() -> Screen:
    """The keys in groups."""
    lines = []
    for keys, meaning in _KEYS:
        if meaning:
            lines.append(line("  ", Span(f"{keys:<22}", "bold"), meaning))
        else:
            lines += [line(), line(Span(keys, "heading"))]
    return Screen(tuple(lines[1:]))
