"""The op that updates a variable and its slots: by reference, or by handle."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.make_op import make_node
from opscope.runtime.op_def import find_op
from opscope.runtime.operation import Operation


def update_op(op_type: str, *inputs: Any, **attrs: Any) -> Operation:
    """The operation `op_type` ("ApplyAdam", "SparseApplyAdagrad", ...) on variables and tensors.

    The first input is the variable; when it is a resource variable, the op is `Resource{op_type}`
    and the slots go in by their handles too.
    """
    if not hasattr(inputs[0], "handle"):
        return make_node(op_type, *inputs, **attrs)
    name = f"Resource{op_type}"
    given = [
        value.handle if arg.dtype is dtypes.resource else value
        for arg, value in zip(find_op(name).inputs, inputs, strict=True)
    ]
    return make_node(name, *given, **attrs)
