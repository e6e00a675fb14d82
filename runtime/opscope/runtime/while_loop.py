"""tf.while_loop: ops that run again and again until a condition fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opscope.runtime import nest
from opscope.runtime.branches import switch
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.tensor_shape import TensorShape, as_shape
from opscope.runtime.while_context import WhileContext, merge_variables


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """`loop_vars` after repeating `body` as long as `cond` holds.

    Both get the variables as arguments and are called once, to build their ops; `body` returns
    their next values. loop_vars may nest, and hold TensorArrays. shape_invariants: in the same
    structure, the shapes that hold in every round; without them a shape must stay. Rounds run one
    after the other: parallel_iterations and swap_memory only stand in the graph. One variable comes
    back without its list, unless return_same_structure. TypeError and ValueError say what does not
    fit.
    """
    if not callable(cond):
        raise TypeError("'cond' must be callable.")
    if not callable(body):
        raise TypeError("'body' must be callable.")
    if parallel_iterations < 1:
        raise TypeError("'parallel_iterations' must be a positive integer.")
    loop_vars = loop_vars if isinstance(loop_vars, (list, tuple)) else [loop_vars]
    with op_scope(name, "while", *nest.flatten(loop_vars)):
        if not loop_vars:
            raise ValueError("'loop_vars' must be provided.")
        graph = get_default_graph()
        limited = maximum_iterations is not None
        if limited:
            limit = convert_to_tensor(maximum_iterations, name="maximum_iterations")
            if limit.shape.ndims not in (None, 0):
                raise ValueError(f"'maximum_iterations' must be a scalar, got {limit.shape}")
            counter = constant(0, limit.dtype, name="iteration_counter")
            cond, body = _counted(cond, body, limit, len(loop_vars) == 1)
            loop_vars = (counter, loop_vars)
            if shape_invariants is not None:
                shape_invariants = (TensorShape([]), shape_invariants)
            maximum_iterations = limit
        context = WhileContext(
            graph,
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=maximum_iterations,
        )
        if context.outer is None:
            graph.add_to_collection(GraphKeys.WHILE_CONTEXT, context)
        result = _build(context, cond, body, loop_vars, shape_invariants)
        if limited:
            result = result[1]
        if len(result) == 1 and not return_same_structure:
            return result[0]
        return result


def _counted(
    cond: Callable[..., Any], body: Callable[..., Any], limit: Tensor, is_one: bool
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The two functions for a loop that also counts its rounds."""

    def counted_cond(i: Tensor, variables: Any) -> Any:
        return make_op("LogicalAnd", i < limit, cond(*variables), name="LogicalAnd")

    def counted_body(i: Tensor, variables: Any) -> Any:
        following = i + 1
        result = body(*variables)
        return following, _as_list(result, is_one, variables)

    return counted_cond, counted_body


def _as_list(result: Any, is_one: bool, like: Any) -> Any:
    """What a body returned in the list or tuple that the variables came in."""
    if is_one and not (isinstance(result, (list, tuple)) and len(result) == 1):
        result = [result]
    if isinstance(result, (list, tuple)) and type(result) is not type(like):
        if hasattr(like, "_fields"):
            return type(like)(*result)
        return type(like)(result)
    return result


def _build(
    context: WhileContext,
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any,
) -> Any:
    leaves = nest.flatten(loop_vars)
    starts = [_start(leaf, i) for i, leaf in enumerate(leaves)]
    shapes = _invariants(shape_invariants, leaves)
    with context.entered():
        if context.outer is not None:
            starts = [context.outer.capture(start) for start in starts]
        entered = []
        for start, shape in zip(starts, shapes, strict=True):
            if shape is not None and not _is_within(start.shape, shape):
                raise ValueError(
                    f"The shape invariant specified for {start.name} is not compatible with the "
                    f"initial shape of the loop variable. It enters the loop with shape "
                    f"{start.shape}, but the specified shape invariant is {shape}."
                )
            entered.append(context.enter_variable(start, shape))
        merged = merge_variables(entered)
        for tensor, start in zip(merged, entered, strict=True):
            tensor.shape = start.shape
        context.pivot_for_pred = merged[0]
        test = convert_to_tensor(cond(*_packed(loop_vars, leaves, merged)))
        context.pivot = make_tensor("LoopCond", test, name="LoopCond")
        switched = [switch(m, context.pivot) for m in merged]
        inside = [identity(alive) for _, alive in switched]
        context.pivot_for_body = inside[0]
        result = _as_list(body(*_packed(loop_vars, leaves, inside)), len(loop_vars) == 1, loop_vars)
        values = _next_values(loop_vars, result)
        for tensor, value in zip(merged, values, strict=True):
            _check_shape(tensor, value)
            context.next_iteration(tensor, value)
        left = [context.leave(done) for done, _ in switched]
    return _packed(loop_vars, leaves, left)


