"""What our SummaryWriter writes is what PyTorch's writes, and TensorBoard reads it."""

import io

import numpy as np
import pytest

from opscope import events
from opscope.events.summaries.histogram import histogram_proto

pytestmark = pytest.mark.interop

RANDOM = np.random.default_rng(0)
LAYOUT = {"a": {"x": ["Multiline", ["p", "q"]], "y": ["Margin", ["p", "q", "r"]]}}
WEIGHTS = RANDOM.normal(size=(30, 7)).astype(np.float32)
PICTURE = RANDOM.uniform(-0.1, 1.1, (3, 6, 8)).astype(np.float32)
BATCH = RANDOM.integers(0, 256, (10, 1, 4, 5)).astype(np.uint8)
LABELS = RANDOM.integers(0, 2, 50)
PREDICTIONS = RANDOM.uniform(0, 1, 50)
SOUND = RANDOM.uniform(-1, 1, (1, 100)).astype(np.float32)
MESH = RANDOM.uniform(-1, 1, (1, 4, 3)).astype(np.float32)
TRIANGLES = np.array([[[0, 1, 2], [1, 2, 3]]])


def fill(writer, array):
    """The same calls on any SummaryWriter; `array` makes its framework's arrays."""
    for step in (0, 1, 2**40):
        writer.add_scalar("old", 0.1 * step, step, 5.5)
        writer.add_scalar("new", array(np.float32(0.1 * step)), step, 5.5, new_style=True)
        writer.add_scalar("double", 0.1, step, 5.5, new_style=True, double_precision=True)
        writer.add_histogram("weights", array(WEIGHTS * (step + 1)), step, walltime=5.5)
    writer.add_histogram("auto", WEIGHTS, 1, bins="auto", walltime=5.5)
    writer.add_histogram_raw("raw", 0, 2, 3, 4.5, 6.5, [1, 2], [1, 2], 4, 5.5)
    writer.add_image("picture", array(PICTURE), 1, 5.5)
    writer.add_image("grey", array(BATCH[0, 0]), 1, 5.5, dataformats="HW")
    writer.add_image("scaled", PICTURE.transpose(1, 2, 0), 1, 5.5, dataformats="HWC")
    writer.add_images("batch", array(BATCH), 1, 5.5)
    writer.add_audio("sound", array(SOUND), 1, 8000, 5.5)
    writer.add_text("note", "**é**", 1, 5.5)
    writer.add_pr_curve("pr", LABELS, PREDICTIONS, 1, 20, walltime=5.5)
    curve = np.linspace(0, 1, 127)
    writer.add_pr_curve_raw("pr_raw", *[curve * row for row in range(6)], 1, walltime=5.5)
    writer.add_custom_scalars(LAYOUT)
    writer.add_mesh("mesh", array(MESH), array(MESH * 0.5), array(TRIANGLES), {"a": [1]}, 1, 5.5)
    writer.add_hparams({"lr": 0.1, "name": "x", "n": 3}, {"loss": 0.5}, {"n": [1, 3]}, "trial")
    writer.add_embedding(array(MESH[0]), ["a", "b", "c", "d"], None, 3, "x/y")
    writer.flush()


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    torch = pytest.importorskip("torch")
    from torch.utils.tensorboard import SummaryWriter

    root = tmp_path_factory.mktemp("writers")
    with SummaryWriter(str(root / "theirs")) as writer:
        fill(writer, torch.as_tensor)
    with events.SummaryWriter(root / "ours") as writer:
        fill(writer, torch.as_tensor)
    return root / "ours", root / "theirs"


def values(folder):
    """Everything TensorBoard's protos find in a folder's event file: (step, time, value) by tag."""
    from tensorboard.compat.proto.event_pb2 import Event

    (path,) = folder.glob("*tfevents*")
    found = {}
    for record in events.read_records(path):
        event = Event.FromString(record.data)
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, event.wall_time, value))
    return found


@pytest.mark.parametrize("run", [".", "trial"])
def test_our_summaries_are_pytorchs(folders, run):
    from tensorboard.util import tensor_util

    ours, theirs = (values(folder / run) for folder in folders)
    assert list(ours) == list(theirs)
    for tag in ours:
        for mine, other in zip(ours[tag], theirs[tag], strict=True):
            assert mine[0] == other[0]
            if run == "." and tag != "custom_scalars__config__":  # written at the time of the call
                assert mine[1] == other[1] == 5.5
            mine, other = mine[2], other[2]
            assert mine.WhichOneof("value") == other.WhichOneof("value")
            kind = mine.WhichOneof("value")
            same_plugin(mine.metadata.plugin_data, other.metadata.plugin_data)
            if kind == "tensor":
                arrays = (
                    tensor_util.make_ndarray(mine.tensor),
                    tensor_util.make_ndarray(other.tensor),
                )
                assert arrays[0].dtype == arrays[1].dtype
                if arrays[0].dtype == object:
                    assert arrays[0].tolist() == arrays[1].tolist()
                else:
                    np.testing.assert_allclose(*arrays, rtol=1e-6)
            elif kind == "histo":
                same_histogram(mine.histo, other.histo)
            elif kind == "image":
                same_picture(mine.image, other.image)
            else:
                assert mine == other


def same_plugin(mine, other):
    assert mine.plugin_name == other.plugin_name
    if mine.content == other.content:
        return
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    # The order in which a map is written is nobody's.
    assert mine.plugin_name == "hparams"
    assert HParamsPluginData.FromString(mine.content) == HParamsPluginData.FromString(other.content)


