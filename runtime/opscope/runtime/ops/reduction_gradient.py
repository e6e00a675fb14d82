"""The gradients of reductions: the incoming gradient spread over the elements that were reduced."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from opscope.runtime.constant import constant, constant_value
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import find_op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.arrangement import tile, transpose
from opscope.runtime.ops.broadcasting import broadcast_to
from opscope.runtime.ops.cast import cast
from opscope.runtime.ops.elementwise import conjugate
from opscope.runtime.ops.filling import ones
from opscope.runtime.ops.gathering import gather
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.reduction import reduce_prod, reduce_sum
from opscope.runtime.ops.sequence import cumprod
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import rank, reshape, shape, size


def reduced_shape(input_shape: Tensor, axes: Tensor) -> Any:
    """The shape after a reduction that keeps its axes with size 1: an array when it is known."""
    known_shape, known_axes = constant_value(input_shape), constant_value(axes)
    if known_shape is not None and known_axes is not None:
        kept = np.array(known_shape, np.int32)
        kept[known_axes] = 1
        return kept
    input_rank = size(input_shape, out_type=axes.dtype.base_dtype)
    positive = (axes + input_rank) % input_rank
    axes_shape = shape(positive)
    return make_tensor(
        "DynamicStitch",
        [range_of(input_rank), positive],
        [input_shape, ones(axes_shape, input_shape.dtype)],
    )


# Graph -> (sizes, axes) for which it has the nodes of a shape division already.
_divisions: weakref.WeakKeyDictionary[Graph, set[Any]] = weakref.WeakKeyDictionary()


def _kept_and_copies(sizes: Any, axes: tuple[int, ...]) -> tuple[Any, Any]:
    """The shape after a reduction that keeps its axes, and how often each axis is repeated.

    TensorFlow leaves the nodes of that division in the graph, once for each shape; so does this.
    """
    whole = np.array(sizes, np.int32)
    kept = whole.copy()
    kept[list(axes)] = 1
    present = _divisions.setdefault(get_default_graph(), set())
    if (sizes, axes) not in present:
        present.add((sizes, axes))
        below = make_tensor("Maximum", kept, 1)
        make_tensor("FloorDiv", whole, below, name="floordiv")
    return kept, whole // np.maximum(kept, 1)


def _sum_gradient(node: Operation, grad: Tensor) -> Tensor:
    value, indices = node.inputs
    sizes = value.shape.sizes
    axes = constant_value(indices)
    if sizes is not None and axes is not None:
        if np.array_equal(axes, np.arange(len(sizes))):
            grad = reshape(grad, np.ones(len(sizes), np.int32))
            if None in sizes:
                return tile(grad, shape(value))
            return tile(grad, constant(np.array(sizes, np.int32)))
        if None not in sizes:
            kept, copies = _kept_and_copies(sizes, tuple(axes.reshape(-1).tolist()))
            return tile(reshape(grad, kept), copies)
    input_shape = shape(value)
    if not node.attrs["keep_dims"]:
        with get_default_graph().colocate_with(input_shape):
            kept_shape = reduced_shape(input_shape, indices)
        grad = reshape(grad, kept_shape)
    return broadcast_to(grad, input_shape)


def _mean_gradient(node: Operation, grad: Tensor) -> list[Tensor | None]:
    spread = _sum_gradient(node, grad)
    value, indices = node.inputs
    count_in = value.shape.num_elements()
    count_out = node.outputs[0].shape.num_elements()
    if count_in is not None and count_out is not None:
        factor = constant(count_in // max(count_out, 1), spread.dtype)
    else:
        input_shape = shape(value)
        input_rank = size(input_shape)
        axes = cast(indices, input_rank.dtype)
        axes = (axes + input_rank) % input_rank
        factor = reduce_prod(gather(input_shape, axes))
    return [spread / cast(factor, spread.dtype), None]


def _extremum_gradient(node: Operation, grad: Tensor) -> list[Tensor | None]:
    """The gradient goes to the extreme elements, in equal parts where there are several."""
    value, indices = node.inputs
    input_shape = shape(value)
    y = node.outputs[0]
    if node.attrs["keep_dims"]:
        kept_shape: Any = shape(y)
    else:
        kept_shape = reduced_shape(input_shape, indices)
        y = reshape(y, kept_shape)
        grad = reshape(grad, kept_shape)
    indicators = cast(make_tensor("Equal", y, value), grad.dtype)
    selected = reshape(reduce_sum(indicators, indices), kept_shape)
    return [indicators / selected * grad, None]


def _product_gradient(node: Operation, grad: Tensor) -> list[Tensor | None]:
    """The product of the other elements, from both sides, so that zeros do no harm."""
    value, indices = node.inputs
    input_shape = shape(value)
    flat = reshape(indices, [-1])
    if not node.attrs["keep_dims"]:
        grad = reshape(grad, reduced_shape(input_shape, indices))
    grad = broadcast_to(grad, input_shape)
    with get_default_graph().device("/cpu:0"):
        input_rank = rank(value)
        flat = cast(flat, input_rank.dtype)
        reduced = (flat + input_rank) % input_rank
        every = range_of(0, input_rank)
        other, _ = make_op("ListDiff", every, reduced, out_idx=reduced.dtype)
        order = concat([reduced, other], 0)
        reduced_count = reduce_prod(gather(input_shape, reduced))
        other_count = reduce_prod(gather(input_shape, other))
    permuted = transpose(value, order)
    permuted_shape = shape(permuted)
    columns = reshape(permuted, [reduced_count, other_count])
    left = cumprod(columns, exclusive=True)
    right = cumprod(columns, exclusive=True, reverse=True)
    others = reshape(conjugate(left) * conjugate(right), permuted_shape)
    spread = grad * transpose(others, make_tensor("InvertPermutation", order))
    return [reshape(spread, input_shape), None]


find_op("Sum").gradient(lambda node, grad: [_sum_gradient(node, grad), None])
find_op("Mean").gradient(_mean_gradient)
find_op("Max").gradient(_extremum_gradient)
find_op("Min").gradient(_extremum_gradient)
find_op("Prod").gradient(_product_gradient)