def _start(leaf: Any, index: int) -> Tensor:
    flow = getattr(leaf, "flow", None)
    if flow is not None:
        return convert_to_tensor(flow)
    return convert_to_tensor(leaf)


def _invariants(given: Any, leaves: Sequence[Any]) -> list[TensorShape | None]:
    if given is None:
        return [None] * len(leaves)
    shapes = [None if s is None else as_shape(s) for s in _flat_shapes(given)]
    if len(shapes) != len(leaves):
        raise ValueError(
            f"shape_invariants has {len(shapes)} shapes for {len(leaves)} loop variables"
        )
    return [
        TensorShape([]) if hasattr(leaf, "flow") else s
        for s, leaf in zip(shapes, leaves, strict=True)
    ]


def _flat_shapes(given: Any) -> list[Any]:
    if isinstance(given, (list, tuple)):
        return [s for item in given for s in _flat_shapes(item)]
    return [given]


def _is_within(shape: TensorShape, invariant: TensorShape) -> bool:
    """True when every size of the invariant is that of the shape, or open."""
    if invariant.sizes is None:
        return True
    if shape.sizes is None or len(shape.sizes) != len(invariant.sizes):
        return False
    return all(
        wanted is None or have == wanted
        for have, wanted in zip(shape.sizes, invariant.sizes, strict=True)
    )


def _packed(loop_vars: Any, leaves: Sequence[Any], tensors: Sequence[Tensor]) -> Any:
    """The tensors in the structure of the variables, TensorArrays as such."""
    made = []
    for leaf, tensor in zip(leaves, tensors, strict=True):
        rebuild = getattr(leaf, "with_flow", None)
        made.append(tensor if rebuild is None else rebuild(tensor))
    return nest.pack_sequence_as(loop_vars, made)


def _next_values(loop_vars: Any, result: Any) -> list[Tensor]:
    if isinstance(result, Operation) or result is None:
        raise TypeError(f"the body of a while_loop must return its variables, not {result!r}")
    try:
        nest.assert_same_structure(loop_vars, result)
    except ValueError as error:
        raise ValueError(
            "The body of a while_loop must return as many values as there are loop variables, "
            f"nested alike: {error}"
        ) from None
    values = []
    for start, value in zip(nest.flatten(loop_vars), nest.flatten(result), strict=True):
        wanted = getattr(start, "flow", start)
        wanted = wanted.dtype.base_dtype if isinstance(wanted, Tensor) else None
        values.append(convert_to_tensor(getattr(value, "flow", value), wanted))
    return values


def _check_shape(merged: Tensor, value: Tensor) -> None:
    start = merged.op.inputs[0]
    if merged.dtype.base_dtype is not value.dtype.base_dtype:
        raise TypeError(
            f"the loop variable {start.name} is {merged.dtype.name} when it enters the loop, "
            f"but {value.dtype.name} ({value.name}) after one round"
        )
    if not _is_within(value.shape, merged.shape):
        raise ValueError(
            f"Input tensor '{start.op.inputs[0].name}' enters the loop with shape {merged.shape}, "
            f"but has shape {value.shape} after one iteration. To allow the shape to vary across "
            "iterations, use the `shape_invariants` argument of tf.while_loop to specify a "
            "less-specific shape."
        )
