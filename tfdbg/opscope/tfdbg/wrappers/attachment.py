"""Whether the debugger is attached: from which step on, and by signal, file or command."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from opscope.tfdbg.wrappers.run_control import RunControl


class AttachmentError(ValueError):
    """What a control file says is no request."""


class Attachment:
    """Lets the debugger of `control` go and come back while a program runs.

    `start_step` is the step at which it attaches first. A step is the value of the graph's
    `global_step` where it has one, else the number of the session run, from 1. `listen` takes a
    signal, which detaches or, where nothing is attached, attaches; `file` says the same whenever it
    is touched, or what its text asks for: `detach`, `attach`, or `attach N` for step N.
    """

    def __init__(
        self,
        control: RunControl,
        start_step: int | None = None,
        file: Path | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._control = control
        self._say = say or _say
        self._file = file
        self._touched = self._mtime()
        self._signalled = threading.Event()
        self._before: Any = None
        self._number: int | None = None
        if start_step is not None:
            control.detach_until(start_step)

    # Signals

    def listen(self, number: int) -> None:
        """Follow this signal until `stop_listening`."""
        self._before = signal.signal(number, self._on_signal)
        self._number = number

    def stop_listening(self) -> None:
        """Give the signal back to whom it was."""
        if self._number is not None:
            signal.signal(
                self._number, self._before if self._before is not None else signal.SIG_DFL
            )
            self._number = None

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signalled.set()  # followed at the next run: a handler may come in the middle of one

    # Runs

    def attached(self, number: int, session: Any, plain_run: Callable[[Any], Any]) -> bool:
        """Before run `number` of a session: True where the debugger is to see it."""
        if self._signalled.is_set():
            self._signalled.clear()
            self._follow("")
        if self._file is not None:
            self._look_at_file()
        control = self._control
        if not control.detached:
            return True
        if control.attach_at is None or _step(number, session, plain_run) < control.attach_at:
            return False
        self._attach(f"step {control.attach_at} is reached")
        return True

    def _look_at_file(self) -> None:
        touched = self._mtime()
        if touched == self._touched:
            return
        self._touched = touched
        if self._file is None or touched is None:
            return
        try:
            self._follow(self._file.read_text().strip())
        except (OSError, UnicodeDecodeError, AttachmentError) as error:
            self._say(f"{self._file}: {error}")

    def _mtime(self) -> int | None:
        if self._file is None:
            return None
        try:
            return self._file.stat().st_mtime_ns
        except OSError:
            return None

    def _follow(self, request: str) -> None:
        verb, _, rest = request.partition(" ")
        if verb not in ("", "attach", "detach"):
            raise AttachmentError(f'{request!r} is none of "", "detach", "attach" and "attach N"')
        if rest and not (verb == "attach" and rest.isdigit()):
            raise AttachmentError(f"{request!r}: a step is a whole number behind attach")
        if rest:
            self._control.detach_until(int(rest))
            self._say(f"detached until step {rest}")
        elif verb == "detach" or (verb == "" and not self._control.detached):
            self._control.detach_until(None)
            self._say("detached: the program runs at its own speed")
        else:
            self._attach("as asked")

    def _attach(self, why: str) -> None:
        self._control.attach()
        self._say(f"attached: {why}")


def _step(number: int, session: Any, plain_run: Callable[[Any], Any]) -> int:
    """The graph's global step as it stands, else the number of the run."""
    for counter in session.graph.get_collection("global_step")[:1]:
        try:
            return int(plain_run(counter))
        except Exception:  # it has no value yet: whatever the session calls that
            return -1
    return number


def _say(text: str) -> None:
    print(f"tfdbg: {text}", file=sys.stderr, flush=True)
