"""Where a run that was stopped at lies, and how it is looked at again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True)
class StoredRun:
    """`folder` is the dump, None where the run was not written; `bad_node` what was stopped at.

    `has_graph` says that the folder is also a run with a graph, for a dashboard on its parent.
    """

    folder: Path | None
    bad_node: str | None = None
    has_graph: bool = False

    def reproducing(self, command: str) -> str | None:
        """The shell command that shows a debugger command's screen again."""
        if self.folder is None:
            return None
        return f"opscope debug {shlex.quote(str(self.folder))} -c {shlex.quote(command)}"

    @property
    def link(self) -> str | None:
        """The dashboard's address of the node, from its first slash."""
        if self.bad_node is None:
            return None
        run = f"run={quote(self.folder.name)}&" if self.folder and self.has_graph else ""
        return f"/graph?{run}s={quote(self.bad_node, safe='/')}"

    @property
    def link_lines(self) -> list[str]:
        """What to start and which page to open, in words; nothing without a node."""
        if self.link is None:
            return []
        if not (self.folder and self.has_graph):
            return [f"node {self.bad_node} in the graph of your logdir's dashboard: {self.link}"]
        serve = f"opscope dashboard --logdir {shlex.quote(str(self.folder.parent))}"
        return [f"node {self.bad_node} in the graph: {serve}, there {self.link}"]

    def footer(self, command: str) -> list[str]:
        """What stands below the screen of a command."""
        again = self.reproducing(command)
        return [*([] if again is None else [f"again: {again}"]), *self.link_lines]
