"""Step stats: when each op of a traced run began and ended, and what it put out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from opscope.events.proto.step_stats_pb2 import NodeExecStats, StepStats
from opscope.runtime.allocation import Allocations
from opscope.runtime.devices import Device
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape

# Their values are there before the step begins.
_GIVEN = frozenset({"Const", "Placeholder", "VariableV2", "VarHandleOp"})


def build_step_stats(
    ops: Sequence[Operation],
    placement: Mapping[Operation, Device],
    times: Sequence[int],
    values: Iterable[tuple[Tensor, Any]],
    epoch_offset: int,
) -> StepStats:
    """Times of one run as StepStats.

    times: nanoseconds of the process clock, one before the first op and one after each; with
    `epoch_offset` added they are nanoseconds since the epoch. values: in the order computed; those
    of a loop come once for each round.

    An output's allocation has an id, by which views and updated variables share that of another;
    its size is that of the whole. An op's memory is what no value had before it: constants, fed
    values and variables are not of the step.
    """
    stats = StepStats()
    allocations = Allocations()
    computed: dict[Tensor, deque[Any]] = {}
    for tensor, value in values:
        computed.setdefault(tensor, deque()).append(value)
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
        node.timeline_label = f"{op.name} = {op.type}({', '.join(_input_names(op))})"
        _set_outputs(node, op, placement[op], computed, allocations)
    return stats


def _input_names(op: Operation) -> Iterator[str]:
    """The inputs as a NodeDef names them, which is how TensorFlow's labels do."""
    for tensor in op.inputs:
        slot = tensor.value_index
        yield f"{tensor.op.name}:{slot}" if slot else tensor.op.name
    for control in op.control_inputs:
        yield f"^{control.name}"


def _set_times(node: NodeExecStats, start: int, duration: int) -> None:
    node.all_start_nanos = start
    node.all_start_micros = start // 1000
    node.scheduled_nanos = start
    node.scheduled_micros = start // 1000
    node.op_end_rel_nanos = node.all_end_rel_nanos = duration
    # An op shorter than a microsecond still counts as one, as in TensorFlow's stats.
    node.op_end_rel_micros = node.all_end_rel_micros = max(1, duration // 1000)


def _set_outputs(
    node: NodeExecStats,
    op: Operation,
    device: Device,
    computed: Mapping[Tensor, deque[Any]],
    allocations: Allocations,
) -> None:
    allocator = device.device_type.lower()
    total = 0
    for tensor in op.outputs:
        rounds = computed.get(tensor)
        value = rounds.popleft() if rounds else None
        if value is None:
            continue
        output = node.output.add(slot=tensor.value_index)
        description = output.tensor_description
        description.dtype = tensor.dtype.base_dtype.as_datatype_enum  # type: ignore[assignment]
        shape = getattr(value, "shape", ())
        description.shape.CopyFrom(TensorShape(shape).as_proto())
        allocation = allocations.of(value)
        described = description.allocation_description
        described.requested_bytes = allocation.requested
        described.allocated_bytes = allocation.size
        described.allocator_name = allocator
        described.allocation_id = allocation.number
        if allocation.is_new and op.type not in _GIVEN:
            total += allocation.size
    if total:
        node.memory.add(allocator_name=allocator, total_bytes=total, peak_bytes=total)
