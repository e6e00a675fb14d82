"""Folders of TensorFlow 2's Debugger V2, looked at with the commands of the graph debugger."""

from pathlib import Path

import numpy as np
import pytest

from opscope.cli.main import main
from opscope.events import make_tensor_proto
from opscope.events.proto.debug_event_pb2 import DebugEvent, TensorDebugMode
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.record import frame
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import execute
from opscope.tfdbg.debugger_v2 import DebuggerV2Dump
from opscope.tfdbg.kept_health import KeptHealth

Mode = TensorDebugMode


class Writer:
    """Writes the files of a dump, event by event."""

    def __init__(self, folder: Path, mode: int) -> None:
        self.folder, self.mode = folder, mode
        self.add("metadata").debug_metadata.tensorflow_version = "2.21.0"
        source = DebugEvent()
        source.source_file.file_path = "model.py"
        source.source_file.lines.extend(["import tensorflow as tf", "y = tf.math.log(x)"])
        self.write("source_files", source)
        stack = DebugEvent()
        stack.stack_frame_with_id.id = "f"
        stack.stack_frame_with_id.file_line_col.line = 2
        self.write("stack_frames", stack)

    def add(self, suffix: str) -> DebugEvent:
        event = DebugEvent()
        event.debug_metadata.file_version = "debug.Event:1"
        event.debug_metadata.tensorflow_version = "2.21.0"
        self.write(suffix, event)
        return event

    def write(self, suffix: str, event: DebugEvent) -> None:
        with open(self.folder / f"tfdbg_events.1700000000.host.{suffix}", "ab") as file:
            file.write(frame(event.SerializeToString()))

    def device(self, number: int, name: str) -> None:
        event = DebugEvent()
        event.debugged_device.device_id, event.debugged_device.device_name = number, name
        self.write("graphs", event)

    def graph(self, graph_id: str, name: str, graph_def: bytes = b"", outer: str = "") -> None:
        event = DebugEvent()
        event.debugged_graph.outer_context_id = outer
        event.debugged_graph.graph_id = graph_id
        event.debugged_graph.graph_name = name
        event.debugged_graph.original_graph_def = graph_def
        self.write("graphs", event)

    def op(self, graph_id: str, name: str, op_type: str, *inputs: str) -> None:
        event = DebugEvent()
        op = event.graph_op_creation
        op.graph_id, op.op_name, op.op_type = graph_id, name, op_type
        op.input_names.extend(inputs)
        op.code_location.stack_frame_ids.append("f")
        self.write("graphs", event)

    def trace(
        self, time: float, graph_id: str, op: str, value: np.ndarray, device: str = ""
    ) -> None:
        event = DebugEvent(wall_time=time)
        trace = event.graph_execution_trace
        trace.tfdbg_context_id, trace.op_name, trace.device_name = graph_id, op, device
        trace.tensor_debug_mode = self.mode  # type: ignore[assignment]
        trace.tensor_proto.CopyFrom(make_tensor_proto(value))
        self.write("graph_execution_traces", event)

    def execution(
        self,
        time: float,
        op: str,
        inputs: list[int],
        outputs: list[int],
        *values: np.ndarray,
        device: int = 0,
        graph_id: str = "",
    ) -> None:
        event = DebugEvent(wall_time=time)
        run = event.execution
        run.graph_id = graph_id
        if device:
            run.output_tensor_device_ids.extend([device] * len(outputs))
        run.op_type = op
        run.input_tensor_ids.extend(inputs)
        run.output_tensor_ids.extend(outputs)
        run.tensor_debug_mode = self.mode  # type: ignore[assignment]
        run.tensor_protos.extend(make_tensor_proto(value) for value in values)
        run.code_location.stack_frame_ids.append("f")
        self.write("execution", event)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Values are kept: `log` of zero in a graph, and an addition outside."""
    writer = Writer(tmp_path, Mode.FULL_TENSOR)
    writer.graph("g1", "step", GraphDef().SerializeToString())
    writer.op("g1", "x", "Placeholder")
    writer.op("g1", "log", "Log", "x:0")
    writer.op("g1", "neg", "Neg", "log:0")
    writer.graph("g2", "other", b"\xff")
    writer.op("g2", "x", "Placeholder")
    writer.trace(2.0, "g1", "x", np.float32([1, 0]))
    writer.trace(2.0, "g1", "log", np.float32([0, -np.inf]))
    writer.trace(3.0, "g1", "neg", np.float32([0, np.inf]))
    writer.execution(1.0, "Cast", [], [7], np.float32([1, 0]))
    writer.execution(4.0, "AddV2", [7, 8], [9], np.float32([2, 1]))
    return tmp_path


def answer(path: Path, text: str) -> str:
    screen = execute(Analysis(DebuggerV2Dump(path)), text)
    assert screen.ok, str(screen)
    return str(screen)


def test_the_list_is_in_the_order_of_time(whole: Path) -> None:
    rows = [row.split() for row in answer(whole, "lt").split("\n")[3:]]
    names = ["eager/Cast_0:0", "x@step:0", "log:0", "neg:0", "eager/AddV2_1:0"]
    assert [row[3] for row in rows] == names
    assert [row[2] for row in rows] == ["Cast", "Placeholder", "Log", "Neg", "AddV2"]


def test_nodes_edges_values_and_source_lines(whole: Path) -> None:
    assert "array([  0., -inf], dtype=float32)" in answer(whole, "pt log")
    info = answer(whole, "ni -t log")
    assert "[Placeholder] x@step" in info
    assert "y = tf.math.log(x)" in info
    assert "[Log] log" in answer(whole, "li -r -t neg")
    assert "eager/AddV2_1" in answer(whole, "lo eager/Cast_0")
    origin = answer(whole, "origin")
    assert "log:0" in origin.split("\n")[1]
    assert "Made at: model.py:2" in origin


CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
GPU = "/job:localhost/replica:0/task:0/device:GPU:0"


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A function called eagerly that has a loop and a call in it, on two devices."""
    writer = Writer(tmp_path, Mode.FULL_TENSOR)
    writer.device(1, CPU)
    writer.device(2, GPU)
    writer.graph("g1", "step", outer="root")
    writer.op("g1", "x", "Placeholder")
    writer.op("g1", "mm", "MatMul", "x:0")
    writer.graph("g2", "inner", outer="g1")
    writer.op("g2", "t", "Placeholder")
    writer.op("g2", "log", "Log", "t:0")
    writer.op("g2", "Identity", "Identity", "log:0")
    writer.graph("g3", "while_body_7", outer="g1")
    writer.op("g3", "while/Placeholder", "Placeholder")
    writer.op("g3", "while/neg", "Neg", "while/Placeholder:0")
    writer.op("g1", "while", "While", "StatefulPartitionedCall:0")
    writer.op("g1", "Identity", "Identity", "while:0")
    writer.execution(1.0, "Cast", [], [7], np.float32([0]), device=2)
    writer.trace(2.0, "g1", "mm", np.float32([0]), GPU)
    writer.trace(2.1, "g2", "log", np.float32([-np.inf]), CPU)
    writer.trace(2.2, "g3", "while/neg", np.float32([np.inf]), CPU)
    writer.execution(
        3.0, "__inference_step_9", [7], [8], np.float32([np.inf]), device=1, graph_id="g1"
    )
    return tmp_path


