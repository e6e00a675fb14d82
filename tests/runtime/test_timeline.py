"""Step stats with their memory, and the Chrome trace that is made of them."""

import json
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.events.proto.step_stats_pb2 import StepStats
from opscope.runtime.client import timeline

PHASES = {
    "M": {"args"},
    "X": {"tid", "cat", "ts", "dur", "args"},
    "s": {"tid", "cat", "ts", "id"},
    "t": {"tid", "cat", "ts", "id"},
    "C": {"tid", "cat", "ts", "args"},
}


def checked(text: str) -> list[dict[str, Any]]:
    """The events of a trace that has the form of Chrome's Trace Event Format."""
    trace = json.loads(text, parse_constant=lambda constant: pytest.fail(constant))
    assert list(trace) == ["traceEvents"]
    arrows: dict[int, list[dict[str, Any]]] = {}
    for event in trace["traceEvents"]:
        assert isinstance(event["name"], str)
        assert isinstance(event["pid"], int)
        assert set(event) - {"tid"} == ({"ph", "name", "pid"} | PHASES[event["ph"]]) - {"tid"}
        assert event.get("ts", 0) >= 0
        if event["ph"] == "X":
            assert event["dur"] >= 0
        if event["ph"] in "st":
            arrows.setdefault(event["id"], []).append(event)
    for start, end in arrows.values():
        assert (start["ph"], end["ph"]) == ("s", "t")
        assert start["ts"] <= end["ts"]
    return trace["traceEvents"]


def traced(fetches: Any, feeds: Any = None, **config: Any) -> StepStats:
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    with tf.Session(config=tf.ConfigProto(**config)) as session:
        session.run(tf.global_variables_initializer())
        session.run(fetches, feeds, options=options, run_metadata=metadata)
    return metadata.step_stats


def by_name(stats: StepStats) -> dict[str, Any]:
    return {node.node_name: node for device in stats.dev_stats for node in device.node_stats}


def test_a_trace_shows_ops_arrows_and_memory(graph: Any) -> None:
    x = tf.placeholder(tf.float32, [None], name="x")
    with tf.device("/cpu:1"):
        first = tf.exp(x, name="first")
    second = tf.add(first, x, name="second")
    stats = traced(second, {x: np.ones(1000)}, device_count={"CPU": 2})
    drawn = timeline.Timeline(stats)
    events = checked(drawn.generate_chrome_trace_format(show_memory=True))
    boxes = {event["args"]["name"]: event for event in events if event["ph"] == "X"}
    assert boxes["second"]["args"] == {
        "name": "second",
        "op": second.op.type,
        "input0": "first",
        "input1": "x",
    }
    assert boxes["first"]["pid"] != boxes["second"]["pid"]
    processes = [e["args"]["name"] for e in events if e["name"] == "process_name"]
    kinds = sorted(name.rpartition(":")[2] for name in processes)
    assert kinds == [
        "0 Compute",
        "1 Compute",
        "Memory",
    ]
    arrows = {(e["name"], e["pid"]) for e in events if e["ph"] == "t"}
    assert {("first", boxes["second"]["pid"]), ("x", boxes["second"]["pid"])} <= arrows
    curve = [event["args"]["cpu"] for event in events if event["ph"] == "C"]
    assert max(curve) >= 12_000
    assert curve[-1] == 0
    plain = checked(drawn.generate_chrome_trace_format(show_dataflow=False))
    assert {event["ph"] for event in plain} == {"M", "X"}


def test_memory_counts_what_is_new(graph: Any) -> None:
    x = tf.placeholder(tf.float32, [100, 10], name="x")
    v = tf.get_variable("v", [100, 10], initializer=tf.zeros_initializer())
    made = tf.add(x, v, name="made")
    view = tf.reshape(made, [10, 100], name="view")
    part = tf.identity(view[:5], name="part")
    total = tf.reduce_sum(part, name="total")
    nodes = by_name(traced(total, {x: np.ones((100, 10))}))
    memory = {name: sum(m.total_bytes for m in node.memory) for name, node in nodes.items()}
    assert memory["made"] == 4000
    assert memory["total"] == 4
    assert [memory[name] for name in ("x", "v", "view", "part")] == [0, 0, 0, 0]
    described = {
        name: node.output[0].tensor_description.allocation_description
        for name, node in nodes.items()
        if node.output
    }
    assert described["view"].allocation_id == described["made"].allocation_id
    assert described["made"].allocation_id != described["x"].allocation_id
    assert (described["part"].requested_bytes, described["part"].allocated_bytes) == (2000, 4000)


def test_the_maximum_names_its_tensors(graph: Any) -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    wide = tf.fill([1000], x, name="wide")
    wider = tf.concat([wide, wide], 0, name="wider")
    small = tf.reduce_sum(wider, name="small")
    after = tf.fill([100], small, name="after")
    analysis = timeline.Timeline(traced(after, {x: 1})).analyze_step_stats()
    found = analysis.allocator_maximums["cpu"]
    assert {"wide:0", "wider:0"} <= found.tensors
    assert "after:0" not in found.tensors
    assert 12_000 <= found.num_bytes < 12_200
    assert found.timestamp > 0
    checked(analysis.chrome_trace.format_to_string(pretty=True))


def test_every_round_of_a_loop_is_drawn(graph: Any) -> None:
    x = tf.placeholder(tf.float32, [])
    _, last = tf.while_loop(
        lambda i, value: i < 3, lambda i, value: (i + 1, tf.fill([2], value)[0]), [0, x]
    )
    stats = traced(last, {x: 1.5})
    events = checked(timeline.Timeline(stats).generate_chrome_trace_format(True, True))
    assert sum(e["ph"] == "X" and e["args"]["op"] == "Fill" for e in events) == 3


def test_overlapping_ops_of_one_thread_get_lanes() -> None:
    stats = StepStats()
    device = stats.dev_stats.add(device="/gpu:0")
    device.thread_names[7] = "stream"
    for name, start, length in (("a", 10, 10), ("b", 15, 10), ("c", 20, 5)):
        label = f"[GPU] {name} = Op(a, x:1, ^b)"
        device.node_stats.add(
            node_name=name,
            all_start_micros=start,
            all_end_rel_micros=length,
            thread_id=7,
            timeline_label=label,
        )
    device.node_stats.add(node_name="unlabelled", all_start_micros=1, thread_id=8)
    events = checked(timeline.Timeline(stats).generate_chrome_trace_format())
    lanes = {event["args"]["name"]: event["tid"] for event in events if event["ph"] == "X"}
    assert lanes == {"unlabelled": 0, "a": 1, "b": 2, "c": 1}
    assert [e["args"]["name"] for e in events if e["name"] == "thread_name"] == [
        "thread 8",
        "stream",
        "stream",
    ]
    assert [e["name"] for e in events if e["ph"] == "s"] == ["a", "a", "b"]


def test_nothing_traced_gives_an_empty_trace() -> None:
    assert checked(timeline.Timeline(StepStats()).generate_chrome_trace_format(True, True)) == []
    with pytest.raises(TypeError, match="must be the StepStats of a RunMetadata"):
        timeline.Timeline(tf.RunMetadata())  # type: ignore[arg-type]
