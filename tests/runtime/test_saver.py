"""Saver: the ops it makes, checkpoints kept and found again, what it refuses; meta graphs."""

import os

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime import errors
from opscope.runtime.checkpoint import checkpoint_state
from opscope.runtime.simulated_gpu import simulated_gpu


@pytest.fixture
def saved(graph, tmp_path):
    """A graph with two variables and a step, a saver, and a checkpoint at step 3."""
    w = tf.Variable([[1.0, 2.0]], name="w")
    tf.Variable(5, name="n", trainable=False)
    step = tf.train.get_or_create_global_step()
    loss = tf.reduce_sum(w * w, name="loss")
    tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, global_step=step, name="train")
    init = tf.global_variables_initializer()
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(init)
        for _ in range(3):
            session.run("train")
        path = saver.save(session, tmp_path / "model.ckpt", global_step=step)
        values = session.run({v.op.name: v for v in tf.global_variables()})
    assert path == str(tmp_path / "model.ckpt-3")
    return saver, path, values


def test_the_values_come_back_without_initialization(saved):
    saver, path, values = saved
    with tf.Session() as session:
        saver.restore(session, path)
        restored = session.run({v.op.name: v for v in tf.global_variables()})
    for name, value in values.items():
        np.testing.assert_array_equal(restored[name], value)


def test_the_nodes_are_tensorflows(saved, graph):
    saver, _, _ = saved
    made = {op.name: op.type for op in graph.get_operations() if op.name.startswith("save/")}
    assert made == {
        "save/filename/input": "Const",
        "save/filename": "PlaceholderWithDefault",
        "save/Const": "PlaceholderWithDefault",
        "save/SaveV2/tensor_names": "Const",
        "save/SaveV2/shape_and_slices": "Const",
        "save/SaveV2": "SaveV2",
        "save/control_dependency": "Identity",
        "save/RestoreV2/tensor_names": "Const",
        "save/RestoreV2/shape_and_slices": "Const",
        "save/RestoreV2": "RestoreV2",
        "save/Assign": "Assign",
        "save/Assign_1": "Assign",
        "save/Assign_2": "Assign",
        "save/Assign_3": "Assign",
        "save/restore_all": "NoOp",
    }
    names = graph.get_operation_by_name("save/SaveV2/tensor_names").get_attr("value").tolist()
    assert names == [b"global_step", b"n", b"w", b"w/Momentum"]
    assert saver.as_saver_def().restore_op_name == "save/restore_all"


def test_the_checkpoint_is_found_and_read(saved, tmp_path):
    _, path, values = saved
    assert tf.train.latest_checkpoint(tmp_path) == path
    assert tf.train.list_variables(tmp_path) == [
        ("global_step", []),
        ("n", []),
        ("w", [1, 2]),
        ("w/Momentum", [1, 2]),
    ]
    np.testing.assert_array_equal(tf.train.load_variable(path, "w"), values["w"])
    assert tf.train.NewCheckpointReader(path).get_tensor("n") == 5


def test_old_checkpoints_are_deleted_and_the_state_names_the_rest(graph, tmp_path):
    v = tf.Variable(0.0, name="v")
    saver = tf.train.Saver([v], max_to_keep=2)
    with tf.Session() as session:
        session.run(v.initializer)
        for step in range(4):
            saver.save(session, str(tmp_path / "m"), step)
    assert sorted(os.listdir(tmp_path)) == sorted(
        ["checkpoint"]
        + [f"m-{s}.{e}" for s in (2, 3) for e in ("data-00000-of-00001", "index", "meta")]
    )
    assert saver.last_checkpoints == [str(tmp_path / "m-2"), str(tmp_path / "m-3")]
    assert (tmp_path / "checkpoint").read_text() == "".join(
        f'{key}: "{tmp_path}/m-{step}"\n'
        for key, step in (
            ("model_checkpoint_path", 3),
            ("all_model_checkpoint_paths", 2),
            ("all_model_checkpoint_paths", 3),
        )
    )


