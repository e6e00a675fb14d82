"""The update ops of optimizers by handle (ResourceApply...) and by rows (SparseApply...).

Each has the formula of the op that updates a whole reference variable; so an optimizer defines its
formula once.
"""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.op_def import OPS, ArgDef, AttrDef, OpDef, op
from opscope.runtime.operation import Operation
from opscope.runtime.ops import (
    keras_updates,  # noqa: F401 - it defines ApplyAdagradV2
    proximal,  # noqa: F401 - it defines more of them
    training,  # noqa: F401 - it defines the Apply ops
)
from opscope.runtime.ops.proximal import rounds
from opscope.runtime.ops.resource_variables import shape_behind
from opscope.runtime.ops.scattering import changed, checked_rows
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variable_slot import VariableSlot

_GRADIENTS = ("grad", "delta")
_INDEX = "Tindices: {int32, int64}"


def _kind(attr: AttrDef) -> str:
    if attr.allowed and attr.kind == "type":
        return f"{{{', '.join(sorted(t.name for t in attr.allowed))}}}"
    default = str(attr.default).lower() if attr.kind == "bool" else repr(attr.default)
    return f"{attr.kind} = {default}"


def _attrs(definition: OpDef) -> str:
    return ", ".join(f"{attr.name}: {_kind(attr)}" for attr in definition.attrs.values())


def _type_of(arg: ArgDef) -> str:
    return arg.type_attr or str(arg.dtype.name if arg.dtype else "")


# -- by rows -------------------------------------------------------------------------------


def _sparse_inputs(applied: OpDef) -> str:
    """The inputs of the Apply op, with the indices after the gradient."""
    written: list[str] = []
    for arg in applied.inputs:
        name = "grad" if arg.name in _GRADIENTS else arg.name
        kind = _type_of(arg)
        written.append(f"{name}: {f'Ref({kind})' if arg.is_ref else kind}")
        if arg.name in _GRADIENTS:
            written.append("indices: Tindices")
    return ", ".join(written)


def _by_rows(applied: OpDef) -> None:
    """Define the op that applies the formula of an Apply or ResourceApply op to some rows."""
    whole = applied.kernels["ANY"]
    place = next(i for i, arg in enumerate(applied.inputs) if arg.name in _GRADIENTS)

    def kernel(xp: Any, *values: Any, **attrs: Any) -> None:
        arguments = [*values[: place + 1], *values[place + 2 :]]
        indices, grad = values[place + 1], values[place]
        slots: list[VariableSlot] = [arguments[i] for i in applied.updates]
        flat = checked_rows(indices, slots[0].value.shape[0]).reshape(-1)
        grad = grad.reshape((flat.size, *slots[0].value.shape[1:]))
        targets = [changed(slot) for slot in slots]
        for where in rounds(flat):
            rows = [VariableSlot(slot.name) for slot in slots]
            for row, target in zip(rows, targets, strict=True):
                row.value = target[flat[where]]
            arguments[place] = grad[where]
            for i, row in zip(applied.updates, rows, strict=True):
                arguments[i] = row
            whole(xp, *arguments, **attrs)
            for row, target in zip(rows, targets, strict=True):
                target[flat[where]] = row.value
        for slot, target in zip(slots, targets, strict=True):
            slot.commit(target)

    kernel.__doc__ = applied.doc + " Only the rows that indices name change."
    made = op(
        _by_rows_name(applied),
        f"{_sparse_inputs(applied)} -> {'out: Ref(T)' if applied.outputs else ''}",
        f"{_attrs(applied)}, {_INDEX}",
        updates=applied.updates,
        host_only=True,
        not_differentiable=True,
    )(kernel)
    made.kernel_attrs = applied.kernel_attrs

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        if not made.outputs:
            return []
        shape = node.inputs[0].shape
        for arg, tensor in zip(made.inputs, node.inputs, strict=True):
            if arg.is_ref:
                shape = shape.merge_with(tensor.shape)
        return [shape]


def _by_rows_name(applied: OpDef) -> str:
    return applied.name.replace("Apply", "SparseApply", 1)


# -- by handle -----------------------------------------------------------------------------


def _by_handle(applied: OpDef) -> None:
    """Define the Resource op that has the kernel of an op on references."""
    inputs = ", ".join(
        f"{arg.name}: {'resource' if arg.is_ref else _type_of(arg)}" for arg in applied.inputs
    )
    made = op(
        f"Resource{applied.name}",
        f"{inputs} ->",
        _attrs(applied),
        updates=applied.updates,
        host_only=applied.host_only,
        not_differentiable=True,
    )(applied.kernels["ANY"])
    made.kernel_attrs = applied.kernel_attrs
    made.bind_rule = applied.bind_rule
    made.finite_rule = applied.finite_rule
    is_whole = applied.name.startswith("Apply")

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        shape = shape_behind(node.inputs[0])
        for arg, tensor in zip(made.inputs, node.inputs, strict=True):
            if arg.dtype is dtypes.resource:
                shape = shape.merge_with(shape_behind(tensor))
            elif is_whole and arg.name in _GRADIENTS:
                shape = shape.merge_with(tensor.shape)
        return []


# TensorFlow has no op for some rows of these; their optimizers scatter.
_WHOLE_ONLY = frozenset({"ApplyGradientDescent", "ApplyAdam", "ResourceApplyAdamWithAmsgrad"})

for _definition in [d for d in OPS.values() if d.updates]:
    if _definition.name.startswith(("Apply", "ResourceApply")) and not (
        _definition.name in _WHOLE_ONLY or _by_rows_name(_definition) in OPS
    ):
        _by_rows(_definition)
for _definition in [d for d in OPS.values() if d.updates]:
    if _definition.name.startswith(("Apply", "SparseApply")) and (
        f"Resource{_definition.name}" not in OPS
    ):
        _by_handle(_definition)
