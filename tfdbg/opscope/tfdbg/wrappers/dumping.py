"""The session wrapper that writes every run to a folder and asks nothing."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from opscope.events import ByteBudget, DumpForm
from opscope.events.packed_dump_writer import Compression
from opscope.events.page_stock import PageStock
from opscope.tfdbg.wrappers.base import BaseDebugWrapperSession
from opscope.tfdbg.wrappers.debug_ops import debug_op
from opscope.tfdbg.wrappers.dialog import checked_root
from opscope.tfdbg.wrappers.dump_run import check_form, write_dump
from opscope.tfdbg.wrappers.run_call import RunCall
from opscope.tfdbg.wrappers.run_origins import OriginCache
from opscope.tfdbg.wrappers.watch_options import WatchFunction, WatchOptions, asked, check_watch_fn
from opscope.tfdbg.wrappers.watched import WatchedRun


class RunDumper:
    """Writes watched runs below `session_root`, one folder `run_<epoch us>_<counter>` each.

    `watch_fn(fetches, feed_dict)` says what to watch in a run. A dump that cannot be written
    ends the dumping with one line of warning, and not the program; so does the end of the byte
    budget.
    """

    def __init__(
        self,
        session_root: str | Path,
        watch_fn: WatchFunction | None = None,
        format: DumpForm = "tfdbg",  # noqa: A002 - the name is fixed
        compression: Compression | None = None,
        byte_budget: int | None = None,
    ) -> None:
        check_watch_fn(watch_fn)
        check_form(format, compression)
        root = checked_root(session_root, "session_root")
        if root is None:
            raise ValueError("session_root must name a folder")
        self._root = root
        self._watch_fn = watch_fn
        self._format = format
        self._compression = compression
        self._budget = ByteBudget(byte_budget)
        self._origins = OriginCache()
        self._pages = PageStock()
        self._count = 0
        self.detached = False

    def options(self, call: RunCall) -> WatchOptions:
        """What to watch in a run; ValueError for a debug op that does not exist."""
        options = asked(self._watch_fn, call.fetches, call.feed_dict)
        for spec in options.debug_ops:
            debug_op(spec)
        return options

    def write(
        self, call: RunCall, options: WatchOptions, watched: WatchedRun, graph: Any
    ) -> Path | None:
        """Write one run; its folder, None where that failed."""
        if self._count == 0 and not self._budget.is_default:
            print(
                f"tfdbg: runs are dumped to {self._root}, at most {self._budget.limit:,} bytes",
                file=sys.stderr,
            )
        folder = self._root / f"run_{time.time_ns() // 1000}_{self._count}"
        self._count += 1
        feeds = None if call.feed_dict is None else call.feed_dict.keys()
        try:
            return write_dump(
                folder,
                watched,
                graph,
                fetches_info=repr(call.fetches),
                feed_keys_info=repr(feeds),
                debug_ops=options.debug_ops,
                format=self._format,
                compression=self._compression,
                budget=self._budget,
                origins=self._origins,
                pages=self._pages,
                run_metadata=call.run_metadata,
            )
        except Exception as error:  # training goes on without its debugger, whatever failed
            self.detached = True
            reason = " ".join(str(error).split())
            print(
                f"WARNING: tfdbg stops dumping, the program runs on: "
                f"{type(error).__name__}: {reason}",
                file=sys.stderr,
            )
            return None


def watch_of(options: WatchOptions) -> Any:
    """The runtime's Watch for watch options."""
    from opscope.runtime.watch import Watch

    return Watch(
        node_name=options.node_name_regex_allowlist,
        op_type=options.op_type_regex_allowlist,
        tensor_dtype=options.tensor_dtype_regex_allowlist,
    )


class DumpingDebugWrapperSession(BaseDebugWrapperSession):
    """A session that writes the tensors of every run below `session_root`.

    `format` is "tfdbg", which TensorFlow reads, or "packed", one file per run, which is faster and
    may be compressed (`compression="zstd"`, extra `zstd`). `byte_budget` bounds what all dumps
    take (default: the environment variable OPSCOPE_DUMP_BYTES, else 100 GB): when it is used up,
    dumping stops and the runs go on.

    `watch_fn(fetches, feed_dict)` answers the WatchOptions of a run; without it everything is
    watched. Raises ValueError where `session_root` is a file or not empty, TypeError where
    `watch_fn` cannot be called. A run that fails is written up to the error, which is raised.
    """

    def __init__(
        self,
        sess: Any,
        session_root: str | Path,
        watch_fn: WatchFunction | None = None,
        thread_name_filter: str | None = None,
        format: DumpForm = "tfdbg",  # noqa: A002 - the name is fixed
        compression: Compression | None = None,
        byte_budget: int | None = None,
    ) -> None:
        super().__init__(sess, thread_name_filter)
        self._dumper = RunDumper(session_root, watch_fn, format, compression, byte_budget)

    def debugged_run(self, call: RunCall) -> Any:
        """The result of a run that is dumped."""
        options = self._dumper.options(call)
        result, watched = self.watched_run(call, watch_of(options))
        if self._dumper.write(call, options, watched, self.debug_graph) is None:
            self.detach()
        if watched.error is not None:
            raise watched.error
        return result