def test_one_checkpoint_is_kept_every_n_hours(graph, tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("opscope.runtime.train.saver.time.time", lambda: now[0])
    v = tf.Variable(0.0, name="v")
    saver = tf.train.Saver(max_to_keep=1, keep_checkpoint_every_n_hours=2)
    with tf.Session() as session:
        session.run(v.initializer)
        for hour in range(6):
            now[0] = hour * 3600 + 1.0
            saver.save(session, str(tmp_path / "m"), hour, write_meta_graph=False)
    kept = sorted(int(n[2:-6]) for n in os.listdir(tmp_path) if n.endswith(".index"))
    assert kept == [2, 4, 5]


def test_a_new_saver_goes_on_counting_the_old_checkpoints(graph, tmp_path):
    v = tf.Variable(0.0, name="v")
    with tf.Session() as session:
        session.run(v.initializer)
        first = tf.train.Saver(max_to_keep=2)
        for step in range(2):
            first.save(session, str(tmp_path / "m"), step)
        second = tf.train.Saver(max_to_keep=2)
        state = tf.train.get_checkpoint_state(tmp_path)
        second.recover_last_checkpoints([*state.all_model_checkpoint_paths, "/gone/m-9"])
        second.save(session, str(tmp_path / "m"), 2)
    assert [os.path.basename(p) for p in second.last_checkpoints] == ["m-1", "m-2"]
    assert not tf.train.checkpoint_exists(tmp_path / "m-0")


def test_names_in_the_checkpoint_may_differ(graph, tmp_path):
    a = tf.Variable([1, 2], name="a")
    b = tf.Variable([0, 0], name="b")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver({"x": a}).save(session, str(tmp_path / "m"))
        tf.train.Saver({"x": b}).restore(session, path)
        assert session.run(b).tolist() == [1, 2]


def test_reshape_restores_another_shape(graph, tmp_path):
    a = tf.Variable([[1, 2, 3, 4]], name="a")
    b = tf.Variable([[0, 0], [0, 0]], name="b")
    with tf.Session() as session:
        session.run(a.initializer)
        path = tf.train.Saver({"a": a}).save(session, str(tmp_path / "m"))
        tf.train.Saver({"a": b}, reshape=True).restore(session, path)
        assert session.run(b).tolist() == [[1, 2], [3, 4]]
        with pytest.raises(errors.InvalidArgumentError, match="mismatch between the current graph"):
            tf.train.Saver({"a": b}).restore(session, path)


def test_relative_paths_move_with_the_folder(graph, tmp_path):
    v = tf.Variable(1.0, name="v")
    with tf.Session() as session:
        session.run(v.initializer)
        folder = tmp_path / "here"
        folder.mkdir()
        tf.train.Saver(save_relative_paths=True).save(session, str(folder / "m"))
    folder.rename(tmp_path / "there")
    assert tf.train.latest_checkpoint(tmp_path / "there") == str(tmp_path / "there/m")


def test_steps_can_be_padded(graph, tmp_path):
    v = tf.Variable(1.0, name="v")
    with tf.Session() as session:
        session.run(v.initializer)
        saver = tf.train.Saver(pad_step_number=True)
        assert saver.save(session, str(tmp_path / "m"), 12).endswith("m-00000012")


def test_a_save_that_fails_leaves_the_last_one(saved, tmp_path, monkeypatch):
    saver, path, values = saved

    def full(target, data):
        raise OSError(28, "No space left on device", target)

    monkeypatch.setattr(checkpoint_state, "write_whole", full)
    with tf.Session() as session:
        session.run("init")
        with pytest.raises(OSError, match="No space"):
            saver.save(session, str(tmp_path / "model.ckpt"), 4, write_meta_graph=False)
    assert tf.train.latest_checkpoint(tmp_path) == path
    np.testing.assert_array_equal(tf.train.load_variable(path, "w"), values["w"])


def test_a_variable_that_is_not_in_the_checkpoint_is_named(saved):
    _, path, _ = saved
    tf.Variable(0.0, name="later")
    with (
        tf.Session() as session,
        pytest.raises(errors.NotFoundError, match="Key later not found in checkpoint") as raised,
    ):
        tf.train.Saver().restore(session, path)
    assert "missing from the checkpoint" in str(raised.value)
    assert raised.value.op.name == "save_1/RestoreV2"


def test_a_variable_of_another_type_is_refused(saved):
    _, path, _ = saved
    other = tf.Variable([[1, 2]], name="other")
    with (
        tf.Session() as session,
        pytest.raises(errors.InvalidArgumentError, match="expected dtype int32 does not equal"),
    ):
        tf.train.Saver({"w": other}).restore(session, path)


def test_an_uninitialized_variable_is_not_saved(saved, tmp_path):
    saver, path, _ = saved
    with tf.Session() as session, pytest.raises(errors.FailedPreconditionError):
        saver.save(session, str(tmp_path / "model.ckpt"), 9)
    assert tf.train.latest_checkpoint(tmp_path) == path


def test_wrong_arguments(graph, tmp_path):
    with pytest.raises(ValueError, match="No variables to save"):
        tf.train.Saver()
    v = tf.Variable(1.0, name="v")
    with pytest.raises(TypeError, match="Variable to save is not a Variable"):
        tf.train.Saver([tf.constant(1)])
    with pytest.raises(ValueError, match="restored with two names: v"):
        tf.train.Saver({"a": v, "b": v})
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(v.initializer)
        with pytest.raises(ValueError, match="must not contain path components"):
            saver.save(session, str(tmp_path / "m"), latest_filename="a/b")
        with pytest.raises(ValueError, match="collides with 'save_path'"):
            saver.save(session, str(tmp_path / "checkpoint"))
        with pytest.raises(ValueError, match=r"Parent directory of .* doesn't exist"):
            saver.save(session, str(tmp_path / "no/such/m"))
        with pytest.raises(ValueError, match="is not a valid checkpoint"):
            saver.restore(session, str(tmp_path / "no"))
        with pytest.raises(ValueError, match="when it is None"):
            saver.restore(session, None)


def test_the_state_file_may_be_damaged(tmp_path):
    assert tf.train.get_checkpoint_state(tmp_path) is None
    (tmp_path / "checkpoint").write_bytes(b"\xff\x00nonsense {")
    assert tf.train.get_checkpoint_state(tmp_path) is None
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "gone"')
    assert tf.train.get_checkpoint_state(tmp_path).model_checkpoint_path == str(tmp_path / "gone")
    assert tf.train.latest_checkpoint(tmp_path) is None


# -- meta graphs ---------------------------------------------------------------------------


def test_a_meta_graph_trains_on_in_a_fresh_program(saved):
    _, path, values = saved
    with tf.Graph().as_default() as fresh, tf.Session() as session:
        saver = tf.train.import_meta_graph(path + ".meta")
        saver.restore(session, path)
        assert [v.op.name for v in tf.trainable_variables()] == ["w"]
        assert tf.trainable_variables()[0] is tf.global_variables()[0]
        np.testing.assert_array_equal(session.run("w:0"), values["w"])
        session.run("train")
        assert session.run(tf.train.get_global_step()) == 4
        again = tf.train.Saver()
        assert again.saver_def.save_tensor_name == "save/control_dependency_1:0"
        assert fresh.get_tensor_by_name("loss:0").shape.as_list() == []


def test_a_meta_graph_goes_under_a_scope(saved, graph):
    _, path, values = saved
    saver = tf.train.import_meta_graph(path + ".meta", import_scope="copy")
    assert [v.op.name for v in tf.trainable_variables()] == ["w", "copy/w"]
    with tf.Session() as session:
        saver.restore(session, path)
        np.testing.assert_array_equal(session.run("copy/w:0"), values["w"])


def test_a_meta_graph_as_text_and_without_devices(graph, tmp_path):
    with tf.device("/cpu:0"):
        v = tf.Variable([1.0], name="v")
    tf.add_to_collection("outputs", v * 2)
    tf.add_to_collection("numbers", 3)
    tf.add_to_collection("mine", v)
    made = tf.train.export_meta_graph(
        tmp_path / "g.txt", as_text=True, clear_devices=True, strip_default_attrs=True
    )
    assert {n.device for n in made.graph_def.node} == {""}
    assert (tmp_path / "g.txt").read_text().startswith("meta_info_def")
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(tmp_path / "g.txt")
        session.run(tf.global_variables()[0].initializer)
        assert session.run(tf.get_collection("outputs")[0]) == [2.0]
        assert tf.get_collection("numbers") == [3]
        assert tf.get_collection("mine")[0].name == "v:0"


def test_a_scope_is_exported_and_wired_again(graph):
    x = tf.constant([1.0, 2.0], name="x")
    with tf.name_scope("inner"):
        v = tf.Variable([3.0, 4.0], name="v")
        tf.multiply(x, v, name="y")
    made = tf.train.export_meta_graph(export_scope="inner")
    assert [n.name for n in made.graph_def.node if n.op == "Mul"] == ["y"]
    with tf.Graph().as_default(), tf.Session() as session:
        with pytest.raises(ValueError, match=r"open inputs .*\$unbound_inputs_x"):
            tf.train.import_meta_graph(made)
        given = tf.constant([10.0, 10.0])
        tf.train.import_meta_graph(made, input_map={"$unbound_inputs_x": given})
        session.run(tf.global_variables_initializer())
        assert session.run("y:0").tolist() == [30.0, 40.0]


def test_a_file_that_is_no_meta_graph(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        tf.train.import_meta_graph(tmp_path / "none.meta")
    (tmp_path / "bad.meta").write_bytes(b"\xff\xff\xff")
    with pytest.raises(OSError, match=r"bad\.meta is neither a MetaGraphDef nor"):
        tf.train.import_meta_graph(tmp_path / "bad.meta")


def test_a_sharded_saver_writes_one_file_per_device(graph, tmp_path):
    with tf.device("/cpu:0"):
        a = tf.Variable([1, 2], name="a")
    with tf.device("/job:localhost"):
        b = tf.Variable(["x", "y"], name="b")
    saver = tf.train.Saver(sharded=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(2):
            path = saver.save(session, str(tmp_path / "m"), write_meta_graph=False)
        assert sorted(os.listdir(tmp_path)) == [
            "checkpoint",
            "m.data-00000-of-00002",
            "m.data-00001-of-00002",
            "m.index",
        ]
        session.run([a.assign([0, 0]), b.assign([b"", b""])])
        saver.restore(session, path)
        assert session.run([a, b])[0].tolist() == [1, 2]
        assert session.run(b).tolist() == [b"x", b"y"]


@pytest.mark.parametrize("scope", [None, "below"])
def test_a_loaded_loop_has_gradients(graph, scope):
    x = tf.placeholder(tf.float32, [], name="x")

    def body(i, y):
        return i + 1, tf.cond(y > 3.0, lambda: y * x, lambda: y + x)

    _, y = tf.while_loop(lambda i, y: i < 5, body, [0, 1.0])
    z = tf.cond(y > 1.0, lambda: y * x, lambda: y, name="z")
    expected = tf.gradients(z, x)[0]
    with tf.Session() as session:
        value = session.run(expected, {x: 1.5})
    made = tf.train.export_meta_graph()
    prefix = f"{scope}/" if scope else ""
    with tf.Graph().as_default() as fresh, tf.Session() as session:
        tf.train.import_meta_graph(made, import_scope=scope)
        if not scope:
            again = tf.train.export_meta_graph()
            for key in ("while_context", "cond_context"):
                assert again.collection_def[key] == made.collection_def[key]
        x2, z2 = (fresh.get_tensor_by_name(prefix + t.name) for t in (x, z))
        gradient = tf.gradients(z2, x2, name="again")[0]
        assert session.run(gradient, {x2: 1.5}) == value


def test_queue_runners_of_a_scope_are_exported_by_their_names_in_it(graph):
    with tf.name_scope("input"):
        queue = tf.FIFOQueue(8, [tf.float32], shapes=[[]], name="queue")
        tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(3.0, name="put")]))
        tf.identity(queue.dequeue(), name="got")
    made = tf.train.export_meta_graph(export_scope="input")
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(made, import_scope="again")
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coord)
        assert session.run("again/got:0") == 3.0
        coord.request_stop()
        coord.join(threads)


@pytest.mark.parametrize("sharded", [False, True])
def test_variables_of_a_gpu_are_saved_and_restored(graph, tmp_path, sharded):
    with tf.device("/gpu:0"):
        w = tf.Variable([[1.0, 2.0]], name="w")
        scalar = tf.Variable(3.0, name="scalar")
    with tf.device("/cpu:0"):
        text = tf.Variable("a", name="text")
    saver = tf.train.Saver(sharded=sharded)
    assign = tf.group(w.assign(w * 0), scalar.assign(0.0), text.assign("b"))
    with simulated_gpu(), tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as session:
        session.run(tf.global_variables_initializer())
        path = saver.save(session, str(tmp_path / "m"))
        session.run(assign)
        saver.restore(session, path)
        assert session.run(w).tolist() == [[1.0, 2.0]]
        assert session.run(scalar + 1) == 4.0
        assert session.run(text) == b"a"
