"""Event files and dumps against TensorBoard's and TensorFlow's own readers and ops."""

import importlib
import json
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from archives import unpack_archive

from opscope import events
from opscope.events.proto.event_pb2 import Event, SessionLog
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.types_pb2 import DT_FLOAT, DT_STRING

pytestmark = pytest.mark.interop

DATA = Path(__file__).parents[1] / "data" / "events"
DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    root = tmp_path_factory.mktemp("logs")
    for archive in sorted(DATA.glob("events_*.tar.gz")):
        unpack_archive(archive, root)
    for oracle in root.rglob("*.json"):
        oracle.unlink()  # TensorBoard would take them for event files
    return root / "events"


def accumulated(folder):
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    ).EventAccumulator
    kinds = ("scalars", "histograms", "compressedHistograms", "images", "audio", "tensors")
    found = accumulator(str(folder), size_guidance=dict.fromkeys(kinds, 0))
    found.Reload()
    return found


@pytest.mark.parametrize("writer", ["tf1", "tf2", "torch"])
def test_every_run_reads_as_in_tensorboard(logs, writer):
    logdir = events.open_logdir(logs / writer)
    assert logdir.runs()
    for run in logdir.runs():
        if run.startswith("damaged"):
            continue  # TensorBoard stops at the damage
        theirs = accumulated(logs / writer / run)
        tags = theirs.Tags()
        named = set(tags["scalars"] + tags["histograms"] + tags["images"] + tags["audio"])
        named |= set(tags["tensors"]) | set(tags["run_metadata"])
        ours = set(logdir.tags(run)) - {"__run_graph__", "projector_config.pbtxt"}
        assert ours >= named
        assert all(logdir.kind(run, tag) == "hparams" for tag in ours - named)
        for tag in tags["scalars"]:
            compare_scalars(logdir.scalars(run, tag), theirs.Scalars(tag), "value")
        for tag in tags["tensors"]:
            compare_tensors(logdir, run, tag, theirs.Tensors(tag))
        for tag in tags["histograms"]:
            mine, them = logdir.histograms(run, tag), theirs.Histograms(tag)
            assert mine.step.tolist() == [each.step for each in them]
            counts = [each.histogram_value.num for each in them]
            assert [rows[:, 2].sum() for rows in mine.buckets] == counts
        for tag in tags["images"]:
            encoded = [each.encoded for each in logdir.images(run, tag).value]
            assert encoded == [(each.encoded_image_string,) for each in theirs.Images(tag)]
        for tag in tags["audio"]:
            encoded = [each.encoded for each in logdir.audio(run, tag).value]
            assert encoded == [(each.encoded_audio_string,) for each in theirs.Audio(tag)]
        if tags["graph"]:
            graph = theirs.Graph()
            assert type(graph).FromString(logdir.graph(run)) == graph
        for tag in tags["run_metadata"]:
            ours_bytes = logdir.run_metadata_bytes(run, tag)
            assert ours_bytes == theirs.RunMetadata(tag).SerializeToString()


def compare_scalars(mine, theirs, field):
    assert mine.step.tolist() == [each.step for each in theirs]
    assert mine.wall_time.tolist() == [each.wall_time for each in theirs]
    np.testing.assert_array_equal(mine.value, [getattr(each, field) for each in theirs])


def compare_tensors(logdir, run, tag, theirs):
    from tensorboard.util import tensor_util

    arrays = [tensor_util.make_ndarray(each.tensor_proto) for each in theirs]
    if logdir.kind(run, tag) == "scalar":
        mine = logdir.scalars(run, tag)
        np.testing.assert_array_equal(mine.value, [float(each) for each in arrays])
    elif logdir.kind(run, tag) == "histogram":
        mine = logdir.histograms(run, tag)
        for ours, expected in zip(mine.buckets, arrays, strict=True):
            np.testing.assert_array_equal(ours, expected)
    else:
        # This accumulator overlooks tensors when it purges.
        mine = logdir.tensors(run, tag, orphaned=True)
        for ours, expected in zip(mine.value, arrays, strict=True):
            assert ours.shape == expected.shape
            np.testing.assert_array_equal(ours, expected)
    assert mine.step.tolist() == [each.step for each in theirs]


