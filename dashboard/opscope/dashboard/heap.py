"""The heap of a process that serves: what was needed for a moment does not stay in it."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

# Of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE = 256 * 1024  # bytes; what is larger is a mapping of its own, which goes when it is freed


def keep_together() -> None:
    """Let all threads allocate from one arena; nothing happens where there is no glibc.

    Each thread that answers would have an arena of its own and keep there what a curve took for a
    moment: with eight of them more than the points of a million scalars. Python's lock lets one of
    them allocate at a time anyway.
    """
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            libc = ctypes.CDLL(None)
            libc.mallopt(_ARENA_MAX, 1)
            libc.mallopt(_MMAP_THRESHOLD, _LARGE)
            libc.mallopt(_TRIM_THRESHOLD, _LARGE)


def give_back() -> None:
    """Give the system what the heap does not use, as after a reading of large files."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)
