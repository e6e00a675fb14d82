"""Summary ops and the file writer."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import opscope.runtime as tf
from opscope.events import read_records
from opscope.events.summaries.histogram import histogram_proto, tensorflow_limits
from opscope.events.summaries.image import pixels_png


def values_of(data):
    return list(tf.Summary.FromString(data).value)


def events_in(folder):
    events = []
    # A file's name ends with the number of its writer in this process: 10 comes after 9.
    for path in sorted(
        folder.iterdir(), key=lambda path: list(map(int, path.name.split(".")[-2:]))
    ):
        events += [tf.Event.FromString(r.data) for r in read_records(path)]
    return events


def test_tags_follow_the_name_scope(graph):
    with tf.name_scope("train"):
        a = tf.summary.scalar("the loss", 1.5)
    b = tf.summary.scalar("loss", 2.5, family="fam")
    c = tf.summary.histogram("loss", [1.0])
    assert [t.op.name for t in (a, b, c)] == ["train/the_loss", "fam/loss", "loss"]
    assert [t.name for t in a.op.inputs] == ["train/the_loss/tags:0", "train/the_loss/values:0"]
    assert tf.get_collection(tf.GraphKeys.SUMMARIES) == [a, b, c]
    merged = tf.summary.merge_all()
    assert merged.op.name == "Merge/MergeSummary"
    with tf.Session() as sess:
        result = values_of(sess.run(merged))
    assert [v.tag for v in result] == ["train/the_loss", "fam/fam/loss", "loss"]
    assert [v.simple_value for v in result] == [1.5, 2.5, 0.0]


def test_merge_all_without_summaries_is_none(graph):
    assert tf.summary.merge_all() is None


def test_a_tag_may_come_only_once(graph):
    data = tf.Summary(value=[tf.Summary.Value(tag="a", simple_value=1)]).SerializeToString()
    merged = tf.summary.merge([tf.constant(data), tf.constant(data)])
    with (
        tf.Session() as sess,
        pytest.raises(tf.errors.InvalidArgumentError, match="Duplicate tag a found"),
    ):
        sess.run(merged)


def test_bucket_limits_grow_by_a_tenth():
    limits = tensorflow_limits()
    assert limits.size == 1551
    assert limits[775] == 0
    assert limits[776] == 1e-12
    assert limits[-1] == -limits[0] == np.finfo(np.float64).max
    assert (np.diff(limits) > 0).all()
    np.testing.assert_allclose(limits[777:-1] / limits[776:-2], 1.1)


def test_every_value_is_counted_below_its_limit():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(size=500), [0, 0, 1e-12, -1e-12, 1e25, -1e30]])
    made = histogram_proto(values)
    assert made.num == values.size == sum(made.bucket)
    assert made.min == values.min()
    assert made.max == values.max()
    assert made.sum == pytest.approx(values.sum())
    assert made.sum_squares == pytest.approx((values**2).sum())
    limits = np.array(made.bucket_limit)
    # A value on a limit belongs to the bucket above it.
    counts = np.bincount(np.searchsorted(limits, values, side="right"), minlength=limits.size)
    assert counts.tolist() == list(made.bucket)
    empty = np.array(made.bucket) == 0
    assert not (empty[:-1] & empty[1:]).any()


def test_an_empty_histogram_has_one_empty_bucket():
    made = histogram_proto(np.zeros((0, 3)))
    largest = np.finfo(np.float64).max
    assert (made.min, made.max, made.num) == (largest, -largest, 0)
    assert (list(made.bucket_limit), list(made.bucket)) == ([largest], [0])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "Nan in summary histogram for: layer/h"),
        (np.inf, "Infinity in Histogram for: layer/h"),
    ],
)
def test_a_histogram_refuses_what_is_not_finite(graph, value, message):
    x = tf.placeholder(tf.float32, [2])
    with tf.name_scope("layer"):
        made = tf.summary.histogram("h", x)
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match=message):
        sess.run(made, {x: [0, value]})


def test_tags_and_values_must_fit(graph):
    from opscope.runtime.make_op import make_op

    x = tf.placeholder(tf.float32)
    made = make_op("ScalarSummary", ["a", "b"], x)
    with tf.Session() as sess:
        assert [v.simple_value for v in values_of(sess.run(made, {x: [1, 2]}))] == [1, 2]
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[2\] != \[3\]"):
            sess.run(made, {x: [1, 2, 3]})


def test_images(graph):
    pixels = np.arange(24, dtype=np.float32).reshape(1, 2, 4, 3)
    pixels[0, 0, 0, 0] = np.nan
    made = tf.summary.image("im", np.repeat(pixels, 5, axis=0), max_outputs=2)
    one = tf.summary.image("one", np.zeros((1, 2, 4, 1), np.uint8), max_outputs=1)
    with tf.Session() as sess:
        images, single = values_of(sess.run(made)), values_of(sess.run(one))
    assert [v.tag for v in images] == ["im/image/0", "im/image/1"]
    assert [v.tag for v in single] == ["one/image"]
    image = images[0].image
    assert (image.height, image.width, image.colorspace) == (2, 4, 3)
    assert image.encoded_image_string.startswith(b"\x89PNG")


def test_png_holds_the_pixels():
    pixels = np.arange(30, dtype=np.uint8).reshape(2, 5, 3)
    decoded = Image.open(BytesIO(pixels_png(pixels)))
    assert np.asarray(decoded).tolist() == pixels.tolist()


def test_text(graph):
    made = tf.summary.text("note", tf.constant(["a", "b"]))
    with pytest.raises(ValueError, match="dtype string"):
        tf.summary.text("no", tf.constant(1.0))
    with tf.Session() as sess:
        (value,) = values_of(sess.run(made))
    assert value.tag == "note"
    assert value.metadata.plugin_data.plugin_name == "text"
    assert list(value.tensor.string_val) == [b"a", b"b"]


def test_the_writer_writes_graph_summaries_and_metadata(graph, tmp_path):
    w = tf.Variable(1.0, name="w")
    made = tf.summary.text("note", tf.constant("a"))
    writer = tf.summary.FileWriter(tmp_path, graph)
    assert writer.get_logdir() == str(tmp_path)
    with tf.Session() as sess:
        sess.run(w.initializer)
        for step in (1, 2):
            writer.add_summary(sess.run(made), step)
    writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="s", simple_value=3)]), np.int64(3))
    writer.add_run_metadata(tf.RunMetadata(), "run_3", 3)
    with pytest.raises(ValueError, match="already used"):
        writer.add_run_metadata(tf.RunMetadata(), "run_3", 4)
    writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 4)
    writer.close()
    events = events_in(tmp_path)
    assert [e.WhichOneof("what") for e in events] == [
        "file_version",
        "graph_def",
        "meta_graph_def",
        *["summary"] * 3,
        "tagged_run_metadata",
        "session_log",
    ]
    assert [e.step for e in events[3:]] == [1, 2, 3, 3, 4]
    graph_def = tf.GraphDef.FromString(events[1].graph_def)
    assert [n.name for n in graph_def.node][:2] == ["w/initial_value", "w"]
    assert "_output_shapes" in graph_def.node[1].attr
    meta_graph = tf.MetaGraphDef.FromString(events[2].meta_graph_def)
    assert meta_graph.graph_def == graph_def
    assert set(meta_graph.collection_def) == {"variables", "trainable_variables", "summaries"}
    # The metadata of a tag are written once.
    assert [e.summary.value[0].HasField("metadata") for e in events[3:5]] == [True, False]


def test_a_closed_writer_warns_and_can_be_opened_again(graph, tmp_path):
    with tf.summary.FileWriter(tmp_path) as writer:
        writer.add_event(tf.Event(step=1))
    with pytest.warns(UserWarning, match="closed FileWriter"):
        writer.add_event(tf.Event(step=2))
    writer.flush()
    writer.reopen()
    writer.add_event(tf.Event(step=3))
    writer.close()
    writer.close()
    assert [e.step for e in events_in(tmp_path) if not e.file_version] == [1, 3]
    assert len(list(tmp_path.iterdir())) == 2


def test_the_cache_gives_one_writer_per_folder(graph, tmp_path):
    one = tf.summary.FileWriterCache.get(tmp_path)
    assert tf.summary.FileWriterCache.get(str(tmp_path)) is one
    tf.summary.FileWriterCache.clear()
    other = tf.summary.FileWriterCache.get(tmp_path)
    assert other is not one
    tf.summary.FileWriterCache.clear()