def test_first_format_histograms_become_tensorboards_buckets(logs):
    data_compat = pytest.importorskip("tensorboard.data_compat")
    from tensorboard.compat.proto import event_pb2
    from tensorboard.util import tensor_util

    logdir = events.open_logdir(logs / "tf1")
    tags = [tag for tag in logdir.tags("test") if logdir.kind("test", tag) == "histogram"]
    (path,) = (logs / "tf1" / "test").iterdir()
    expected = {tag: [] for tag in tags}
    for record in events.read_records(path):
        event = event_pb2.Event.FromString(record.data)
        for value in event.summary.value:
            if value.HasField("histo"):
                moved = data_compat.migrate_value(value)
                expected[value.tag].append(tensor_util.make_ndarray(moved.tensor))
    for tag in tags:
        mine = logdir.histograms("test", tag).buckets
        for ours, theirs in zip(mine, expected[tag], strict=True):
            np.testing.assert_array_equal(ours.astype(np.float32), theirs)


def old_event(step, value, wall_time):
    event = Event(step=step, wall_time=wall_time)
    event.summary.value.add(tag="loss", simple_value=value)
    return event


@pytest.mark.parametrize("version", [None, "brain.Event:1", "brain.Event:2"])
def test_restarts_hide_what_tensorboard_hides(tmp_path, version):
    records = [] if version is None else [Event(wall_time=1, file_version=version)]
    for run, start in enumerate((0, 7, 4, 4)):
        log = Event(wall_time=2, step=start)
        log.session_log.status = SessionLog.START
        records.append(log)
        records += [old_event(step, run, 3.0 + step) for step in range(start, 10)]
    with open(tmp_path / "events.out.tfevents.1.host", "wb") as file:
        writer = events.RecordWriter(file)
        for record in records:
            writer.write(record.SerializeToString())
    logdir = events.open_logdir(tmp_path)
    compare_scalars(logdir.scalars(".", "loss"), accumulated(tmp_path).Scalars("loss"), "value")
    assert len(logdir.scalars(".", "loss", orphaned=True).step) == 25


def test_tensorflow_reads_all_that_we_write(tmp_path):
    tf = pytest.importorskip("tensorflow")
    written = [Event(wall_time=2.5, graph_def=GraphDef().SerializeToString())]
    for step in range(100):
        event = old_event(step, step / 7, 3.0 + step)
        event.summary.value.add(tag="array").tensor.CopyFrom(
            events.make_tensor_proto(np.arange(step, dtype=np.float16))
        )
        written.append(event)
    with events.EventFileWriter(tmp_path, clock=lambda: 1.5, host="host") as writer:
        for event in written:
            writer.add_event(event)
    read = list(tf.compat.v1.train.summary_iterator(str(writer.path)))
    assert read[0].file_version == "brain.Event:2"
    assert [each.SerializeToString() for each in read[1:]] == [
        each.SerializeToString() for each in written
    ]
    theirs = accumulated(tmp_path)
    compare_scalars(
        events.open_logdir(tmp_path).scalars(".", "loss"), theirs.Scalars("loss"), "value"
    )
    assert len(theirs.Tensors("array")) == 100


NUMERIC = [np.float32, np.float64, np.int32, np.int64, np.uint8, np.int8, np.int16, np.bool_]


