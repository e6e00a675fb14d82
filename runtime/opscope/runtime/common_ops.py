"""Ops that compute what an earlier op has computed already."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.devices import Device
from opscope.runtime.operation import Operation, Tensor

_LARGE = 256  # bytes; larger constants are not compared


def common_ops(
    order: Sequence[Operation],
    placement: Mapping[Operation, Device],
    fed: Collection[Tensor],
    folded: Mapping[Tensor, Any],
) -> dict[Operation, Operation]:
    """The first op of its like for each later one: same type, inputs, attributes and device.

    folded: the values of constant tensors; small ones that are equal are the same. Left alone is
    what has an effect, draws random numbers or reads a variable, which an update may come before.
    """
    first: dict[Any, Operation] = {}
    found: dict[Operation, Operation] = {}
    same: dict[Tensor, Any] = {}
    for op in order:
        if op.definition.stateful or not op.inputs or op.type == "Identity":
            continue
        given = op.inputs
        if True in [t.dtype.is_ref_dtype or t.dtype is dtypes.resource for t in given]:
            continue
        attrs = op.attrs.values()
        if float in [value.__class__ for value in attrs]:
            continue  # 0.0 and -0.0 are equal, and are not the same
        if folded:
            for tensor in given:
                if tensor in folded and tensor not in same:
                    same[tensor] = _constant_key(tensor, folded[tensor])
        inputs = tuple([same.get(t, t) for t in given]) if same else tuple(given)
        key = (op.type, inputs, *op.control_inputs, placement[op], *attrs)
        try:
            earlier = first.setdefault(key, op)
        except TypeError:  # an attribute that is not hashable
            continue
        if earlier is op or any(t in fed or t in folded for t in (*op.outputs, *earlier.outputs)):
            continue
        found[op] = earlier
        same.update(zip(op.outputs, earlier.outputs, strict=True))
    return found


def _constant_key(tensor: Tensor, value: Any) -> Any:
    """What equal small constants have in common; else the tensor itself."""
    if getattr(value, "nbytes", _LARGE) >= _LARGE or not hasattr(value, "tobytes"):
        return tensor
    return (tensor.dtype, value.shape, value.tobytes())
