"""Ctrl-C while a command is being answered."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from prompt_toolkit.input import Input


@contextmanager
def interruptible(terminal_input: Input) -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt inside, where a terminal in raw mode would only queue it.

    A queued Ctrl-C would detach as soon as the command is done. Only the main thread can be
    interrupted, and only on a terminal that sends signals; elsewhere nothing changes.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    import termios  # not on Windows

    try:
        descriptor = terminal_input.fileno()
        if not os.isatty(descriptor):
            raise OSError("no terminal")
        before = termios.tcgetattr(descriptor)
    except (OSError, NotImplementedError, termios.error):
        yield
        return
    attributes = termios.tcgetattr(descriptor)
    attributes[3] |= termios.ISIG
    for key in (termios.VQUIT, termios.VSUSP):  # Ctrl-\ and Ctrl-Z stay what they were: nothing
        attributes[6][key] = b"\0"
    wakeup = signal.set_wakeup_fd(-1)  # else the event loop would hear of the signal as well
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
        signal.signal(signal.SIGINT, handler)
        signal.set_wakeup_fd(wakeup)
