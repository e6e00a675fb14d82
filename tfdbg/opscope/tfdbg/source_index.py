"""Which source lines made which nodes and tensors of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.source_files import is_library, same_file


@dataclass(frozen=True)
class SourceFile:
    """A file and how much of a run it made; a node counts for every file in its stack.

    `dumps` counts the dumps of all debug ops. `first_line` is the first that made a node.
    """

    path: str
    is_library: bool
    nodes: int
    tensors: int
    dumps: int
    first_line: int


def source_files(dump: DebugDump) -> list[str]:
    """The paths of the files in the stacks of a dump, sorted; `<stdin>` and the like are none."""
    return sorted({same_file(path) for path in _paths(dump) if not path.startswith("<")})


def list_source_files(dump: DebugDump, nodes: list[str]) -> list[SourceFile]:
    """The files that made these nodes, by path."""
    tensors = _outputs(dump)
    one_spelling = {path: same_file(path) for path in _paths(dump)}
    made: dict[str, set[str]] = {}
    first: dict[str, int] = {}
    for node in nodes:
        for path, line, _, _ in dump.tracebacks[node]:
            if path.startswith("<"):
                continue
            file = one_spelling[path]
            made.setdefault(file, set()).add(node)
            first[file] = min(line, first.get(file, line))
    return [
        SourceFile(
            path,
            is_library(path),
            len(of_file),
            sum(tensors.get(node, 0) for node in of_file),
            sum(len(dump.node_data(node)) for node in of_file),
            first[path],
        )
        for path, of_file in sorted(made.items())
    ]


def elements_by_line(dump: DebugDump, path: str, tensors: bool) -> dict[int, list[str]]:
    """The ops made on each line of a file, or the dumped tensors of those ops, sorted."""
    spellings = {file for file in _paths(dump) if same_file(file) == same_file(path)}
    found: dict[int, set[str]] = {}
    for node, frames in dump.tracebacks.items():
        for file, line, _, _ in frames:
            if file not in spellings:
                continue
            names = {d.tensor_name for d in dump.node_data(node)} if tensors else {node}
            found.setdefault(line, set()).update(names)
    return {line: sorted(names) for line, names in found.items()}


def _paths(dump: DebugDump) -> set[str]:
    return {frame[0] for frames in dump.tracebacks.values() for frame in frames}


def _outputs(dump: DebugDump) -> dict[str, int]:
    """How many outputs each node has.

    The Python graph tells; without it they are those that were dumped or that a node reads.
    """
    graph = dump.python_graph
    if graph is not None:
        return {
            operation.name: len(operation.outputs)
            for operation in graph.get_operations()  # type: ignore[attr-defined]
            if hasattr(operation, "outputs")
        }
    found: dict[str, set[int]] = {}
    for node, slot in (*_dumped(dump), *_read(dump)):
        found.setdefault(node, set()).add(slot)
    return {node: len(slots) for node, slots in found.items()}


def _dumped(dump: DebugDump) -> Iterator[tuple[str, int]]:
    for datum in dump.dumped_tensor_data:
        yield datum.node_name, datum.output_slot


def _read(dump: DebugDump) -> Iterator[tuple[str, int]]:
    for device in dump.devices():
        if dump.has_graph(device):
            graph = dump.graph(device)
            for node in graph.nodes:
                yield from graph.data_inputs(node)
