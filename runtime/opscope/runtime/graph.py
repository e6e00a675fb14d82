"""The graph: operations and the tensors between them, with name, device and control scopes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from opscope.runtime.device_spec import DeviceSpec, merge_device
from opscope.runtime.graph_collections import GraphCollections
from opscope.runtime.op_def import OpDef
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.traceback import user_frames

if TYPE_CHECKING:
    from opscope.events.proto.graph_pb2 import GraphDef
    from opscope.runtime.control_flow_context import ControlFlowContext
    from opscope.runtime.function_graph import GraphFunction

__all__ = ["Graph", "Operation", "Tensor", "get_default_graph", "reset_default_graph"]

# What TensorFlow accepts as an op name and as a name scope.
_VALID_OP_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
_VALID_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")

DeviceFunction = Callable[[Operation], str]


class _ControlScope:
    """The control inputs of one `control_dependencies` block and the ops made inside it."""

    __slots__ = ("inputs", "is_reset", "seen")

    def __init__(self, inputs: Sequence[Operation], is_reset: bool) -> None:
        self.inputs = tuple(inputs)
        self.is_reset = is_reset
        self.seen: set[Operation] = set()


class Graph(GraphCollections):
    """A dataflow graph under construction; it also holds collections and the random seed.

    captures_outside: True for the body of a function, which may use tensors of the graph around it.
    """

    captures_outside = False

    def __init__(self) -> None:
        super().__init__()
        self._operations: list[Operation] = []
        self._by_name: dict[str, Operation] = {}
        self._names_in_use: dict[str, int] = {}
        self._name_scope = ""
        self._device_stack: list[str | DeviceFunction | None] = []
        self._control_stack: list[_ControlScope] = []
        self._gradient_overrides: dict[str, str] = {}
        self._container = ""
        self._colocation_stack: list[list[str]] = []  # groups, as in the attribute `_class`
        self._unfeedable: set[Tensor] = set()
        self._unfetchable: set[Operation] = set()
        self._finalized = False
        self._lock = threading.RLock()
        self.control_flow_context: ControlFlowContext | None = None
        self.seed: int | None = None
        self._functions: dict[str, GraphFunction] = {}
        self.rewrites = 0  # rises when an existing node changes, so that plans are made anew

    # -- operations ------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """The number of operations made so far."""
        return len(self._operations)

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

        attrs are complete and normalised. A name ending in "/" is taken as it is, any other is
        made unique inside the current name scope. Raises RuntimeError on a finalized graph and
        ValueError for a bad name, an input of another graph, or shapes that do not fit.
        """
        with self._lock:
            if self._finalized:
                raise RuntimeError("Graph is finalized and cannot be modified.")
            for tensor in inputs:
                if tensor.op.graph is not self:
                    raise ValueError(f"{tensor!r} is not an element of this graph.")
            if name is None:
                name = definition.name
            full_name = name[:-1] if name.endswith("/") else self.unique_name(name)
            if not _VALID_OP_NAME.match(full_name):
                raise ValueError(f"'{full_name}' is not a valid node name")
            if full_name in self._by_name:
                raise ValueError(f"the graph already has an operation named {full_name!r}")
            controls = list(control_inputs)
            if self._control_stack:
                for scoped in self._scoped_controls(inputs):
                    if scoped not in controls:
                        controls.append(scoped)
            if definition.name in self._gradient_overrides:
                attrs["_gradient_op_type"] = self._gradient_overrides[definition.name]
            if self._container and attrs.get("container") == "":
                attrs["container"] = self._container
            if self._colocation_stack and "_class" not in attrs:
                attrs["_class"] = tuple(sorted({g for s in self._colocation_stack for g in s}))
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
            self._names_in_use.setdefault(full_name.lower(), 1)
            if context is not None:
                context.adopt(made)
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

    def get_operations(self) -> list[Operation]:
        """All operations, in the order they were made."""
        return list(self._operations)

    def get_operation_by_name(self, name: str) -> Operation:
        """Return one operation; KeyError when there is none of that name."""
        found = self.as_graph_element(name, allow_tensor=False)
        assert isinstance(found, Operation)
        return found

    def get_tensor_by_name(self, name: str) -> Tensor:
        """Return the tensor "op:slot"; KeyError when there is none."""
        found = self.as_graph_element(name, allow_operation=False)
        assert isinstance(found, Tensor)
        return found

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Tensor | Operation:
        """Return the tensor or operation that `obj` (one of them, a Variable or a name) means."""
        convert = getattr(obj, "_as_graph_element", None)
        if convert is not None:
            obj = convert()
        if isinstance(obj, (Tensor, Operation)):
            wanted = allow_tensor if isinstance(obj, Tensor) else allow_operation
            if not wanted:
                raise TypeError(f"Can not convert a {type(obj).__name__} here: {obj!r}")
            if obj.graph is not self:
                raise ValueError(f"{obj} is not an element of this graph.")
            return obj
        if not isinstance(obj, str):
            kinds = " or ".join(
                k for k, on in (("Tensor", allow_tensor), ("Operation", allow_operation)) if on
            )
            raise TypeError(f"Can not convert a {type(obj).__name__} into a {kinds}.")
        if ":" in obj:
            if not allow_tensor:
                raise ValueError(f"Name {obj!r} appears to refer to a Tensor, not a Operation.")
            op_name, _, slot = obj.rpartition(":")
            found = self._by_name.get(op_name)
            if found is None:
                raise KeyError(
                    f"The name {obj!r} refers to a Tensor which does not exist. "
                    f"The operation, {op_name!r}, does not exist in the graph."
                )
            if not slot.isdigit() or int(slot) >= len(found.outputs):
                raise KeyError(
                    f"The name {obj!r} refers to a Tensor which does not exist. The operation, "
                    f"{op_name!r}, exists but only has {len(found.outputs)} outputs."
                )
            return found.outputs[int(slot)]
        if not allow_operation:
            raise ValueError(
                f"Name {obj!r} looks like an operation name, not a Tensor; "
                f'a tensor is named "{obj}:0"'
            )
        if obj not in self._by_name:
            raise KeyError(f"The name {obj!r} refers to an Operation not in the graph.")
        return self._by_name[obj]

    def prevent_feeding(self, tensor: Tensor) -> None:
        """Make `tensor` unfeedable."""
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor: Tensor) -> bool:
        """True unless `prevent_feeding` was called for the tensor."""
        return tensor not in self._unfeedable

    def prevent_fetching(self, op: Operation) -> None:
        """Make `op` unfetchable."""
        self._unfetchable.add(op)

    def is_fetchable(self, element: Tensor | Operation) -> bool:
        """True unless `prevent_fetching` was called for the operation."""
        return (element.op if isinstance(element, Tensor) else element) not in self._unfetchable

    # -- names -----------------------------------------------------------------------------

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """Return `name` inside the current scope with `_1`, `_2`, ... added if it is taken.

        Names that differ only in case count as the same, as in TensorFlow.
        """
        if self._name_scope:
            name = f"{self._name_scope}/{name}"
        used = self._names_in_use
        key = name.lower()
        count = used.get(key, 0)
        if mark_as_used:
            used[key] = count + 1
        if count:
            base = name
            while key in used:
                name = f"{base}_{count}"
                key = name.lower()
                count += 1
            if mark_as_used:
                used[base.lower()] = count
                used[key] = 1
        return name

    def get_name_scope(self) -> str:
        """The current name scope, without a trailing slash."""
        return self._name_scope

    def name_scope(self, name: str | None) -> AbstractContextManager[str]:
        """Name ops made inside `scope/...`; yields the scope with a trailing slash.

        A name ending in "/" opens that very scope again; None or "" opens the root.
        """
        return _NameScope(self, name)

    def enter_names(self, name: str | None) -> str:
        """Open a name scope, as `name_scope`, and return the one that was open."""
        if name and not (_VALID_SCOPE_NAME if self._name_scope else _VALID_OP_NAME).match(name):
            raise ValueError(f"'{name}' is not a valid root scope name")
        previous = self._name_scope
        if not name:
            self._name_scope = ""
        elif name.endswith("/"):
            self._name_scope = name[:-1]
        else:
            self._name_scope = self.unique_name(name)
        return previous

    def leave_names(self, previous: str) -> None:
        """Open the name scope again that was open before."""
        self._name_scope = previous

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

    def rewrite_inputs(self, op: Operation, inputs: list[Tensor]) -> None:
        """Replace the data inputs of an existing operation; plans that used it are made anew."""
        op.inputs = inputs
        self.rewrites += 1


# These are entered for every op: a class costs a third of a generator.
class _NameScope(AbstractContextManager[str]):
    """One `with graph.name_scope(...)`."""

    __slots__ = ("_graph", "_name", "_previous")

    def __init__(self, graph: Graph, name: str | None) -> None:
        self._graph = graph
        self._name = name
        self._previous = ""

    def __enter__(self) -> str:
        graph = self._graph
        self._previous = graph.enter_names(self._name)
        scope = graph.get_name_scope()
        return f"{scope}/" if scope else ""

    def __exit__(self, *exc_info: object) -> None:
        self._graph.leave_names(self._previous)


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
