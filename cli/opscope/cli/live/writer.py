"""Who writes an event file, and whether that program still does."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from opscope.cli.live.scale import duration

FRESH = 10.0
"""Seconds without a write in which a training counts as going on."""

# What TensorFlow 2's, PyTorch's and our writers call their files.
_NAME = re.compile(r"tfevents\.\d+\.(?P<host>.+)\.(?P<pid>\d+)\.\d+(\.v2)?$")


@dataclass(frozen=True)
class Writer:
    """The newest event file of a run: when it was written last, and by which process.

    `alive` is None where that cannot be known: another machine, or a name without a process.
    """

    path: str
    written: float
    pid: int | None = None
    alive: bool | None = None

    def state(self, now: float) -> str:
        """`live`, `running` (alive but silent), `ended`, or `silent`."""
        if self.alive is False:
            return "ended"
        if now - self.written < FRESH:
            return "live"
        return "running" if self.alive else "silent"

    def said(self, now: float) -> str:
        """The state in words, with the age of the last write."""
        age = f"{duration(float(int(max(now - self.written, 0))))} ago"
        return {
            "live": f"live, {age}",
            "running": f"writer runs, wrote {age}",
            "ended": f"writer ended, wrote {age}",
            "silent": f"silent, wrote {age}",
        }[self.state(now)]


def newest_writer(paths: Iterable[str]) -> Writer | None:
    """The writer of the file that was changed last; None where no file can be asked."""
    newest: tuple[float, str] | None = None
    for path in paths:
        try:
            changed = os.stat(path).st_mtime
        except (OSError, ValueError):  # gone, or a URL
            continue
        if newest is None or changed >= newest[0]:
            newest = (changed, path)
    if newest is None:
        return None
    found = _NAME.search(os.path.basename(newest[1]))
    if found is None or found["host"] != socket.gethostname():
        return Writer(newest[1], newest[0])
    pid = int(found["pid"])
    return Writer(newest[1], newest[0], pid, _is_alive(pid))


def _is_alive(pid: int) -> bool | None:
    if sys.platform == "win32" or pid <= 0:  # signal 0 asks nothing there, it interrupts
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except OSError:
        return None
    return True
