"""Calls of functions written out: the ops of a body in the place of the op that calls it.

A plan is made of the ops of bodies, each named under its call, so that every value inside can be
watched and no call costs anything when it runs. The graph itself keeps the call.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from opscope.runtime import dtypes, errors
from opscope.runtime.function_graph import GraphFunction
from opscope.runtime.op_def import REQUIRED, find_op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import ENTERS, is_back_edge
from opscope.runtime.schedule import needed_ops

# Deeper than this a function calls itself.
MAX_DEPTH = 100


def has_calls(order: Sequence[Operation]) -> bool:
    """True when one of the ops calls a function."""
    return any(op.definition.expand_rule is not None for op in order)


class Expansion:
    """The ops of a plan with all calls written out.

    Ops that come after a call are copied, with their names, onto the new tensors; others stay.
    """

    def __init__(self, order: Sequence[Operation]) -> None:
        """order: each op after its inputs, but for the ends of loops."""
        self._tensors: dict[Tensor, Tensor] = {}
        self._ops: dict[Operation, Operation] = {}
        self.graph = order[0].graph
        self._taken: set[str] = {op.name for op in order}
        self._copy_all(order, "", (), None)

    def tensor(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor of the graph."""
        return self._tensors.get(tensor, tensor)

    def op(self, op: Operation) -> Operation:
        """What stands for an operation of the graph."""
        return self._ops.get(op, op)

    def _copy_all(
        self,
        order: Sequence[Operation],
        prefix: str,
        roots: Sequence[Operation],
        caller: Call | None,
    ) -> None:
        loops: list[tuple[Operation, Operation]] = []
        for op in order:
            if op in self._ops:
                continue
            inputs = [self.tensor(t) for t in op.inputs]
            controls = [self.op(c) for c in op.control_inputs]
            closes_loop = any(is_back_edge(op, t.op) for t in op.inputs)
            same = inputs == op.inputs and controls == op.control_inputs
            if op.definition.expand_rule is not None:
                name = f"{prefix}{op.name}"
                depth = 0 if caller is None else caller.depth + 1
                controls = controls or ([] if inputs else list(roots))
                call = Call(self, op, name, inputs, controls, depth, caller)
                call.roots = controls or list(roots)
                made, outputs = call.written_out()
            elif caller is None and same and not closes_loop:
                continue
            else:
                if caller is not None and not inputs and not controls:
                    controls = list(roots)
                made = self._copy(op, f"{prefix}{op.name}", inputs, controls, caller)
                outputs = made.outputs
                if closes_loop:
                    loops.append((op, made))
            self._ops[op] = made
            self._tensors.update(zip(op.outputs, outputs, strict=True))
        for op, made in loops:
            made.inputs = [self.tensor(t) for t in op.inputs]

    def _copy(
        self,
        op: Operation,
        name: str,
        inputs: list[Tensor],
        controls: list[Operation],
        caller: Call | None,
    ) -> Operation:
        made = op.on_inputs(inputs)
        made.controls = tuple(controls)
        if caller is None:
            made.control_flow_context = op.control_flow_context
        else:
            made.graph = self.graph
            made.name = self.unused(name)
            made.device = op.device or caller.op.device
            made.code_frames = caller.user_frames
            made.attrs = {k: v for k, v in op.attrs.items() if k != "_class"}
            if op.type in ENTERS:
                name = f"{caller.name}/{op.attrs['frame_name']}"
                made.attrs = {**made.attrs, "frame_name": name}
        settle_shapes(made, op)
        return made

    def unused(self, name: str) -> str:
        """The name, or one like it, that no other op of the plan has."""
        found, number = name, 0
        while found in self._taken:
            number += 1
            found = f"{name}_{number}"
        self._taken.add(found)
        return found

    def inline(
        self,
        function: GraphFunction,
        prefix: str,
        arguments: Sequence[Tensor],
        roots: Sequence[Operation],
        caller: Call,
    ) -> tuple[list[Tensor], list[Operation]]:
        """The results of a function, and what has to run besides, from copies of its body.

        roots: what ops without inputs wait for. InvalidArgumentError when the number of arguments
        does not fit, or a function calls itself.
        """
        if caller.depth > MAX_DEPTH:
            raise errors.InvalidArgumentError(
                caller.op.node_def, caller.op, f"function {function.name!r} calls itself"
            )
        if len(arguments) != len(function.inputs):
            raise errors.InvalidArgumentError(
                caller.op.node_def,
                caller.op,
                f"{caller.op.name} gives {len(arguments)} arguments to function "
                f"{function.name!r}, which takes {len(function.inputs)}",
            )
        before = self._tensors, self._ops  # the body may be copied several times
        self._tensors, self._ops = dict(zip(function.inputs, arguments, strict=True)), {}
        try:
            targets = [t.op for t in function.results] + list(function.controls)
            order = [
                op
                for op in needed_ops(targets, set(function.inputs))
                if not (op.outputs and op.outputs[0] in self._tensors)
            ]
            self._copy_all(order, f"{prefix}/", roots, caller)
            results = [self.tensor(t) for t in function.results]
            return results, [self.op(op) for op in function.controls]
        finally:
            self._tensors, self._ops = before


