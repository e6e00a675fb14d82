"""The graph: operations and the tensors between them, with name, device and control scopes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from opscope.runtime.device_spec import DeviceSpec, merge_device
from opscope.runtime.graph_collections import GraphCollections
from opscope.runtime.graph_elements import GraphElements
from opscope.runtime.graph_names import VALID_OP_NAME, GraphNames
from opscope.runtime.op_def import OpDef
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.traceback import user_frames

if TYPE_CHECKING:
    from opscope.events.proto.graph_pb2 import GraphDef
    from opscope.runtime.control_flow_context import ControlFlowContext
    from opscope.runtime.function_graph import GraphFunction

__all__ = ["Graph", "Operation", "Tensor", "get_default_graph", "reset_default_graph"]

DeviceFunction = Callable[[Operation], str]


class _ControlScope:
    """The control inputs of one `control_dependencies` block and the ops made inside it."""

    __slots__ = ("inputs", "is_reset", "seen")

    def __init__(self, inputs: Sequence[Operation], is_reset: bool) -> None:
        self.inputs = tuple(inputs)
        self.is_reset = is_reset
        self.seen: set[Operation] = set()


class Graph(GraphCollections, GraphNames, GraphElements):
    """A dataflow graph under construction; it also holds collections and the random seed.

    captures_outside: True for the body of a function, which may use tensors of the graph around it.
    """

    captures_outside = False

    def __init__(self) -> None:
        super().__init__()
        self._device_stack: list[str | DeviceFunction | None] = []
        self._control_stack: list[_ControlScope] = []
        self._gradient_overrides: dict[str, str] = {}
        self._container = ""
        self._colocation_stack: list[list[str]] = []  # groups, as in the attribute `_class`
        self._finalized = False
        self.control_flow_context: ControlFlowContext | None = None
        self.seed: int | None = None
        self._functions: dict[str, GraphFunction] = {}

    # -- operations ------------------------------------------------------------------------

    @property
    def finalized(self) -> bool:
        """True after `finalize`."""
        return self._finalized

    def finalize(self) -> None:
        """Forbid new operations."""
        self._finalized = True

    def _unsafe_unfinalize(self) -> None:
        """Allow new operations again; for the one who called `finalize`."""
        self._finalized = False

    def create_op(
        self,
        definition: OpDef,
        inputs: Sequence[Tensor],
        attrs: dict[str, Any],
        name: str | None = None,
        *,
        control_inputs: Sequence[Operation] = (),
        device: str | None = None,
    ) -> Operation:
        """Add an operation.

        attrs are complete and normalised, and shared: nobody changes them. A name ending in "/" is
        taken as it is, any other is made unique inside the current name scope. Raises RuntimeError
        on a finalized graph and ValueError for a bad name, an input of another graph, or shapes
        that do not fit.
        """
        with self._lock:
            if self._finalized:
                raise RuntimeError("Graph is finalized and cannot be modified.")
            for tensor in inputs:
                if tensor.op.graph is not self:
                    raise ValueError(f"{tensor!r} is not an element of this graph.")
            if name is None:
                name = definition.name
            if name.endswith("/"):
                full_name = name[:-1]
                if full_name in self._by_name:
                    raise ValueError(f"the graph already has an operation named {full_name!r}")
                self._names_in_use.setdefault(full_name.lower(), 1)
            else:
                full_name = self.unique_name(name)
            if not VALID_OP_NAME.match(full_name):
                raise ValueError(f"'{full_name}' is not a valid node name")
            controls = list(control_inputs)
            if self._control_stack:
                for scoped in self._scoped_controls(inputs):
                    if scoped not in controls:
                        controls.append(scoped)
            if self._gradient_overrides and definition.name in self._gradient_overrides:
                replacement = self._gradient_overrides[definition.name]
                attrs = {**attrs, "_gradient_op_type": replacement}
            if self._container and attrs.get("container") == "":
                attrs = {**attrs, "container": self._container}
            if self._colocation_stack and "_class" not in attrs:
                groups = {g for s in self._colocation_stack for g in s}
                attrs = {**attrs, "_class": tuple(sorted(groups))}
            context = self.control_flow_context
            wired = list(inputs)
            if context is not None:
                context = context.home(definition, wired)
                with self.name_scope(full_name + "/"):
                    wired, controls = context.wire(definition, wired, controls)
            made = Operation(self, definition, full_name, wired, controls, attrs)
            made.code_frames = user_frames()
            made.set_output_shapes()
            if device is not None:
                made.device = device
            elif self._device_stack or "_class" in attrs:
                made.device = self._device_for(made)
            self._operations.append(made)
            self._by_name[full_name] = made
            if context is not None:
                context.adopt(made)
            if self._control_stack:
                self.mark_seen(made)
            return made

    def _scoped_controls(self, inputs: Sequence[Tensor]) -> Iterator[Operation]:
        """Control inputs of the open scopes, less those that a data input implies."""
        producers = {t.op for t in inputs}
        for scope in reversed(self._control_stack):
            if producers.isdisjoint(scope.seen):
                yield from (o for o in scope.inputs if o not in producers)
            if scope.is_reset:
                return

    # -- devices ---------------------------------------------------------------------------

    @contextmanager
    def device(self, device: str | DeviceSpec | DeviceFunction | None) -> Iterator[None]:
        """Place ops made inside on `device`: a name, a function of the op, or None for no rule."""
        self._device_stack.append(
            device if device is None or callable(device) else DeviceSpec.parse(device).to_string()
        )
        try:
            yield
        finally:
            self._device_stack.pop()

    def _device_for(self, op: Operation) -> str:
        device = ""
        for rule in reversed(self._device_stack):
            if rule is None:
                break
            device = merge_device(rule if isinstance(rule, str) else rule(op) or "", device)
        if "_class" in op.attrs and not device:
            for entry in op.attrs["_class"]:
                host = self._by_name.get(entry.removeprefix("loc:@"))
                if host is not None:
                    device = merge_device(host.device, device)
        return device

    @contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Place ops made inside on the device of `op`, or, if that is None, where they like."""
        previous = self._colocation_stack
        devices = self._device_stack
        if op is None:
            if not ignore_existing:
                raise ValueError(
                    "Trying to reset colocation (op is None) but ignore_existing is not True"
                )
            self._colocation_stack = []
            self._device_stack = []
            try:
                yield
            finally:
                self._colocation_stack = previous
                self._device_stack = devices
            return
        target = self.as_graph_element(op)
        owner = target.op if isinstance(target, Tensor) else target
        groups = [g.decode() for g in owner.colocation_groups()]
        self._colocation_stack = [groups] if ignore_existing else [*previous, groups]
        self._device_stack = []
        try:
            yield
        finally:
            self._colocation_stack = previous
            self._device_stack = devices

    @contextmanager
    def colocate_with_future(self, name: str) -> Iterator[None]:
        """Put ops made inside into the group of `name`, an op yet to be made, or the open group."""
        previous = self._colocation_stack
        self._colocation_stack = previous or [[f"loc:@{name}"]]
        try:
            yield
        finally:
            self._colocation_stack = previous

    @contextmanager
    def gradient_override_map(self, op_type_map: dict[str, str]) -> Iterator[None]:
        """Give ops made inside, of the types named, the gradients registered under other names."""
        if not isinstance(op_type_map, dict):
            raise TypeError("`op_type_map` must be a dictionary mapping strings to strings")
        for pair in op_type_map.items():
            if not all(isinstance(text, str) for text in pair):
                raise TypeError("Keys and values of `op_type_map` must be strings")
        previous = self._gradient_overrides
        self._gradient_overrides = {**previous, **op_type_map}
        try:
            yield
        finally:
            self._gradient_overrides = previous

    @contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """Keep the state of variables, queues and tables made inside in a container of this name.

        Two of one name in different containers are different.
        """
        previous = self._container
        self._container = container_name
        try:
            yield container_name
        finally:
            self._container = previous

    # -- control dependencies --------------------------------------------------------------

    def scoped_controls(self, inputs: Sequence[Tensor]) -> list[Operation]:
        """The control inputs that an op with these inputs gets from the open scopes."""
        return list(dict.fromkeys(self._scoped_controls(inputs)))

    def mark_seen(self, op: Operation) -> None:
        """Let what reads `op` do without the control inputs of the open scopes."""
        for scope in reversed(self._control_stack):
            scope.seen.add(op)
            if scope.is_reset:  # what is made there does not wait for the scopes outside
                return

    @contextmanager
    def control_dependencies(self, control_inputs: Iterable[Any] | None) -> Iterator[None]:
        """Make every op built inside run after `control_inputs`; None clears the open scopes."""
        inputs: list[Operation] = []
        for item in control_inputs or ():
            if hasattr(item, "handle") or not hasattr(item, "_as_graph_element"):
                # Rows stand for the op that makes them, what an update of a resource variable
                # returns for the update.
                item = getattr(item, "op", item)
            element = self.as_graph_element(item)
            owner = element.op if isinstance(element, Tensor) else element
            if owner not in inputs:
                inputs.append(owner)
        self._control_stack.append(_ControlScope(inputs, control_inputs is None))
        context = self.control_flow_context
        if control_inputs is None:
            self.control_flow_context = None  # out of loops and branches too
        try:
            yield
        finally:
            self._control_stack.pop()
            self.control_flow_context = context

    # -- context and output ----------------------------------------------------------------

    def as_default(self) -> AbstractContextManager[Graph]:
        """Make this the default graph inside a `with` block."""
        return _AsDefault(self)

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> GraphDef:
        """Serialise the graph as TensorFlow does; `add_shapes` adds `_output_shapes`."""
        from opscope.runtime.graph_def import graph_to_def

        nodes = self._operations[from_version or 0 :]
        return graph_to_def(nodes, add_shapes, self._functions.values())

    @property
    def functions(self) -> Mapping[str, GraphFunction]:
        """The functions that ops of the graph name, and those of imported libraries, by name."""
        from opscope.runtime.function_def import named_functions

        return named_functions(self._operations, self._functions.values())

    def keep_functions(self, functions: Iterable[GraphFunction]) -> None:
        """Let the graph's library have these functions, whether an op names them or not."""
        for function in functions:
            self._functions.setdefault(function.name, function)


