"""The graphs that a logdir has beside its event files: graph files, tfdbg dumps, Debugger V2."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable

from opscope.events.debug_events import DebugEvents
from opscope.events.debug_nodes import remove_debug_nodes
from opscope.events.dump_root import open_dump
from opscope.events.error import DumpError, LogdirError
from opscope.events.graph_file import graphs_in_file
from opscope.events.logdir_tree import LogdirTree
from opscope.events.merged_graph import merge_partitions
from opscope.events.nearest_run import nearest_run
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.tag_data import GraphRef

MOST_DUMPS = 20
DEBUGGER_TAG = "Debugger V2"


class GraphsBeside:
    """By run: files, dumps and Debugger V2 folders, each of the run that is nearest.

    Where there are no event files, the folders that hold these are runs of their own.
    """

    def __init__(
        self,
        roots: Collection[str],
        name_of: Callable[[str], str],
        tree: LogdirTree,
        runs: list[str],
    ) -> None:
        self.files = tree.graph_files
        self.dumps: dict[str, list[str]] = defaultdict(list)
        self.debuggers: dict[str, list[str]] = defaultdict(list)
        for root in tree.dump_roots:
            run = nearest_run(name_of(root), runs) if runs else None
            where = root if root in roots else os.path.dirname(root)
            self.dumps[run or name_of(where)].append(root)
        for prefix in tree.debug_events:
            where = os.path.dirname(prefix)
            run = nearest_run(name_of(where), runs) if runs else None
            self.debuggers[run or name_of(where)].append(prefix)
        self._labels: dict[tuple[str, int], list[str]] = {}

    @property
    def runs(self) -> set[str]:
        """The runs that have any."""
        return {*self.files, *self.dumps, *self.debuggers}

    def refs(self, run: str, alone: bool) -> list[GraphRef]:
        """The graphs of a run; those of dumps, newest first, only where it has no others."""
        found = [GraphRef(tag, "file") for tag in self._file_tags(run)]
        count = len(self.debuggers.get(run, ()))
        found += [GraphRef(_numbered(number), "debugger") for number in reversed(range(count))]
        if alone and not found:
            roots = self.dumps.get(run, [])[-MOST_DUMPS:]
            found += [GraphRef(os.path.basename(root), "dump") for root in reversed(roots)]
        return found

    def graph(self, run: str, ref: GraphRef) -> bytes:
        """A serialized GraphDef; LogdirError where it cannot be had."""
        if ref.kind == "file":
            name, _, label = ref.tag.partition(": ")
            path = next(p for p in self.files[run] if os.path.basename(p) == name)
            return graphs_in_file(_read(path), name)[label]
        try:
            if ref.kind == "dump":
                roots = {os.path.basename(root): root for root in self.dumps[run]}
                return graph_of_dump(roots[ref.tag])
            numbers = {_numbered(number): p for number, p in enumerate(self.debuggers[run])}
            return graph_of_debug_events(DebugEvents(numbers[ref.tag]))
        except DumpError as error:
            raise LogdirError(str(error)) from error

    def _file_tags(self, run: str) -> Iterable[str]:
        for path, written in self.files.get(run, {}).items():
            name = os.path.basename(path)
            if not name.startswith("saved_model.pb"):
                yield name
                continue
            labels = self._labels.get((path, written))
            if labels is None:
                try:
                    labels = list(graphs_in_file(_read(path), name))
                except LogdirError:
                    labels = [""]  # asked for, it says what is wrong
                self._labels[path, written] = labels
            yield from (f"{name}: {label}" if label else name for label in labels)


def graph_of_dump(root: str) -> bytes:
    """What ran in a dumped run: the graphs of its devices as one, without debug nodes."""
    dump = open_dump(root)
    graphs = [graph for device in dump.devices if (graph := dump.graph(device)) is not None]
    if not graphs:
        raise DumpError(f"{root}: this dump holds no graph")
    merged = merge_partitions([remove_debug_nodes(graph) for graph in graphs])
    return merged.SerializeToString(deterministic=True)


def graph_of_debug_events(events: DebugEvents) -> bytes:
    """The graphs of a Debugger V2 dump as one: each a scope, inside the one it was made in.

    An op that others read and the dump does not tell of (as calls of functions, which are not
    recorded) is a node all the same.
    """
    scopes = _scopes(events)
    merged = GraphDef()
    made: dict[str, set[str]] = defaultdict(set)
    read: dict[str, dict[str, None]] = defaultdict(dict)
    for op in events.ops:
        scope = scopes.get(op.graph_id, "")
        node = merged.node.add(name=scope + op.name, op=op.op_type, device=op.device)
        made[scope].add(op.name)
        for source in op.inputs:
            name = source.removeprefix("^").partition(":")[0]
            read[scope][name] = None
            control = "^" if source.startswith("^") else ""
            node.input.append(control + scope + source.removeprefix("^"))
    for scope, names in read.items():
        for name in names.keys() - made[scope]:
            leaf = name.rpartition("/")[2].rstrip("0123456789").rstrip("_")
            op_type = leaf if leaf.endswith("PartitionedCall") else "NotRecorded"
            merged.node.add(name=scope + name, op=op_type)
    return merged.SerializeToString(deterministic=True)


def _scopes(events: DebugEvents) -> dict[str, str]:
    """`OUTER/INNER/` by id of graph."""
    scopes: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for graph in events.graphs.values():  # outer graphs come first
        if not graph.name:
            scopes[graph.graph_id] = ""
            continue
        scope = scopes.get(graph.outer_id, "") + graph.name
        taken[scope] += 1
        again = f"_{taken[scope]}" if taken[scope] > 1 else ""
        scopes[graph.graph_id] = f"{scope}{again}/"
    return scopes


def _numbered(number: int) -> str:
    return DEBUGGER_TAG if number == 0 else f"{DEBUGGER_TAG} {number + 1}"


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise LogdirError(f"{path}: cannot be read: {error.strerror or error}") from error
