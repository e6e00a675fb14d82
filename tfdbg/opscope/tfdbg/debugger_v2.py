"""A dump of TensorFlow 2's Debugger V2, answered like that of a watched run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from opscope.events import DebugEvents, open_debug_events
from opscope.tfdbg.debug_dump import DebugDump, Frame
from opscope.tfdbg.debug_graph import DebugGraph
from opscope.tfdbg.debug_tensor import Array, DebugTensorDatum
from opscope.tfdbg.debugger_v2_graph import DebuggerV2Graphs, eager_name
from opscope.tfdbg.kept_health import KeptHealth

_LIBRARIES = {"tensorflow", "keras", "tf_keras"}
_FULL = "FULL_TENSOR"


class _Value(NamedTuple):
    wall_time: float
    node: str
    slot: int
    mode: str
    value: Array
    device: str


class DebuggerV2Dump(DebugDump):
    """The executions and graph traces of a folder of `tfdbg_events.*` files.

    An op run eagerly is the node `eager/TYPE_N`, N counting the executions from 0; it reads the
    executions that made its inputs. An op of a graph has its own name, with `@GRAPH` behind it
    where several graphs have one of that name. Devices and calls are those of DebuggerV2Graphs.
    Where the debug mode kept no value, what it kept stands in place of it, and tells of inf and
    nan. Raises DumpError where there is no such dump.
    """

    def __init__(self, path: str | Path) -> None:
        events = open_debug_events(path)
        self.dump_root = str(path)
        self.problems = events.problems
        graphs = DebuggerV2Graphs(events, self.problems)
        tracebacks = {
            graphs.names[op.graph_id, op.name]: _user_frames(events, op.stack) for op in events.ops
        }
        for number, run in enumerate(events.executions):
            tracebacks[eager_name(run.op_type, number)] = _user_frames(events, run.stack)
        made = graphs.graph_defs()
        super().__init__(
            _data(events, graphs),
            {name: DebugGraph(graph, name) for name, graph in made.items()},
            sorted(made),
            tracebacks=tracebacks,
            sources={path: "\n".join(lines) for path, lines in events.sources.items()},
            title=str(path),
            validate=False,
        )


def _data(events: DebugEvents, graphs: DebuggerV2Graphs) -> Iterator[DebugTensorDatum]:
    """The values in the order of time, each later than the one before it."""
    last = 0
    for each in sorted(_values(events, graphs), key=lambda value: value.wall_time):
        if each.node not in graphs:
            continue
        last = max(last + 1, round(each.wall_time * 1e6))
        full = each.mode == _FULL
        value = each.value if full else KeptHealth(each.mode, each.value)
        debug_op = "DebugIdentity" if full else f"Debug{each.mode.title().replace('_', '')}"
        device = each.device or graphs.default_device
        yield DebugTensorDatum.from_memory(device, each.node, each.slot, last, value, debug_op)


def _values(events: DebugEvents, graphs: DebuggerV2Graphs) -> Iterator[_Value]:
    for number, run in enumerate(events.executions):
        name = eager_name(run.op_type, number)
        kept = run.values or [np.zeros(0)] * len(run.output_tensor_ids)
        for slot, value in enumerate(kept):
            device = graphs.device_of(run, slot)
            yield _Value(run.wall_time, name, slot, run.mode, value, device)
    for trace in events.traces:
        node = graphs.names.get((trace.graph_id, trace.op_name), trace.op_name)
        slot, value = trace.output_slot, trace.value
        yield _Value(trace.wall_time, node, slot, trace.mode, value, trace.device)


def _user_frames(events: DebugEvents, stack: tuple[str, ...]) -> tuple[Frame, ...]:
    """The frames of the program itself; all where there are only the library's."""
    frames = [(f.file, f.line, f.function, f.text) for f in events.frames(stack)]
    own = [frame for frame in frames if not _LIBRARIES & set(Path(frame[0]).parts)]
    return tuple(own or frames)
