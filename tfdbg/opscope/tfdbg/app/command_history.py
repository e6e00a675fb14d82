"""The commands that were typed, kept in a file between runs."""

from __future__ import annotations

import contextlib
from pathlib import Path

FILE = "~/.opscope_tfdbg_history"
LIMIT = 1000


class CommandHistory:
    """Past commands, oldest first, recalled by the prefix already typed.

    A command equal to the one before it is not kept twice. A file that cannot be read or
    written costs the memory between runs and nothing else: a read-only home directory must not
    stop a debugging session.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._commands: list[str] = []
        if path is not None:
            with contextlib.suppress(OSError):
                text = path.read_text(encoding="utf-8", errors="replace")
                self._commands = [line for line in text.splitlines() if line][-LIMIT:]
        self._cursor = len(self._commands)
        self._prefix = ""

    @property
    def commands(self) -> tuple[str, ...]:
        """The kept commands, oldest first."""
        return tuple(self._commands)

    def add(self, command: str) -> None:
        """Keep a command and forget what was being recalled."""
        command = command.strip()
        if command and (not self._commands or self._commands[-1] != command):
            self._commands = [*self._commands, command][-LIMIT:]
            self._save()
        self._cursor = len(self._commands)

    def _save(self) -> None:
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            self._path.write_text("".join(f"{line}\n" for line in self._commands), "utf-8")

    def start(self, prefix: str) -> None:
        """Begin recalling the commands that start with `prefix`."""
        self._prefix = prefix
        self._cursor = len(self._commands)

    def older(self) -> str | None:
        """The next older command; None at the oldest, which stays where it is."""
        for place in range(self._cursor - 1, -1, -1):
            if self._commands[place].startswith(self._prefix):
                self._cursor = place
                return self._commands[place]
        return None

    def newer(self) -> str:
        """The next newer command; behind the newest, the typed prefix."""
        for place in range(self._cursor + 1, len(self._commands)):
            if self._commands[place].startswith(self._prefix):
                self._cursor = place
                return self._commands[place]
        self._cursor = len(self._commands)
        return self._prefix
