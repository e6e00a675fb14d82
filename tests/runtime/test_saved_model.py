"""SavedModels: written, loaded with variables, assets and init op; what is refused."""

import os
from pathlib import Path

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.saved_model import loader

DATA = Path(__file__).parents[1] / "data/runtime/checkpoints"


@pytest.fixture
def model(graph, tmp_path):
    """The folder of a model y = x w with w = [1, 2]."""
    with tf.device("/cpu:0"):
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        w = tf.Variable([[1.0], [2.0]], name="w")
    y = tf.matmul(x, w, name="y")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(session, tmp_path / "m", {"x": x}, {"y": y})
    return tmp_path / "m"


def serve(folder, feed, scope=None):
    with tf.Graph().as_default(), tf.Session() as session:
        made = tf.saved_model.loader.load(
            session, [tf.saved_model.tag_constants.SERVING], folder, import_scope=scope
        )
        signature = made.signature_def["serving_default"]
        prefix = f"{scope}/" if scope else ""
        return session.run(
            prefix + signature.outputs["y"].name,
            {prefix + signature.inputs[k].name: v for k, v in feed.items()},
        )


def test_a_simple_save_is_served(model):
    assert serve(model, {"x": [[1, 1]]}).tolist() == [[3.0]]
    assert serve(model, {"x": [[1, 0], [0, 1]]}, "imported").tolist() == [[1.0], [2.0]]
    assert sorted(os.listdir(model)) == ["saved_model.pb", "variables"]
    assert sorted(os.listdir(model / "variables")) == [
        "variables.data-00000-of-00001",
        "variables.index",
    ]
    assert tf.saved_model.contains_saved_model(model)
    assert not tf.saved_model.contains_saved_model(model / "variables")


def test_the_written_graph_names_no_devices(model):
    (made,) = loader.read_saved_model(model).meta_graphs
    assert {n.device for n in made.graph_def.node} == {""}
    assert list(made.meta_info_def.tags) == ["serve"]
    assert tf.saved_model.is_valid_signature(made.signature_def["serving_default"])
    assert [d.size for d in made.signature_def["serving_default"].inputs["x"].tensor_shape.dim] == [
        -1,
        2,
    ]


def test_tensorflows_model_is_served():
    x = np.arange(8, dtype=np.float32).reshape(2, 4)
    w = tf.train.load_variable(DATA / "saved_model/variables/variables", "layer/w")
    b = tf.train.load_variable(DATA / "saved_model/variables/variables", "layer/b")
    np.testing.assert_allclose(serve(DATA / "saved_model", {"x": x}), _expected(x, w, b), rtol=1e-5)


def _expected(x, w, b):
    import json

    expected = json.loads((DATA / "expected.json").read_text())
    assert np.ravel(expected["x"]).tolist() == x.ravel().tolist()
    return np.reshape(expected["y"], (2, 3))


def test_two_graphs_share_variables_and_are_told_apart_by_tags(graph, tmp_path):
    v = tf.Variable(2.0, name="v")
    builder = tf.saved_model.builder.SavedModelBuilder(str(tmp_path / "m"))
    with pytest.raises(AssertionError, match="has not been saved yet"):
        builder.add_meta_graph(["serve"])
    with tf.Session() as session:
        session.run(v.initializer)
        builder.add_meta_graph_and_variables(session, ["train", "gpu"])
        with pytest.raises(AssertionError, match="has already been saved"):
            builder.add_meta_graph_and_variables(session, ["x"])
    tf.multiply(v, 3.0, name="three")
    builder.add_meta_graph(["serve"])
    path = builder.save(as_text=True)
    assert path.decode() == str(tmp_path / "m/saved_model.pbtxt")
    with tf.Graph().as_default() as loaded, tf.Session() as session:
        tf.saved_model.load(session, ["serve"], tmp_path / "m")
        assert session.run("three:0") == 6.0
        assert loaded.get_operation_by_name("v").type == "VariableV2"
    with tf.Graph().as_default(), tf.Session() as session:
        tf.saved_model.load(session, {"gpu", "train"}, tmp_path / "m")
        with pytest.raises(RuntimeError, match=r"tags 'train' could not be found .*gpu.*serve"):
            tf.saved_model.load(session, ["train"], tmp_path / "m")


def test_assets_are_copied_and_their_paths_given_to_the_init_op(graph, tmp_path):
    source = tmp_path / "words.txt"
    source.write_text("hello")
    path = tf.constant(str(source), name="path")
    tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, path)
    seen = tf.Variable("", name="seen", trainable=False, collections=[])
    remember = tf.assign(seen, path, name="remember").op
    builder = tf.saved_model.Builder(tmp_path / "m")
    with tf.Session() as session:
        builder.add_meta_graph_and_variables(
            session,
            ["serve"],
            assets_collection=tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS),
            main_op=remember,
        )
    builder.save()
    assert (tmp_path / "m/assets/words.txt").read_text() == "hello"
    with tf.Graph().as_default(), tf.Session() as session:
        tf.saved_model.load(session, ["serve"], tmp_path / "m")
        assert session.run("seen:0").decode() == str(tmp_path / "m/assets/words.txt")


def test_an_asset_outside_of_the_model_is_refused(graph, tmp_path, model):
    saved = loader.read_saved_model(model)
    asset = saved.meta_graphs[0].asset_file_def.add(filename="../../etc/passwd")
    asset.tensor_info.name = "x:0"
    saved.meta_graphs[0].collection_def["saved_model_main_op"].node_list.value.append("init")
    (model / "saved_model.pb").write_bytes(saved.SerializeToString())
    with pytest.raises(OSError, match=r"names an asset outside of it: '\.\./"):
        serve(model, {"x": [[1, 1]]})


def test_wrong_models(graph, tmp_path, model):
    with tf.Session() as session:
        with pytest.raises(OSError, match="SavedModel file does not exist at"):
            tf.saved_model.load(session, ["serve"], tmp_path)
        (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff")
        with pytest.raises(OSError, match=r"Cannot parse file .*saved_model\.pb"):
            tf.saved_model.load(session, ["serve"], tmp_path)
    with pytest.raises(AssertionError, match="already exists, and isn't empty"):
        tf.saved_model.Builder(model)


def test_signatures(graph):
    text = tf.placeholder(tf.string, [None])
    score = tf.placeholder(tf.float32, [None])
    make = tf.saved_model.signature_def_utils
    regression = make.regression_signature_def(text, score)
    assert regression.method_name == tf.saved_model.signature_constants.REGRESS_METHOD_NAME
    assert tf.saved_model.is_valid_signature(regression)
    classes = make.classification_signature_def(text, None, score)
    assert list(classes.outputs) == ["scores"]
    assert tf.saved_model.is_valid_signature(classes)
    assert not tf.saved_model.is_valid_signature(make.build_signature_def(method_name="other"))
    with pytest.raises(ValueError, match="inputs cannot be None or empty"):
        make.predict_signature_def({}, {"y": score})
    with pytest.raises(ValueError, match=r"must be of type string\. Got DT_FLOAT"):
        make.regression_signature_def(score, score)
    info = tf.saved_model.utils.build_tensor_info(score)
    assert tf.saved_model.utils.get_tensor_from_tensor_info(info) is score


def test_main_op_initializes_everything(graph):
    a = tf.Variable(1.0)
    with tf.Session() as session:
        session.run(tf.saved_model.main_op.main_op())
        assert session.run(a) == 1.0
