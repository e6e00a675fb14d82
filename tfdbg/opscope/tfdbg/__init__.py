"""The graph debugger: dumps, commands, screens, session wrappers.

The names are those of TensorFlow's `tensorflow.python.debug`. The wrappers and hooks are imported
when they are asked for: analysing a dump needs neither the runtime nor the terminal app.
"""

from importlib import import_module

from opscope.tfdbg.debug_dump import DebugDump, WatchKeyDoesNotExistInDebugDumpDirError
from opscope.tfdbg.debug_graph import reconstruct_non_debug_graph_def
from opscope.tfdbg.debug_tensor import (
    DebugTensorDatum,
    InconvertibleTensorProto,
    has_inf_or_nan,
    load_tensor_from_event,
    load_tensor_from_event_file,
)
from opscope.tfdbg.dump_dir import DebugDumpDir
from opscope.tfdbg.origin import Origin, find_origins, first_bad
from opscope.tfdbg.stepper import NodeStepper

_WRAPPERS = (
    "DumpingDebugHook",
    "DumpingDebugWrapperSession",
    "LocalCLIDebugHook",
    "LocalCLIDebugWrapperSession",
    "WatchOptions",
    "add_debug_tensor_watch",
    "dump_history",
    "watch_graph",
    "watch_graph_with_denylists",
)

__all__ = [
    "DebugDump",
    "DebugDumpDir",
    "DebugTensorDatum",
    "InconvertibleTensorProto",
    "NodeStepper",
    "Origin",
    "WatchKeyDoesNotExistInDebugDumpDirError",
    "find_origins",
    "first_bad",
    "has_inf_or_nan",
    "load_tensor_from_event",
    "load_tensor_from_event_file",
    "reconstruct_non_debug_graph_def",
]


def __getattr__(name: str) -> object:
    if name in _WRAPPERS:
        return getattr(import_module("opscope.tfdbg.wrappers"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_WRAPPERS])
