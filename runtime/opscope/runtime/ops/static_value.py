"""What is known of a tensor's value while the graph is built, for shape rules.

More than `constant_value`: whatever follows from constants alone is computed by the kernels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime.binding import Binding
from opscope.runtime.constant import constant_value, constant_value_as_shape
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import Dimension, TensorShape

# Shapes and axes are small; a larger tensor is left to the run.
_LARGEST = 1000
_FEW = 4


def static_value(tensor: Tensor) -> Any:
    """The value as a NumPy array or scalar; None when it depends on anything but constants."""
    known = constant_value(tensor)
    if known is not None:
        return known
    return _computed(tensor, {})


def _computed(tensor: Tensor, seen: dict[Operation, Any]) -> Any:
    node = tensor.op
    if node not in seen:
        seen[node] = None
        seen[node] = _results(node, seen)
    results = seen[node]
    return None if results is None else results[tensor.value_index]


def _results(node: Operation, seen: dict[Operation, Any]) -> Any:
    if node.definition.stateful or not node.inputs or node.control_inputs:
        return None
    if not all(_is_small(t) for t in (*node.inputs, *node.outputs)):
        return None
    values = []
    for tensor in node.inputs:
        value = constant_value(tensor)
        if value is None:
            value = _computed(tensor, seen)
        if value is None:
            return None
        values.append(value[()] if value.ndim == 0 else value)
    from opscope.runtime.kernels import bound_kernel

    try:
        found = bound_kernel(Binding(node, np, "CPU", {}))(*values)
    except Exception:  # the op says what is wrong, with its name, when it runs
        return None
    return found if len(node.outputs) > 1 else (found,)


def _is_small(tensor: Tensor) -> bool:
    count = tensor.shape.num_elements()
    if tensor.dtype.is_integer:
        return count is None or count <= _LARGEST
    # A size may be computed in floats; what is larger than a few numbers is data.
    return tensor.dtype.is_floating and count is not None and count <= _FEW


def static_shape(tensor: Tensor) -> TensorShape:
    """The shape that a 1-D integer tensor stands for, as far as it is known."""
    node = tensor.op
    if node.type == "ConcatV2" and constant_value(node.inputs[-1]) == 0:
        joined = TensorShape(())
        for part in node.inputs[:-1]:
            joined = joined.concatenate(static_shape(part))
        return joined
    if node.type == "Slice":
        source, begin, size = node.inputs
        start, count = static_value(begin), static_value(size)
        if start is not None and count is not None:
            first = int(start[0])
            last = None if int(count[0]) == -1 else first + int(count[0])
            whole = static_shape(source)
            if whole.sizes is not None:
                return whole[first:last]
    found = constant_value_as_shape(tensor)
    if found.is_fully_defined():
        return found
    known = static_value(tensor)
    if known is None:
        return found
    return TensorShape([None if int(d) < 0 else Dimension(int(d)) for d in known])
