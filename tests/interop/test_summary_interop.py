"""Summaries: the same bytes as TensorFlow's for the same values, and files that it reads."""

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop

RNG = np.random.default_rng(0)
HISTOGRAMS = [
    RNG.normal(size=1000).astype(np.float32),
    np.zeros((0,), np.float32),
    np.float32(0),
    np.array([1e-13, -1e-13, 1e25, -1e30, 0, 0], np.float32),
    RNG.integers(-5, 5, (3, 4)),
    np.array([1, 2.5], np.float16),
    np.array([1e-12, 1.1e-12, -5.5]),
    RNG.normal(size=(200, 300)).astype(np.float32),
]


def summaries(tf):
    """The serialized summaries of one program."""
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.name_scope("layer"):
            tf.summary.scalar("loss value", 2.5)
            tf.summary.scalar("loss value", tf.constant(3), family="family")
            for values in HISTOGRAMS:
                tf.summary.histogram("values", values)
        tf.summary.text("note", tf.constant(["*a*", "b"]))
        ops = tf.get_collection("summaries")
        return session.run([*ops, tf.summary.merge_all()])


def test_summaries_are_the_same_bytes(tensorflow):
    expected = summaries(tensorflow)
    found = summaries(ours)
    for mine, theirs in zip(found, expected, strict=True):
        assert ours.Summary.FromString(mine) == ours.Summary.FromString(theirs)
        assert mine == theirs


def test_images_have_the_same_pixels(tensorflow):
    batch = RNG.normal(size=(2, 5, 6, 3)).astype(np.float32)
    batch[0, 1, 2, 0] = np.nan
    given = [batch, np.abs(batch[1:]), (batch[1:] * 40).astype(np.uint8), batch[1:, :, :, :1] * 0]

    def images(tf):
        with tf.Graph().as_default(), tf.Session() as session:
            made = [tf.summary.image(f"im{i}", v) for i, v in enumerate(given)]
            return [v for data in session.run(made) for v in ours.Summary.FromString(data).value]

    with tensorflow.Session() as session:
        for mine, theirs in zip(images(ours), images(tensorflow), strict=True):
            assert mine.tag == theirs.tag
            pixels = [
                session.run(tensorflow.image.decode_png(v.image.encoded_image_string))
                for v in (mine, theirs)
            ]
            np.testing.assert_array_equal(*pixels, err_msg=mine.tag)


def test_tensorflow_reads_our_event_file(tensorflow, tmp_path):
    with ours.Graph().as_default() as graph, ours.Session() as session:
        loss = ours.Variable(4.0, name="loss")
        ours.summary.scalar("loss", loss)
        merged = ours.summary.merge_all()
        session.run(loss.initializer)
        writer = ours.summary.FileWriter(tmp_path, graph)
        for step in range(3):
            writer.add_summary(session.run(merged), step)
        metadata = ours.RunMetadata()
        session.run(loss, options=ours.RunOptions(trace_level=3), run_metadata=metadata)
        writer.add_run_metadata(metadata, "run", 3)
        writer.close()
    (path,) = tmp_path.iterdir()
    events = list(tensorflow.train.summary_iterator(str(path)))
    assert [e.WhichOneof("what") for e in events] == [
        "file_version",
        "graph_def",
        "meta_graph_def",
        *["summary"] * 3,
        "tagged_run_metadata",
    ]
    assert [e.summary.value[0].simple_value for e in events[3:6]] == [4.0] * 3
    meta_graph = tensorflow.MetaGraphDef.FromString(events[2].meta_graph_def)
    with tensorflow.Graph().as_default(), tensorflow.Session() as session:
        tensorflow.train.import_meta_graph(meta_graph)
        (variable,) = tensorflow.global_variables()
        session.run(variable.initializer)
        assert session.run(variable) == 4.0