class _AsDefault(AbstractContextManager["Graph"]):
    """One `with graph.as_default()`."""

    __slots__ = ("_graph",)

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def __enter__(self) -> Graph:
        _default_graphs.stack.append(self._graph)
        return self._graph

    def __exit__(self, *exc_info: object) -> None:
        if _default_graphs.stack.pop() is not self._graph:
            raise RuntimeError("Nesting violated for default graphs")


class _DefaultGraphs(threading.local):
    """The stack of default graphs of one thread; the graph at its bottom is global."""

    def __init__(self) -> None:
        self.stack: list[Graph] = []


_default_graphs = _DefaultGraphs()
_global_graph = Graph()


def get_default_graph() -> Graph:
    """The graph that new ops go into."""
    return _default_graphs.stack[-1] if _default_graphs.stack else _global_graph


def graph_of(values: Iterable[Any]) -> Graph:
    """The graph that an op on `values` goes into: that of the first tensor, else the default graph.

    The body of a function takes every op made inside it, for it captures tensors from outside.
    """
    default = get_default_graph()
    if not default.captures_outside:
        for value in values:
            if isinstance(value, Tensor):
                return value.op.graph
    return default


def reset_default_graph() -> None:
    """Replace the global default graph by an empty one; not inside `as_default`."""
    global _global_graph
    if _default_graphs.stack:
        raise AssertionError(
            "Do not use tf.reset_default_graph() to clear nested graphs. "
            "If you need a cleared graph, exit the nesting and create a new graph."
        )
    _global_graph = Graph()
