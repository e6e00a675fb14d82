"""Watching a run through its RunOptions: for sessions that others run for us."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from opscope.events.proto.config_pb2 import RunOptions
from opscope.tfdbg.wrappers.watch_options import add_debug_tensor_watch
from opscope.tfdbg.wrappers.watched import WatchedRun

_keys = itertools.count()


def watch_by_options(
    watch: Any, sink: Callable[[WatchedRun], None], options: RunOptions | None = None
) -> tuple[RunOptions, Callable[[], None]]:
    """RunOptions that have a run watched and given to `sink`, and the function that ends this.

    `watch` is the runtime's Watch. `options` are what the run has besides; they are copied. The
    sink gets a run that fails before its error is raised.
    """
    from opscope.runtime.watch import register_callback

    key = f"opscope_tfdbg_{next(_keys)}"
    asked = RunOptions()
    if options is not None:
        asked.CopyFrom(options)
    add_debug_tensor_watch(asked, "*", -1, debug_urls=f"memcbk:///{key}")
    return asked, register_callback(key, watch, sink)
