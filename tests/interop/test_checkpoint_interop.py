"""Checkpoints and meta graphs: written by one, trained on by the other, both ways."""

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop


def train(tf, session, step, feeds):
    for feed in feeds:
        session.run(step, feed)
    return {v.op.name: session.run(v.op.name + ":0") for v in tf.global_variables()}


def directions(tensorflow, way):
    return (ours, tensorflow) if way == "ours to TensorFlow" else (tensorflow, ours)


BOTH = pytest.mark.parametrize("way", ["ours to TensorFlow", "TensorFlow to ours"])


@BOTH
def test_training_goes_on_from_the_others_checkpoint_and_meta_graph(
    tensorflow, model, batches, tmp_path, way
):
    first, second = directions(tensorflow, way)
    with first.Graph().as_default(), first.Session() as session:
        built = model(first)
        session.run(built.init)
        saver = first.train.Saver()
        at_save = train(first, session, built.step, [built.feed(b) for b in batches[:5]])
        path = saver.save(session, str(tmp_path / "m"), 5)
        named = [
            {built.images.name: b.images, built.labels.name: b.one_hot()} for b in batches[5:8]
        ]
        expected = train(first, session, built.step.name, named)
    assert second.train.latest_checkpoint(str(tmp_path)) == path
    with second.Graph().as_default(), second.Session() as session:
        saver = second.train.import_meta_graph(path + ".meta")
        saver.restore(session, path)
        restored = train(second, session, built.step.name, [])
        assert restored.keys() == at_save.keys()
        for name, value in restored.items():
            np.testing.assert_array_equal(value, at_save[name])
        trained = train(second, session, built.step.name, named)
        for name, value in trained.items():
            np.testing.assert_allclose(value, expected[name], atol=1e-5, rtol=1e-5)
        assert len(second.trainable_variables()) == len(restored) - _others(restored)
        saver.save(session, str(tmp_path / "again"))
    with first.Graph().as_default(), first.Session() as session:
        built = model(first)
        first.train.Saver().restore(session, str(tmp_path / "again"))
        back = train(first, session, built.step, [])
        for name, value in back.items():
            np.testing.assert_array_equal(value, trained[name])


def _others(names):
    """The variables that no optimizer changes."""
    return sum(n.startswith(("global_step", "beta")) or n.split("/")[-1] in SLOTS for n in names)


SLOTS = {"Adam", "Adam_1", "Momentum"}


def test_a_saver_makes_tensorflows_nodes(tensorflow, model):
    def nodes(tf):
        with tf.Graph().as_default() as graph:
            model(tf)
            tf.train.Saver(name="keep")
            tf.train.Saver(tf.trainable_variables()[:1], max_to_keep=1)
        return {
            n.name: (n.op, list(n.input), n.device, list(n.attr["_class"].list.s))
            for n in graph.as_graph_def().node
            if n.name.startswith(("keep", "save"))
        }

    assert nodes(ours) == nodes(tensorflow)


@BOTH
def test_every_dtype_passes(tensorflow, tmp_path, way):
    first, second = directions(tensorflow, way)
    values = {
        "float16": [1.5, -2.0],
        "float32": [[1.5], [np.inf]],
        "float64": 3.25,
        "bfloat16": [1.0, -4.0],
        "int8": [-3],
        "int16": [-3],
        "int32": [[1, 2, 3]],
        "int64": 2**40,
        "uint8": [255],
        "uint16": [65535],
        "bool": [True, False],
        "complex64": [1 + 2j],
        "complex128": [[1 - 2j]],
        "string": [b"a", b"", b"\xff\x00"],
    }

    def build(tf):
        for name, value in values.items():
            dtype = getattr(tf, name)
            tf.Variable(tf.constant(value, dtype), name=name)

    def read(tf, session):
        return {v.op.name: session.run(v.op.name + ":0") for v in tf.global_variables()}

    with first.Graph().as_default(), first.Session() as session:
        build(first)
        session.run(first.global_variables_initializer())
        path = first.train.Saver().save(session, str(tmp_path / "m"))
        expected = read(first, session)
    with second.Graph().as_default(), second.Session() as session:
        build(second)
        second.train.Saver().restore(session, path)
        restored = read(second, session)
    assert restored.keys() == values.keys()
    for name, value in restored.items():
        assert np.asarray(value).dtype == np.asarray(expected[name]).dtype
        np.testing.assert_array_equal(value, expected[name])


def test_tensorflows_partitioned_sharded_checkpoint_is_read(tensorflow, tmp_path):
    tf = tensorflow
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("p", partitioner=tf.fixed_size_partitioner(2)):
            tf.get_variable("w", [4, 2], initializer=tf.random_uniform_initializer())
        with tf.device("/cpu:0"):
            tf.Variable([7, 8], name="b")
        session.run(tf.global_variables_initializer())
        parts = session.run(["p/w/part_0:0", "p/w/part_1:0"])
        path = tf.train.Saver(sharded=True).save(session, str(tmp_path / "m"))
    reader = ours.train.NewCheckpointReader(path)
    assert reader.get_variable_to_shape_map() == {"b": [2], "p/w": [4, 2]}
    np.testing.assert_array_equal(reader.get_tensor("p/w"), np.concatenate(parts))
    assert reader.get_tensor("b").tolist() == [7, 8]


def test_tensorflow_reads_our_slices(tensorflow, tmp_path):
    whole = np.arange(12, dtype=np.float32).reshape(6, 2)
    with ours.Graph().as_default(), ours.Session() as session:
        from opscope.runtime.make_op import make_node

        node = make_node(
            "SaveV2", str(tmp_path / "m"), ["w", "w"], ["6 2 0,2:-", "6 2 2,4:0,2"],
            [whole[:2], whole[2:]],
        )  # fmt: skip
        session.run(node)
    reader = tensorflow.train.NewCheckpointReader(str(tmp_path / "m"))
    np.testing.assert_array_equal(reader.get_tensor("w"), whole)


