"""Watches in RunOptions with `file://DIR` URLs: the run is dumped below DIR."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

from opscope.tfdbg.wrappers.debug_ops import debug_op
from opscope.tfdbg.wrappers.dump_run import write_dump
from opscope.tfdbg.wrappers.watched import WatchedRun

FILE_SCHEME = "file://"


def accept_file_urls() -> None:
    """Have the sessions of `opscope.runtime` dump runs whose options name a folder."""
    from opscope.runtime.watch import register_url_scheme

    register_url_scheme(FILE_SCHEME, _receivers)


def _receivers(entries: Sequence[Any], graph: Any) -> list[tuple[Any, Any]]:
    """The watch of each folder that the entries name, and who writes it.

    ValueError for a debug op that does not exist and is not tolerated.
    """
    folders: dict[str, list[Any]] = {}
    for entry in entries:
        for url in entry.debug_urls:
            if url.startswith(FILE_SCHEME):
                folders.setdefault(unquote(url.removeprefix(FILE_SCHEME)), []).append(entry)
    return [(_watch(asked), _Writer(folder, asked, graph)) for folder, asked in folders.items()]


def _watch(entries: Iterable[Any]) -> Any:
    from opscope.runtime.watch import Watch

    names = {entry.node_name for entry in entries}
    if "*" in names:
        return Watch()
    return Watch(node_name=f"(?:{'|'.join(map(re.escape, sorted(names)))})$")


class _Writer:
    """Writes the tensors of a run that the entries ask for; a folder may get several runs."""

    def __init__(self, folder: str, entries: Sequence[Any], graph: Any) -> None:
        self._folder = folder
        self._graph = graph
        self._wanted: dict[tuple[str, ...], list[tuple[str, int]]] = {}
        for entry in entries:
            known = tuple(op for op in entry.debug_ops or ("DebugIdentity",) if _known(op, entry))
            self._wanted.setdefault(known, []).append((entry.node_name, entry.output_slot))

    def __call__(self, run: WatchedRun) -> None:
        for ops, wanted in self._wanted.items():
            names = set(wanted)
            tensors = [
                tensor
                for tensor in run.tensors
                if ("*", -1) in names
                or (tensor.node_name, -1) in names
                or (tensor.node_name, tensor.output_slot) in names
            ]
            step = getattr(run, "global_step", -1)
            part: Any = SimpleNamespace(
                tensors=tensors,
                partition_graphs=run.partition_graphs,
                feeds=run.feeds,
                session_run_index=run.session_run_index,
                input_names=run.input_names,
                output_names=run.output_names,
                target_nodes=run.target_nodes,
            )
            write_dump(
                self._folder,
                part,
                self._graph,
                debug_ops=ops,
                global_step=step if step >= 0 else None,
            )


def _known(spec: str, entry: Any) -> bool:
    try:
        debug_op(spec)
    except ValueError:
        if entry.tolerate_debug_op_creation_failures:
            return False
        raise
    return True
