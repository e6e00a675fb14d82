"""The heap of a process that serves: one arena, so that memory given back is used again."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def keep_together() -> None:
    """Let all threads allocate from one arena; nothing happens where there is no glibc.

    Each thread that answers would have an arena of its own and keep there what a curve took for a
    moment: with eight of them more than the points of a million scalars. Python's lock lets one of
    them allocate at a time anyway.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