@pytest.mark.parametrize("dtype", [*NUMERIC, ml_dtypes.bfloat16], ids=lambda each: each.__name__)
@pytest.mark.parametrize("bounds", [{}, {"lower_bound": -1.0, "upper_bound": 3.0}], ids=str)
def test_health_summary_is_debug_numeric_summary(dtype, bounds):
    tf = pytest.importorskip("tensorflow")
    generator = np.random.default_rng(0)
    special = [0.0, -0.0, np.nan, np.inf, -np.inf, -np.inf, -1.0, 3.0]
    floating = np.issubdtype(dtype, np.floating) or dtype is ml_dtypes.bfloat16
    values = [special if floating else [0, 1, 3], generator.normal(0, 5, (300, 7)), 2.5, []]
    for value in values:
        array = np.asarray(value).astype(dtype)
        # TensorFlow has no kernel for bfloat16; its numbers are exact as float32.
        known = array.astype(np.float32) if dtype is ml_dtypes.bfloat16 else array
        # In a session: other tests of this process switch eager execution off.
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            summary = tf.raw_ops.DebugNumericSummary(
                input=known, tensor_name="x:0", debug_urls=[], **bounds
            )
            theirs = session.run(summary)
        ours = events.health_summary(array, **bounds)
        exact = [*range(10), *range(13, 14 + array.ndim)]
        assert ours[12] == tf.as_dtype(dtype).as_datatype_enum
        np.testing.assert_array_equal(ours[exact], theirs[exact])
        np.testing.assert_allclose(ours[10:12], theirs[10:12], rtol=1e-12, atol=1e-13)


def test_every_dtype_is_numbered_and_laid_out_as_in_tensorflow():
    tf = pytest.importorskip("tensorflow")
    from tensorflow.python.framework import tensor_util

    from opscope.events.proto.tensor_pb2 import TensorProto

    for number in (1, 2, 3, 4, 5, 6, 8, 9, 10, 14, 17, 18, 19, 22, 23, 24, 25, 29, 30):
        assert events.numpy_dtype(number) == tf.as_dtype(number).as_numpy_dtype
        assert events.data_type(tf.as_dtype(number).as_numpy_dtype) == number
        array = np.array([[0, 1, 0], [1, 1, 0]]).astype(events.numpy_dtype(number))
        theirs = tensor_util.make_tensor_proto(array, dtype=tf.as_dtype(number))
        parsed = TensorProto.FromString(theirs.SerializeToString())
        np.testing.assert_array_equal(events.make_ndarray(parsed), array)
        ours = type(theirs).FromString(events.make_tensor_proto(array).SerializeToString())
        np.testing.assert_array_equal(tensor_util.MakeNdarray(ours), array)
        one = array[0, 1].item() if number not in (8, 18) else 1
        repeated = tensor_util.make_tensor_proto(one, dtype=tf.as_dtype(number), shape=[2, 2])
        parsed = TensorProto.FromString(repeated.SerializeToString())
        expected = np.ones((2, 2)).astype(events.numpy_dtype(number))
        np.testing.assert_array_equal(events.make_ndarray(parsed), expected)


