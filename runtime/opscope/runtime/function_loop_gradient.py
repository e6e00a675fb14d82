"""The gradient of a loop whose condition and body are functions: two other such loops.

The first runs the rounds again and keeps what the body was given in tensor arrays, as the gradient
of a call runs its body again. The second goes through the rounds from the last to the first, with
the gradient of the body.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opscope.runtime import dtypes
from opscope.runtime.function_gradient import Backward, copied, numbered, require_repeatable, used
from opscope.runtime.function_graph import FunctionGraph, GraphFunction
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.make_op import make_node, make_op, make_tensor
from opscope.runtime.op_def import OPS
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.filling import zeros, zeros_like
from opscope.runtime.tensor_shape import TensorShape, scalar


class _Kept:
    """A tensor array with the values that one loop variable had, round by round."""

    def __init__(self, index: int, like: Tensor) -> None:
        self.index = index
        self.dtype = like.dtype.base_dtype
        self.shape = like.shape
        self.handle, self.flow = make_op(
            "TensorArrayV3", 0, dtype=self.dtype, element_shape=self.shape, dynamic_size=True
        )


def _loop(
    like: Operation,
    variables: Sequence[Tensor],
    shapes: Sequence[TensorShape],
    goes_on: Callable[[list[Tensor]], Tensor],
    body: Callable[[list[Tensor]], Sequence[Tensor]],
    name: str,
) -> list[Tensor]:
    """What is left of the variables after the rounds of a loop made as `like`.

    What the two functions use from outside goes round with the variables.
    """
    outer = get_default_graph()
    graphs: list[FunctionGraph] = []
    arguments: list[list[Tensor]] = []
    results: list[list[Tensor]] = []
    for make in (lambda a: [goes_on(a)], body):
        graph = FunctionGraph(outer)
        with graph.as_default():
            given = [
                graph.argument(f"args_{i}", t.dtype, s)
                for i, (t, s) in enumerate(zip(variables, shapes, strict=True))
            ]
            results.append([graph.capture(t) for t in make(given)])
        graphs.append(graph)
        arguments.append(given)
    outside = list(dict.fromkeys(t for graph in graphs for t in graph.captures))
    functions: list[GraphFunction] = []
    number = numbered(outer)
    for graph, given, found, kind in zip(graphs, arguments, results, ("cond", "body"), strict=True):
        passed = [graph.capture(t) for t in outside]
        graph.captures.clear()  # they are arguments now
        functions.append(
            GraphFunction(
                f"{like.attrs['body'].name}_{name}_{kind}_{number}",
                graph,
                [*given, *passed],
                found if kind == "cond" else [*found, *passed],
            )
        )
    inputs = [*variables, *outside]
    made = make_node(
        "While",  # the tensor arrays are state
        inputs,
        cond=functions[0],
        body=functions[1],
        output_shapes=[*shapes, *(t.shape for t in outside)],
        parallel_iterations=like.attrs["parallel_iterations"],
        name=name,
    )
    return made.outputs[: len(variables)]


def _rounds(node: Operation, kept: Sequence[_Kept]) -> tuple[Tensor, list[Tensor]]:
    """The number of rounds that a loop makes, and the flows of what was kept of them."""
    condition: GraphFunction = node.attrs["cond"]
    body: GraphFunction = node.attrs["body"]
    count = len(node.inputs)

    def again(function: GraphFunction, arguments: Sequence[Tensor]) -> list[Tensor]:
        graph = get_default_graph()
        assert isinstance(graph, FunctionGraph)
        results, copies = copied(function, graph, arguments)
        require_repeatable(function, list(copies.values()))
        return results

    def goes_on(values: list[Tensor]) -> Tensor:
        (test,) = again(condition, values[1 : count + 1])
        return test

    def round_(values: list[Tensor]) -> list[Tensor]:
        number, given, flows = values[0], values[1 : count + 1], values[count + 1 :]
        results = again(body, given)  # first, for the copies keep their names
        written = [
            make_tensor("TensorArrayWriteV3", k.handle, number, given[k.index], flow)
            for k, flow in zip(kept, flows, strict=True)
        ]
        return [number + 1, *results, *written]

    start = [_number(0), *node.inputs, *(k.flow for k in kept)]
    shapes = [scalar(), *(t.shape for t in body.inputs), *(scalar() for _ in kept)]
    total, *rest = _loop(node, start, shapes, goes_on, round_, "rounds")
    return total, rest[count:]


def _number(value: int) -> Tensor:
    from opscope.runtime.constant import constant

    return constant(value, dtypes.int32)


def differentiate_loop(node: Operation, *grads: Tensor | None) -> list[Tensor | None]:
    """The gradients of the inputs of a While; ints have none.

    LookupError when the body may not run again, see `require_repeatable`.
    """
    body: GraphFunction = node.attrs["body"]
    outer: Graph = get_default_graph()
    shown = used([*node.outputs])
    backward = Backward(body, outer, shown)
    flows_through = [i for i, t in enumerate(shown) if t is not None]
    handles = [
        i
        for i, (t, found) in enumerate(zip(node.inputs, backward.found, strict=True))
        if t.dtype is dtypes.resource and found is not None
    ]
    kinds: list[dtypes.DType | None] = [None] * len(node.inputs)
    for i in (*flows_through, *handles):
        found = backward.found[i]
        kinds[i] = node.inputs[i].dtype.base_dtype if found is None else found.dtype.base_dtype
    function = backward.function(kinds, numbered(outer))
    with outer.name_scope(f"{node.name.rpartition('/')[2]}_grad"):
        stays = [r is given for r, given in zip(body.results, body.inputs, strict=True)]
        kept = [_Kept(i, t) for i, t in enumerate(body.inputs) if not stays[i]]
        total, flows = _rounds(node, kept)
        start: list[Tensor] = []
        for i in flows_through:
            given = grads[i]
            start.append(zeros_like(node.outputs[i]) if given is None else given)
        for i in handles:
            start.append(zeros(make_tensor("VariableShape", node.inputs[i]), kinds[i]))

        def round_(values: list[Tensor]) -> list[Tensor]:
            number = values[0] - 1
            so_far = dict(zip((*flows_through, *handles), values[1:], strict=True))
            arguments = list(node.inputs)
            for k, flow in zip(kept, flows, strict=True):
                arguments[k.index] = value = make_tensor(
                    "TensorArrayReadV3", k.handle, number, flow, dtype=k.dtype
                )
                value.set_shape(k.shape)
            call = make_node(
                "StatefulPartitionedCall",
                [*arguments, *(so_far[i] for i in flows_through)],
                Tout=[kind for kind in kinds if kind is not None],
                f=function,
            )
            made = dict(zip((i for i, k in enumerate(kinds) if k), call.outputs, strict=True))
            for i in handles:
                made[i] = so_far[i] + made[i]
            return [number, *(made[i] for i in (*flows_through, *handles))]

        shapes = [scalar(), *(body.inputs[i].shape for i in flows_through)]
        shapes.extend(t.shape for t in start[len(flows_through) :])
        _, *ended = _loop(
            node, [total, *start], shapes, lambda values: values[0] > 0, round_, "backward"
        )
    found_by_input = dict(zip((*flows_through, *handles), ended, strict=True))
    return [found_by_input.get(i) for i in range(len(node.inputs))]


for _name in ("While", "StatelessWhile"):
    OPS[_name].gradient(differentiate_loop)
