"""Stacks: what a loop saved in each round, for the loop that goes back over it."""

from __future__ import annotations

from typing import Any

from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape


@op(
    "StackV2",
    "max_size: int32 -> handle: resource",
    "elem_type: type, stack_name: string = ''",
    stateful=True,
    template="[]",
)
def _stack(xp: Any, max_size: Any) -> Any:
    """A new, empty stack."""
    return []


@op(
    "StackPushV2",
    "handle: resource, elem: T -> output: T",
    "T: type, swap_memory: bool = false",
    stateful=True,
    view_of=1,
    template="{0}.append({1}) or {1}",
)
def _push(xp: Any, handle: Any, elem: Any) -> Any:
    """Put a value on a stack; return the value."""
    handle.append(elem)
    return elem


@op(
    "StackPopV2",
    "handle: resource -> elem: elem_type",
    "elem_type: type",
    stateful=True,
    template="{0}.pop()",
)
def _pop(xp: Any, handle: Any) -> Any:
    """Take the last value off a stack."""
    return handle.pop()


@op("StackCloseV2", "handle: resource ->", stateful=True, template="{0}.clear()")
def _close(xp: Any, handle: Any) -> None:
    """Empty a stack."""
    handle.clear()


@_stack.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([2])]  # TensorFlow's handle is a pair of names


@_push.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[1].shape]


@_pop.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape(None)]
