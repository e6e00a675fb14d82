"""A program in a terminal of its own: types keys, waits for what the screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from collections.abc import Callable

import pyte


class PtyProgram:
    """Python source run under a pseudo terminal of 24 rows and 80 columns.

    `expect` waits until the screen shows a text and returns the rows; AssertionError, with the
    screen, when it does not within `deadline` seconds.
    """

    def __init__(self, source: str, term: str = "xterm-256color", deadline: float = 30) -> None:
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)
        self._deadline = deadline
        self.seen = b""
        environment = {
            **os.environ,
            "TERM": term,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "HOME": "/nonexistent",
        }
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable, "-c", source], environment)
        size = struct.pack("HHHH", 24, 80, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display]

    def expect(self, text: str) -> list[str]:
        return self._until(lambda: any(text in row for row in self.rows()), text)

    def _until(self, reached: Callable[[], bool], what: str) -> list[str]:
        end = time.monotonic() + self._deadline
        while not reached():
            ready, _, _ = select.select([self._terminal], [], [], max(end - time.monotonic(), 0))
            assert ready, f"{what!r} did not come:\n" + "\n".join(self.rows())
            assert self._read(), f"the program ended before {what!r}:\n" + "\n".join(self.rows())
        return self.rows()

    def _read(self) -> bool:
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # the other end is closed
            return False
        self.seen += data
        self._stream.feed(data)
        return bool(data)

    def finish(self) -> int:
        """Read to the end; the exit status, negative for a signal."""
        while self._read():
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(status)
