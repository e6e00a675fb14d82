"""Which runs have which tags of a kind: what a page lists before it fetches any data."""

from __future__ import annotations

from typing import Any

from opscope.dashboard.store import Store


def tag_index(store: Store, kind: str) -> dict[str, Any]:
    """Runs with a tag of the kind, each with its colour, and the tags with their runs, sorted.

    Gives `{"runs": [{"run", "colour"}], "tags": [{"tag", "runs": [run, ...]}]}`.
    """
    with store.reading() as logdir:
        runs = [(run, logdir.tags(run, kind)) for run in logdir.runs()]
    colours = store.colours.of(run for run, _ in runs)
    tags: dict[str, list[str]] = {}
    for run, names in runs:
        for name in names:
            tags.setdefault(name, []).append(run)
    return {
        "runs": [{"run": run, "colour": colours[run]} for run, names in runs if names],
        "tags": [{"tag": tag, "runs": tags[tag]} for tag in sorted(tags)],
    }


def has_kind(store: Store, kind: str) -> bool:
    """Whether any run has a tag of the kind."""
    with store.reading() as logdir:
        return any(logdir.tags(run, kind) for run in logdir.runs())
