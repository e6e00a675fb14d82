"""The state of the terminal app: screens, toasts, and what each request of the user does."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from opscope.tfdbg.app.command_history import CommandHistory
from opscope.tfdbg.app.completion import Completed, complete
from opscope.tfdbg.app.element import ElementError, line_of_element, parse_indices
from opscope.tfdbg.app.key_help import UI_COMMANDS, command_screen, key_screen
from opscope.tfdbg.app.navigation import Navigation
from opscope.tfdbg.app.view import View
from opscope.tfdbg.screen import Screen

Executor = Callable[[str, int], Screen]
"""Answers a command for a screen of so many columns."""

Completions = Callable[[str], Sequence[str]]
"""The words that may stand where the last word of the line is being typed."""


@dataclass(frozen=True)
class Toast:
    """A short message over the bottom of the output; `kind` is info, error, work or candidates."""

    kind: str
    words: tuple[str, ...]


class Terminal:
    """What the app shows and does, free of keys and colours.

    `leave` is called with the action of the first screen that has one. `mouse_mode` is the
    setting; `mouse on` and `mouse off` hold until it is changed.
    """

    def __init__(
        self,
        execute: Executor,
        completions: Completions,
        leave: Callable[[object], None],
        history: CommandHistory,
        mouse_mode: Callable[[], bool] = lambda: True,
    ) -> None:
        self._execute = execute
        self._completions = completions
        self._leave = leave
        self.history = history
        self.navigation = Navigation()
        self._nothing = View(Screen(), "")
        self.toast: Toast | None = None
        self._mouse_mode = mouse_mode
        self._configured_mouse = self.mouse = mouse_mode()
        self.columns = 80
        self.before_work: Callable[[], None] = lambda: None
        self.interruptible: Callable[[], AbstractContextManager[None]] = nullcontext

    @property
    def view(self) -> View:
        """What is in sight; an empty screen before the first command."""
        return self.navigation.current or self._nothing

    def info(self, text: str) -> None:
        """Say something in passing."""
        self.toast = Toast("info", (f"INFO: {text}",))

    def error(self, text: str) -> None:
        """Say what cannot be done."""
        self.toast = Toast("error", (f"ERROR: {text}",))

    def enter(self, text: str) -> None:
        """What the user typed and sent."""
        text = text.strip()
        self.toast = None
        if not text:
            return
        self.history.add(text)
        self.run(text)

    def run(self, text: str) -> None:
        """Run a command, typed or clicked; Ctrl-C stops it."""
        self.toast = None
        try:
            with self.interruptible():
                self._run(text)
        except KeyboardInterrupt:
            self.error("Interrupted.")

    def _run(self, text: str) -> None:
        if text.startswith("/"):
            self._search(text[1:])
        elif text == "?":
            self._search_back()
        elif text.startswith("@"):
            self._go_to_element(text[1:])
        elif text == "keys":
            self.navigation.add(View(key_screen(), text))
        elif text.split()[0] in ("mouse", "m"):
            self._mouse(text.split()[1:])
        elif text == "prev":
            self.back()
        elif text == "next":
            self.forward()
        else:
            self._show(text)

    def _show(self, text: str) -> None:
        self.toast = Toast("work", ("Processing...",))
        self.before_work()
        screen = self._helped(text) or self._execute(text, self.columns)
        self.toast = None
        if self._mouse_mode() != self._configured_mouse:
            self._configured_mouse = self.mouse = self._mouse_mode()
        if screen.action is not None:
            self._leave(screen.action)
        elif screen.lines:
            self.navigation.add(View(screen, text))

    def _helped(self, text: str) -> Screen | None:
        """The answer to `help`, with what only this screen has; None for any other command."""
        match text.split():
            case ["help" | "h"]:
                return self._execute(text, self.columns) + command_screen(UI_COMMANDS)
            case ["help" | "h", name] if name in UI_COMMANDS:
                return command_screen([name])
        return None

    def back(self) -> None:
        """Show the screen before this one."""
        if not self.navigation.back():
            self.toast = Toast("error", ("At the OLDEST in navigation history!",))

    def forward(self) -> None:
        """Show the screen after this one."""
        if not self.navigation.forward():
            self.toast = Toast("error", ("At the LATEST in navigation history!",))

    def _mouse(self, words: list[str]) -> None:
        if len(words) > 1:
            self.error("mouse_mode: syntax error")
            return
        if words and words[0].lower() not in ("on", "off"):
            self.error(f"Invalid mouse mode: {words[0]}")
            return
        if words:
            self.mouse = words[0].lower() == "on"
        self.info(f"Mouse mode: {'on' if self.mouse else 'off'}")

    def _go_to_element(self, text: str) -> None:
        view = self.view
        try:
            line = line_of_element(view.screen, view.lines, parse_indices(text))
        except ElementError as error:
            self.error(str(error))
            return
        view.scroll_to(view.rows.first_row(line))

    def _search(self, expression: str) -> None:
        view = self.view
        if not expression:
            if view.pattern is not None and not view.search_again():
                self.toast = Toast("error", ("Pattern not found",))
            return
        try:
            pattern = re.compile(expression)
        except re.error:
            self.error(f'Invalid regular expression: "{expression}"')
            return
        if not view.search(pattern):
            self.toast = Toast("error", ("Pattern not found",))

    def _search_back(self) -> None:
        view = self.view
        if view.pattern is not None and not view.search_again(back=True):
            self.toast = Toast("error", ("Pattern not found",))

    def tab(self, text: str) -> str:
        """Complete the typed line; words still possible become the toast."""
        words = list(self._completions(text))
        if re.fullmatch(r"\s*(mouse|m)\s+\w*", text):
            typed = re.split(r"\s", text)[-1]
            words = [word for word in ("off", "on") if word.startswith(typed)]
        if not text.split() or (len(text.split()) == 1 and not text[-1].isspace()):
            words = sorted(
                {*words, *(word for word in UI_COMMANDS if word.startswith(text.strip()))}
            )
        completed: Completed = complete(text, words)
        candidates = completed.candidates
        self.toast = Toast("candidates", candidates) if candidates else None
        return completed.text
