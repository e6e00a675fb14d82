import io
import math
import os
import random
import signal
import subprocess
import sys
import threading
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from opscope.events import EventWriterError, SummaryWriter, open_logdir, read_records
from opscope.events.proto.event_pb2 import Event, SessionLog
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.hparams_pb2 import HParamsPluginData
from opscope.events.proto.layout_pb2 import Layout
from opscope.events.proto.mesh_pb2 import MeshPluginData
from opscope.events.proto.projector_pb2 import ProjectorConfig
from opscope.events.record import frame
from opscope.events.scalar_encoder import ScalarEncoder, scalar_summary
from opscope.events.summaries.histogram import histogram_proto, tensorflow_limits

STEPS = [0, 1, 127, 128, 16383, 16384, 2**40, 2**63 - 1, -1, -(2**63)]
VALUES = [0.0, -0.0, 0.5, 1e300, -1e300, 1e-300, math.inf, -math.inf, math.nan, 3.0]
TIMES = [1.7e9, 1.5, -1.0, math.nan, 1e308]


def events(folder: Path) -> list[Event]:
    """The events of the one file in a folder, after its version record."""
    (path,) = folder.glob("*tfevents*")
    return [Event.FromString(record.data) for record in read_records(path)][1:]


def picture(encoded: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(encoded)))


@pytest.mark.parametrize("times", [TIMES, [*TIMES, 0.0, -0.0]], ids=["times", "times with zero"])
@pytest.mark.parametrize("count", [0, 1, 47, 48, 700])
def test_a_batch_is_what_protobuf_makes_of_its_points(times: list[float], count: int) -> None:
    chosen = random.Random(count)
    series = [(tag, kind) for tag in ("loss", "", "é" * 190, "a/b") for kind in (False, True)]
    encoder = ScalarEncoder()
    numbers = [encoder.register(*each) for each in series]
    assert numbers == list(range(len(series)))
    points = [
        (chosen.randrange(len(series)), chosen.choice(STEPS), chosen.choice(times), value)
        for value in chosen.choices([*VALUES, chosen.random()], k=count)
    ]
    expected = b"".join(
        frame(
            Event(
                wall_time=wall,
                step=step,
                summary=scalar_summary(series[at][0], value, series[at][1]),
            ).SerializeToString()
        )
        for at, step, wall, value in points
    )
    assert bytes(encoder.encode(points)) == expected


def test_tags_that_have_no_series_are_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opscope.events.scalar_encoder.MAX_SERIES", 3)
    tags = ["a", "x" * 500, "b", "c", "d"]
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            for tag in tags:
                writer.add_scalar(tag, step, step)
    logdir = open_logdir(tmp_path)
    assert logdir.tags(".") == sorted(tags)
    assert all(logdir.scalars(".", tag).step.tolist() == [0, 1, 2] for tag in tags)
    assert [event.summary.value[0].tag for event in events(tmp_path)] == tags * 3


def test_scalars_keep_their_place_among_other_events(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path, max_queue=3) as writer:
        for step in range(20_000):
            writer.add_scalar("loss", step, step)
            if step % 1999 == 0:
                writer.add_text("note", "here", step)
    steps = [event.step for event in events(tmp_path)]
    assert steps == sorted(steps)
    assert len(steps) == 20_011


def test_numbers_of_every_kind_are_scalars(tmp_path: Path) -> None:
    class Tensor:  # what torch.Tensor has
        dtype = "torch.bfloat16"

        def detach(self) -> "Tensor":
            return self

        cpu = float = detach

        def numpy(self) -> np.ndarray:
            return np.array([[2.5]], np.float32)

    with SummaryWriter(tmp_path) as writer:
        for value in (2.5, np.float16(2.5), np.array([2.5]), Tensor(), [2.5]):
            writer.add_scalar("x", value, np.int64(7), 12.5)
        writer.add_scalar("new", 0.1, 3, new_style=True)
        writer.add_scalar("double", 0.1, 3, new_style=True, double_precision=True)
        with pytest.raises(ValueError, match=r"one number.*shape \(2,\)"):
            writer.add_scalar("x", [1, 2])
        with pytest.raises(ValueError, match="does not fit in 64 bits"):
            writer.add_scalar("x", 1.0, 2**63)
        with pytest.raises(UnicodeEncodeError):
            writer.add_scalar("\ud800", 1.0)
    scalars = open_logdir(tmp_path).scalars(".", "x")
    assert scalars.value.tolist() == [2.5] * 5
    assert scalars.step.tolist() == [7] * 5
    assert scalars.wall_time.tolist() == [12.5] * 5
    assert open_logdir(tmp_path).scalars(".", "new").value.tolist() == [float(np.float32(0.1))]
    assert open_logdir(tmp_path).scalars(".", "double").value.tolist() == [0.1]


