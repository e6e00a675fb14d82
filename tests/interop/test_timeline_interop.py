"""Our timeline draws TensorFlow's step stats, and TensorFlow's draws ours."""

import json
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours
from opscope.events.proto.step_stats_pb2 import StepStats
from opscope.runtime.client import timeline

pytestmark = pytest.mark.interop
theirs = pytest.importorskip("tensorflow.compat.v1")
their_timeline = pytest.importorskip("tensorflow.python.client.timeline")
step_stats_pb2 = pytest.importorskip("tensorflow.core.framework.step_stats_pb2")


def traced(tf: Any) -> Any:
    metadata = tf.RunMetadata()
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 100], name="x")
        product = tf.matmul(x, tf.transpose(x), name="product")
        total = tf.reduce_sum(tf.exp(product, name="exp"), name="total")
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        with tf.Session() as session:
            session.run(total, {x: np.ones((50, 100))}, options=options, run_metadata=metadata)
    return metadata.step_stats


def boxes(trace: str) -> set[str]:
    events = json.loads(trace)["traceEvents"]
    return {event["args"]["name"] for event in events if event["ph"] == "X"}


def test_each_draws_the_others_stats() -> None:
    their_stats, our_stats = traced(theirs), traced(ours)
    analysis = timeline.Timeline(
        StepStats.FromString(their_stats.SerializeToString())
    ).analyze_step_stats()
    reference = their_timeline.Timeline(their_stats).analyze_step_stats()
    assert boxes(analysis.chrome_trace.format_to_string()) == boxes(
        reference.chrome_trace.format_to_string()
    )
    found = {name: most.num_bytes for name, most in analysis.allocator_maximums.items()}
    for name, most in reference.allocator_maximums.items():
        assert found[name] == most.num_bytes
    drawn = their_timeline.Timeline(
        step_stats_pb2.StepStats.FromString(our_stats.SerializeToString())
    )
    assert {"x", "product", "exp", "total"} <= boxes(drawn.generate_chrome_trace_format())
