"""Session wrappers and hooks: the debugger attached to a program that runs."""

from opscope.tfdbg.wrappers.base import BaseDebugWrapperSession
from opscope.tfdbg.wrappers.dump_history import dump_history
from opscope.tfdbg.wrappers.dump_run import write_dump
from opscope.tfdbg.wrappers.dumping import DumpingDebugWrapperSession
from opscope.tfdbg.wrappers.hooks import DumpingDebugHook, LocalCLIDebugHook
from opscope.tfdbg.wrappers.local_cli import LocalCLIDebugWrapperSession
from opscope.tfdbg.wrappers.watch_options import (
    WatchOptions,
    add_debug_tensor_watch,
    watch_graph,
    watch_graph_with_denylists,
)

__all__ = [
    "BaseDebugWrapperSession",
    "DumpingDebugHook",
    "DumpingDebugWrapperSession",
    "LocalCLIDebugHook",
    "LocalCLIDebugWrapperSession",
    "WatchOptions",
    "add_debug_tensor_watch",
    "dump_history",
    "watch_graph",
    "watch_graph_with_denylists",
    "write_dump",
]
