"""A dump that TensorFlow's Debugger V2 wrote reads as in TensorFlow's own reader."""

import subprocess
import sys

import numpy as np
import pytest

from opscope.events import open_debug_events

pytestmark = pytest.mark.interop


# In a process of its own: what other tests do to TensorFlow's state decides what is dumped.
PROGRAM = """
import sys
import tensorflow as tf

writer = tf.debugging.experimental.enable_dump_debug_info(
    sys.argv[1], tensor_debug_mode="FULL_HEALTH", circular_buffer_size=-1
)

@tf.function
def step(x):
    return tf.math.log(x) * 2.0

tf.add(step(tf.constant([1.0, 0.0])), 1.0)
writer.FlushNonExecutionFiles()
writer.FlushExecutionFiles()
"""


def test_a_dump_of_debugger_v2_reads_as_in_tensorflow(tmp_path):
    pytest.importorskip("tensorflow")
    from tensorflow.python.debug.lib import debug_events_reader

    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], check=True, capture_output=True)
    ours = open_debug_events(tmp_path)
    assert ours.problems == []
    with debug_events_reader.DebugDataReader(str(tmp_path)) as theirs:
        theirs.update()
        assert ours.tensorflow_version == theirs.tensorflow_version()
        assert sorted(ours.sources) == sorted(path for _, path in theirs.source_file_list())
        executions = theirs.executions()
        assert [each.op_type for each in ours.executions] == [each.op_type for each in executions]
        for mine, them in zip(ours.executions, executions, strict=True):
            assert mine.wall_time == them.wall_time
            assert mine.mode == "FULL_HEALTH"
            np.testing.assert_array_equal(mine.values[0], them.debug_tensor_values[0])
            frames = [(each.file, each.line, each.function) for each in ours.frames(mine.stack)]
            _, known = theirs.read_execution_stack_trace(them)
            assert frames == [tuple(frame[:3]) for frame in known]
        traces = theirs.graph_execution_traces()
        assert len(ours.traces) == len(traces) > 0
        for mine, them in zip(ours.traces, traces, strict=True):
            assert (mine.op_name, mine.output_slot) == (them.op_name, them.output_slot)
            np.testing.assert_array_equal(mine.value, them.debug_tensor_value)
        assert set(ours.graphs) >= {each.graph_id for each in theirs.outermost_graphs()}
        for graph_id, graph in ours.graphs.items():
            assert theirs.graph_by_id(graph_id).name == (graph.name or None)
