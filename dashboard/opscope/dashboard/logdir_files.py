"""The files of a logdir: what they are, and a way to open them that leads nowhere else."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from opscope.events.logdir_tree import is_event_file
from opscope.events.natural import natural_key

MOST_FILES = 5000
_PROFILES = (".xplane.pb", ".trace.json.gz", ".profile-empty")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# O_NONBLOCK: opening a pipe must not wait for its writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class RefusedError(Exception):
    """A file is not given out; the message says why."""


@dataclass(frozen=True)
class ListedFile:
    """A file or a dump folder by its name below the logdir, `/` between folders.

    `size` in bytes and `modified` in seconds since the epoch; a dump's size is that of `files`
    files. What leads out of the logdir has no size, and cannot be opened.
    """

    name: str
    kind: str
    size: int | None
    modified: float
    files: int = 1


def kind_of_file(name: str) -> str:
    """What a file is, from its name: "event file", "checkpoint", "profile", ..."""
    base, folders = os.path.basename(name), name.split("/")[:-1]
    end = base.rpartition(".")[2]
    if is_event_file(base):
        return "event file"
    if base.startswith("tfdbg_events"):
        return "Debugger V2"
    if base == "checkpoint" or end in ("ckpt", "pt", "pth", "safetensors", "h5", "keras"):
        return "checkpoint"
    if (end in ("index", "meta") and "ckpt" in base) or ".data-" in base:
        return "checkpoint"
    if base == "projector_config.pbtxt" or end == "tsv" or base == "sprite.png":
        return "projector"
    if "profile" in folders or base.endswith(_PROFILES):
        return "profile"
    if base in ("saved_model.pb", "graph.pb", "graph.pbtxt"):
        return "graph"
    return f".{end} file" if "." in base else "file"


def list_files(
    root: str, dump_roots: Collection[str] = (), most: int = MOST_FILES
) -> tuple[list[ListedFile], bool]:
    """At most `most` files below a folder in natural order, and whether there are more.

    Hidden ones are left out; a dump is one entry; links to folders are not followed.
    """
    top, dumps = os.path.realpath(root), {os.path.realpath(dump) for dump in dump_roots}
    found: list[ListedFile] = []
    for folder, below, names in os.walk(top):
        prefix = "" if folder == top else os.path.relpath(folder, top).replace(os.sep, "/") + "/"
        inside = [name for name in below if not name.startswith(".")]
        inside.sort(key=natural_key)
        if folder in dumps:
            found.append(_dump(folder, prefix.rstrip("/") or "."))
            inside, names = [], []
        below[:] = inside
        for name in sorted(names, key=natural_key):
            if name.startswith("."):
                continue
            if len(found) >= most:
                return found, True
            found.extend(_file(top, folder, prefix, name))
    return found, False


def open_inside(root: str, name: str) -> BinaryIO:
    """A regular file below a folder, opened; RefusedError for everything else.

    Links are resolved first and then none is followed, so that one put there meanwhile leads
    nowhere either. Hidden files and those in hidden folders are refused.
    """
    if not name or "\0" in name or os.path.isabs(name):
        raise RefusedError(f"not a file of the logdir: {name!r}")
    top = os.path.realpath(root)
    path = os.path.realpath(os.path.join(top, name))
    if os.path.commonpath([top, path]) != top:
        raise RefusedError(f"{name!r} leads out of the logdir")
    parts = os.path.relpath(path, top).split(os.sep)
    if any(part.startswith(".") for part in [*name.split("/"), *parts]):
        raise RefusedError(f"{name!r} is hidden, or not a file of the logdir")
    try:
        descriptor = _open(top, parts)
    except OSError as error:
        raise RefusedError(f"{name!r} cannot be opened: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RefusedError(f"{name!r} is not a file")
    return os.fdopen(descriptor, "rb")


def pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The first `size` bytes of a file piece by piece: it may grow meanwhile."""
    while size > 0 and (data := file.read(min(size, 1 << 18))):
        size -= len(data)
        yield data


def _open(top: str, parts: list[str]) -> int:
    folder = os.open(top, _FOLDER)
    try:
        for part in parts[:-1]:
            below = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        return os.open(parts[-1], _FILE, dir_fd=folder)
    finally:
        os.close(folder)


def _file(top: str, folder: str, prefix: str, name: str) -> list[ListedFile]:
    path = os.path.join(folder, name)
    try:
        if os.path.islink(path) and os.path.commonpath([top, os.path.realpath(path)]) != top:
            return [ListedFile(prefix + name, "link out of the logdir", None, 0.0)]
        status = os.stat(path)
    except OSError:
        return []  # a link to nowhere, or gone meanwhile
    if not stat.S_ISREG(status.st_mode):
        return []
    return [ListedFile(prefix + name, kind_of_file(prefix + name), status.st_size, status.st_mtime)]


def _dump(folder: str, name: str) -> ListedFile:
    files = size = 0
    newest = 0.0
    for below, _, names in os.walk(folder):
        for one in names:
            try:
                status = os.lstat(os.path.join(below, one))
            except OSError:
                continue
            files, size, newest = files + 1, size + status.st_size, max(newest, status.st_mtime)
    return ListedFile(name, "tfdbg dump", size, newest, files)