def same_histogram(mine, other):
    assert (mine.min, mine.max, mine.num) == (other.min, other.max, other.num)
    assert mine.sum == pytest.approx(other.sum)
    assert mine.sum_squares == pytest.approx(other.sum_squares)
    filled = [
        [
            (low, high, count)
            for low, high, count in zip(
                [None, *histogram.bucket_limit],
                histogram.bucket_limit,
                histogram.bucket,
                strict=False,
            )
            if count
        ]
        for histogram in (mine, other)
    ]
    assert filled[0] == filled[1]


def same_picture(mine, other):
    from PIL import Image

    assert (mine.height, mine.width, mine.colorspace) == (
        *(other.height, other.width, other.colorspace),
    )
    pixels = [
        np.asarray(Image.open(io.BytesIO(image.encoded_image_string))) for image in (mine, other)
    ]
    np.testing.assert_array_equal(*pixels)


def test_our_embeddings_are_pytorchs(folders):
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    configs = [
        text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())
        for folder in folders
    ]
    assert configs[0] == configs[1]
    (embedding,) = configs[0].embeddings
    for path in (embedding.tensor_path, embedding.metadata_path):
        assert (folders[0] / path).read_text() == (folders[1] / path).read_text()


def test_tensorboards_plugins_read_what_we_write(folders):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.custom_scalar import layout_pb2
    from tensorboard.plugins.hparams import metadata as hparams
    from tensorboard.plugins.mesh import metadata as mesh
    from tensorboard.plugins.pr_curve import metadata as pr_curve

    ours = EventAccumulator(str(folders[0])).Reload()
    assert ours.Tags()["histograms"] == ["weights", "auto", "raw"]
    assert ours.Tags()["images"] == ["picture", "grey", "scaled", "batch"]
    assert [each.step for each in ours.Scalars("old")] == [0, 1, 2**40]
    content = ours.SummaryMetadata("pr").plugin_data.content
    assert pr_curve.parse_plugin_metadata(content).num_thresholds == 20
    content = ours.SummaryMetadata("mesh_FACE").plugin_data.content
    assert mesh.parse_plugin_metadata(content).shape == [1, 2, 3]
    (layout,) = ours.Tensors("custom_scalars__config__")
    parsed = layout_pb2.Layout.FromString(layout.tensor_proto.string_val[0])
    assert parsed.category[0].chart[1].margin.series[0].upper == "r"
    trial = EventAccumulator(str(folders[0] / "trial")).Reload()
    content = trial.SummaryMetadata(hparams.SESSION_START_INFO_TAG).plugin_data.content
    start = hparams.parse_session_start_info_plugin_data(content)
    assert start.hparams["lr"].number_value == 0.1
    content = trial.SummaryMetadata(hparams.EXPERIMENT_TAG).plugin_data.content
    assert [info.name for info in hparams.parse_experiment_plugin_data(content).hparam_infos] == [
        "lr",
        "name",
        "n",
    ]


def test_matplotlibs_figures_are_what_pytorch_makes_of_them(tmp_path):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    torch_writer = pytest.importorskip("torch.utils.tensorboard").SummaryWriter

    for name, kind in (("ours", events.SummaryWriter), ("theirs", torch_writer)):
        figure = pyplot.figure(figsize=(2, 1))
        figure.gca().plot([1, 2, 3])
        with kind(str(tmp_path / name)) as writer:
            writer.add_figure("x", figure, 1)
        assert pyplot.get_fignums() == []
    ours, theirs = (values(tmp_path / name)["x"][0][2] for name in ("ours", "theirs"))
    same_picture(ours.image, theirs.image)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int32, np.uint8])
def test_our_histograms_are_tensorflows(dtype):
    tf = pytest.importorskip("tensorflow")

    chosen = np.random.default_rng(3)
    for size in (0, 1, 1000):
        array = (chosen.normal(size=size) * 20).astype(dtype)
        if dtype == np.float64 and size:
            array[:6] = [1e300, -1e-300, 1e-300, 0.0, 1e-12, -1e-12][: min(6, size)]
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            written = session.run(tf.compat.v1.summary.histogram("x", tf.constant(array)))
        theirs = tf.compat.v1.Summary.FromString(written).value[0].histo
        ours = histogram_proto(array)
        assert list(ours.bucket_limit) == list(theirs.bucket_limit)
        assert list(ours.bucket) == list(theirs.bucket)
        assert (ours.min, ours.max, ours.num) == (theirs.min, theirs.max, theirs.num)
        assert ours.sum == pytest.approx(theirs.sum, rel=1e-9, abs=1e-9)
        assert ours.sum_squares == pytest.approx(theirs.sum_squares, rel=1e-9)


def test_tensorflow_reads_batches_of_scalars(tmp_path):
    tf = pytest.importorskip("tensorflow")

    chosen = np.random.default_rng(5)
    steps = chosen.integers(-(2**63), 2**63 - 1, 9000) >> chosen.integers(0, 63, 9000)
    points = [
        (f"tag{at % 7}", float(value), int(step), 1.7e9 + at, at % 3 == 0)
        for at, (value, step) in enumerate(zip(chosen.normal(size=9000), steps, strict=True))
    ]
    with events.EventFileWriter(tmp_path) as writer:
        for point in points:
            writer.add_scalar(*point)
    read = list(tf.compat.v1.train.summary_iterator(str(writer.path)))[1:]
    assert len(read) == len(points)
    for event, (tag, value, step, wall_time, as_tensor) in zip(read, points, strict=True):
        (found,) = event.summary.value
        number = tf.make_ndarray(found.tensor) if as_tensor else found.simple_value
        assert (found.tag, event.step, event.wall_time) == (tag, step, wall_time)
        assert number == np.float32(value)
