"""Debugger V2's files: everything is read, damage is reported, growth is followed."""

from pathlib import Path

import numpy as np
import pytest

from opscope.events import DumpError, make_tensor_proto, open_debug_events, open_logdir
from opscope.events.proto.debug_event_pb2 import DebugEvent, TensorDebugMode
from opscope.events.record import frame

PREFIX = "tfdbg_events.1700000000.host"


def write(folder: Path, suffix: str, *events: DebugEvent) -> Path:
    path = folder / f"{PREFIX}.{suffix}"
    with open(path, "ab") as file:
        file.write(b"".join(frame(event.SerializeToString()) for event in events))
    return path


def trace(time: float, *numbers: float) -> DebugEvent:
    event = DebugEvent(wall_time=time)
    event.graph_execution_trace.op_name = "log"
    event.graph_execution_trace.tfdbg_context_id = "g1"
    event.graph_execution_trace.tensor_debug_mode = TensorDebugMode.CONCISE_HEALTH
    event.graph_execution_trace.tensor_proto.CopyFrom(make_tensor_proto(np.array(numbers)))
    return event


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    metadata, source, first, second, graph, op, device, execution = (
        DebugEvent() for _ in "12345678"
    )
    metadata.debug_metadata.tensorflow_version = "2.21.0"
    source.source_file.file_path = "model.py"
    source.source_file.lines.extend(["import tensorflow as tf", "  y = tf.math.log(x)"])
    first.stack_frame_with_id.id = "f1"
    first.stack_frame_with_id.file_line_col.line = 2
    first.stack_frame_with_id.file_line_col.func = "build"
    second.stack_frame_with_id.id = "f2"
    second.stack_frame_with_id.file_line_col.file_index = 7
    graph.debugged_graph.graph_id = "g1"
    graph.debugged_graph.graph_name = "step"
    graph.debugged_graph.original_graph_def = b"graph"
    op.graph_op_creation.op_name = "log"
    op.graph_op_creation.op_type = "Log"
    op.graph_op_creation.input_names.append("x:0")
    op.graph_op_creation.code_location.stack_frame_ids.extend(["f2", "f1", "gone"])
    device.debugged_device.device_name = "/device:CPU:0"
    execution.execution.op_type = "AddV2"
    execution.execution.tensor_debug_mode = 99  # type: ignore[assignment]
    execution.execution.tensor_protos.add()
    write(tmp_path, "metadata", metadata)
    write(tmp_path, "source_files", source)
    write(tmp_path, "stack_frames", first, second)
    write(tmp_path, "graphs", device, graph, op)
    write(tmp_path, "execution", execution)
    write(tmp_path, "graph_execution_traces", trace(1.5, 3.0, 1.0))
    return tmp_path


def test_everything_in_a_dump_is_read(dump: Path) -> None:
    found = open_debug_events(dump)
    assert found.problems == []
    assert found.kinds == {
        "source_files": 1,
        "stack_frames": 2,
        "graphs": 1,
        "ops": 1,
        "executions": 1,
        "traces": 1,
    }
    assert found.tensorflow_version == "2.21.0"
    assert found.devices == {0: "/device:CPU:0"}
    assert found.graphs["g1"].graph_def == b"graph"
    assert (found.ops[0].op_type, found.ops[0].inputs) == ("Log", ("x:0",))
    assert found.frames(found.ops[0].stack) == [
        ("?", 0, "", ""),
        ("model.py", 2, "build", "y = tf.math.log(x)"),
    ]
    (execution,) = found.executions
    assert (execution.op_type, execution.mode) == ("AddV2", "99")
    assert [value.size for value in execution.values] == [0]
    (only,) = found.traces
    assert (only.op_name, only.graph_id, only.mode) == ("log", "g1", "CONCISE_HEALTH")
    assert only.value.tolist() == [3.0, 1.0]


def test_a_growing_dump_is_followed(dump: Path) -> None:
    found = open_debug_events(dump / f"{PREFIX}.graphs")
    assert not found.reload()
    write(dump, "graph_execution_traces", trace(2.0, 1.0), trace(3.0, 2.0))
    assert found.reload()
    assert [each.wall_time for each in found.traces] == [1.5, 2.0, 3.0]


def test_damage_is_a_problem_and_costs_its_record(dump: Path) -> None:
    path = write(dump, "graph_execution_traces", trace(2.0, 1.0), trace(3.0, 2.0))
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    bad = trace(4.0, 1.0)
    bad.graph_execution_trace.tensor_proto.tensor_shape.dim[0].size = 1 << 60
    write(dump, "graph_execution_traces", bad)
    with open(path, "ab") as file:
        file.write(frame(b"\xff\xff") + b"tail")
    found = open_debug_events(dump)
    assert [each.wall_time for each in found.traces] == [1.5, 2.0]
    assert len(found.problems) == 4
    assert {problem.file for problem in found.problems} == {str(path)}


def test_dumps_are_found_in_a_logdir(dump: Path) -> None:
    logdir = open_logdir(dump)
    assert logdir.debug_events(".") == [str(dump / PREFIX)]
    assert logdir.runs() == []


def test_what_is_no_dump_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="no Debugger V2 dump"):
        open_debug_events(tmp_path)
    with pytest.raises(DumpError, match="no file of a Debugger V2 dump"):
        open_debug_events(tmp_path / "model.ckpt")
    with pytest.raises(DumpError, match="no such file"):
        open_debug_events(tmp_path / f"{PREFIX}.metadata")