def test_tensorflow_opens_our_dump(tmp_path):
    tf = pytest.importorskip("tensorflow")
    from tensorflow.python.debug.lib import debug_data

    graph = tf.Graph()
    with graph.as_default():
        x = tf.compat.v1.placeholder(tf.float32, [2], name="scope/x")
        y = tf.math.log(x, name="scope/log")
        tf.multiply(y, 2.0, name="out")
        tf.compat.v1.Variable(tf.zeros([3]), name="scope/never", use_resource=False)
    ours = GraphDef.FromString(graph.as_graph_def().SerializeToString())
    for node in ours.node:
        node.device = DEVICE
    writer = events.DumpWriter(tmp_path / "run_1_0")
    x_value = np.array([1.0, 0.0], np.float32)
    y_value = np.array([0.0, -np.inf], np.float32)
    times = [
        writer.write_tensor(DEVICE, "scope/never", 0, None, 50, dtype=DT_FLOAT, shape=(3,)),
        writer.write_tensor(DEVICE, "scope/x", 0, x_value, 50),
        writer.write_tensor(DEVICE, "scope/log", 0, y_value, 50),
        writer.write_tensor(DEVICE, "out", 0, y_value * 2, 50),
        writer.write_tensor(
            DEVICE, "out", 0, events.health_summary(y_value), 50, debug_op="DebugNumericSummary"
        ),
    ]
    assert times == sorted(set(times))
    writer.write_graph(DEVICE, ours)
    writer.write_core_metadata(
        session_run_index=3, input_names=["scope/x:0"], output_names=["out:0"], global_step=17
    )
    writer.write_fetches_info("out")
    writer.write_feed_keys_info("x")
    writer.write_feeds({"scope/x:0": x_value})
    writer.write_tracebacks({"out": [("model.py", 3, "build", "tf.multiply(y, 2)")]})
    writer.write_sources({"model.py": "..."})
    writer.write_health([events.Health(DEVICE, "out", 0, 1, events.health_summary(y_value))])

    dump = debug_data.DebugDumpDir(str(tmp_path / "run_1_0"), validate=True)
    assert dump.size == 5
    assert dump.devices() == [DEVICE]
    assert dump.core_metadata.session_run_index == 3
    assert dump.core_metadata.global_step == 17
    assert (dump.run_fetches_info, dump.run_feed_keys_info) == ("out", "x")
    hits = dump.find(debug_data.has_inf_or_nan)
    assert [each.node_name for each in hits if each.debug_op == "DebugIdentity"] == [
        "scope/log",
        "out",
    ]
    assert min(hits, key=lambda each: each.timestamp).node_name == "scope/log"
    assert dump.debug_watch_keys("scope/log") == ["scope/log:0:DebugIdentity"]
    assert sorted(dump.debug_watch_keys("out")) == [
        "out:0:DebugIdentity",
        "out:0:DebugNumericSummary",
    ]
    np.testing.assert_array_equal(dump.get_tensors("scope/log", 0, "DebugIdentity")[0], y_value)
    (never,) = dump.get_tensors("scope/never", 0, "DebugIdentity")
    assert isinstance(never, debug_data.InconvertibleTensorProto)
    assert not never.initialized
    assert dump.node_inputs("out")[0] == "scope/log"
    rebuilt = dump.reconstructed_non_debug_partition_graphs()[DEVICE]
    assert {node.name for node in rebuilt.node} == {node.name for node in ours.node}


def test_strings_and_resources_of_a_dump_read_back_in_tensorflow(tmp_path):
    pytest.importorskip("tensorflow")
    from tensorflow.python.debug.lib import debug_data

    writer = events.DumpWriter(tmp_path)
    words = np.array([b"a", b"", "é".encode()], dtype=object)
    writer.write_tensor(DEVICE, "words", 0, words, 1)
    writer.write_tensor(DEVICE, "none", 0, None, 1, dtype=DT_STRING, shape=(2,))
    writer.write_tensor(DEVICE, "empty", 0, np.zeros((0, 3), np.float32), 1)
    writer.write_core_metadata(session_run_index=0)
    dump = debug_data.DebugDumpDir(str(tmp_path), validate=False)
    values = {each.node_name: each.get_tensor() for each in dump.dumped_tensor_data}
    assert values["words"].tolist() == words.tolist()
    assert not values["none"].initialized
    assert values["empty"].shape == (0, 3)