class Call:
    """One call while it is written out: what its op type's `expand` rule works with.

    name: that of the call in the plan. inputs, controls: what stands for the op's own. roots: what
    ops without inputs wait for, so that they are in the round or branch that the call is in.
    """

    def __init__(
        self,
        expansion: Expansion,
        op: Operation,
        name: str,
        inputs: list[Tensor],
        controls: list[Operation],
        depth: int,
        caller: Call | None,
    ) -> None:
        self.expansion = expansion
        self.op = op
        self.name = name
        self.inputs = inputs
        self.controls = controls
        self.roots = controls
        self.depth = depth
        self.user_frames: tuple[Any, ...] = op.code_frames if caller is None else caller.user_frames

    def written_out(self) -> tuple[Operation, list[Tensor]]:
        """The op, by the name of the call, that ends it, and what stands for the call's outputs."""
        rule = self.op.definition.expand_rule
        assert rule is not None
        results, controls = rule(self)
        values = [t for t in results if t.dtype is not dtypes.resource]
        if values:
            kinds = tuple(t.dtype.base_dtype for t in values)
            end = self.node("IdentityN", values, "", controls, T=kinds)
        else:
            end = self.node("NoOp", [], "", controls or self.controls)
        ended = iter(end.outputs)
        outputs = [
            self.node("Identity", [t], f"output_{i}", [end]).outputs[0]
            if t.dtype is dtypes.resource
            else next(ended)
            for i, t in enumerate(results)
        ]
        for mine, theirs in zip(outputs, self.op.outputs, strict=True):
            mine.shape = mine.shape.merge_with(theirs.shape)
        return end, outputs

    def inline(
        self,
        function: GraphFunction,
        arguments: Sequence[Tensor],
        roots: Sequence[Operation] = (),
        part: str = "",
    ) -> tuple[list[Tensor], list[Operation]]:
        """The results of `function` on `arguments` and what has to run besides.

        part: what its ops are named under, below the name of the call.
        """
        prefix = f"{self.name}/{part}" if part else self.name
        return self.expansion.inline(function, prefix, arguments, roots, self)

    def node(
        self,
        op_type: str,
        inputs: Sequence[Tensor],
        part: str,
        controls: Sequence[Operation] = (),
        **attrs: Any,
    ) -> Operation:
        """An op of the plan that the graph does not know, named below the call."""
        definition = find_op(op_type)
        complete = {
            key: attrs.get(key, attr.default)
            for key, attr in definition.attrs.items()
            if key in attrs or attr.default is not REQUIRED
        }
        for arg in definition.inputs:
            if arg.type_attr is not None and arg.type_attr not in complete:
                complete[arg.type_attr] = inputs[0].dtype.base_dtype
        name = f"{self.name}/{part}" if part else self.name
        made: Operation = object.__new__(Operation)
        made.graph = self.expansion.graph
        made.definition = definition
        made.type = definition.name
        made.name = self.expansion.unused(name) if part else name
        made.attrs = complete
        made.device = self.op.device
        made.code_frames = self.user_frames
        made.inputs = list(inputs)
        made.controls = tuple(controls)
        made.control_flow_context = None
        made.outputs = made.new_outputs()
        settle_shapes(made, None)
        return made

    def after_controls(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The inputs, to be had only when what the call waits for is done."""
        if not self.controls:
            return list(inputs)
        return [
            self.node("Identity", [t], f"input_{i}", self.controls).outputs[0]
            for i, t in enumerate(inputs)
        ]


def settle_shapes(made: Operation, original: Operation | None) -> None:
    """Give the outputs the shapes that follow from the inputs, and what the original knew."""
    with suppress(ValueError, TypeError):  # the kernel raises when it runs
        made.set_output_shapes()
    if original is not None:
        for mine, theirs in zip(made.outputs, original.outputs, strict=True):
            if mine.shape.is_compatible_with(theirs.shape):
                mine.shape = mine.shape.merge_with(theirs.shape)
