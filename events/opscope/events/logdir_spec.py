"""Several folders as one logdir: what `--logdir_spec name:path,name2:path2` says."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from io import FileIO, RawIOBase

from opscope.events.error import LogdirError
from opscope.events.file_access import LOCAL_FILES, FileAccess, Status, access_to, is_url
from opscope.events.logdir_tree import LogdirTree, run_name
from opscope.events.problem import Problem

_URL = re.compile(r"[A-Za-z][\w.+-]*://")


@dataclass(frozen=True)
class LogdirPart:
    """A folder or URL, and what the names of its runs begin with ("" for nothing)."""

    name: str
    path: str

    def run(self, within: str) -> str:
        """The name of a run that is called `within` in this folder, where "." is the folder."""
        return "/".join(word for word in (self.name, within) if word not in ("", ".")) or "."


@dataclass(frozen=True)
class LogdirSpec:
    """The parts of a logdir, in their order."""

    parts: tuple[LogdirPart, ...]

    @classmethod
    def parse(cls, text: str) -> LogdirSpec:
        """Read `name:path,path2,...` as TensorBoard does; LogdirError for what is none.

        A path that begins with `/` may contain colons, none may contain a comma.
        """
        parts = []
        for word in filter(None, (word.strip() for word in text.split(","))):
            name, colon, path = word.partition(":")
            if not colon or word.startswith("/") or _URL.match(word):
                name, path = "", word
            if not path:
                raise LogdirError(f"{word!r} in the logdir spec has no path: write NAME:PATH")
            parts.append(LogdirPart(name.strip("/"), _whole(path)))
        if not parts:
            raise LogdirError("an empty logdir spec: write NAME:PATH,NAME2:PATH2")
        return cls(tuple(parts))

    @classmethod
    def of_folders(cls, paths: list[str]) -> LogdirSpec:
        """Folders under their own names, with as much of the path as tells them apart."""
        whole = [_whole(path) for path in paths]
        split = [[word for word in path.split("/") if word] for path in whole]
        depth = next(
            (n for n in range(1, max(map(len, split)) + 1) if _differ(split, n)), 0
        )  # 0: the same folder twice
        names = ["/".join(words[-depth:]) if depth else "" for words in split]
        return cls(tuple(map(LogdirPart, names, whole)))

    def __str__(self) -> str:
        return ",".join(
            f"{part.name}:{part.path}" if part.name else part.path for part in self.parts
        )

    @property
    def is_remote(self) -> bool:
        """Whether any of it lies behind a URL."""
        return any(is_url(part.path) for part in self.parts)

    def run_name(self, folder: str) -> str:
        """The name of the run whose files lie in a folder of one of the parts."""
        around = [part for part in self.parts if _lies_in(folder, part.path)]
        part = max(around or self.parts[:1], key=lambda part: len(part.path))
        return part.run(run_name(part.path, folder))


class JoinedFiles:
    """Reaches the files of all parts, as one logdir."""

    def __init__(self, spec: LogdirSpec) -> None:
        self._parts = [(part, access_to(part.path)) for part in spec.parts]
        self._remote: dict[str, FileAccess] = {}

    def walk(self, logdir: str) -> LogdirTree:
        """What there is below the parts; LogdirError where none of them can be read."""
        joined, failed = LogdirTree(), []
        for part, access in self._parts:
            try:
                tree = access.walk(part.path)
            except LogdirError as error:
                failed.append(error)
                joined.problems.append(Problem(part.path, 0, str(error)))
                continue
            for run, files in tree.event_files.items():
                joined.event_files.setdefault(part.run(run), {}).update(files)
                if access is not LOCAL_FILES:
                    self._remote.update(dict.fromkeys(files, access))
            for run, graphs in tree.graph_files.items():
                joined.graph_files.setdefault(part.run(run), {}).update(graphs)
            joined.projector_runs |= {part.run(run) for run in tree.projector_runs}
            joined.dump_roots += tree.dump_roots
            joined.debug_events += tree.debug_events
            joined.problems += tree.problems
        if len(failed) == len(self._parts):
            raise failed[0]
        return joined

    def open(self, path: str) -> RawIOBase:
        """A file for reading."""
        return self._remote.get(path, LOCAL_FILES).open(path)

    def status(self, file: RawIOBase) -> Status:
        """The status of an opened file."""
        if isinstance(file, FileIO):
            return LOCAL_FILES.status(file)
        return next(access for _, access in self._parts if access is not LOCAL_FILES).status(file)


def _whole(path: str) -> str:
    return path if is_url(path) else os.path.abspath(os.path.expanduser(path))


def _differ(split: list[list[str]], depth: int) -> bool:
    return len({tuple(words[-depth:]) for words in split}) == len(split)


def _lies_in(folder: str, path: str) -> bool:
    return folder == path or folder.startswith(path.rstrip("/") + "/")