def test_every_field_has_tensorflows_number_type_and_label():
    pytest.importorskip("tensorflow")
    from google.protobuf import descriptor_pool
    from tensorflow.core.util import event_pb2  # noqa: F401  (fills the pool)

    for module in (
        "core.protobuf.control_flow_pb2",
        "core.protobuf.queue_runner_pb2",
        "core.protobuf.tensor_bundle_pb2",
        "core.protobuf.saved_model_pb2",
        "core.util.saved_tensor_slice_pb2",
        "python.training.checkpoint_state_pb2",
    ):
        importlib.import_module(f"tensorflow.{module}")
    packages = {  # of TensorBoard's own messages
        "error_codes_pb2": "tensorflow.error",
        "hparams_pb2": "tensorboard.hparams",
        "layout_pb2": "tensorboard",
        "mesh_pb2": "tensorboard.mesh",
        "pr_curve_pb2": "tensorboard",
        "projector_pb2": "tensorboard.projector",
    }
    names = {"HParamType": "DataType"}
    for plugin in ("hparams", "mesh", "pr_curve"):
        importlib.import_module(f"tensorboard.plugins.{plugin}.plugin_data_pb2")
    importlib.import_module("tensorboard.plugins.custom_scalar.layout_pb2")
    importlib.import_module("tensorboard.plugins.projector.projector_config_pb2")

    pool = descriptor_pool.Default()
    compared = 0

    def compare(ours, theirs):
        nonlocal compared
        for field in ours.fields:
            other = theirs.fields_by_name[field.name]
            for aspect in ("number", "type", "is_repeated", "has_presence"):
                assert getattr(field, aspect) == getattr(other, aspect), field.full_name
            assert bool(field.containing_oneof) == bool(other.containing_oneof), field.full_name
            if field.message_type is not None:
                assert field.message_type.name == other.message_type.name, field.full_name
            compared += 1
        for nested in ours.nested_types:
            compare(nested, theirs.nested_types_by_name[nested.name])
        for enum in ours.enum_types:
            compare_enums(enum, theirs.enum_types_by_name[enum.name])

    def compare_enums(ours, theirs):
        for value in ours.values:
            assert theirs.values_by_name[value.name].number == value.number, value.name

    for path in sorted((Path(events.__file__).parent / "proto").glob("*_pb2.py")):
        module = importlib.import_module(f"opscope.events.proto.{path.stem}").DESCRIPTOR
        package = packages.get(path.stem, "tensorflow")
        for message in module.message_types_by_name.values():
            compare(message, pool.FindMessageTypeByName(f"{package}.{message.name}"))
        for enum in module.enum_types_by_name.values():
            name = names.get(enum.name, enum.name)
            compare_enums(enum, pool.FindEnumTypeByName(f"{package}.{name}"))
    assert compared > 200


def test_keras_models_have_tensorboards_nodes_and_edges():
    keras_util = pytest.importorskip("tensorboard.plugins.graph.keras_util")
    keras = pytest.importorskip("keras")
    from opscope.events.keras_graph import keras_graph

    layers = keras.layers
    start = keras.Input((8,), name="in")
    first = layers.Dense(4, name="a")(start)
    second = layers.Dense(4, name="b", dtype="float16")(first)
    joined = layers.Add(name="add")([first, second])
    model = json.loads(keras.Model(start, layers.Dense(1, name="o")(joined), name="m").to_json())
    ours, theirs = keras_graph(model), keras_util.keras_model_to_graph_def(model)
    assert [node.name for node in ours.node] == [node.name for node in theirs.node]
    for mine, them in zip(ours.node, theirs.node, strict=True):
        assert list(mine.input) == list(them.input)
        assert mine.attr["keras_class"].s == them.attr["keras_class"].s
        assert mine.attr["dtype"].type == them.attr["dtype"].type


def test_function_graphs_merge_as_in_tensorboard():
    graph_util = pytest.importorskip("tensorboard.plugins.graph.graph_util")
    tf = pytest.importorskip("tensorflow")
    from opscope.events.merged_graph import merge_functions

    @tf.function
    def inner(x):
        return x * x

    @tf.function
    def outer(x):
        return tf.cond(x > 0.0, lambda: inner(x), lambda: x)

    from tensorboard.compat.proto.graph_pb2 import GraphDef as TensorBoardGraphDef

    graphs = [
        outer.get_concrete_function(tf.TensorSpec([], tf.float32)).graph.as_graph_def()
        for _ in range(2)
    ]
    theirs = graph_util.merge_graph_defs(
        [TensorBoardGraphDef.FromString(each.SerializeToString()) for each in graphs]
    )
    ours = merge_functions([GraphDef.FromString(each.SerializeToString()) for each in graphs])
    expected = GraphDef.FromString(theirs.SerializeToString())
    assert [node.name for node in ours.node] == [node.name for node in expected.node]
    # Theirs renames functions only where PartitionedCall calls them, and breaks control inputs.
    for mine, them in zip(ours.node, expected.node, strict=True):
        assert len(mine.input) == len(them.input)
    functions = [each.signature.name for each in ours.library.function]
    assert functions == [each.signature.name for each in expected.library.function]
    called = {attr.func.name for node in ours.node for attr in node.attr.values()} - {""}
    assert called
    assert called <= set(functions)
