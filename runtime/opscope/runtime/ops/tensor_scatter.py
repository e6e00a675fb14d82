"""Tensors with some of their parts changed, named by rows of indices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.filling import zeros_like
from opscope.runtime.ops.nd_indexing import check_updates, gather_nd, places, scatter_nd
from opscope.runtime.ops.shape import shape
from opscope.runtime.tensor_shape import TensorShape

_SIGNATURE = "tensor: T, indices: Tindices, updates: T -> output: T"
_POLICY = "bad_indices_policy: string = ''"


def _define(name: str, change: Callable[[Any, Any, Any], None], index: str, doc: str) -> OpDef:
    def kernel(xp: Any, tensor: Any, indices: Any, updates: Any) -> Any:
        expected = indices.shape[:-1] + tensor.shape[indices.shape[-1] :]
        if updates.shape != expected:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"updates must have shape {list(expected)} for a tensor of shape "
                f"{list(tensor.shape)} and indices of shape {list(indices.shape)}, got "
                f"{list(updates.shape)}",
            )
        changed = np.array(tensor)
        change(changed, places(indices, tensor.shape), updates)
        return changed

    kernel.__doc__ = doc
    attrs = f"T: type, Tindices: {{{index}}}, {_POLICY}"
    made = op(name, _SIGNATURE, attrs, host_only=True)(kernel)

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        tensor, indices, updates = (t.shape for t in node.inputs)
        check_updates(tensor, indices, updates)
        return [tensor]

    return made


def _put(target: Any, where: Any, updates: Any) -> None:
    target[where] = updates


_INT = "int32, int64"
_update = _define(
    "TensorScatterUpdate", _put, "int16, int32, int64", "Put parts by rows of indices."
)
_add = _define("TensorScatterAdd", np.add.at, _INT, "Add parts by rows of indices.")
_sub = _define("TensorScatterSub", np.subtract.at, _INT, "Subtract parts by rows of indices.")
_max = _define("TensorScatterMax", np.maximum.at, _INT, "Keep the larger by rows of indices.")
_min = _define("TensorScatterMin", np.minimum.at, _INT, "Keep the smaller by rows of indices.")


@_update.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    _, indices, updates = node.inputs
    wrt_updates = gather_nd(grad, indices)
    nothing = zeros_like(updates)
    kept = make_tensor("TensorScatterUpdate", make_tensor("Identity", grad), indices, nothing)
    return [kept, None, wrt_updates]


@_add.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("Identity", grad), None, gather_nd(grad, node.inputs[1])]


@_sub.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [make_tensor("Identity", grad), None, -gather_nd(grad, node.inputs[1])]


def _extremum_gradient(node: Operation, grad: Tensor) -> list[Tensor | None]:
    tensor, indices, updates = node.inputs
    kind, output = updates.dtype.base_dtype, node.outputs[0]
    own = make_tensor("Cast", make_tensor("Equal", tensor, output), DstT=kind)
    reached = gather_nd(output, indices)
    given = make_tensor("Cast", make_tensor("Equal", updates, reached), DstT=kind)
    full = shape(tensor, out_type=indices.dtype.base_dtype)
    counts = own + scatter_nd(indices, given, full)
    wrt_tensor = grad * own / counts
    wrt_updates = gather_nd(grad / counts, indices) * given
    return [wrt_tensor, None, wrt_updates]


_max.gradient(_extremum_gradient)
_min.gradient(_extremum_gradient)


def _function(definition: OpDef) -> Callable[..., Tensor]:
    def function(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
        return make_tensor(definition.name, tensor, indices, updates, name=name)

    function.__doc__ = f"A tensor changed: {definition.doc[0].lower()}{definition.doc[1:]}"
    return function


tensor_scatter_nd_update, tensor_scatter_nd_add = map(_function, (_update, _add))
tensor_scatter_nd_sub, tensor_scatter_nd_max = map(_function, (_sub, _max))
tensor_scatter_nd_min = _function(_min)
