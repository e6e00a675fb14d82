"""A program in a pseudo terminal whose screen is read while it runs."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence

import pyte

ROWS, COLUMNS = 30, 120


class Terminal:
    """`opscope watch` on a screen of its own; `pictures` says when which step stood on it.

    The step is the number on the list's line of the tag `step`, whose values are the steps.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.pictures: list[tuple[float, int]] = []
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execve(command[0], list(command), {**environment, "TERM": "xterm-256color"})
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGTERM)
        os.close(self._terminal)
        os.waitpid(self.pid, 0)

    def look(self, seconds: float) -> None:
        """Take in what the program draws within that time."""
        while select.select([self._terminal], [], [], seconds)[0]:
            self._stream.feed(os.read(self._terminal, 65536))
            seconds = 0  # and what is there besides
        for row in self._screen.display:
            if found := re.search(r"\bstep\s+(\d+)\s*│", row):
                self.pictures.append((time.time(), int(found[1])))
                return
