"""Step stats: when each op of a traced run began and ended, and what it put out."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from opscope.events.proto.step_stats_pb2 import NodeExecStats, StepStats
from opscope.runtime.devices import Device
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape


def build_step_stats(
    ops: Sequence[Operation],
    placement: Mapping[Operation, Device],
    times: Sequence[int],
    values: Mapping[Tensor, Any],
    epoch_offset: int,
) -> StepStats:
    """Times of one run as StepStats.

    times: nanoseconds of the process clock, one before the first op and one after each; with
    `epoch_offset` added they are nanoseconds since the epoch.
    """
    stats = StepStats()
    by_device: dict[str, Any] = {}
    thread = threading.get_native_id() & 0xFFFFFFFF
    for op, start, end in zip(ops, times[:-1], times[1:], strict=True):
        name = placement[op].name
        device = by_device.get(name)
        if device is None:
            device = by_device[name] = stats.dev_stats.add(device=name)
            device.thread_names[thread] = threading.current_thread().name
        node = device.node_stats.add(node_name=op.name, thread_id=thread)
        _set_times(node, start + epoch_offset, end - start)
        node.timeline_label = f"{op.name} = {op.type}({', '.join(t.op.name for t in op.inputs)})"
        _set_outputs(node, op, placement[op], values)
    return stats


def _set_times(node: NodeExecStats, start: int, duration: int) -> None:
    node.all_start_nanos = start
    node.all_start_micros = start // 1000
    node.scheduled_nanos = start
    node.scheduled_micros = start // 1000
    node.op_end_rel_nanos = node.all_end_rel_nanos = duration
    # An op shorter than a microsecond still counts as one, as in TensorFlow's stats.
    node.op_end_rel_micros = node.all_end_rel_micros = max(1, duration // 1000)


def _set_outputs(
    node: NodeExecStats, op: Operation, device: Device, values: Mapping[Tensor, Any]
) -> None:
    total = 0
    for tensor in op.outputs:
        value = values.get(tensor)
        if value is None:
            continue
        output = node.output.add(slot=tensor.value_index)
        description = output.tensor_description
        description.dtype = tensor.dtype.base_dtype.as_datatype_enum  # type: ignore[assignment]
        shape = getattr(value, "shape", ())
        description.shape.CopyFrom(TensorShape(shape).as_proto())
        size = int(getattr(value, "nbytes", len(value) if isinstance(value, bytes) else 0))
        description.allocation_description.requested_bytes = size
        description.allocation_description.allocated_bytes = size
        description.allocation_description.allocator_name = device.device_type.lower()
        if not op.definition.updates and op.definition.view_of is None and op.type != "Const":
            total += size
    if total:
        node.memory.add(
            allocator_name=device.device_type.lower(), total_bytes=total, peak_bytes=total
        )
