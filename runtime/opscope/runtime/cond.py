"""tf.cond: values that depend on a condition, of which only one side is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime import nest
from opscope.runtime.branches import BranchContext, merge, switch
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.scope import op_scope


def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Callable[[], Any] | None = None,
    fn2: Callable[[], Any] | None = None,
) -> Any:
    """What `true_fn` returns when the scalar `pred` holds, else what `false_fn` returns.

    Both are called once, to build their ops, of which one side runs. They must return the same
    structure of tensors with equal dtypes; a list or tuple of one is unpacked unless `strict`.
    fn1 and fn2 are older names. TypeError for a Python bool or for what is not callable, ValueError
    when the two sides do not fit.
    """
    on_true, on_false = true_fn or fn1, false_fn or fn2
    if not callable(on_true):
        raise TypeError("The true_fn argument must be callable.")
    if not callable(on_false):
        raise TypeError("The false_fn argument must be callable.")
    if isinstance(pred, bool):
        raise TypeError("The argument 'pred' must not be a Python bool; use `if` for that")
    with op_scope(name, "cond", pred):
        graph = get_default_graph()
        pred = convert_to_tensor(pred)
        if_false, if_true = switch(pred, pred)
        pivots = identity(if_true, name="switch_t"), identity(if_false, name="switch_f")
        pred_id = identity(pred, name="pred_id")
        for tensor in (if_false, if_true, *pivots, pred_id):
            graph.prevent_feeding(tensor)
        true_side = BranchContext(graph, pred_id, pivots[0], 1)
        result, true_leaves = true_side.build(on_true)
        false_side = BranchContext(graph, pred_id, pivots[1], 0)
        other, false_leaves = false_side.build(on_false)
        if not strict:
            result, other = _single(result), _single(other)
        _check_same(result, other, true_leaves, false_leaves)
        if true_side.outer is None:
            graph.add_to_collection(GraphKeys.COND_CONTEXT, true_side)
            graph.add_to_collection(GraphKeys.COND_CONTEXT, false_side)
        merged = [merge([f, t]) for f, t in zip(false_leaves, true_leaves, strict=True)]
        return nest.pack_sequence_as(
            result,
            [_as_leaf(m, leaf) for m, leaf in zip(merged, nest.flatten(result), strict=True)],
        )


def _as_leaf(merged: Tensor, leaf: Any) -> Any:
    """A TensorArray again where the branches returned one."""
    rebuild = getattr(leaf, "with_flow", None)
    return merged if rebuild is None else rebuild(merged)


def _single(result: Any) -> Any:
    if isinstance(result, (list, tuple)) and len(result) == 1 and not nest.is_nested(result[0]):
        return result[0]
    return result


def _check_same(
    result: Any, other: Any, true_leaves: list[Tensor], false_leaves: list[Tensor]
) -> None:
    for value, which in ((result, "true_fn"), (other, "false_fn")):
        if value is None:
            raise ValueError(f"{which} must have a return value.")
    try:
        nest.assert_same_structure(result, other)
    except (TypeError, ValueError) as error:
        raise type(error)(f"Incompatible return values of true_fn and false_fn: {error}") from None
    for ours, theirs in zip(true_leaves, false_leaves, strict=True):
        if ours.dtype.base_dtype is not theirs.dtype.base_dtype:
            raise ValueError(
                "Outputs of true_fn and false_fn must have the same type: "
                f"{ours.dtype.name}, {theirs.dtype.name}"
            )
