"""Writes the runs that a watch holds in memory as dumps, once a hit makes them worth it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from opscope.events import ByteBudget, DumpForm
from opscope.events.packed_dump_writer import Compression
from opscope.tfdbg.wrappers.dump_run import check_form, write_dump
from opscope.tfdbg.wrappers.run_origins import OriginCache
from opscope.tfdbg.wrappers.watched import WatchedRun


class WatchHistory(Protocol):
    """The runs gone by of the runtime's `Watch(keep_last=...)`."""

    @property
    def runs(self) -> Sequence[WatchedRun]:
        """The oldest first."""


def dump_history(
    dump_root: str | Path,
    history: WatchHistory,
    graph: Any,
    *,
    format: DumpForm = "packed",  # noqa: A002 - the name is fixed
    compression: Compression | None = None,
    byte_budget: int | None = None,
) -> list[Path]:
    """Write each run held to a folder `run_<session run>` of its own below `dump_root`.

    `opscope debug` and the wrappers read them like any dumped run. Of runs that hold health
    summaries in place of values, those are written. Raises DumpError where a file cannot be
    written, DumpBudgetError where the byte budget does not last: earlier runs are then written.
    """
    check_form(format, compression)
    budget, origins = ByteBudget(byte_budget), OriginCache()
    return [
        write_dump(
            Path(dump_root) / f"run_{run.session_run_index}",
            run,
            graph,
            format=format,
            compression=compression,
            budget=budget,
            origins=origins,
        )
        for run in history.runs
    ]
