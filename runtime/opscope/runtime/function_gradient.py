"""Gradients of calls and conditions whose bodies are functions: other functions of the same kind.

The function of a gradient takes what the function took and the gradients of its results. It
computes anew what it needs of the body, as TensorFlow 1's functions do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.function_graph import FunctionGraph, GraphFunction
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.make_op import make_node, make_tensor
from opscope.runtime.op_def import OPS
from opscope.runtime.op_def import op as op_type
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.filling import zeros, zeros_like
from opscope.runtime.schedule import needed_ops
from opscope.runtime.tensor_shape import unknown_shape

if TYPE_CHECKING:
    from opscope.runtime.expansion import Call

# Stateful ops that give the same when they are run once more.
_REPEATABLE = frozenset(
    {
        "Placeholder",
        "VarHandleOp",
        "ReadVariableOp",
        "ResourceGather",
        "ResourceGatherNd",
        "VariableShape",
        "VarIsInitializedOp",
    }
)

_ASK_SHAPES = frozenset({"Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"})
_NOTHING: frozenset[str] = frozenset()


class Backward:
    """The gradient of one function while it is built.

    found: the gradients of its inputs, None where there is none.
    """

    def __init__(
        self, function: GraphFunction, outer: Graph, given: Sequence[Tensor | None]
    ) -> None:
        """given: the gradient of each result, None where there is none."""
        from opscope.runtime.gradients import gradients

        self.name = f"{function.name}_gradient"
        self.graph = graph = FunctionGraph(outer)
        with graph.as_default():
            self.inputs = [
                graph.argument(f"args_{i}", t.dtype, t.shape) for i, t in enumerate(function.inputs)
            ]
            grads = {
                i: graph.argument(f"grad_{i}", grad.dtype, result.shape)
                for i, (result, grad) in enumerate(zip(function.results, given, strict=True))
                if grad is not None
            }
            results, copies = copied(function, graph, self.inputs)
            self.arguments = [*self.inputs, *grads.values()]
            found = gradients([results[i] for i in grads], list(self.inputs), list(grads.values()))
            self.found: list[Tensor | None] = [
                None if g is None else convert_to_tensor(g) for g in found
            ]
        needed = _computing([g for g in self.found if g is not None], self.arguments)
        require_repeatable(function, [copies[op] for op in needed if op in copies])

    def function(self, kinds: Sequence[dtypes.DType | None], number: int) -> GraphFunction:
        """The function of the gradients of the inputs for which `kinds` has a dtype, else zeros."""
        results: list[Tensor] = []
        with self.graph.as_default():
            for given, found, kind in zip(self.inputs, self.found, kinds, strict=True):
                if kind is None:
                    continue
                if found is not None:
                    results.append(found)
                elif given.dtype is dtypes.resource:
                    results.append(zeros(make_tensor("VariableShape", given), kind))
                else:
                    results.append(zeros_like(given))
        return GraphFunction(f"{self.name}_{number}", self.graph, self.arguments, results)


def copied(
    function: GraphFunction, graph: FunctionGraph, arguments: Sequence[Tensor]
) -> tuple[list[Tensor], dict[Operation, Operation]]:
    """The results of a function, from copies of what they are computed from, without effects.

    Also returns the op that each copy is one of.
    """
    tensors = dict(zip(function.inputs, arguments, strict=True))
    copies: dict[Operation, Operation] = {}
    for op in _computing(function.results, function.inputs, _NOTHING):
        made = graph.create_op(
            op.definition,
            [tensors[t] for t in op.inputs],
            {k: v for k, v in op.attrs.items() if k != "_class"},
            f"{op.name}/",
            device=op.device,
        )
        copies[made] = op
        for mine, theirs in zip(made.outputs, op.outputs, strict=True):
            mine.set_shape(theirs.shape)
            tensors[theirs] = mine
    return [tensors[t] for t in function.results], copies


def _computing(
    targets: Sequence[Tensor], given: Sequence[Tensor], ask_shapes: frozenset[str] = _ASK_SHAPES
) -> list[Operation]:
    """The ops whose values the targets are computed from, each after its inputs.

    What an op of `ask_shapes` takes counts for nothing: its value does not matter.
    """
    found: dict[Operation, None] = {}
    known = set(given)
    stack = [(t.op, False) for t in reversed(targets)]
    while stack:
        op, ready = stack.pop()
        if op in found or (op.outputs and op.outputs[0] in known):
            continue
        if ready:
            found[op] = None
        else:
            stack.append((op, True))
            if op.type not in ask_shapes:
                stack.extend((t.op, False) for t in op.inputs)
    return list(found)


def require_repeatable(function: GraphFunction, ops: Sequence[Operation]) -> None:
    """LookupError for ops that would give another value when the gradient runs them again."""
    targets = [*function.controls, *(t.op for t in function.results)]
    updated = {
        op.inputs[i]
        for op in needed_ops(targets, set(function.inputs))
        for i in op.definition.updates
    }
    for op in ops:
        if op.definition.expand_rule is not None:
            continue  # it was asked when its own gradient was made
        if op.definition.stateful and op.type not in _REPEATABLE:
            raise LookupError(
                f"the gradient of function {function.name!r} would run {op.name!r} (op type: "
                f"{op.type}) a second time, which gives another value"
            )
        if not updated.isdisjoint(op.inputs):
            raise LookupError(
                f"the gradient of function {function.name!r} would read a variable again, in "
                f"{op.name!r}, that the function changes"
            )


def numbered(outer: Graph) -> int:
    """A number for the name of a new function that no function of the graph has."""
    return len(outer.functions)


def differentiate_call(
    function: GraphFunction, node: Operation, *grads: Tensor | None
) -> list[Tensor | None]:
    """The gradients of the inputs of an op that calls a function."""
    outer = get_default_graph()
    backward = Backward(function, outer, used(grads))
    kinds = [None if g is None else g.dtype.base_dtype for g in backward.found]
    if not any(kinds):
        return [None] * len(node.inputs)
    made = make_node(
        "StatefulPartitionedCall" if node.definition.stateful else "PartitionedCall",
        [*node.inputs, *(g for g in used(grads) if g is not None)],
        Tout=[kind for kind in kinds if kind is not None],
        f=backward.function(kinds, numbered(outer)),
    )
    return _spread(kinds, made)


def differentiate_branches(
    branches: Sequence[GraphFunction],
    node: Operation,
    grads: Sequence[Tensor | None],
    make: Callable[[Tensor, list[Tensor], list[dtypes.DType], list[GraphFunction]], Operation],
) -> list[Tensor | None]:
    """The gradients of the inputs of a condition; `make` makes that of the gradients.

    Each branch gives all gradients that one of them has, zeros for its own missing ones.
    """
    outer = get_default_graph()
    built = [Backward(branch, outer, used(grads)) for branch in branches]
    kinds: list[dtypes.DType | None] = [
        next((g.dtype.base_dtype for g in found if g is not None), None)
        for found in zip(*(b.found for b in built), strict=True)
    ]
    if not any(kinds):
        return [None] * len(node.inputs)
    first = numbered(outer)
    choice, *inputs = node.inputs
    made = make(
        choice,
        [*inputs, *(g for g in used(grads) if g is not None)],
        [kind for kind in kinds if kind is not None],
        [b.function(kinds, first + i) for i, b in enumerate(built)],
    )
    return [None, *_spread(kinds, made)]


def used(grads: Sequence[Tensor | None]) -> list[Tensor | None]:
    """Those tensors that a gradient can be; None for the others."""
    return [
        g if g is not None and (g.dtype.is_floating or g.dtype.is_complex) else None for g in grads
    ]


def _spread(kinds: Sequence[dtypes.DType | None], made: Operation) -> list[Tensor | None]:
    outputs = iter(made.outputs)
    return [None if kind is None else next(outputs) for kind in kinds]


@op_type(
    "SymbolicGradient",
    "input: Tin -> output: Tout",
    "Tin: list(type), Tout: list(type), f: func",
    not_differentiable=True,
)
def _symbolic_gradient(xp: Any, *values: Any) -> Any:
    """The gradients of a function's inputs, given these and the gradients of its results."""
    raise AssertionError("a call is written out when the plan is made")


