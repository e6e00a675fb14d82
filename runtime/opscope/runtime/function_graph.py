"""Functions of a graph: a body traced once, called with values by the op that carries it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.devices import Device
from opscope.runtime.feed import read_feeds
from opscope.runtime.graph import Graph
from opscope.runtime.op_def import OpDef, find_op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.plan_family import PlanFamily
from opscope.runtime.schedule import needed_ops
from opscope.runtime.tensor_shape import TensorShape, as_shape
from opscope.runtime.variable_slot import VariableSlot

_HOST = (Device("CPU", 0, np, "host CPU (NumPy)"),)


class FunctionGraph(Graph):
    """The body of a function under construction.

    A tensor of an outer graph that an op inside uses is captured: a placeholder stands for it, and
    whoever carries the function passes its value.
    """

    captures_outside = True

    def __init__(self, outer: Graph) -> None:
        super().__init__()
        self.outer = outer
        self.seed = outer.seed
        self.captures: dict[Tensor, Tensor] = {}

    def capture(self, tensor: Tensor) -> Tensor:
        """The tensor of this graph that stands for `tensor`."""
        if tensor.graph is self:
            return tensor
        found = self.captures.get(tensor)
        if found is None:
            if isinstance(self.outer, FunctionGraph):
                self.outer.capture(tensor)
            found = self.captures[tensor] = self.argument(
                _argument_name(tensor), tensor.dtype, tensor.shape
            )
        return found

    def argument(self, name: str, dtype: dtypes.DType, shape: Any) -> Tensor:
        """A placeholder for one argument of the function."""
        attrs = {"dtype": dtype.base_dtype, "shape": as_shape(shape)}
        with self.control_dependencies(None), self.name_scope(None):
            return super().create_op(find_op("Placeholder"), [], attrs, name).outputs[0]

    def create_op(
        self,
        definition: OpDef,
        inputs: Sequence[Tensor],
        attrs: dict[str, Any],
        name: str | None = None,
        **kwargs: Any,
    ) -> Operation:
        """Add an operation, as `Graph.create_op`; tensors of outer graphs are captured."""
        captured = [self.capture(t) for t in inputs]
        return super().create_op(definition, captured, attrs, name, **kwargs)


def _argument_name(tensor: Tensor) -> str:
    """A name for the argument that stands for a captured tensor, fit for a FunctionDef."""
    last = tensor.op.name.rpartition("/")[2].lower()
    return "captured_" + re.sub(r"[^a-z0-9_]", "_", last)


class GraphFunction:
    """A traced function: flat arguments to flat results.

    captures: the outer tensors whose values follow the arguments at each call. controls: what runs
    for its effect at each call, whether a result needs it or not.
    """

    def __init__(
        self,
        name: str,
        graph: FunctionGraph,
        arguments: Sequence[Tensor],
        results: Sequence[Tensor],
        controls: Sequence[Operation] = (),
    ) -> None:
        self.name = name
        self.graph = graph
        self.arguments = tuple(arguments)
        self.results = tuple(graph.capture(t) for t in results)
        self.controls = tuple(controls)

    @property
    def captures(self) -> list[Tensor]:
        """Outer tensors that the body reads."""
        return list(self.graph.captures)

    @property
    def inputs(self) -> list[Tensor]:
        """The placeholders of the arguments, then those of the captures."""
        return [*self.arguments, *self.graph.captures.values()]

    def compiled(self, session_state: dict[Any, Any]) -> Callable[[Sequence[Any]], list[Any]]:
        """A callable from the values of `inputs` to those of `results`.

        session_state: what the stateful ops of the body keep between calls.
        """
        from opscope.runtime.plan import PLAIN
        from opscope.runtime.planner import make_plan

        feeds = read_feeds(self.graph, self.inputs)
        fetches = [*self.results, *self.controls]
        count = len(self.results)
        slots: dict[str, VariableSlot] = {}

        def make(fed_sizes: Any) -> Any:
            return make_plan(
                self.graph,
                fetches,
                feeds,
                fed_sizes,
                devices=_HOST,
                soft_placement=True,
                slot=lambda op: slots.setdefault(
                    op.attrs.get("shared_name") or op.name, VariableSlot(op.name)
                ),
                session_state=session_state,
                instrument=PLAIN,
            )

        family = PlanFamily(feeds, make)

        def call(values: Sequence[Any]) -> list[Any]:
            result: list[Any] = family.plan(values).run(values)
            return result[:count]

        return call


def copy_by_value(name: str, outputs: Sequence[Tensor]) -> GraphFunction:
    """A function of no arguments that computes `outputs`, by copies of all ops they need.

    ValueError when one of these is a placeholder or a variable, which has no value of its own.
    """
    outer = outputs[0].graph
    graph = FunctionGraph(outer)
    copies: dict[Tensor, Tensor] = {}
    made: dict[Operation, Operation] = {}
    for op in needed_ops([t.op for t in outputs], ()):
        if op.type in ("Placeholder", "VariableV2", "VarHandleOp"):
            kind = "placeholder" if op.type == "Placeholder" else "stateful node"
            raise ValueError(f"Cannot capture a {kind} (name:{op.name}, type:{op.type}) by value.")
        made[op] = graph.create_op(
            op.definition,
            [copies[t] for t in op.inputs],
            {k: v for k, v in op.attrs.items() if k != "_class"},
            op.name + "/",
            control_inputs=[made[c] for c in op.control_inputs],
            device="",
        )
        for mine, theirs in zip(made[op].outputs, op.outputs, strict=True):
            mine.shape = theirs.shape
            copies[theirs] = mine
    return GraphFunction(name, graph, [], [copies[t] for t in outputs])


def trace(
    name: str,
    body: Callable[..., Sequence[Tensor]],
    argument_types: Sequence[dtypes.DType],
    argument_shapes: Sequence[TensorShape],
) -> GraphFunction:
    """Run `body` once on placeholders, in a graph of its own, and keep what it built."""
    from opscope.runtime.graph import get_default_graph

    graph = FunctionGraph(get_default_graph())
    with graph.as_default():
        arguments = [
            graph.argument(f"args_{i}", dtype, shape)
            for i, (dtype, shape) in enumerate(zip(argument_types, argument_shapes, strict=True))
        ]
        results = body(*arguments)
    return GraphFunction(name, graph, arguments, results)
