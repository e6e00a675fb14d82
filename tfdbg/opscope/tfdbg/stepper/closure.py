"""What a run's fetches depend on, in an order in which it can be computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

_NOT_VALUES = ("resource", "variant")
_LOOP_STARTS = ("Enter", "RefEnter")
_LOOP_ENDS = ("Exit", "RefExit")
_BRANCHES = ("Switch", "RefSwitch", "_SwitchN")
_MERGES = ("Merge", "RefMerge")
_LOOP_BACK = ("NextIteration", "RefNextIteration")


class Closure:
    """The nodes that fetches need, inputs before their readers.

    Elements of the graph are told by shape, so that TensorFlow's graphs serve as well as ours.
    The edges that lead a loop back to its start are left out of the order.
    """

    def __init__(self, graph: Any, fetches: Iterable[Any]) -> None:
        self._graph = graph
        self._slots: dict[str, set[int]] = {}
        targets = []
        for fetch in fetches:
            op = operation_of(fetch)
            targets.append(op)
            if fetch is not op:
                self._reach(fetch)
        self.nodes = _inputs_first(targets, self._sources)
        self._depths = self._nesting()

    def _sources(self, op: Any) -> Iterator[Any]:
        for tensor in op.inputs:
            self._reach(tensor)
            yield tensor.op
        yield from op.control_inputs

    def _reach(self, tensor: Any) -> None:
        self._slots.setdefault(tensor.op.name, set()).add(tensor.value_index)

    def _nesting(self) -> dict[str, int]:
        """In how many loops and branches each node lies: such are run often, or not at all."""

        def forward(op: Any) -> Iterator[Any]:
            return (source for source in _needs(op) if source.type not in _LOOP_BACK)

        depths: dict[str, int] = {}
        for name, op in _inputs_first(self.nodes.values(), forward).items():
            depth = max((depths[source.name] for source in forward(op)), default=0)
            depths[name] = max(depth + _change_of_depth(op), 0)
        return depths

    def output_slots(self, node_name: str) -> list[int]:
        """The outputs of a node that the run reads or fetches."""
        return sorted(self._slots.get(node_name, ()))

    def tensors(self, node_name: str) -> list[Any]:
        """The tensors of `output_slots`."""
        outputs = self.nodes[node_name].outputs
        return [outputs[slot] for slot in self.output_slots(node_name)]

    def elements(self) -> list[str]:
        """The names of all tensors, and of the nodes of which no output is read."""
        found: list[str] = []
        for name in self.nodes:
            found += [tensor.name for tensor in self.tensors(name)] or [name]
        return found

    def is_feedable(self, tensor: Any) -> bool:
        """True where a value can stand in for the tensor: not for what names a variable."""
        if is_reference(tensor) or tensor.dtype.name in _NOT_VALUES:
            return False
        return not self._depths[tensor.op.name] and bool(self._graph.is_feedable(tensor))

    def is_fetchable(self, tensor: Any) -> bool:
        """True where a run can bring the tensor back, whatever way its conditions go."""
        return not self._depths[tensor.op.name] and bool(self._graph.is_fetchable(tensor))


def _inputs_first(
    targets: Iterable[Any], sources: Callable[[Any], Iterator[Any]]
) -> dict[str, Any]:
    """The targets and all that they need, each behind its sources; edges back are passed over."""
    found: dict[str, Any] = {}
    for target in targets:
        if target.name in found:
            continue
        open_nodes = {target.name}
        stack = [(target, sources(target))]
        while stack:
            op, pending = stack[-1]
            source = next(pending, None)
            if source is None:
                stack.pop()
                found.setdefault(op.name, op)
            elif source.name not in open_nodes and source.name not in found:
                open_nodes.add(source.name)
                stack.append((source, sources(source)))
    return found


def _needs(op: Any) -> Iterator[Any]:
    yield from (tensor.op for tensor in op.inputs)
    yield from op.control_inputs


def _change_of_depth(op: Any) -> int:
    """How much deeper in loops and branches an op's outputs lie than its inputs."""
    if op.type in _LOOP_STARTS:
        return 1
    if op.type in _LOOP_ENDS:
        return -1
    of_loop = any(t.op.type in (*_LOOP_STARTS, "LoopCond") for t in op.inputs)
    if op.type in _BRANCHES and not of_loop:
        return 1
    if op.type in _MERGES and not of_loop:
        return -1
    return 0


def operation_of(element: Any) -> Any:
    """The operation of a tensor; an operation itself."""
    return element if hasattr(element, "outputs") else element.op


def is_reference(tensor: Any) -> bool:
    """True for a tensor that is a variable and not a value."""
    return bool(tensor.dtype.name.endswith("_ref"))
