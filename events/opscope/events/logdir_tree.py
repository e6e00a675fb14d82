"""Walks a logdir: which folders hold event files, dumps, projector files."""

import os
import stat
from dataclasses import dataclass, field

from opscope.events.dump_name import DEVICE_PREFIX, is_run_root
from opscope.events.error import LogdirError
from opscope.events.natural import natural_key
from opscope.events.problem import Problem

PROJECTOR_CONFIG = "projector_config.pbtxt"
# What other tools put beside an event file under nearly the same name.
_COMPANIONS = (".profile-empty", ".json")


@dataclass
class LogdirTree:
    """What a walk found, by run name (relative to the logdir, `/` between folders)."""

    event_files: dict[str, list[str]] = field(default_factory=dict)
    dump_roots: list[str] = field(default_factory=list)
    projector_runs: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def is_event_file(name: str) -> bool:
    """Whether a file of this name holds events."""
    return "tfevents" in name and not name.endswith(_COMPANIONS)


def run_name(logdir: str, folder: str) -> str:
    """The name of the run whose files lie in a folder: `.` for the logdir itself."""
    return os.path.relpath(folder, logdir).replace(os.sep, "/")


def walk_logdir(logdir: str) -> LogdirTree:
    """Look through a logdir, or take a single event file as the run `.`.

    Follows links, each folder once. Raises LogdirError when the logdir is missing or unreadable;
    folders below it that cannot be listed are problems.
    """
    tree = LogdirTree()
    try:
        status = os.stat(logdir)
        if stat.S_ISREG(status.st_mode):
            tree.event_files["."] = [logdir]
            return tree
        if not stat.S_ISDIR(status.st_mode):
            raise LogdirError(f"{logdir}: neither a folder nor a file")
        os.scandir(logdir).close()
    except FileNotFoundError:
        raise LogdirError(f"{logdir}: no such folder") from None
    except OSError as error:
        raise LogdirError(f"{logdir}: cannot be read: {error.strerror or error}") from error

    def report(error: OSError) -> None:
        where = str(error.filename or logdir)
        tree.problems.append(Problem(where, 0, f"cannot be read: {error.strerror or error}"))

    seen = {(status.st_dev, status.st_ino)}
    for folder, folders, names in os.walk(logdir, onerror=report, followlinks=True):
        if is_run_root(folders + names):
            tree.dump_roots.append(folder)
            # A dump has a file for each tensor: thousands, and none of them is of interest here.
            folders[:] = [name for name in folders if not name.startswith(DEVICE_PREFIX)]
        _enter_once(folder, folders, seen)
        files = [os.path.join(folder, name) for name in names if is_event_file(name)]
        if files:
            tree.event_files[run_name(logdir, folder)] = sorted(files, key=natural_key)
        if PROJECTOR_CONFIG in names:
            tree.projector_runs.add(run_name(logdir, folder))
    tree.dump_roots.sort(key=natural_key)
    return tree


def _enter_once(folder: str, folders: list[str], seen: set[tuple[int, int]]) -> None:
    keep = []
    for name in sorted(folders, key=natural_key):
        try:
            status = os.stat(os.path.join(folder, name))
        except OSError:
            continue  # a link to nowhere, or gone meanwhile
        identity = (status.st_dev, status.st_ino)
        if identity not in seen:
            seen.add(identity)
            keep.append(name)
    folders[:] = keep
