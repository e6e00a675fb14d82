"""How files are reached: on this machine, or, where a path is a URL, through fsspec."""

import errno
import os
import stat
from io import BufferedReader, FileIO, RawIOBase
from typing import TYPE_CHECKING, Protocol

from opscope.events.error import LogdirError

if TYPE_CHECKING:
    from opscope.events.logdir_tree import LogdirTree

_BUFFER = 1 << 16


class Status(Protocol):
    """What tells a file from another one and from itself at another time; as `os.stat_result`."""

    @property
    def st_dev(self) -> int:
        """The device, where files are told apart by it."""

    @property
    def st_ino(self) -> int:
        """What tells one file of a device from another that took its name."""

    @property
    def st_size(self) -> int:
        """Bytes."""

    @property
    def st_mtime_ns(self) -> int:
        """A number that is another one once the file was written to."""


class FileAccess(Protocol):
    """Finds and opens files of one place; what cannot be reached is an OSError."""

    def walk(self, logdir: str) -> "LogdirTree":
        """The event files below a logdir; LogdirError where it is missing or unreadable."""

    def open(self, path: str) -> RawIOBase:
        """A file for reading; OSError also for what is not a file."""

    def status(self, file: RawIOBase) -> Status:
        """The status of an opened file."""


class LocalFiles:
    """The files of this machine."""

    def walk(self, logdir: str) -> "LogdirTree":
        """The event files below a logdir; LogdirError where it is missing or unreadable."""
        from opscope.events.logdir_tree import walk_logdir

        return walk_logdir(logdir)

    def open(self, path: str) -> FileIO:
        """A file for reading; OSError also for a pipe, which would wait for its writer."""
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(errno.EINVAL, "neither a file nor a link to one")
        return FileIO(path, "rb")

    def status(self, file: RawIOBase) -> Status:
        """The status of an opened file."""
        return os.fstat(file.fileno())


LOCAL_FILES = LocalFiles()


def is_url(path: str | os.PathLike[str]) -> bool:
    """Whether this is a URL, and not a path of this machine."""
    return isinstance(path, str) and "://" in path


def access_to(path: str) -> FileAccess:
    """How a path or URL is reached; LogdirError where that needs what is not installed."""
    if not is_url(path):
        return LOCAL_FILES
    try:
        from opscope.events.remote_files import RemoteFiles
    except ImportError as error:
        raise LogdirError(
            f"{path}: a URL needs fsspec, which is not installed: pip install 'opscope[remote]'"
        ) from error
    return RemoteFiles(path)


def buffered(file: RawIOBase) -> BufferedReader:
    """A file read in pieces of 64 KiB."""
    return BufferedReader(file, _BUFFER)
