"""Which runs have which tags of a kind: what a page lists before it fetches any data."""

from __future__ import annotations

from typing import Any

from opscope.dashboard.store import Store


def tag_index(store: Store, kind: str) -> dict[str, Any]:
    """Runs with a tag of the kind, each with its colour, and the tags with their runs, sorted.

    Gives `{"generation", "runs": [{"run", "colour"}], "tags": [{"tag", "runs": [run, ...]}]}`.
    """
    with store.reading() as logdir:
        generation = store.generation
        runs = [(run, tags_of(logdir, run, kind)) for run in logdir.runs()]
        colours = store.colours.of(logdir.runs())
    tags: dict[str, list[str]] = {}
    for run, names in runs:
        for name in names:
            tags.setdefault(name, []).append(run)
    return {
        "generation": generation,
        "runs": [{"run": run, "colour": colours[run]} for run, names in runs if names],
        "tags": [{"tag": tag, "runs": tags[tag]} for tag in sorted(tags)],
    }


def tags_of(logdir: Any, run: str, kind: str) -> list[str]:
    """The tags of a run that are of a kind ("scalar", "histogram", ...)."""
    return [tag for tag in logdir.tags(run) if logdir.kind(run, tag) == kind]


def has_kind(store: Store, kind: str) -> bool:
    """Whether any run has a tag of the kind."""
    with store.reading() as logdir:
        return any(
            logdir.kind(run, tag) == kind for run in logdir.runs() for tag in logdir.tags(run)
        )
