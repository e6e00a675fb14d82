"""Health in event files: TensorBoard passes over it, TensorFlow computes the same numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours
from opscope.events.proto.summary_pb2 import Summary

pytestmark = pytest.mark.interop
theirs = pytest.importorskip("tensorflow.compat.v1")
accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
multiplexers = pytest.importorskip("tensorboard.backend.event_processing.plugin_event_multiplexer")


def build(tf: Any) -> tuple[Any, Any]:
    x = tf.placeholder(tf.float32, [2], name="x")
    return x, tf.log(x, name="log")


def test_tensorboard_reads_the_rest_of_the_logdir(tmp_path: Path) -> None:
    with ours.Graph().as_default():
        x, log = build(ours)
        count = ours.assign_add(ours.train.create_global_step(), 1)
        loss = ours.summary.scalar("loss", ours.reduce_sum(x))
        writer = ours.summary.FileWriter(str(tmp_path))
        hooks = [
            ours.train.HealthHook(1, summary_writer=writer),
            ours.train.SummarySaverHook(1, summary_writer=writer, summary_op=loss),
        ]
        with ours.train.MonitoredSession(hooks=hooks) as session:
            for value in (1, 0, 2):
                session.run([log, count], {x: [value, 1]})
        writer.close()
    accumulator = accumulators.EventAccumulator(str(tmp_path)).Reload()
    assert [event.value for event in accumulator.Scalars("loss")] == [2, 1, 3]
    assert accumulator.SummaryMetadata("log:0").plugin_data.plugin_name == "opscope_health"
    assert [event.step for event in accumulator.Tensors("log:0")] == [1, 2, 3]
    multiplexer = multiplexers.EventMultiplexer().AddRunsFromDirectory(str(tmp_path))
    multiplexer.Reload()
    (run,) = multiplexer.Runs()
    assert "log:0" in multiplexer.PluginRunToTagToContent("opscope_health")[run]
    assert "log:0" not in multiplexer.PluginRunToTagToContent("scalars").get(run, {})


def test_tensorflow_runs_the_summary_op(tmp_path: Path) -> None:
    value = np.array([0.0, 3.0], np.float32)
    with ours.Graph().as_default() as graph:
        x, log = build(ours)
        made = ours.summary.health("health", log)
        with ours.Session() as session:
            mine = session.run(made, {x: value})
    definition = theirs.GraphDef.FromString(graph.as_graph_def().SerializeToString())
    with theirs.Graph().as_default():
        theirs.import_graph_def(definition, name="")
        with theirs.Session() as session:
            other = session.run("health:0", {"x:0": value})
    (left,), (right,) = Summary.FromString(mine).value, Summary.FromString(other).value
    assert (left.tag, left.metadata) == (right.tag, right.metadata)
    np.testing.assert_allclose(
        np.frombuffer(left.tensor.tensor_content), np.frombuffer(right.tensor.tensor_content)
    )
