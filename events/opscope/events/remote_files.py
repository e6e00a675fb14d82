"""Files behind a URL (`s3://`, `gs://`, `memory://`, ...), listed at once and read by ranges."""

import posixpath
import zlib
from collections.abc import Callable, Mapping
from io import SEEK_CUR, SEEK_END, RawIOBase
from typing import Any, NamedTuple, ParamSpec, TypeVar

import fsspec

from opscope.events.error import LogdirError
from opscope.events.file_access import Status
from opscope.events.logdir_tree import PROJECTOR_CONFIG, LogdirTree, is_event_file
from opscope.events.natural import natural_key

P = ParamSpec("P")
T = TypeVar("T")
# Where file systems say when, or in which version, a file was written.
_VERSIONS = ("ETag", "etag", "generation", "md5Hash", "LastModified", "mtime", "updated", "created")


class RemoteStatus(NamedTuple):
    """A remote file's size, and in place of its time a number that changes with its version."""

    st_dev: int
    st_ino: int
    st_size: int
    st_mtime_ns: int


class RemoteFile(RawIOBase):
    """One version of a remote file; each read is one request for just these bytes."""

    def __init__(self, files: "RemoteFiles", path: str, status: RemoteStatus):
        super().__init__()
        self._files = files
        self._path = path
        self._at = 0
        self.status = status

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place; costs no request."""
        base = {SEEK_CUR: self._at, SEEK_END: self.status.st_size}.get(whence, 0)
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, as far as the file reaches."""
        end = min(self._at + len(buffer), self.status.st_size)
        if end <= self._at:
            return 0
        data = self._files.range(self._path, self._at, end)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class RemoteFiles:
    """The files of one fsspec file system, as they were when last listed."""

    def __init__(self, url: str):
        try:
            self._system, _ = fsspec.core.url_to_fs(url)
        except ImportError as error:  # the driver of this protocol
            raise LogdirError(f"{url}: {error}") from error
        except ValueError as error:  # a protocol that nobody knows
            raise LogdirError(f"{url}: {error}") from error
        self._listed: dict[str, RemoteStatus] = {}

    def walk(self, logdir: str) -> LogdirTree:
        """The event files below a logdir, by one listing; there are no dumps in remote logdirs."""
        try:
            self._call(self._system.invalidate_cache)
            root = self._system._strip_protocol(logdir)
            found = self._call(self._system.find, root, detail=True)
        except OSError as error:
            raise LogdirError(f"{logdir}: cannot be read: {error.strerror or error}") from error
        if not found:
            raise LogdirError(f"{logdir}: no such folder, or nothing in it")
        tree = LogdirTree()
        self._listed = {}
        runs: dict[str, dict[str, Status | None]] = {}
        for name, info in sorted(found.items(), key=lambda item: natural_key(item[0])):
            base = posixpath.basename(name)
            if is_event_file(base) or name == root:
                path = self._system.unstrip_protocol(name)
                self._listed[path] = _status(info)
                runs.setdefault(_run(root, name), {})[path] = self._listed[path]
            elif base == PROJECTOR_CONFIG:
                tree.projector_runs.add(_run(root, name))
        tree.event_files.update(runs)
        return tree

    def open(self, path: str) -> RemoteFile:
        """A file for reading, in the version last listed."""
        status = self._listed.get(path)
        if status is None:
            status = _status(self._call(self._system.info, self._system._strip_protocol(path)))
        return RemoteFile(self, path, status)

    def status(self, file: RawIOBase) -> Status:
        """The status of an opened file, as it was listed."""
        assert isinstance(file, RemoteFile)
        return file.status

    def range(self, path: str, start: int, end: int) -> bytes:
        """Bytes of a file, by one request."""
        name = self._system._strip_protocol(path)
        return bytes(self._call(self._system.cat_file, name, start=start, end=end))

    def _call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except OSError:
            raise
        except Exception as error:
            # Each driver has errors of its own: no credentials, no network, no such bucket.
            raise OSError(f"{type(error).__name__}: {error}") from error


def _run(root: str, name: str) -> str:
    folder = posixpath.dirname(name)
    return "." if name == root else posixpath.relpath(folder or ".", root or ".")


def _status(info: Mapping[str, Any]) -> RemoteStatus:
    version = repr([info[key] for key in _VERSIONS if key in info])
    return RemoteStatus(0, 0, int(info["size"] or 0), zlib.crc32(version.encode()))
