"""Files (`tf.gfile`): the names TensorFlow gave to file operations, on the local file system."""

from __future__ import annotations

import fnmatch
import os
import shutil
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from opscope.runtime import errors

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _translated(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let the errors of the operating system come as TensorFlow's."""

    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except OSError as error:
            kind: type[errors.OpError] = errors.UnknownError
            for system, ours in (
                (FileNotFoundError, errors.NotFoundError),
                (FileExistsError, errors.AlreadyExistsError),
                (PermissionError, errors.PermissionDeniedError),
                ((IsADirectoryError, NotADirectoryError), errors.FailedPreconditionError),
            ):
                if isinstance(error, system):
                    kind = ours
            raise kind(None, None, f"{error.filename}; {error.strerror}") from error

    return call


class GFile:
    """A file open for text (mode "r", "w", "a") or bytes (with "b"); opened at first use."""

    def __init__(self, name: Any, mode: str = "r") -> None:
        self.name = os.fspath(name)
        self.mode = mode
        self._file: Any = None

    @_translated
    def _open(self) -> Any:
        if self._file is None:
            encoding = None if "b" in self.mode else "utf-8"
            self._file = open(self.name, self.mode, encoding=encoding)  # noqa: SIM115
        return self._file

    @_translated
    def read(self, n: int = -1) -> Any:
        """`n` characters or bytes; all that is left when negative."""
        return self._open().read(n)

    @_translated
    def readline(self) -> Any:
        """The next line with its end; empty at the end of the file."""
        return self._open().readline()

    @_translated
    def readlines(self) -> Any:
        """All lines with their ends."""
        return self._open().readlines()

    @_translated
    def write(self, file_content: Any) -> None:
        """Append to what was written."""
        self._open().write(file_content)

    @_translated
    def seek(self, offset: int = 0, whence: int = 0) -> None:
        """Go to a place in the file."""
        self._open().seek(offset, whence)

    def tell(self) -> Any:
        """The place in the file."""
        return self._open().tell()

    def size(self) -> int:
        """The size of the file in bytes."""
        return Stat(self.name).length

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def seekable(self) -> bool:
        """True: local files can go back."""
        return True

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._open())

    def __next__(self) -> Any:
        return next(self._open())


Open = FastGFile = GFile


class FileStatistics:
    """What `Stat` says of a file: size in bytes, time of change in nanoseconds."""

    def __init__(self, path: str) -> None:
        found = os.stat(path)
        self.length = found.st_size
        self.mtime_nsec = found.st_mtime_ns
        self.is_directory = Path(path).is_dir()


@_translated
def Stat(filename: Any) -> FileStatistics:  # noqa: N802 - TensorFlow's name
    """Size and time of a file; NotFoundError when there is none."""
    return FileStatistics(os.fspath(filename))


def Exists(filename: Any) -> bool:  # noqa: N802 - TensorFlow's name
    """True when there is such a file or folder."""
    return os.path.exists(filename)


def IsDirectory(dirname: Any) -> bool:  # noqa: N802 - TensorFlow's name
    """True when there is such a folder."""
    return os.path.isdir(dirname)


@_translated
def ListDirectory(dirname: Any) -> list[str]:  # noqa: N802 - TensorFlow's name
    """The names in a folder."""
    return os.listdir(dirname)


@_translated
def MkDir(dirname: Any) -> None:  # noqa: N802 - TensorFlow's name
    """Make a folder whose parent exists, if it does not exist itself."""
    if not os.path.isdir(dirname):
        os.mkdir(dirname)


@_translated
def MakeDirs(dirname: Any) -> None:  # noqa: N802 - TensorFlow's name
    """Make a folder and its parents, as far as they do not exist."""
    os.makedirs(dirname, exist_ok=True)


@_translated
def Remove(filename: Any) -> None:  # noqa: N802 - TensorFlow's name
    """Delete a file."""
    os.remove(filename)


@_translated
def DeleteRecursively(dirname: Any) -> None:  # noqa: N802 - TensorFlow's name
    """Delete a folder and all that is in it."""
    shutil.rmtree(dirname)


@_translated
def Copy(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:  # noqa: N802
    """Copy a file; AlreadyExistsError when there is one of the new name."""
    _require_free(newpath, overwrite)
    shutil.copyfile(oldpath, newpath)


@_translated
def Rename(oldname: Any, newname: Any, overwrite: bool = False) -> None:  # noqa: N802
    """Move a file; AlreadyExistsError when there is one of the new name."""
    _require_free(newname, overwrite)
    os.replace(oldname, newname)


def _require_free(path: Any, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise errors.AlreadyExistsError(None, None, f"file already exists: {os.fspath(path)}")


def Glob(filename: Any) -> list[str]:  # noqa: N802 - TensorFlow's name
    """The paths that match a pattern, or one of several, sorted; `*` does not cross a slash."""
    patterns = filename if isinstance(filename, (list, tuple)) else [filename]
    return sorted({path for p in patterns for path in _matches(os.fspath(p))})


def _matches(pattern: str) -> Iterator[str]:
    """Unlike `glob.glob`, as TensorFlow: names that begin with a dot match, `*` gives `./name`."""
    if not _has_wildcard(pattern):
        if os.path.exists(pattern):
            yield pattern
        return
    folder, slash, last = pattern.rpartition("/")
    if not slash:
        parents = ["."]
    elif _has_wildcard(folder):
        parents = [p for p in _matches(folder) if os.path.isdir(p)]
    else:
        parents = [folder]
    for parent in parents:
        at = parent or "/"
        if os.path.isdir(at):
            for name in fnmatch.filter(os.listdir(at), last):
                yield f"{parent}/{name}"


def _has_wildcard(pattern: str) -> bool:
    return any(c in pattern for c in "*?[")


def Walk(top: Any, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:  # noqa: N802
    """Each folder below `top` with the names of its folders and files."""
    return os.walk(top, topdown=in_order)
