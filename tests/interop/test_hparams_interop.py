"""The sessions of the hparams page against TensorBoard's own backend, on files of four writers."""

import json

import pytest

from opscope.dashboard.hparam_table import HparamTable
from opscope.dashboard.store import Store
from opscope.events import SummaryWriter

pytestmark = pytest.mark.interop


def write_tensorflow(folder):
    pytest.importorskip("tensorflow")
    from tensorflow.python.eager import context

    with context.eager_mode():  # other tests may have asked for TensorFlow 1's behaviour
        write_sessions(folder)


def write_sessions(folder):
    import tensorflow as tf
    from tensorboard.plugins.hparams import api as hp

    rate, units = hp.HParam("lr", hp.RealInterval(1e-4, 1.0)), hp.HParam("units", hp.Discrete([8]))
    with tf.summary.create_file_writer(str(folder)).as_default():
        hp.hparams_config(
            hparams=[rate, units, hp.HParam("opt", hp.Discrete(["adam", "sgd"]))],
            metrics=[hp.Metric("accuracy", display_name="Accuracy"), hp.Metric("loss", "eval")],
        )
    for trial in range(3):
        own = {rate: 0.1 * (trial + 1), units: 8, "opt": "sgd" if trial else "adam"}
        with tf.summary.create_file_writer(str(folder / f"run{trial}")).as_default():
            hp.hparams(own, trial_id=f"trial{trial // 2}")
            for step in range(3):
                tf.summary.scalar("accuracy", 0.5 + 0.1 * step + trial, step=step)
        with tf.summary.create_file_writer(str(folder / f"run{trial}" / "eval")).as_default():
            tf.summary.scalar("loss", 1.0 / (1 + trial), step=9)


def write_torch(folder):
    torch = pytest.importorskip("torch.utils.tensorboard")
    with torch.SummaryWriter(str(folder)) as writer:
        for trial in range(2):
            hparams = {"lr": 0.01 * trial, "name": f"n{trial}", "deep": bool(trial)}
            writer.add_hparams(hparams, {"hparam/loss": 0.5 + trial}, run_name=f"t{trial}")


def write_tensorboardx(folder):
    tensorboardx = pytest.importorskip("tensorboardX")
    with tensorboardx.SummaryWriter(str(folder)) as writer:
        for trial in range(2):
            hparams = {"lr": 0.01 * trial, "name": f"n{trial}", "deep": bool(trial)}
            writer.add_hparams(hparams, {"hparam/loss": 0.5 + trial}, name=f"t{trial}")


def write_ours(folder):
    with SummaryWriter(str(folder)) as writer:
        for trial in range(2):
            hparams = {"lr": 0.01 * trial, "name": f"n{trial}", "deep": bool(trial)}
            writer.add_hparams(hparams, {"hparam/loss": 0.5 + trial}, run_name=f"t{trial}")


def theirs(folder):
    """The experiment and the session groups as TensorBoard's HParams page gets them."""
    from google.protobuf import json_format
    from tensorboard import context
    from tensorboard.backend.event_processing import data_provider
    from tensorboard.backend.event_processing import plugin_event_multiplexer as multiplexer
    from tensorboard.plugins import base_plugin
    from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

    events = multiplexer.EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload()
    provider = data_provider.MultiplexerDataProvider(events, str(folder))
    backend = backend_context.Context(base_plugin.TBContext(data_provider=provider))
    request = context.RequestContext()
    content = backend.hparams_metadata(request, "")
    none = backend.hparams_from_data_provider(request, "", limit=0)
    experiment = backend.experiment_from_metadata(request, "", True, content, none)
    asked = api_pb2.ListSessionGroupsRequest(
        start_index=0,
        slice_size=100,
        allowed_statuses=list(api_pb2.Status.values()),
        aggregation_type=api_pb2.AGGREGATION_AVG,
        include_metrics=True,
        col_params=[{"hparam": info.name} for info in experiment.hparam_infos],
    )
    groups = list_session_groups.Handler(request, backend, "", asked).run()
    return json.loads(json_format.MessageToJson(experiment)), groups.session_groups


@pytest.mark.parametrize("write", [write_tensorflow, write_torch, write_tensorboardx, write_ours])
def test_sessions_are_tensorboards(tmp_path, write):
    write(tmp_path)
    experiment, groups = theirs(tmp_path)
    with Store(tmp_path, reload_interval=0) as store:
        store.wait()
        table = HparamTable(store).table()
    names = [info["name"] for info in experiment["hparamInfos"]]
    assert sorted(info["name"] for info in table["hparams"]) == sorted(names)
    declared = {
        (info["name"].get("group", ""), info["name"]["tag"]): info.get("displayName")
        for info in experiment["metricInfos"]
    }
    shown = {(info["group"], info["tag"]): info["title"] for info in table["metrics"]}
    assert set(declared) <= set(shown)
    for name, title in declared.items():
        assert title in (None, shown[name])
    sessions = {each["run"]: each for each in table["sessions"]}
    seen = set()
    statuses = ("unknown", "success", "failure", "running")
    for group in groups:
        hparams = {
            name: getattr(value, value.WhichOneof("kind")) for name, value in group.hparams.items()
        }
        for theirs_ in group.sessions:
            mine = sessions[theirs_.name]
            seen.add(theirs_.name)
            assert mine["hparams"].keys() == hparams.keys()
            assert mine["status"] == statuses[theirs_.status]
            assert mine["started"] == (theirs_.start_time_secs or None)
            values = {
                (value.name.group, value.name.tag): (value.value, value.training_step)
                for value in theirs_.metric_values
            }
            for (their_group, tag), value in values.items():
                figures = mine["metrics"][f"m:{their_group}:{tag}"]
                assert (figures["last"], figures["step"]) == value
        if len(group.sessions) == 1:
            assert mine["hparams"] == hparams
        else:
            assert {sessions[each.name]["group"] for each in group.sessions} == {group.name}
    assert seen == set(sessions)
