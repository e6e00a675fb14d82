"""Walks a logdir: which folders hold event files, dumps, projector files."""

import os
import stat
from dataclasses import dataclass, field
from functools import cached_property

from opscope.events.debug_events import METADATA_SUFFIX, is_debug_metadata
from opscope.events.dump_name import PACKED_FILE, RUN_ROOT_PREFIXES
from opscope.events.error import LogdirError
from opscope.events.file_access import Status
from opscope.events.graph_file import is_graph_file
from opscope.events.natural import natural_key
from opscope.events.problem import Problem

PROJECTOR_CONFIG = "projector_config.pbtxt"
# What other tools put beside an event file under nearly the same name.
_COMPANIONS = (".profile-empty", ".json")


@dataclass
class LogdirTree:
    """What a walk found, by run name (relative to the logdir, `/` between folders).

    An event file comes with its status, None where it has none that can be read; another file that
    may hold a graph with the nanosecond it was last written.
    """

    event_files: dict[str, dict[str, Status | None]] = field(default_factory=dict)
    dump_roots: list[str] = field(default_factory=list)
    debug_events: list[str] = field(default_factory=list)
    projector_runs: set[str] = field(default_factory=set)
    graph_files: dict[str, dict[str, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def names(self) -> tuple[object, ...]:
        """What there is, whatever became of it: equal for two walks that found the same."""
        files = {run: list(files) for run, files in self.event_files.items()}
        others = self.dump_roots, self.debug_events, self.projector_runs, self.graph_files
        return files, *others, self.problems


def is_event_file(name: str) -> bool:
    """Whether a file of this name holds events."""
    return "tfevents" in name and not name.endswith(_COMPANIONS)


def run_name(logdir: str, folder: str) -> str:
    """The name of the run whose files lie in a folder: `.` for the logdir itself."""
    return os.path.relpath(folder, logdir).replace(os.sep, "/")


def walk_logdir(logdir: str) -> LogdirTree:
    """Look through a logdir, or take a single file of events or of a graph as the run `.`.

    Follows links, each folder once. Raises LogdirError when the logdir is missing or unreadable;
    folders below it that cannot be listed are problems.
    """
    tree = LogdirTree()
    try:
        status = os.stat(logdir)
        if stat.S_ISREG(status.st_mode):
            if is_graph_file(os.path.basename(logdir)):
                tree.graph_files["."] = {logdir: status.st_mtime_ns}
            else:
                tree.event_files["."] = {logdir: status}
            return tree
        if not stat.S_ISDIR(status.st_mode):
            raise LogdirError(f"{logdir}: neither a folder nor a file")
        os.scandir(logdir).close()
    except FileNotFoundError:
        raise LogdirError(f"{logdir}: no such folder") from None
    except OSError as error:
        raise LogdirError(f"{logdir}: cannot be read: {error.strerror or error}") from error
    links = _Links(logdir)
    folders = [(logdir, ".")]
    while folders:
        folder, name = folders.pop()
        try:
            with os.scandir(folder) as entries:
                below = _look_into(tree, links, folder, name, list(entries))
        except OSError as error:
            problem = Problem(folder, 0, f"cannot be read: {error.strerror or error}")
            tree.problems.append(problem)
            continue
        folders += reversed(below)
    tree.dump_roots.sort(key=natural_key)
    tree.debug_events.sort(key=natural_key)
    return tree


def _look_into(
    tree: LogdirTree, links: "_Links", folder: str, run: str, entries: list[os.DirEntry[str]]
) -> list[tuple[str, str]]:
    """Note what a folder holds; returns the folders to look into next, and their names."""
    folders: list[os.DirEntry[str]] = []
    events: list[os.DirEntry[str]] = []
    graphs: list[os.DirEntry[str]] = []
    is_dump = False
    for entry in entries:
        name = entry.name
        if name.startswith(RUN_ROOT_PREFIXES) or name == PACKED_FILE:
            is_dump = True
        elif _is_folder(entry):
            folders.append(entry)
        elif is_event_file(name):
            events.append(entry)
        elif is_debug_metadata(name):
            tree.debug_events.append(entry.path.removesuffix(METADATA_SUFFIX))
        elif name == PROJECTOR_CONFIG:
            tree.projector_runs.add(run)
        elif is_graph_file(name):
            graphs.append(entry)
    if is_dump:
        # A dump has a file for each tensor: thousands, and none of them is of interest here.
        tree.dump_roots.append(folder)
    if len(events) > 1:
        events.sort(key=lambda entry: natural_key(entry.name))
    if events:
        tree.event_files[run] = {entry.path: _status(entry) for entry in events}
    if graphs:
        graphs.sort(key=lambda entry: natural_key(entry.name))
        written = {entry.path: _status(entry) for entry in graphs}
        tree.graph_files[run] = {path: at.st_mtime_ns for path, at in written.items() if at}
    if len(folders) > 1:
        folders.sort(key=lambda entry: natural_key(entry.name))
    prefix = "" if run == "." else run + "/"
    return [(entry.path, prefix + entry.name) for entry in folders if links.lead_on(entry)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat()
    except OSError:
        return None


class _Links:
    """Keeps a walk from entering a folder twice, for which it asks only once there is a link."""

    def __init__(self, logdir: str) -> None:
        self._entered = [logdir]
        self._identities: set[tuple[int, int]] | None = None

    def lead_on(self, entry: os.DirEntry[str]) -> bool:
        """Whether the folder behind an entry was not entered before."""
        if self._identities is None and not entry.is_symlink():
            self._entered.append(entry.path)
            return True
        try:
            if self._identities is None:
                self._identities = {_identity(path) for path in self._entered}
            identity = _identity(entry.path)
        except OSError:
            return False  # a link to nowhere, or gone meanwhile
        is_new = identity not in self._identities
        self._identities.add(identity)
        return is_new


def _identity(folder: str) -> tuple[int, int]:
    status = os.stat(folder)
    return status.st_dev, status.st_ino