def test_values_lie_on_the_devices_that_computed_them(calls: Path) -> None:
    dump = DebuggerV2Dump(calls)
    assert dump.devices() == [CPU, GPU]
    assert dump.node_device("mm") == dump.node_device("eager/Cast_0") == GPU
    assert dump.node_device("x") == GPU, "beside its reader"
    assert dump.node_device("log") == CPU
    assert [datum.device_name for datum in dump.dumped_tensor_data] == [GPU, GPU, CPU, CPU, CPU]
    info = answer(calls, "ni eager/__inference_step_9_1")
    assert f"[Cast] eager/Cast_0 @ {GPU}" in info
    assert "eager/__inference_step_9_1" in answer(calls, "lo -x eager/Cast_0")


def test_a_call_leads_into_its_function(calls: Path) -> None:
    """From the execution through loop and inner call to the logarithm, and out by the argument."""
    tree = answer(calls, "li -r -x eager/__inference_step_9_1")
    for name in ("Identity@step", "while", "StatefulPartitionedCall", "while/neg", "log"):
        assert f") {name}\n" in tree, tree
    assert "eager/Cast_0" in answer(calls, "li x")
    assert "StatefulPartitionedCall" in answer(calls, "li while/Placeholder")
    assert 's: "step"' in answer(calls, "ni -a eager/__inference_step_9_1")
    origin = answer(calls, "origin")
    assert "log:0" in origin.split("\n")[1]