_symbolic_gradient.shape(lambda node: [unknown_shape() for _ in node.outputs])


@_symbolic_gradient.expand
def _(call: Call) -> tuple[list[Tensor], list[Operation]]:
    function: GraphFunction = call.op.attrs["f"]
    count = len(function.inputs)
    values = call.after_controls(call.inputs)
    grads = used(values[count:])
    backward = Backward(function, call.expansion.graph, grads)
    made = backward.function([t.dtype.base_dtype for t in function.inputs], 0)
    given = [*values[:count], *(g for g in grads if g is not None)]
    return call.inline(made, given, call.roots)


for _name in ("PartitionedCall", "StatefulPartitionedCall"):

    @OPS[_name].gradient
    def _(node: Operation, *grads: Tensor | None) -> list[Tensor | None]:
        return differentiate_call(node.attrs["f"], node, *grads)


for _name in ("If", "StatelessIf"):

    @OPS[_name].gradient
    def _(node: Operation, *grads: Tensor | None) -> list[Tensor | None]:
        def make(
            choice: Tensor, inputs: list[Tensor], kinds: list[dtypes.DType], f: list[GraphFunction]
        ) -> Operation:
            return make_node(
                node.type, choice, inputs, Tout=kinds, then_branch=f[0], else_branch=f[1]
            )

        branches = [node.attrs["then_branch"], node.attrs["else_branch"]]
        return differentiate_branches(branches, node, grads, make)


for _name in ("Case", "StatelessCase"):

    @OPS[_name].gradient
    def _(node: Operation, *grads: Tensor | None) -> list[Tensor | None]:
        def make(
            choice: Tensor, inputs: list[Tensor], kinds: list[dtypes.DType], f: list[GraphFunction]
        ) -> Operation:
            return make_node(node.type, choice, inputs, Tout=kinds, branches=f)

        return differentiate_branches(node.attrs["branches"], node, grads, make)
