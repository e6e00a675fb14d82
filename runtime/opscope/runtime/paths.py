"""tf.io.gfile: the operations on files of `tf.gfile` under the names that Python would give."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from opscope.runtime import errors, gfile
from opscope.runtime.gfile import FileStatistics, GFile

__all__ = [
    "GFile",
    "copy",
    "exists",
    "get_registered_schemes",
    "glob",
    "isdir",
    "join",
    "listdir",
    "makedirs",
    "mkdir",
    "remove",
    "rename",
    "rmtree",
    "stat",
    "walk",
]


def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copy a file; AlreadyExistsError when there is one of the new name."""
    gfile.Copy(src, dst, overwrite)


def exists(path: Any) -> bool:
    """True when there is such a file or folder."""
    return gfile.Exists(path)


def get_registered_schemes() -> list[str]:
    """The kinds of paths that can be opened: those of the local file system."""
    return ["", "file"]


def glob(pattern: Any) -> list[str]:
    """The paths that match a pattern, or one of several, sorted; `*` does not cross a slash."""
    return gfile.Glob(pattern)


def isdir(path: Any) -> bool:
    """True when there is such a folder."""
    return gfile.IsDirectory(path)


def join(path: Any, *paths: Any) -> str:
    """One path of several parts."""
    joined: str = os.path.join(path, *paths)
    return joined


def listdir(path: Any) -> list[str]:
    """The names in a folder; NotFoundError when there is none."""
    if not gfile.IsDirectory(path):
        raise errors.NotFoundError(None, None, f"Could not find directory {os.fspath(path)}")
    return gfile.ListDirectory(path)


def makedirs(path: Any) -> None:
    """Make a folder and its parents, as far as they do not exist."""
    gfile.MakeDirs(path)


def mkdir(path: Any) -> None:
    """Make a folder whose parent exists, if it does not exist itself."""
    gfile.MkDir(path)


def remove(path: Any) -> None:
    """Delete a file."""
    gfile.Remove(path)


def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Move a file; AlreadyExistsError when there is one of the new name."""
    gfile.Rename(src, dst, overwrite)


def rmtree(path: Any) -> None:
    """Delete a folder and all that is in it."""
    gfile.DeleteRecursively(path)


def stat(path: Any) -> FileStatistics:
    """Size and time of a file; NotFoundError when there is none."""
    return gfile.Stat(path)


def walk(
    top: Any, topdown: bool = True, onerror: Any = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each folder below `top` with the names of its folders and files.

    onerror: a function that is given the error of a folder that cannot be read.
    """
    return os.walk(top, topdown=topdown, onerror=onerror)