def test_a_damaged_graph_is_a_problem_and_no_end(whole: Path) -> None:
    dump = DebuggerV2Dump(whole)
    assert ["no GraphDef" in str(problem) for problem in dump.problems] == [True]


@pytest.mark.parametrize(
    ("mode", "numbers", "bad", "text", "row"),
    [
        (Mode.CURT_HEALTH, [3, 1], True, "any inf or nan: 1", "inf or nan"),
        (Mode.CURT_HEALTH, [3, 0], False, "any inf or nan: 0", "ok"),
        (Mode.CONCISE_HEALTH, [3, 6, 1, 0, 0], True, "-inf: 1", "1 -inf"),
        (
            *(Mode.FULL_HEALTH, [3, 0, 1, 2, 6, 0, 0, 2, 1, 1, 2], True, "nan: 2"),
            "float32 DebugFullHealth 2 nan",
        ),
        (
            *(Mode.FULL_HEALTH, [3, 0, 1, 2, 6, 0, 0, 0, 1, 1, 4], False, "positive: 4"),
            "float32 DebugFullHealth ok",
        ),
        (
            *(Mode.SHAPE, [3, 1, 2, 6, 2, 3, 0, 0, 0, 0], False, "size 1: 3"),
            "float32 (2,3) DebugShape -",
        ),
        (Mode.NO_TENSOR, [], False, "keeps nothing of the value", "-"),
    ],
)
def test_what_a_mode_keeps_in_place_of_the_value(
    tmp_path: Path, mode: int, numbers: list[float], bad: bool, text: str, row: str
) -> None:
    writer = Writer(tmp_path, mode)
    writer.graph("g", "f")
    writer.op("g", "log", "Log")
    writer.trace(1.0, "g", "log", np.float64(numbers))
    writer.execution(2.0, "Neg", [], [1])
    dump = DebuggerV2Dump(tmp_path)
    assert isinstance(dump.dumped_tensor_data[0].get_tensor(), KeptHealth)
    assert text in answer(tmp_path, "pt log")
    assert f" {row} log:0" in " ".join(answer(tmp_path, "lt -v").split())
    count = answer(tmp_path, "lt -f has_inf_or_nan").split(" ", 1)[0]
    assert count == str(int(bad))
    assert ("log:0" in answer(tmp_path, "origin")) is bad
    assert "size 2" not in answer(tmp_path, "pt log")


def test_opscope_debug_opens_the_folder(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (whole, whole / "tfdbg_events.1700000000.host.execution"):
        assert main(["debug", str(path), "-c", "lt -f has_inf_or_nan"]) == 0
        output = capsys.readouterr()
        assert output.out.startswith('2 dumped tensor(s) passing filter "has_inf_or_nan":')
        assert "(a dump of Debugger V2" in output.err
    assert main(["debug", str(whole / "tfdbg_events.gone.metadata")]) == 2
