"""TensorFlow and TensorBoard read what the demo wrote: events, graph and dump."""

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.interop
tf = pytest.importorskip("tensorflow.compat.v1")


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("demo") / "logs"
    from opscope.cli.main import main

    assert main(["demo", "--once", "--logdir", str(place)]) == 0
    return place


def test_the_event_accumulator_reads_every_tag(logdir: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    everything = {"scalars": 0, "histograms": 0, "tensors": 0}
    accumulator = EventAccumulator(str(logdir / "train"), size_guidance=everything)
    accumulator.Reload()
    tags = accumulator.Tags()
    assert sorted(tags["scalars"]) == [
        "summaries/accuracy",
        "summaries/loss",
    ]
    assert len(tags["histograms"]) == 9
    assert tags["graph"]
    assert len(tags["run_metadata"]) > 2
    curve = accumulator.Scalars("summaries/loss")
    assert [point.step for point in curve] == list(range(len(curve)))
    assert np.isnan(curve[-1].value)
    metadata = accumulator.RunMetadata(tags["run_metadata"][0])
    assert {stats.device.rpartition(":")[2] for stats in metadata.step_stats.dev_stats} == {
        "0",
        "1",
    }


def test_the_summary_iterator_reads_to_the_end(logdir: Path) -> None:
    (path,) = (logdir / "train").glob("events.out.tfevents.*")
    events = list(tf.train.summary_iterator(str(path)))
    assert events[0].file_version == "brain.Event:2"
    steps = [event.step for event in events if event.HasField("summary")]
    assert steps == sorted(steps)


def test_tensorflow_imports_the_graph(logdir: Path) -> None:
    from opscope.events import open_logdir

    graph_def = tf.GraphDef.FromString(open_logdir(logdir).graph("train"))
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        assert graph.get_operation_by_name("cross_entropy/Log").type == "Log"


def test_tensorflows_debugger_finds_our_culprit(logdir: Path) -> None:
    from tensorflow.python.debug.lib import debug_data

    (root,) = (logdir / "tfdbg").glob("run_*")
    dump = debug_data.DebugDumpDir(str(root))
    hits = dump.find(debug_data.has_inf_or_nan)
    first = min(hits, key=lambda datum: datum.timestamp)
    assert (first.node_name, first.output_slot) == ("cross_entropy/Log", 0)
    assert np.isneginf(first.get_tensor()).any()
    for name in dump.node_inputs("cross_entropy/Log"):
        (value,) = dump.get_tensors(name.split(":")[0], 0, "DebugIdentity")
        assert np.isfinite(value).all()
