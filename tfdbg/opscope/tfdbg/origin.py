"""Where a value went bad: the first tensor with inf or nan whose inputs were all finite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opscope.tfdbg.debug_dump import DebugDump, Frame
from opscope.tfdbg.debug_tensor import DebugTensorDatum, has_inf_or_nan
from opscope.tfdbg.filters import TensorFilter, find_passing


@dataclass(frozen=True)
class OriginInput:
    """One input of the op that made the first bad tensor; no datum where it was not dumped."""

    tensor_name: str
    datum: DebugTensorDatum | None


@dataclass(frozen=True)
class Origin:
    """A tensor that is bad although no dumped input of its op was; op type `?` without a graph.

    `traceback` is the stack that made the op, innermost frame last; empty where it is unknown.
    An op without inputs brought the bad value into the run: a feed, a variable, a constant.
    """

    datum: DebugTensorDatum
    op_type: str
    inputs: tuple[OriginInput, ...]
    traceback: tuple[Frame, ...]

    @property
    def source_line(self) -> Frame | None:
        """The innermost frame: the line of the program that made the op."""
        return self.traceback[-1] if self.traceback else None


def first_bad(
    dump: DebugDump,
    passes: TensorFilter = has_inf_or_nan,
    exclude_node_names: str | None = None,
) -> Origin | None:
    """The first origin in the order of time over all devices; None where nothing is bad.

    `passes` says what bad means. Nodes whose name matches `exclude_node_names` from its start
    count as good.
    """
    return next(find_origins(dump, passes, exclude_node_names), None)


def find_origins(
    dump: DebugDump,
    passes: TensorFilter = has_inf_or_nan,
    exclude_node_names: str | None = None,
) -> Iterator[Origin]:
    """Every origin in the order of time; one that comes back in a loop is given once."""
    name = getattr(passes, "__name__", "filter")
    bad = find_passing(dump, passes, name, exclude_node_names=exclude_node_names)
    bad_ids = {id(datum) for datum in bad}
    seen: set[tuple[str, str]] = set()
    for datum in bad:
        key = (datum.device_name, datum.tensor_name)
        if key in seen:
            continue
        inputs = _inputs(dump, datum)
        if any(source.datum is not None and id(source.datum) in bad_ids for source in inputs):
            continue
        seen.add(key)
        known = dump.has_graph(datum.device_name)
        yield Origin(
            datum,
            dump.node_op_type(datum.node_name, datum.device_name) if known else "?",
            inputs,
            _traceback(dump, datum.node_name),
        )


def _inputs(dump: DebugDump, datum: DebugTensorDatum) -> tuple[OriginInput, ...]:
    """What the op read: of each input the last dump that is not later than its own."""
    if not dump.has_graph(datum.device_name):
        return ()
    found: list[OriginInput] = []
    for device_name, node_name, slot in dump.tensor_sources(datum.node_name, datum.device_name):
        earlier = [
            other
            for other in dump.node_data(node_name, device_name)
            if other.output_slot == slot
            and other.debug_op == datum.debug_op
            and other.order <= datum.order
        ]
        found.append(OriginInput(f"{node_name}:{slot}", earlier[-1] if earlier else None))
    return tuple(found)


def _traceback(dump: DebugDump, node_name: str) -> tuple[Frame, ...]:
    try:
        return dump.node_traceback(node_name)
    except LookupError:
        return ()
