"""Which operators may write their result into the memory of their first operand."""

from __future__ import annotations

from collections.abc import Mapping

from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape

_OPERATORS = {f"{{0}} {sign} {{1}}": f"{sign}=" for sign in "+-*/"}

# Ops whose CPU kernels always return memory that nothing else refers to. Others may return a buffer
# that they keep, or a constant that they made when they were bound.
_MAKERS = frozenset(
    {"Add", "AddV2", "BiasAdd", "Conv2D", "MatMul", "Mul", "Neg", "RealDiv", "Square", "Sub"}
)


def in_place_operator(
    op: Operation, template: str, shapes: Mapping[Tensor, TensorShape]
) -> str | None:
    """The augmented assignment for an op on floats whose result looks like its first operand.

    None where that operand may not be an array of its own. (A view may be a broadcast one.)
    """
    operator = _OPERATORS.get(template)
    if operator is None or op.inputs[0].op.type not in _MAKERS:
        return None
    if not op.outputs[0].dtype.is_floating:
        return None
    sizes = shapes[op.outputs[0]].sizes
    if not sizes or None in sizes or shapes[op.inputs[0]].sizes != sizes:
        return None
    return operator
