"""A session run taken apart: any node of it can be run by itself, with held or changed values."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from opscope.tfdbg.debug_tensor import Array
from opscope.tfdbg.session_run import flat_fetches
from opscope.tfdbg.stepper.closure import Closure, operation_of
from opscope.tfdbg.stepper.feeds import by_tensor, fitting, tensors_of
from opscope.tfdbg.stepper.variables import VARIABLE_OPS, Variables, written_variables

_PLACEHOLDERS = ("Placeholder", "PlaceholderV2")


class _Route(NamedTuple):
    """What a run of one target takes: the nodes to compute and the values that stand in."""

    nodes: dict[str, Any]
    feeds: dict[str, Any]
    feed_types: dict[str, str]


class NodeStepper:
    """Steps through what `fetches` need of a session, which may be TensorFlow's.

    The values of the targets continued to are held ("handles"), and so are those of the tensors
    computed on the way ("dumped intermediates"); later runs are fed with them. Every run goes
    through `session.run` with feeds. `restore_variable_values` puts back every variable that was
    written since the stepper was made, and so does leaving its `with` block. Raises ValueError
    for names that the fetches do not need.
    """

    FEED_TYPE_CLIENT = "client"
    FEED_TYPE_HANDLE = "handle"
    FEED_TYPE_OVERRIDE = "override"
    FEED_TYPE_DUMPED_INTERMEDIATE = "dumped_intermediate"

    def __init__(self, sess: Any, fetches: Any, feed_dict: Mapping[Any, Any] | None = None) -> None:
        self._session = sess
        self._fetches = fetches
        self._feed_dict = feed_dict
        self._graph = sess.graph
        flat = [part for fetch in flat_fetches(fetches) for part in tensors_of(fetch)]
        elements = [self._graph.as_graph_element(fetch) for fetch in flat]
        self._closure = Closure(self._graph, elements)
        self._elements = self._closure.elements()
        self._client = by_tensor(self._graph, feed_dict or {})
        self._overrides: dict[str, Any] = {}
        self._handles: dict[str, Any] = {}
        self._intermediates: dict[str, Any] = {}
        self._variables = Variables(sess)
        self._before: dict[str, Array] = {}  # of variables, when the stepper was made
        self._done: dict[str, dict[str, Array]] = {}  # nodes that ran: what their variables held
        self._dirty: set[str] = set()
        self._last_updated: set[str] = set()
        self._last_feed_types: dict[str, str] = {}

    def __enter__(self) -> NodeStepper:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.restore_variable_values()

    # What there is

    def sorted_nodes(self) -> list[str]:
        """The names of the nodes that the fetches need, inputs before their readers."""
        return list(self._closure.nodes)

    def closure_elements(self) -> list[str]:
        """The names of the tensors that the fetches need, and of the nodes without such."""
        return list(self._elements)

    def output_slots_in_closure(self, node_name: str) -> list[int]:
        """The outputs of a node that the fetches need."""
        self._check_node(node_name)
        return self._closure.output_slots(node_name)

    def is_feedable(self, name: str) -> bool:
        """True where a tensor's value can be injected; False for nodes."""
        if not isinstance(name, str):
            raise TypeError(f"Expected type str; got type {type(name)}")
        if name not in self._elements:
            raise ValueError(
                f"{name} is not in the transitive closure of this NodeStepper instance."
            )
        element = self._graph.as_graph_element(name)
        return element is not operation_of(element) and self._closure.is_feedable(element)

    def placeholders(self) -> list[str]:
        """The names of the placeholders among the nodes."""
        return [name for name, op in self._closure.nodes.items() if op.type in _PLACEHOLDERS]

    def handle_names(self) -> set[str]:
        """The tensors that were continued to."""
        return set(self._handles)

    def handle_node_names(self) -> set[str]:
        """The nodes of which an output was continued to, or that were run for their effect."""
        return {name.rpartition(":")[0] for name in self._handles} | {
            name for name in self._done if not self._closure.output_slots(name)
        }

    def intermediate_tensor_names(self) -> set[str]:
        """The tensors that were computed on the way."""
        return set(self._intermediates)

    def override_names(self) -> set[str]:
        """The tensors whose value was injected."""
        return set(self._overrides)

    def dirty_variables(self) -> set[str]:
        """The variables that were written and not put back."""
        return set(self._dirty)

    def last_updated(self) -> set[str]:
        """The variables that the last `cont` wrote."""
        return set(self._last_updated)

    def last_feed_types(self) -> dict[str, str]:
        """What the last `cont` was fed: tensor names and one of the FEED_TYPE texts."""
        return dict(self._last_feed_types)

    def get_tensor_value(self, tensor_name: str) -> Any:
        """The value of a tensor that was injected, continued to, computed on the way or fed."""
        for held in (self._overrides, self._handles, self._intermediates, self._client):
            if tensor_name in held:
                return held[tensor_name]
        raise ValueError(
            "This stepper instance does not have access to the value of tensor "
            f'"{tensor_name}": continue to it first.'
        )

    # Changing values

    def override_tensor(self, tensor_name: str, overriding_val: Any) -> None:
        """Let a value stand in for a tensor, and forget what was computed from the tensor."""
        if not isinstance(tensor_name, str):
            raise TypeError(f"Expected type str; got type {type(tensor_name)}")
        if tensor_name not in self._elements:
            raise ValueError(
                f'Cannot override tensor "{tensor_name}" because it does not exist in the input '
                "transitive closure of the fetches"
            )
        if not self.is_feedable(tensor_name):
            raise ValueError(
                f'Cannot override "{tensor_name}": it is no value that can be fed, but a variable '
                "itself, a part of a loop or branch, or an operation."
            )
        self._overrides[tensor_name] = fitting(
            self._graph.as_graph_element(tensor_name), overriding_val
        )
        self._forget_from(tensor_name)

    def remove_override(self, tensor_name: str) -> None:
        """Let the graph compute a tensor again, and forget what was computed from it."""
        if tensor_name not in self._overrides:
            raise ValueError(f'No overriding value exists for tensor "{tensor_name}".')
        del self._overrides[tensor_name]
        self._forget_from(tensor_name)

    def restore_variable_values(self) -> None:
        """Put back what the variables held when the stepper was made."""
        self._variables.set({name: self._before[name] for name in sorted(self._dirty)})
        self._dirty.clear()
        self._done = {name: {} for name, held in self._done.items() if not held}

    def finalize(self) -> Any:
        """Put the variables back and run the fetches with the caller's feeds alone."""
        self.restore_variable_values()
        return self._session.run(self._fetches, feed_dict=self._feed_dict)

    # Running

    def cont(
        self,
        target: Any,
        use_tensor_handles: bool = True,
        use_dumped_intermediates: bool = True,
        use_overrides: bool = True,
        invalidate_from_updated_variables: bool = False,
        restore_variable_values: bool = False,
    ) -> Any:
        """The value of a tensor, or of a node's first output; None for a node without outputs.

        `restore_variable_values` puts variables back before, `invalidate_from_updated_variables`
        forgets afterwards what was computed from the variables that were written.
        """
        op, wanted = self._target(target)
        self._last_feed_types, self._last_updated = {}, set()
        if restore_variable_values:
            self.restore_variable_values()
        sources: list[tuple[str, dict[str, Any]]] = []
        if use_overrides:
            sources.append((self.FEED_TYPE_OVERRIDE, self._overrides))
        if use_tensor_handles:
            sources.append((self.FEED_TYPE_HANDLE, self._handles))
        if use_dumped_intermediates:
            sources.append((self.FEED_TYPE_DUMPED_INTERMEDIATE, self._intermediates))
        sources.append((self.FEED_TYPE_CLIENT, self._client))
        if op.type in VARIABLE_OPS:
            return self._variable(wanted[0])
        if wanted:
            for kind, held in sources:
                if wanted[0].name in held:
                    return self._known(wanted[0].name, kind, held)
        if op.type in _PLACEHOLDERS:
            raise ValueError(f"{op.name} is a placeholder that this run does not feed.")
        self._run(op, wanted, self._route(op, sources))
        if invalidate_from_updated_variables:
            for name in self._last_updated:
                self._forget_from(name, kept={tensor.name for tensor in wanted})
        return self._handles[wanted[0].name] if wanted else None

    def _target(self, target: Any) -> tuple[Any, list[Any]]:
        """The node to run and the tensors asked for, the first of them being the answer."""
        name = target if isinstance(target, str) else target.name
        try:
            element = self._graph.as_graph_element(name)
        except (KeyError, ValueError):
            element = None
        op = None if element is None else operation_of(element)
        if op is None or op.name not in self._closure.nodes:
            raise ValueError(f"{name} is not in the transitive closure of this stepper instance.")
        return op, self._closure.tensors(op.name) if element is op else [element]

    def _variable(self, variable: Any) -> Any:
        """What a variable holds now."""
        found = self._variables.values([variable])
        if variable.name not in found:
            raise ValueError(f"{variable.name} is not initialized, or nothing reads it.")
        self._handles[variable.name] = found[variable.name]
        return found[variable.name]

    def _known(self, name: str, kind: str, held: Mapping[str, Any]) -> Any:
        value = held[name]
        if kind != self.FEED_TYPE_OVERRIDE:
            self._last_feed_types[name] = kind
        if kind == self.FEED_TYPE_DUMPED_INTERMEDIATE:
            self._handles[name] = self._intermediates.pop(name)
        return value

    def _route(self, target: Any, sources: list[tuple[str, dict[str, Any]]]) -> _Route:
        route = _Route({target.name: target}, {}, {})
        pending = [target]
        while pending:
            op = pending.pop()
            for tensor in op.inputs:
                kind = self._stand_in(tensor, sources, route)
                if kind is None and tensor.op.name not in route.nodes:
                    route.nodes[tensor.op.name] = tensor.op
                    pending.append(tensor.op)
            for control in op.control_inputs:
                # A node that only waits can wait for what is still to be done; see _fetches_of.
                skipped = op is target and op.type == "NoOp" and control.name in self._done
                if control.name not in route.nodes and not skipped:
                    route.nodes[control.name] = control
                    pending.append(control)
        ordered = {name: route.nodes[name] for name in self._closure.nodes if name in route.nodes}
        return route._replace(nodes=ordered)

    def _stand_in(
        self, tensor: Any, sources: list[tuple[str, dict[str, Any]]], route: _Route
    ) -> str | None:
        """Feed a tensor with the value held of it, and say what kind it is; None for no value."""
        if tensor.name in route.feeds:
            return route.feed_types[tensor.name]
        feedable = self._closure.is_feedable(tensor)
        for kind, held in sources:
            if tensor.name in held and (feedable or kind == self.FEED_TYPE_CLIENT):
                route.feeds[tensor.name] = held[tensor.name]
                route.feed_types[tensor.name] = kind
                return kind
        return None

    def _run(self, op: Any, wanted: list[Any], route: _Route) -> None:
        """Run a node; hold its outputs and what was computed on the way."""
        writers = {
            name: found for name, node in route.nodes.items() if (found := written_variables(node))
        }
        new = {name: found for name, found in writers.items() if name not in self._done}
        old = {name: found for name, found in writers.items() if name in self._done}
        touched = {tensor.name: tensor for found in writers.values() for tensor in found}
        before = self._variables.values(touched.values())
        self._last_feed_types = dict(route.feed_types)
        late = self._downstream(route, set(writers))
        early = [t for t in self._on_the_way(route, wanted) if t.op.name not in late]
        feeds = dict(route.feeds)
        if writers and early:
            # What is read of a variable is brought back before the variable is written: in one
            # run the two may race.
            brought = self._fetch(early, feeds)
            kept = {tensor.name: value for tensor, value in zip(early, brought, strict=True)}
            feeds |= kept
            self._intermediates |= kept
            early = []
        self._set_back(old)
        rest = [t for t in self._on_the_way(route, wanted) if t.op.name in late]
        fetched = [*wanted, *early, *rest]
        effects = self._fetches_of(op) if not wanted else []
        try:
            values = self._fetch([*fetched, *effects], feeds)
        except Exception:
            self._variables.set(before)  # a step that fails changes nothing
            raise
        held = dict(zip((tensor.name for tensor in fetched), values, strict=False))
        for tensor in wanted:
            self._handles[tensor.name] = held.pop(tensor.name)
            self._intermediates.pop(tensor.name, None)
        self._intermediates |= held
        self._note_writers(new, old, before)
        self._done.setdefault(op.name, {})

    def _note_writers(
        self, new: dict[str, list[Any]], old: dict[str, list[Any]], before: dict[str, Array]
    ) -> None:
        updated = {tensor.name for found in new.values() for tensor in found}
        for name, found in new.items():
            self._done[name] = {t.name: before[t.name] for t in found if t.name in before}
        for name in updated & set(before):
            self._before.setdefault(name, before[name])
            self._dirty.add(name)
        self._last_updated = updated
        repeated = {tensor.name for found in old.values() for tensor in found} - updated
        self._variables.set({name: before[name] for name in sorted(repeated & set(before))})

    def _set_back(self, old: dict[str, list[Any]]) -> None:
        """Let writers that ran before, and that this run cannot leave out, find what they found.

        They then write the same once more, and the run sees each update once.
        """
        found: dict[str, Array] = {}
        for name in old:
            for variable, value in self._done[name].items():
                found.setdefault(variable, value)
        self._variables.set(found)

    def _fetches_of(self, op: Any) -> list[Any]:
        """What to run for the effect of a node: of one that only waits, what it still waits for."""
        if op.type != "NoOp":
            return [op]
        return [control for control in op.control_inputs if control.name not in self._done]

    def _fetch(self, elements: list[Any], feeds: Mapping[str, Any]) -> list[Any]:
        if not elements:
            return []
        feed_dict = {self._graph.as_graph_element(name): value for name, value in feeds.items()}
        values = self._session.run(elements, feed_dict=feed_dict)
        return [value if value is None else np.array(value) for value in values]

    def _on_the_way(self, route: _Route, wanted: list[Any]) -> list[Any]:
        """The tensors of a route whose values can be fed to later runs."""
        known = {tensor.name for tensor in wanted} | set(route.feeds)
        found = [tensor for name in route.nodes for tensor in self._closure.tensors(name)]
        return [
            tensor
            for tensor in found
            if tensor.name not in known
            and tensor.name not in self._overrides
            and tensor.op.type not in _PLACEHOLDERS
            and self._closure.is_feedable(tensor)
            and self._closure.is_fetchable(tensor)
        ]

    def _downstream(self, route: _Route, starts: set[str]) -> set[str]:
        """The nodes of a route that need one of `starts`, and these themselves."""
        found = set(starts)
        for name, op in route.nodes.items():
            sources = [t.op.name for t in op.inputs if t.name not in route.feeds]
            sources += [control.name for control in op.control_inputs]
            if found.intersection(sources):
                found.add(name)
        return found

    def _forget_from(self, tensor_name: str, kept: set[str] | None = None) -> None:
        """Forget the values that were computed from a tensor or variable, and of the tensor."""
        stale = {tensor_name}
        for op in self._closure.nodes.values():
            if any(tensor.name in stale for tensor in op.inputs):
                stale.update(tensor.name for tensor in op.outputs)
        for name in stale - (kept or set()):
            self._handles.pop(name, None)
            self._intermediates.pop(name, None)

    def _check_node(self, node_name: str) -> None:
        if node_name not in self._closure.nodes:
            raise ValueError(
                f"{node_name} is not in the transitive closure of this NodeStepper instance."
            )
