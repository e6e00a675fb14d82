"""The branches of a condition: contexts in which `tf.cond` builds its two sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime import nest
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.control_flow_context import ControlFlowContext
from opscope.runtime.graph import Graph
from opscope.runtime.group import with_dependencies
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.make_op import make_node, make_op
from opscope.runtime.operation import Operation, Tensor


def switch(data: Any, pred: Tensor, name: str | None = None) -> tuple[Tensor, Tensor]:
    """`data` in one of two tensors: (alive when false, alive when true), the other one dead.

    A reference stays a reference, beside its variable.
    """
    tensor: Tensor = convert_to_tensor(data, as_ref=True)
    if not tensor.dtype.is_ref_dtype:
        first, second = make_node("Switch", tensor, pred, name=name).outputs
        return first, second
    with tensor.graph.colocate_with(tensor.op, ignore_existing=True):
        first, second = make_node("RefSwitch", tensor, pred, name=name or "Switch").outputs
    return first, second


def merge(tensors: list[Tensor], name: str | None = None) -> Tensor:
    """Whichever of the tensors is alive."""
    made: Tensor = make_op("Merge", tensors, name=name)[0]
    return made


class BranchContext(ControlFlowContext):
    """One side of a condition. branch: 1 when the predicate holds, else 0."""

    def __init__(self, graph: Graph, pred: Tensor, pivot: Tensor, branch: int) -> None:
        super().__init__(graph)
        self.pred = pred
        self.pivot = pivot
        self.branch = branch
        self.values.update((pred, pivot))

    @property
    def control_pivot(self) -> Operation | None:
        """The `switch_t` or `switch_f` op."""
        return self.pivot.op

    def bring_in(self, tensor: Tensor) -> Tensor:
        """A Switch on the predicate, beside the tensor; the output of this side."""
        with tensor.graph.colocate_with(tensor.op, ignore_existing=True):
            return switch(tensor, self.pred)[self.branch]

    def build(self, function: Callable[[], Any]) -> tuple[Any, list[Tensor]]:
        """What `function` returns, and its leaves as tensors of this branch.

        An operation becomes a tensor that is there when the operation is done.
        """
        with self.entered():
            result = function()
            leaves = [] if result is None else nest.flatten(result)
            return result, [self._result(leaf) for leaf in leaves]

    def _result(self, leaf: Any) -> Tensor:
        if isinstance(leaf, Operation):
            return with_dependencies([leaf], self.pivot)
        if isinstance(leaf, IndexedSlices):
            leaf = leaf.dense()
        tensor = convert_to_tensor(getattr(leaf, "flow", leaf))
        if tensor in self.values:
            return self.externals.get(tensor, tensor)
        brought = self.capture(tensor)
        self.graph.mark_seen(brought.op)
        return brought
