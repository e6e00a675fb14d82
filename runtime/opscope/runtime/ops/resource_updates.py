"""Reading and updating some rows or parts of a variable behind a handle."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import constant
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import OPS, OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops import (
    gathering,  # noqa: F401 - it defines GatherV2
    nd_indexing,
    scattering,
)
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.resource_variables import shape_behind
from opscope.runtime.ops.shape import expand_dims, reshape, size
from opscope.runtime.ops.slicing import MASKS, index_key
from opscope.runtime.tensor_shape import TensorShape, unknown_shape
from opscope.runtime.variable_slot import VariableSlot

_INDEX = "Tindices: {int32, int64}"


@op(
    "ResourceGather",
    "resource: resource, indices: Tindices -> output: dtype",
    f"batch_dims: int = 0, validate_indices: bool = true, dtype: type, {_INDEX}",
    stateful=True,
)
def _gather(xp: Any, resource: VariableSlot, indices: Any, *, batch_dims: int) -> Any:
    """The rows of a variable that indices name."""
    rows: Any = OPS["GatherV2"].kernels["ANY"](
        xp, resource.value, indices, np.int32(batch_dims), batch_dims=batch_dims
    )
    return rows


@_gather.shape
def _(node: Operation) -> list[TensorShape]:
    params, picked = shape_behind(node.inputs[0]).sizes, node.inputs[1].shape.sizes
    batch_dims = node.attrs["batch_dims"]
    if params is None or picked is None or batch_dims < 0:
        return [unknown_shape()]
    return [TensorShape(picked + params[batch_dims + 1 :])]


@_gather.gradient
def _(node: Operation, grad: Tensor) -> list[Any]:
    if node.attrs["batch_dims"]:
        raise NotImplementedError(
            f"opscope has no gradient of ResourceGather with batch_dims (node {node.name!r})"
        )
    handle, indices = node.inputs
    whole = variable_shape(handle)
    count = expand_dims(size(indices), 0)
    values = reshape(grad, concat([count, whole[1:]], 0))
    return [IndexedSlices(values, reshape(indices, count), whole), None]


def variable_shape(handle: Tensor, out_type: dtypes.DType = dtypes.int32) -> Tensor:
    """The shape of the value behind a handle: a constant where it is known."""
    known = shape_behind(handle)
    if known.is_fully_defined():
        return constant(known.as_list(), out_type)
    return make_tensor("VariableShape", handle, out_type=out_type)


@op(
    "ResourceGatherNd",
    "resource: resource, indices: Tindices -> output: dtype",
    f"dtype: type, {_INDEX}",
    stateful=True,
    host_only=True,
)
def _gather_nd(xp: Any, resource: VariableSlot, indices: Any) -> Any:
    """The parts of a variable that the rows of indices name."""
    parts: Any = OPS["GatherNd"].kernels["ANY"](xp, resource.value, indices)
    return parts


@_gather_nd.shape
def _(node: Operation) -> list[TensorShape]:
    sizes, indices = shape_behind(node.inputs[0]).sizes, node.inputs[1].shape.sizes
    if sizes is None or indices is None or indices[-1] is None:
        return [unknown_shape()]
    return [TensorShape(indices[:-1] + sizes[indices[-1] :])]


@_gather_nd.gradient
def _(node: Operation, grad: Tensor) -> list[Any]:
    handle, indices = node.inputs
    whole = variable_shape(handle, indices.dtype.base_dtype)
    if indices.shape.ndims == 2 and indices.shape.as_list()[-1] == 1:
        return [IndexedSlices(grad, reshape(indices, [-1]), whole), None]
    return [make_tensor("ScatterNd", indices, grad, whole), None]


# -- updates -------------------------------------------------------------------------------


def _nothing(node: Operation) -> list[TensorShape]:
    return []


def _checked_rows(node: Operation) -> list[TensorShape]:
    params, indices, updates = shape_behind(node.inputs[0]), *(t.shape for t in node.inputs[1:])
    if params.sizes and indices.sizes is not None and updates.sizes not in (None, ()):
        indices.concatenate(params[1:]).merge_with(updates)
    return []


def _checked_places(node: Operation) -> list[TensorShape]:
    nd_indexing.check_updates(shape_behind(node.inputs[0]), *(t.shape for t in node.inputs[1:]))
    return []


def _by_rows(applied: OpDef, kinds: str) -> None:
    """Define the ResourceScatter op that has the kernel of a Scatter op."""
    made = op(
        f"Resource{applied.name}",
        "resource: resource, indices: Tindices, updates: dtype ->",
        f"dtype: {kinds}, {_INDEX}",
        updates=(0,),
        host_only=True,
        not_differentiable=True,
    )(applied.kernels["ANY"])
    made.shape(_checked_rows)


def _by_places(applied: OpDef, kinds: str) -> None:
    """Define the ResourceScatterNd op that has the kernel of a ScatterNd op."""
    made = op(
        f"Resource{applied.name}",
        "ref: resource, indices: Tindices, updates: T ->",
        f"T: {kinds}, {_INDEX}, use_locking: bool = true, bad_indices_policy: string = ''",
        updates=(0,),
        host_only=True,
        not_differentiable=True,
    )(applied.kernels["ANY"])
    made.shape(_checked_places)


for _kind in ("Add", "Sub", "Mul", "Div", "Min", "Max"):
    _by_rows(OPS[f"Scatter{_kind}"], scattering.NUMBERS)
_by_rows(OPS["ScatterUpdate"], "type")
for _kind in ("Add", "Sub", "Min", "Max", "Update"):
    _by_places(OPS[f"ScatterNd{_kind}"], "type")


@op(
    "ResourceStridedSliceAssign",
    "ref: resource, begin: Index, end: Index, strides: Index, value: T ->",
    f"T: type, Index: {{int32, int64}}, {MASKS}",
    updates=(0,),
    host_only=True,
    not_differentiable=True,
)
def _strided_slice_assign(
    xp: Any,
    ref: VariableSlot,
    begin: Any,
    end: Any,
    strides: Any,
    value: Any,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> None:
    """Put a value into ref[begin:end:strides]."""
    masks = {
        "begin_mask": begin_mask,
        "end_mask": end_mask,
        "ellipsis_mask": ellipsis_mask,
        "new_axis_mask": new_axis_mask,
        "shrink_axis_mask": shrink_axis_mask,
    }
    key = index_key(begin, end, strides, masks)
    if ref.value.ndim == 0:
        target = np.array(ref.value)
        target[key] = value
        ref.commit(target[()])
        return
    place = ref.value[key].shape
    if np.shape(value) not in (place, ()):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"shape of value {list(np.shape(value))} does not fit the shape {list(place)} of the "
            "slice it is assigned to",
        )
    target = scattering.changed(ref)
    target[key] = value
    ref.commit(target)


_strided_slice_assign.shape(_nothing)


@op(
    "StridedSliceAssign",
    "ref: Ref(T), begin: Index, end: Index, strides: Index, value: T -> output_ref: Ref(T)",
    f"T: type, Index: {{int32, int64}}, {MASKS}",
    updates=(0,),
    host_only=True,
    not_differentiable=True,
)
def _ref_strided_slice_assign(
    xp: Any,
    ref: VariableSlot,
    begin: Any,
    end: Any,
    strides: Any,
    value: Any,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> None:
    """Put a value into ref[begin:end:strides]."""
    _strided_slice_assign.kernels["ANY"](
        xp,
        ref,
        begin,
        end,
        strides,
        value,
        begin_mask=begin_mask,
        end_mask=end_mask,
        ellipsis_mask=ellipsis_mask,
        new_axis_mask=new_axis_mask,
        shrink_axis_mask=shrink_axis_mask,
    )


@_ref_strided_slice_assign.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape]
