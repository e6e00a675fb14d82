"""Updates of some rows of a variable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation
from opscope.runtime.ops.nd_indexing import check_updates, places
from opscope.runtime.ops.type_sets import NUMBER
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variable_slot import VariableSlot

_SIGNATURE = "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)"
_INDEX = "Tindices: {int32, int64}"

Combine = Callable[[Any, Any, Any], None]


def _put(target: Any, where: Any, updates: Any) -> None:
    target[where] = updates


def _with(function: Any) -> Combine:
    """A combination that takes every row in turn, also where an index comes twice."""

    def combine(target: Any, where: Any, updates: Any) -> None:
        function.at(target, where, updates)

    return combine


def _subtract(target: Any, where: Any, updates: Any) -> None:
    """Take every row off in turn; of truth values, what differs is true, as in C++."""
    function = np.logical_xor if target.dtype == np.bool_ else np.subtract
    function.at(target, where, updates)


def checked_rows(indices: Any, limit: int) -> Any:
    """The indices; InvalidArgumentError names the first that is no row."""
    flat = indices.reshape(-1)
    bad = (flat < 0) | (flat >= limit)
    if bad.any():
        first = int(bad.argmax())
        raise errors.InvalidArgumentError(
            None, None, f"indices[{first}] = {flat[first]} is not in [0, {limit})"
        )
    return indices


def changed(slot: VariableSlot) -> Any:
    """The memory for the next value, with the value now in it."""
    target = slot.target()
    if target is not slot.value:
        target[...] = slot.value
    return target


def _define(name: str, kinds: str, combine: Combine, locking: bool, doc: str) -> OpDef:
    def kernel(xp: Any, ref: VariableSlot, indices: Any, updates: Any) -> None:
        expected = indices.shape + ref.value.shape[1:]
        if np.shape(updates) not in ((), expected):  # a string scalar is plain bytes
            raise errors.InvalidArgumentError(
                None,
                None,
                "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], "
                f"got updates.shape {list(np.shape(updates))}, "
                f"indices.shape {list(indices.shape)}, "
                f"params.shape {list(ref.value.shape)}",
            )
        where = checked_rows(indices, ref.value.shape[0])
        target = changed(ref)
        combine(target, where, updates)
        ref.commit(target)

    kernel.__doc__ = doc
    made = op(
        name,
        _SIGNATURE,
        f"T: {kinds}, {_INDEX}, use_locking: bool = {str(locking).lower()}",
        updates=(0,),
        host_only=True,
        not_differentiable=True,
    )(kernel)

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        ref, indices, updates = (t.shape for t in node.inputs)
        if ref.sizes and indices.sizes is not None and updates.sizes not in (None, ()):
            indices.concatenate(ref[1:]).merge_with(updates)
        return [ref]

    return made


NUMBERS = f"{{{NUMBER}}}"
_ORDERED = "{float16, bfloat16, float32, float64, int32, int64}"

_define("ScatterUpdate", "type", _put, True, "Put rows into a variable.")
_define("ScatterAdd", NUMBERS, _with(np.add), False, "Add rows to those of a variable.")
_define("ScatterSub", NUMBERS, _with(np.subtract), False, "Subtract rows from a variable's.")
_define("ScatterMul", NUMBERS, _with(np.multiply), False, "Multiply rows of a variable.")
_define("ScatterDiv", NUMBERS, _with(np.divide), False, "Divide rows of a variable.")
_define("ScatterMin", _ORDERED, _with(np.minimum), False, "Keep the smaller of rows, by element.")
_define("ScatterMax", _ORDERED, _with(np.maximum), False, "Keep the larger of rows, by element.")


def _define_nd(name: str, kinds: str, combine: Combine, locking: bool, doc: str) -> OpDef:
    def kernel(xp: Any, ref: VariableSlot, indices: Any, updates: Any) -> None:
        where = places(indices, ref.value.shape)
        expected = indices.shape[:-1] + ref.value.shape[indices.shape[-1] :]
        if updates.shape != expected:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"updates must have shape {list(expected)}, got {list(updates.shape)}",
            )
        target = changed(ref)
        combine(target, where, updates)
        ref.commit(target)

    kernel.__doc__ = doc
    made = op(
        name,
        _SIGNATURE,
        f"T: {kinds}, {_INDEX}, use_locking: bool = {str(locking).lower()}, "
        "bad_indices_policy: string = ''",
        updates=(0,),
        host_only=True,
        not_differentiable=True,
    )(kernel)

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        ref, indices, updates = (t.shape for t in node.inputs)
        check_updates(ref, indices, updates)
        return [ref]

    return made


_define_nd("ScatterNdUpdate", "type", _put, True, "Put parts into a variable by rows of indices.")
_define_nd("ScatterNdAdd", NUMBERS, _with(np.add), False, "Add parts by rows of indices.")
_define_nd("ScatterNdSub", NUMBERS, _subtract, False, "Subtract by rows of indices.")
_define_nd("ScatterNdMin", NUMBERS, _with(np.minimum), False, "Keep the smaller elements.")
_define_nd("ScatterNdMax", NUMBERS, _with(np.maximum), False, "Keep the larger elements.")


def _scatter(op_type: str, default_locking: bool, doc: str) -> Callable[..., Any]:
    by_places = op_type.startswith("ScatterNd")

    def function(
        ref: Any,
        indices: Any,
        updates: Any,
        use_locking: bool = default_locking,
        name: str | None = None,
    ) -> Any:
        if not hasattr(ref, "handle"):
            return make_op(op_type, ref, indices, updates, use_locking=use_locking, name=name)
        attrs: dict[str, Any] = {} if by_places else {"dtype": ref.dtype}
        values = convert_to_tensor(updates, ref.dtype)
        return ref._updated(f"Resource{op_type}", indices, values, name=name, **attrs)

    function.__doc__ = doc
    return function


scatter_update = _scatter("ScatterUpdate", True, "Put rows into a variable; it after that.")
scatter_add = _scatter("ScatterAdd", False, "Add rows to those of a variable; it after that.")
scatter_sub = _scatter("ScatterSub", False, "Subtract rows from a variable's; it after that.")
scatter_mul = _scatter("ScatterMul", False, "Multiply rows of a variable; it after that.")
scatter_div = _scatter("ScatterDiv", False, "Divide rows of a variable; it after that.")
scatter_min = _scatter("ScatterMin", False, "Keep the smaller elements; the variable after that.")
scatter_max = _scatter("ScatterMax", False, "Keep the larger elements; the variable after that.")
scatter_nd_update = _scatter("ScatterNdUpdate", True, "Put parts by rows of indices.")
scatter_nd_add = _scatter("ScatterNdAdd", False, "Add parts by rows of indices.")
scatter_nd_sub = _scatter("ScatterNdSub", False, "Subtract parts by rows of indices.")
scatter_nd_min = _scatter("ScatterNdMin", False, "Keep the smaller elements by rows of indices.")
scatter_nd_max = _scatter("ScatterNdMax", False, "Keep the larger elements by rows of indices.")
