"""Ops that compute what an earlier op has computed already."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.devices import Device
from opscope.runtime.operation import Operation, Tensor

# Ops of one type on the same inputs whose attributes differ; there are hardly ever more.
_MAX_LIKES = 16
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
    first: dict[Any, list[Operation]] = {}
    found: dict[Operation, Operation] = {}
    same: dict[Tensor, Any] = {}
    for op in order:
        given = op.inputs
        if op.definition.stateful or not given or op.type == "Identity":
            continue
        if folded:
            for tensor in given:
                if tensor in folded and tensor not in same:
                    same[tensor] = _constant_key(tensor, folded[tensor])
        inputs = tuple([same.get(t, t) for t in given]) if same else tuple(given)
        likes = first.setdefault((op.type, *inputs), [])
        for earlier in likes:
            if _is_same(op, earlier) and placement[op] is placement[earlier]:
                break
        else:
            if len(likes) < _MAX_LIKES:
                likes.append(op)
            continue
        if any(t in fed or t in folded for t in (*op.outputs, *earlier.outputs)):
            continue
        found[op] = earlier
        same.update(zip(op.outputs, earlier.outputs, strict=True))
    return found


def _is_same(op: Operation, earlier: Operation) -> bool:
    """True when two ops of one type on the same inputs compute the same."""
    if any(t.dtype.is_ref_dtype or t.dtype is dtypes.resource for t in op.inputs):
        return False
    if op.controls != earlier.controls:
        return False
    if float in [value.__class__ for value in op.attrs.values()]:
        return False  # 0.0 and -0.0 are equal, and are not the same
    if op.attrs is earlier.attrs:
        return True
    if op.attrs.keys() != earlier.attrs.keys():
        return False
    try:
        return all(
            hash(v) == hash(earlier.attrs[k]) and v == earlier.attrs[k] for k, v in op.attrs.items()
        )
    except TypeError:  # an attribute that is not hashable
        return False


def _constant_key(tensor: Tensor, value: Any) -> Any:
    """What equal small constants have in common; else the tensor itself."""
    if getattr(value, "nbytes", _LARGE) >= _LARGE or not hasattr(value, "tobytes"):
        return tensor
    return (tensor.dtype, value.shape, value.tobytes())
