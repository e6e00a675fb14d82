"""Placement: which device of the session runs each op."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from opscope.runtime import dtypes, errors
from opscope.runtime.device_spec import DeviceSpec
from opscope.runtime.devices import Device, why_no_gpu
from opscope.runtime.op_def import ArgDef, OpDef
from opscope.runtime.operation import Operation
from opscope.runtime.ops.flow import FLOW
from opscope.runtime.ops.resource_variables import variable_of
from opscope.runtime.references import referred

Placement = Mapping[Operation, Device]


def place(ops: Sequence[Operation], devices: Sequence[Device], soft: bool) -> Placement:
    """Choose a device for each op.

    What the op asks for wins; else the first GPU if the op has a kernel there, else CPU:0. Ops that
    share a variable stand where the variable is. With `soft`, an op whose device is missing or has
    no kernel for it goes to the CPU; else InvalidArgumentError says which devices there are.
    """
    placed: dict[Operation, Device] = {}
    chosen: dict[tuple[OpDef, str], Device] = {}
    takes_handles = _TakesHandles()
    for op in ops:
        if op.type in FLOW and not op.device and op.inputs[0].op in placed:
            placed[op] = placed[op.inputs[0].op]  # a value is steered where it is
            continue
        if takes_handles[op.definition]:
            owner = _reference_owner(op)
            if owner is not None and owner in placed:
                placed[op] = placed[owner]
                continue
        key = (op.definition, op.device)
        device = chosen.get(key)
        if device is None:
            device = chosen[key] = _choose(op, devices, soft)
        placed[op] = device
    return placed


class _TakesHandles(dict[OpDef, bool]):
    """By op type, whether an input may be a reference or a handle."""

    def __missing__(self, definition: OpDef) -> bool:
        found = self[definition] = any(
            arg.is_ref
            or arg.type_list_attr is not None
            or dtypes.resource in _dtypes(definition, arg)
            for arg in definition.inputs
        )
        return found


def _dtypes(definition: OpDef, arg: ArgDef) -> Collection[dtypes.DType]:
    """The dtypes that an argument may have."""
    if arg.type_attr is None:
        return [arg.dtype] if arg.dtype is not None else []
    allowed = definition.attrs[arg.type_attr].allowed
    return [dtypes.resource] if allowed is None else allowed


def _reference_owner(op: Operation) -> Operation | None:
    """The variable whose reference or handle the op takes, followed through assignments."""
    for tensor in op.inputs:
        if tensor.dtype is dtypes.resource:
            variable = variable_of(tensor)
            if variable is not None:
                return variable
        elif tensor.dtype.is_ref_dtype and op.definition.updates:
            return referred(tensor)[0]
    return None


def _choose(op: Operation, devices: Sequence[Device], soft: bool) -> Device:
    spec = DeviceSpec.parse(op.device)
    able = [d for d in devices if op.definition.kernel(d.device_type) is not None]
    if spec.device_type is None:
        preferred = [d for d in able if d.device_type == "GPU"] or able
        return _matching(preferred, spec) or _matching(able, spec) or devices[0]
    found = _matching(able, spec)
    if found is not None:
        return found
    if soft:
        return _matching(able, replace(spec, device_type=None, device_index=None)) or devices[0]
    raise errors.InvalidArgumentError(None, op, _why_not(op, spec, devices))


def _matching(devices: Sequence[Device], spec: DeviceSpec) -> Device | None:
    return next((d for d in devices if spec.matches(d.spec)), None)


def _why_not(op: Operation, spec: DeviceSpec, devices: Sequence[Device]) -> str:
    names = ", ".join(d.name for d in devices)
    if _matching(devices, spec) is not None:
        reason = f"op type {op.type} has no {spec.device_type} kernel"
    else:
        reason = f"available devices are [ {names} ]"
        if spec.device_type == "GPU" and not any(d.device_type == "GPU" for d in devices):
            reason += f"; {why_no_gpu()}"
    return (
        f"Cannot assign a device for operation {op.name}: it was explicitly assigned to "
        f"{op.device} but {reason}. Make sure the device specification refers to a valid device, "
        "or run with ConfigProto(allow_soft_placement=True)."
    )
