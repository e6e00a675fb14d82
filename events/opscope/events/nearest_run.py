"""Which run a dump belongs to: the one whose folder is nearest to it."""

import posixpath
from collections.abc import Sequence

from opscope.events.natural import natural_key


def nearest_run(folder: str, runs: Sequence[str]) -> str | None:
    """The run that a dump belongs to; None without runs.

    `folder` is the name that the dump's folder would have as a run.

    The dump's own folder or the closest one above it that is a run; else, from the closest folder
    upwards, the run that lies least deep below it, the first by name among equals.
    """
    while True:
        if folder in runs:
            return folder
        prefix = "" if folder == "." else folder + "/"
        below = [run for run in runs if run.startswith(prefix)]
        if below:
            return min(below, key=lambda run: (run.count("/"), natural_key(run)))
        if folder == ".":
            return None
        folder = posixpath.dirname(folder) or "."
