"""SavedModels: what one writes, the other loads and serves."""

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("way", ["ours to TensorFlow", "TensorFlow to ours"])
def test_a_saved_model_serves_and_trains_in_the_other(tensorflow, model, batches, tmp_path, way):
    first, second = (ours, tensorflow) if way.startswith("ours") else (tensorflow, ours)
    feed = {"images": batches[0].images, "labels": batches[0].one_hot()}
    with first.Graph().as_default(), first.Session() as session:
        built = model(first)
        session.run(built.init)
        session.run(built.step, built.feed(batches[1]))
        first.saved_model.simple_save(
            session,
            str(tmp_path / "m"),
            {"images": built.images, "labels": built.labels},
            {"loss": built.loss},
        )
        named = {built.images.name: feed["images"], built.labels.name: feed["labels"]}
        losses = [session.run([built.loss, built.step], named)[0] for _ in range(3)]
    with second.Graph().as_default(), second.Session() as session:
        tags = [second.saved_model.tag_constants.SERVING]
        loaded = second.saved_model.loader.load(session, tags, str(tmp_path / "m"))
        signature = loaded.signature_def["serving_default"]
        served = {signature.inputs[k].name: v for k, v in feed.items()}
        loss = signature.outputs["loss"].name
        curve = [session.run([loss, built.step.name], served)[0] for _ in range(3)]
    np.testing.assert_allclose(curve, losses, atol=1e-5, rtol=1e-5)


def test_tensorflows_assets_and_init_op_are_ours(tensorflow, tmp_path):
    tf = tensorflow
    (tmp_path / "words.txt").write_text("hello")
    with tf.Graph().as_default(), tf.Session() as session:
        path = tf.constant(str(tmp_path / "words.txt"), name="path")
        v = tf.Variable("", name="v", trainable=False, collections=[])
        builder = tf.saved_model.builder.SavedModelBuilder(str(tmp_path / "m"))
        builder.add_meta_graph_and_variables(
            session, ["serve"], assets_collection=[path], main_op=tf.group(v.assign(path))
        )
        builder.save()
    with ours.Graph().as_default(), ours.Session() as session:
        ours.saved_model.load(session, ["serve"], str(tmp_path / "m"))
        assert session.run("v:0").decode() == str(tmp_path / "m/assets/words.txt")


def test_a_sharded_saver_makes_tensorflows_nodes(tensorflow):
    def nodes(tf):
        with tf.Graph().as_default() as graph:
            with tf.device("/cpu:0"):
                tf.Variable([1.0], name="a")
            tf.Variable([2.0], name="b")
            tf.train.Saver(sharded=True)
        return {
            n.name: (n.op, list(n.input), n.device, list(n.attr["_class"].list.s))
            for n in graph.as_graph_def().node
        }

    assert nodes(ours) == nodes(tensorflow)


def test_tensorflow_two_loads_our_model(tensorflow, tmp_path):
    with ours.Graph().as_default(), ours.Session() as session:
        x = ours.placeholder(ours.float32, [None, 2], name="x")
        w = ours.Variable([[1.0], [2.0]], name="w")
        session.run(ours.global_variables_initializer())
        ours.saved_model.simple_save(
            session, str(tmp_path / "m"), {"x": x}, {"y": ours.matmul(x, w)}
        )
    import subprocess
    import sys

    program = (
        "import sys, tensorflow as tf\n"
        "f = tf.saved_model.load(sys.argv[1]).signatures['serving_default']\n"
        "print(f(tf.constant([[1., 1.]]))['y'].numpy().tolist())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "m")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[[3.0]]", done.stderr[-2000:]
