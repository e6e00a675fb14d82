"""A plan: everything that is settled about a run before it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from opscope.events.proto.graph_pb2 import GraphDef
from opscope.runtime import errors
from opscope.runtime.devices import Device
from opscope.runtime.feed import Feed
from opscope.runtime.fetch import Fetches
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.partition import partition_graphs
from opscope.runtime.watch import Watch

if TYPE_CHECKING:
    from opscope.runtime.filter_guard import FilterGuard
    from opscope.runtime.replay import Replay


@dataclass(frozen=True)
class Instrument:
    """What a generated function does besides computing: nothing, watch, or take times.

    guard: asks the watch's filter where that is a function of the user's.
    """

    watch: Watch | None = None
    trace: bool = False
    guard: FilterGuard | None = field(default=None, compare=False)


PLAIN = Instrument()


@dataclass(frozen=True)
class Recorded:
    """A tensor that an instrumented function hands out, and the name of the local that holds it.

    root: index of the first recorded tensor that has the very same value. An empty name is a
    deferred tensor: nothing in the run needs its value, so it is computed when it is looked at.
    in_slot: the value is in a variable's memory, where an update may overwrite it. listed: False
    for what is recorded only as an input of a watched op.
    """

    tensor: Tensor
    device: Device
    local: str
    root: int
    in_slot: bool = False
    listed: bool = True


@dataclass(frozen=True)
class Again:
    """How a dropped value is computed once more: its source line, and the names in that."""

    line: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """Generated code: `function(*fed values)`.

    Plain, it returns the fetched values. Instrumented, it returns (fetched values, recorded values,
    hits, times, over): hits are indices into `recorded`; times are nanoseconds, one before the
    first op of `traced` and one after each; over says that updates overwrote recorded values.
    lines: the op that each source line belongs to. computes: False when only constants, feeds and
    variables are handed out. repeats: an op can run several times or never; then the recorded
    values are a list of index into `recorded` and value in turn, as they came, hits are places in
    that list, and times are pairs (index into `traced`, nanoseconds). again: the recorded locals
    that are dropped as long as there is no hit. replay: recorded are only the variables' values
    from before the run, each with its number of rewrites; this runs the ops again and records all.
    covered: places in `recorded` of what is not tested, for another shows what is bad in it.
    summarizes: the recorded values are health summaries. pieces: the code of the functions that a
    long program is made of, whose line numbers are those of the whole source. interpreted: there is
    no source; the local `execution` of the function knows the op that runs.
    """

    function: Callable[..., Any]
    source: str
    lines: tuple[Operation | None, ...]
    namespace: dict[str, Any]
    computes: bool = True
    recorded: tuple[Recorded, ...] = ()
    static_hits: tuple[int, ...] = ()
    covered: tuple[int, ...] = ()
    traced: tuple[Operation, ...] = ()
    repeats: bool = False
    again: Mapping[str, Again] = field(default_factory=dict)
    replay: Replay | None = None
    interpreted: bool = False
    summarizes: bool = False
    pieces: tuple[CodeType, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A program with its feeds, fetches and placement.

    constant_health: the health summaries of the program's constants, by their identity.
    """

    feeds: tuple[Feed, ...]
    fetches: Fetches
    order: tuple[Operation, ...]
    placement: dict[Operation, Device]
    program: Program
    instrument: Instrument = PLAIN
    _partitions: dict[str, GraphDef] = field(default_factory=dict)
    constant_health: dict[int, npt.NDArray[np.float64]] = field(default_factory=dict)

    def partition_graphs(self) -> dict[str, GraphDef]:
        """The GraphDef of each device, by device name; made once."""
        if not self._partitions:
            fed = {feed.tensor for feed in self.feeds}
            fed_ops = {op for op in self.order if op.outputs and fed.issuperset(op.outputs)}
            self._partitions.update(partition_graphs(self.order, self.placement, fed_ops))
        return self._partitions

    def run(self, values: Sequence[Any]) -> Any:
        """Call the program; an error inside a kernel becomes an OpError that names the op."""
        program = self.program
        try:
            if not program.computes:
                return program.function(*values)
            with np.errstate(all="ignore"):
                return program.function(*values)
        except Exception as error:
            raise self.op_error(error) from error.__cause__

    def op_error(self, error: Exception) -> Exception:
        """The OpError for what a kernel raised; `error` itself when no op is to blame."""
        op, _ = self.failed_at(error.__traceback__)
        if isinstance(error, errors.OpError):
            if error.op is None and op is not None:
                error.op = op
                error.node_def = op.node_def
            return error
        if op is None:
            return error
        kind = (
            errors.ResourceExhaustedError
            if isinstance(error, MemoryError)
            else errors.InvalidArgumentError
        )
        made = kind(op.node_def, op, f"{op.name}: {error}")
        made.__cause__ = error
        return made

    def failed_at(self, traceback: TracebackType | None) -> tuple[Operation | None, dict[str, Any]]:
        """The op whose line a traceback stopped at, and the program's locals at that time."""
        codes = self.program.pieces or (self.program.function.__code__,)
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if any(code is own for own in codes):
                found = dict(traceback.tb_frame.f_locals)
                if self.program.interpreted:
                    execution = found.get("execution")
                    return execution and execution.current, found
                line, lines = traceback.tb_lineno, self.program.lines
                return (lines[line] if line < len(lines) else None), found
            traceback = traceback.tb_next
        return None, {}