def test_several_scalars_are_runs_below(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars("a/b", {"x": 1.0, "y": 2.0}, 5)
        writer.add_scalars("a/b", {"x": 3.0}, 6)
    logdir = open_logdir(tmp_path)
    assert logdir.runs() == [".", "a_b_x", "a_b_y"]
    assert logdir.scalars("a_b_x", "a/b").value.tolist() == [1.0, 3.0]


def test_a_killed_program_loses_nothing_that_was_flushed(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from opscope.events import SummaryWriter\n"
        "writer = SummaryWriter(sys.argv[1])\n"
        "step = 0\n"
        "while True:\n"
        "    for step in range(step + 1, step + 5000): writer.add_scalar('loss', step, step)\n"
        "    writer.add_histogram('weights', range(step), step)\n"
        "    writer.flush()\n"
        "    print(step, flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        flushed = [int(process.stdout.readline()) for _ in range(4)][-1]
        os.kill(process.pid, signal.SIGKILL)
    logdir = open_logdir(tmp_path)
    written = logdir.scalars(".", "loss").step
    assert len(written) >= flushed
    assert written.tolist() == list(range(1, len(written) + 1))
    assert logdir.histograms(".", "weights").step[3] == flushed
    assert all("incomplete" in problem.message for problem in logdir.problems)


def test_eight_threads_lose_nothing_and_keep_their_order(tmp_path: Path) -> None:
    writer = SummaryWriter(tmp_path)

    def add(thread: int) -> None:
        for step in range(10_000):
            writer.add_scalar(f"thread{thread}", step, step)
            writer.add_scalar("all", thread, step)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    logdir = open_logdir(tmp_path)
    assert logdir.problems == []
    together = logdir.scalars(".", "all")
    for number in range(8):
        own = logdir.scalars(".", f"thread{number}")
        assert own.step.tolist() == own.value.tolist() == list(range(10_000))
        assert together.step[together.value == number].tolist() == list(range(10_000))


def test_adding_after_close_begins_another_file(tmp_path: Path) -> None:
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("x", 1.0, 1)
    writer.close()
    writer.close()
    writer.add_scalar("x", 2.0, 2)
    writer.close()
    assert len(list(tmp_path.iterdir())) == 2
    assert open_logdir(tmp_path).scalars(".", "x").step.tolist() == [1, 2]


def test_a_purge_step_hides_what_came_before(tmp_path: Path) -> None:
    for start, purge_step in ((0, None), (3, 3)):
        with SummaryWriter(tmp_path, purge_step=purge_step) as writer:
            for step in range(start, 5):
                writer.add_scalar("x", 10 * start + step, step)
    scalars = open_logdir(tmp_path).scalars(".", "x")
    assert scalars.value.tolist() == [0, 1, 2, 33, 34]
    last = max(tmp_path.iterdir(), key=lambda path: int(path.suffix[1:]))
    log = [Event.FromString(record.data) for record in read_records(last)][2]
    assert (log.step, log.session_log.status) == (3, SessionLog.START)


def test_histograms_have_tensorflows_buckets() -> None:
    limits = tensorflow_limits()
    assert len(limits) == 1551
    proto = histogram_proto(np.array([-1.0, 0.0, 0.0, 1e-13, 5.0, 1e30], np.float32))
    assert proto.num == 6
    assert (proto.min, proto.max) == (-1.0, float(np.float32(1e30)))
    filled = {
        limit: count for limit, count in zip(proto.bucket_limit, proto.bucket, strict=True) if count
    }
    assert filled == {
        limits[limits > -1.0][0]: 1,
        1e-12: 3,
        limits[limits > 5.0][0]: 1,
        limits[-1]: 1,
    }
    assert set(proto.bucket_limit) <= set(limits)


def test_how_many_values_a_histogram_left_out_is_read_back(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram("weights", [1.0, np.nan, np.inf, 2.0], 0)
        writer.add_histogram("weights", [1.0, 2.0], 1)
    found = open_logdir(tmp_path).histograms(".", "weights")
    assert found.uncounted.tolist() == [2.0, 0.0]
    assert [rows[:, 2].sum() for rows in found.buckets] == [2.0, 2.0]


def test_histograms_leave_out_what_is_not_finite() -> None:
    proto = histogram_proto(np.array([1.0, np.nan, np.inf, 2.0]), bins=[0, 1, 2, 3])
    assert (proto.num, proto.sum, proto.sum_squares) == (4, 3.0, 5.0)
    assert list(zip(proto.bucket_limit, proto.bucket, strict=True)) == [(1, 0), (2, 1), (3, 1)]
    empty = histogram_proto(np.array([], np.float32))
    assert (empty.num, list(empty.bucket)) == (0, [0])
    with pytest.raises(ValueError, match="real numbers"):
        histogram_proto(np.array([1j]))


def test_histograms_can_be_coarser(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=1000)
    for bins in ("tensorflow", "auto", 50):
        proto = histogram_proto(values, bins, max_bins=10)
        assert len(proto.bucket) <= 12
        assert sum(proto.bucket) == 1000
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram_raw("raw", 0, 3, 3, 4.5, 9, [1, 2, 3], [1, 1, 1], 4)
        with pytest.raises(ValueError, match="bucket limits"):
            writer.add_histogram_raw("raw", 0, 3, 3, 4.5, 9, [1, 2, 3], [1, 1])
    (buckets,) = open_logdir(tmp_path).histograms(".", "raw").buckets
    assert buckets.tolist() == [[0, 1, 1], [1, 2, 1], [2, 3, 1]]


@pytest.mark.parametrize(
    ("dataformats", "shape"),
    [("CHW", (3, 4, 5)), ("HWC", (4, 5, 3)), ("HW", (4, 5)), ("WH", (5, 4)), ("hwc", (4, 5, 1))],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_pictures_of_any_order_of_axes(
    tmp_path: Path, dataformats: str, shape: tuple[int, ...], dtype: type
) -> None:
    values = np.arange(math.prod(shape), dtype=np.uint8).reshape(shape)
    given = values if dtype is np.uint8 else (values + 0.5).astype(dtype) / 255
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("x", given, 2, dataformats=dataformats)
    (image,) = open_logdir(tmp_path).images(".", "x").value
    assert (image.height, image.width) == (4, 5)
    axes = dataformats.upper()
    ordered = values.transpose([axes.index(axis) for axis in "HWC" if axis in axes])
    expected = np.broadcast_to(ordered.reshape(4, 5, -1), (4, 5, 3))
    np.testing.assert_array_equal(picture(image.encoded[0]), expected)


def test_batches_of_pictures_are_grids(tmp_path: Path) -> None:
    batch = np.arange(10 * 4, dtype=np.uint8).reshape(10, 1, 2, 2)
    with SummaryWriter(tmp_path) as writer:
        writer.add_images("x", batch)
        with pytest.raises(ValueError, match="1, 3 or 4 channels"):
            writer.add_image("x", np.zeros((2, 4, 4)))
        with pytest.raises(ValueError, match="do not name the axes"):
            writer.add_image("x", np.zeros((3, 4, 4)), dataformats="NCHW")
        with pytest.raises(ValueError, match="do not name the axes"):
            writer.add_image("x", np.zeros((3, 4, 4)), dataformats="CCW")
    (image,) = open_logdir(tmp_path).images(".", "x").value
    shown = picture(image.encoded[0])[:, :, 0]
    assert shown.shape == (4, 16)
    np.testing.assert_array_equal(shown[:2, 2:4], batch[1, 0])
    np.testing.assert_array_equal(shown[2:, 2:4], batch[9, 0])
    assert not shown[2:, 4:].any()


def test_what_is_no_colour_is_clipped(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("x", np.array([[-1.0, np.nan, np.inf, 0.5]]), dataformats="HW")
        writer.add_image("y", np.array([[-1, 300, 7]]), dataformats="HW")
        writer.add_image("z", np.array([[True, False]]), dataformats="HW")
    shown = {
        tag: picture(open_logdir(tmp_path).images(".", tag).value[0].encoded[0])[0, :, 0].tolist()
        for tag in "xyz"
    }
    assert shown == {"x": [0, 0, 255, 127], "y": [0, 255, 7], "z": [255, 0]}


def test_boxes_are_drawn_and_labelled(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        boxes = [[10, 10, 50, 40]]
        writer.add_image_with_boxes("x", np.zeros((3, 60, 80)), boxes, labels="cat")
        writer.add_image_with_boxes("x", np.zeros((3, 60, 80)), boxes, rescale=0.5)
        with pytest.raises(ValueError, match="1 boxes, but 2 labels"):
            writer.add_image_with_boxes("x", np.zeros((3, 60, 80)), boxes, labels=["a", "b"])
    whole, half = open_logdir(tmp_path).images(".", "x").value
    shown = picture(whole.encoded[0])
    assert shown[10, 30].tolist() == [255, 0, 0]
    assert shown[50, 70].tolist() == [0, 0, 0]
    assert picture(half.encoded[0]).shape == (30, 40, 3)


def test_figures_and_videos_are_images(tmp_path: Path) -> None:
    class Figure:
        def savefig(self, file: io.BytesIO, format: str) -> None:  # noqa: A002
            Image.new("RGBA", (6, 4), (10, 20, 30, 255)).save(file, format)

    frames = np.zeros((2, 3, 1, 4, 6))
    frames[:, 1] = 1.0
    with SummaryWriter(tmp_path) as writer:
        writer.add_figure("figure", Figure(), 1)
        writer.add_figure("figures", [Figure(), Figure()], 1)
        writer.add_video("video", frames, 1, fps=10)
        with pytest.raises(ValueError, match="a video is"):
            writer.add_video("video", frames[0])
    logdir = open_logdir(tmp_path)
    (figure,) = logdir.images(".", "figure").value
    assert picture(figure.encoded[0])[0, 0].tolist() == [10, 20, 30]
    assert logdir.images(".", "figures").value[0].width == 12
    video = Image.open(io.BytesIO(logdir.images(".", "video").value[0].encoded[0]))
    assert (video.format, video.size, video.n_frames) == ("GIF", (12, 4), 3)
    assert video.info["duration"] == 100


def test_sound_is_wav(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_audio("x", np.array([[0.0, 1.0, -2.0, np.nan]]), 1, sample_rate=8000)
        with pytest.raises(ValueError, match="one channel"):
            writer.add_audio("x", np.zeros((2, 4)))
    (clip,) = open_logdir(tmp_path).audio(".", "x").value
    assert (clip.content_type, clip.sample_rate) == ("audio/wav", 8000)
    with wave.open(io.BytesIO(clip.encoded[0])) as wav:
        assert np.frombuffer(wav.readframes(9), "<i2").tolist() == [0, 32767, -32767, 0]


def test_texts_tensors_and_graphs(tmp_path: Path) -> None:
    class Graph:
        def as_graph_def(self) -> GraphDef:
            return GraphDef(node=[{"name": "a", "op": "Const"}])

    with SummaryWriter(tmp_path) as writer:
        writer.add_text("note", "**é**", 1)
        writer.add_text("table", [["a", "b"]], 1)
        writer.add_tensor("array", np.arange(6, dtype=np.int8).reshape(2, 3), 1)
        for graph in (Graph(), Graph().as_graph_def()):
            writer.add_graph(graph)
        writer.add_graph(Graph().as_graph_def().SerializeToString(), run_metadata=b"")
        with pytest.raises(TypeError, match="a list is no graph"):
            writer.add_graph([])
        with pytest.raises(TypeError, match="text is a str"):
            writer.add_text("note", 5)
    logdir = open_logdir(tmp_path)
    assert logdir.text(".", "note/text_summary").value[0].tolist() == ["**é**"]
    assert logdir.text(".", "table/text_summary").value[0].tolist() == [["a", "b"]]
    assert logdir.tensors(".", "array").value[0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert GraphDef.FromString(logdir.graph(".")).node[0].name == "a"
    assert [each.tag for each in logdir.run_metadata(".")] == ["step1"]


def test_hparams_are_a_run_of_their_own(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams(
            {"lr": 0.1, "adam": True, "name": "a", "layers": np.int64(3), "none": None},
            {"accuracy": 0.9},
            {"name": ["a", "b"]},
            run_name="trial",
        )
        with pytest.raises(TypeError, match="'x' is a dict"):
            writer.add_hparams({"x": {}}, {})
        with pytest.raises(ValueError, match="no hyperparameter"):
            writer.add_hparams({"x": 1}, {}, {"y": [1]})
        with pytest.raises(TypeError, match="differ in type"):
            writer.add_hparams({"x": 1}, {}, {"x": ["1"]})
    logdir = open_logdir(tmp_path)
    assert logdir.scalars("trial", "accuracy").value.tolist() == [float(np.float32(0.9))]
    assert logdir.kind("trial", "_hparams_/experiment") == "hparams"
    content = logdir.plugin("trial", "_hparams_/session_start_info").content
    start = HParamsPluginData.FromString(content).session_start_info
    assert start.hparams["lr"].number_value == 0.1
    assert start.hparams["adam"].bool_value is True
    assert sorted(start.hparams) == ["adam", "layers", "lr", "name"]


def test_pr_curves_count_what_is_above_each_threshold(tmp_path: Path) -> None:
    labels = np.array([True, False, True, True])
    predictions = np.array([0.9, 0.6, 0.2, 1.0])
    with SummaryWriter(tmp_path) as writer:
        writer.add_pr_curve("pr", labels, predictions, 3, num_thresholds=5)
        writer.add_pr_curve("weighted", labels, predictions, 3, 5, weights=[1, 1, 0, 1])
        writer.add_pr_curve_raw("raw", *np.arange(12).reshape(6, 2), 3)
        with pytest.raises(ValueError, match="between 0 and 1"):
            writer.add_pr_curve("pr", labels, predictions * 2)
        with pytest.raises(ValueError, match="differ"):
            writer.add_pr_curve("pr", labels, predictions[1:])
    logdir = open_logdir(tmp_path)
    assert logdir.kind(".", "pr") == "pr_curve"
    (curve,) = logdir.tensors(".", "pr").value
    assert curve[:4].tolist() == [
        [3, 2, 2, 2, 1],
        [1, 1, 1, 0, 0],
        [0, 0, 0, 1, 1],
        [0, 1, 1, 1, 2],
    ]
    assert logdir.tensors(".", "weighted").value[0][0].tolist() == [2, 2, 2, 2, 1]
    assert logdir.tensors(".", "raw").value[0].tolist() == np.arange(12).reshape(6, 2).tolist()


def test_layouts_and_meshes(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_custom_scalars(
            {"losses": {"both": ["Multiline", ["a", "b"]], "band": ["Margin", ["v", "l", "u"]]}}
        )
        with pytest.raises(ValueError, match="chart 'x' of 'default'"):
            writer.add_custom_scalars_marginchart(["a"], title="x")
        vertices = np.zeros((1, 5, 3))
        writer.add_mesh("shape", vertices, faces=np.zeros((1, 2, 3), int), config_dict={"a": 1})
        with pytest.raises(ValueError, match="COLOR is"):
            writer.add_mesh("shape", vertices, colors=np.zeros((5, 3)))
    logdir = open_logdir(tmp_path)
    (content,) = logdir.tensors(".", "custom_scalars__config__").value
    (category,) = Layout.FromString(content.item()).category
    assert list(category.chart[0].multiline.tag) == ["a", "b"]
    assert category.chart[1].margin.series[0].upper == "u"
    assert logdir.kind(".", "shape_FACE") == "mesh"
    described = MeshPluginData.FromString(logdir.plugin(".", "shape_FACE").content)
    assert described == MeshPluginData(
        name="shape",
        content_type=MeshPluginData.FACE,
        shape=[1, 2, 3],
        components=0b110,
        json_config='{"a": 1}',
    )


def test_embeddings_are_files_and_a_config(tmp_path: Path) -> None:
    points = np.array([[1.5, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(points, ["a\tb", "c", "d"], np.ones((3, 3, 4, 5)), 2, "x/y")
    for _ in range(2):
        with SummaryWriter(tmp_path) as writer:
            writer.add_embedding(points, [["a", 1]] * 3, tag="..", metadata_header=["name", "n"])
            with pytest.raises(ValueError, match="3 points, but 2 labels"):
                writer.add_embedding(points, ["a", "b"])
    from google.protobuf import text_format

    text = (tmp_path / "projector_config.pbtxt").read_text()
    first, second = text_format.Parse(text, ProjectorConfig()).embeddings
    assert first.tensor_name == "x/y:00002"
    assert (tmp_path / first.tensor_path).read_text() == "1.5\t2.0\n3.0\t4.0\n5.0\t6.0\n"
    assert (tmp_path / first.metadata_path).read_text() == "a b\nc\nd\n"
    assert picture((tmp_path / first.sprite.image_path).read_bytes()).shape == (8, 10, 3)
    assert list(first.sprite.single_image_dim) == [5, 4]
    assert second.tensor_path == "00000/%2e%2e/tensors.tsv"
    assert (tmp_path / second.metadata_path).read_text().startswith("name\tn\na\t1\n")
    assert open_logdir(tmp_path).kind(".", "projector_config.pbtxt") == "projector"
    (tmp_path / "projector_config.pbtxt").write_text("no config")
    with pytest.raises(EventWriterError, match="no projector config"):
        SummaryWriter(tmp_path).add_embedding(points)