def test_a_large_index_is_read_by_tensorflow(tensorflow, tmp_path):
    from opscope.runtime.checkpoint.bundle_writer import BundleWriter

    names = [f"scope_{i % 50}/variable_{i}" for i in range(6000)]
    with BundleWriter(str(tmp_path / "m")) as writer:
        for i, name in enumerate(names):
            writer.add(name, np.full(3, i, np.int32))
        writer.finish()
    reader = tensorflow.train.NewCheckpointReader(str(tmp_path / "m"))
    assert set(reader.get_variable_to_shape_map()) == set(names)
    assert reader.get_tensor(names[4321]).tolist() == [4321] * 3
    ours_back = ours.train.NewCheckpointReader(str(tmp_path / "m"))
    assert ours_back.get_tensor(names[4321]).tolist() == [4321] * 3


def test_v1_checkpoints_of_tensorflow_are_restored(tensorflow, tmp_path):
    tf = tensorflow
    with tf.Graph().as_default(), tf.Session() as session:
        tf.Variable([[1.0, 2.0]], name="w")
        tf.Variable(3, name="n")
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(write_version=tf.train.SaverDef.V1)
        path = saver.save(session, str(tmp_path / "m"), write_meta_graph=False)
    with ours.Graph().as_default(), ours.Session() as session:
        ours.Variable([[0.0, 0.0]], name="w")
        ours.Variable(0, name="n")
        assert ours.train.latest_checkpoint(tmp_path) == path
        ours.train.Saver().restore(session, path)
        assert session.run("w:0").tolist() == [[1.0, 2.0]]
        assert session.run("n:0") == 3


def test_tensorflows_resource_variables_train_on(tensorflow, tmp_path):
    tf = tensorflow
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.get_variable("w", [2, 1], use_resource=True)
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        loss = tf.reduce_sum(tf.matmul(x, w) ** 2, name="loss")
        step = tf.train.get_or_create_global_step()
        tf.train.MomentumOptimizer(0.01, 0.9).minimize(loss, step, name="train")
        session.run(tf.global_variables_initializer())
        feed = {"x:0": [[1.0, 2.0], [3.0, 4.0]]}
        session.run("train", feed)
        path = tf.train.Saver().save(session, str(tmp_path / "m"), 1)
        expected = [session.run(["loss:0", "train"], feed)[0] for _ in range(3)]
    with ours.Graph().as_default(), ours.Session() as session:
        saver = ours.train.import_meta_graph(path + ".meta")
        names = session.run(ours.report_uninitialized_variables())
        assert set(names.tolist()) == {b"w", b"w/Momentum", b"global_step"}
        saver.restore(session, path)
        found = [session.run(["loss:0", "train"], feed)[0] for _ in range(3)]
        np.testing.assert_allclose(found, expected, rtol=1e-5)
        (w,) = ours.trainable_variables()
        assert w.shape.as_list() == [2, 1]
        assert session.run(w.assign(w * 0)).tolist() == [[0.0], [0.0]]
        again = ours.train.Saver().save(session, str(tmp_path / "again"))
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(again + ".meta")
        saver.restore(session, again)
        assert session.run("loss:0", feed) == 0.0
        assert [v.name for v in tf.trainable_variables()] == ["w:0"]


@pytest.mark.parametrize("way", ["ours to TensorFlow", "TensorFlow to ours"])
def test_a_loaded_loop_has_gradients(tensorflow, way):
    tensorflow.disable_control_flow_v2()
    first, second = directions(tensorflow, way)
    with first.Graph().as_default():
        x = first.placeholder(first.float32, [], name="x")

        def body(i, y):
            return i + 1, first.cond(y > 3.0, lambda: y * x, lambda: y + x)

        start = [first.constant(0), first.constant(1.0)]
        _, y = first.while_loop(lambda i, y: i < 5, body, start)
        z = first.cond(y > 1.0, lambda: y * x, lambda: y, name="z")
        made = first.train.export_meta_graph()
        with first.Session() as session:
            expected = session.run(first.gradients(z, x)[0], {x: 1.5})
    with second.Graph().as_default(), second.Session() as session:
        second.train.import_meta_graph(
            second.MetaGraphDef.FromString(made.SerializeToString()), import_scope="below"
        )
        graph = second.get_default_graph()
        x, z = (graph.get_tensor_by_name(f"below/{t.name}") for t in (x, z))
        np.testing.assert_allclose(session.run(second.gradients(z, x)[0], {x: 1.5}), expected)


@pytest.mark.parametrize("way", ["ours to TensorFlow", "TensorFlow to ours"])
def test_queue_runners_come_along(tensorflow, way):
    first, second = directions(tensorflow, way)
    with first.Graph().as_default():
        queue = first.FIFOQueue(8, [first.float32], shapes=[[]], name="queue")
        runner = first.train.QueueRunner(queue, [queue.enqueue(3.0, name="put")])
        first.train.add_queue_runner(runner)
        first.identity(queue.dequeue(), name="got")
        made = first.train.export_meta_graph()
    with second.Graph().as_default(), second.Session() as session:
        second.train.import_meta_graph(second.MetaGraphDef.FromString(made.SerializeToString()))
        coord = second.train.Coordinator()
        threads = second.train.start_queue_runners(session, coord)
        assert [session.run("got:0") for _ in range(3)] == [3.0, 3.0, 3.0]
        coord.request_stop()
        coord.join(threads)
