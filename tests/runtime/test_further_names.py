"""Names of tf.compat.v1 that few programs use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.mark.parametrize("use_resource", [False, True])
def test_a_variable_counts_up_to_its_limit(use_resource: bool) -> None:
    counter = tf.Variable(0, use_resource=use_resource)
    counted = tf.count_up_to(counter, 2)
    with tf.Session() as sess:
        sess.run(counter.initializer)
        assert [sess.run(counted), sess.run(counted)] == [0, 1]
        with pytest.raises(tf.errors.OutOfRangeError, match="Reached limit of 2"):
            sess.run(counted)
        assert sess.run(counter) == 2


def test_updates_of_a_batch_of_rows() -> None:
    rows = tf.Variable(tf.zeros([2, 3, 1]))
    update = tf.batch_scatter_update(rows, [[0, 2], [1, 0]], [[[1.0], [2.0]], [[3.0], [4.0]]])
    with tf.Session() as sess:
        sess.run(rows.initializer)
        assert sess.run(update)[..., 0].tolist() == [[1, 0, 2], [4, 3, 0]]


def test_messages_of_values_and_back() -> None:
    message = tf.make_tensor_proto([1.0, 2.0], shape=[2, 1])
    assert tf.make_ndarray(message).tolist() == [[1.0], [2.0]]
    assert tf.make_ndarray(message).dtype == np.float32
    assert tf.make_ndarray(tf.make_tensor_proto(b"x")).item() == b"x"
    assert tf.make_ndarray(tf.make_tensor_proto(3, shape=[2], allow_broadcast=True)).tolist() == [
        3,
        3,
    ]
    with pytest.raises(TypeError, match="Expected Tensor's shape"):
        tf.make_tensor_proto([1, 2], shape=[3], verify_shape=True)


def test_values_known_while_the_graph_is_built() -> None:
    x = tf.placeholder("int32", [])
    assert tf.get_static_value(tf.constant([1, 2])).tolist() == [1, 2]
    assert tf.get_static_value(x) is None
    assert tf.get_static_value(tf.stack([x, tf.constant(2)]), partial=True).tolist() == [None, 2]


def test_descriptions_of_tensors() -> None:
    spec = tf.TensorSpec([None, 2], tf.float32, name="x")
    assert spec.is_compatible_with(tf.zeros([3, 2]))
    assert not spec.is_compatible_with(tf.zeros([3, 3]))
    assert not spec.is_compatible_with(tf.zeros([3, 2], tf.int32))
    assert spec == tf.TensorSpec([None, 2], "float32", "x") != tf.TensorSpec([None, 2])
    assert tf.type_spec_from_value(tf.zeros([3])) == tf.TensorSpec([3])
    sparse = tf.SparseTensor([[0, 0]], [1.0], [1, 2])
    assert tf.type_spec_from_value(sparse) == tf.SparseTensorSpec([1, 2], tf.float32)


class Meters:
    def __init__(self, value: float) -> None:
        self.value = value


def test_a_conversion_that_gives_no_tensor_is_refused() -> None:
    tf.register_tensor_conversion_function(Meters, lambda value, **_: value.value, priority=5)
    with pytest.raises(RuntimeError, match="returned non-Tensor"):
        tf.convert_to_tensor(Meters(2.0))
    with pytest.raises(TypeError, match="must be a type"):
        tf.register_tensor_conversion_function(3, lambda value, **_: value)  # type: ignore[arg-type]


def test_creators_see_what_a_variable_was_asked_with() -> None:
    seen: list[dict[str, Any]] = []

    def creator(next_creator: Any, **kwargs: Any) -> Any:
        seen.append(kwargs)
        return next_creator(**kwargs)

    with tf.variable_creator_scope(creator):
        tf.Variable(1.0, name="a", trainable=False)
        tf.get_variable("b", [2], aggregation=tf.VariableAggregation.MEAN)
    tf.Variable(1.0)
    assert [(k["name"], k["trainable"]) for k in seen] == [("a", False), ("b", True)]


def test_files_by_python_names(tmp_path: Path) -> None:
    files = tf.io.gfile
    path = files.join(tmp_path, "a", "b.txt")
    files.makedirs(tmp_path / "a")
    with files.GFile(path, "w") as file:
        file.write("one")
    files.copy(path, files.join(tmp_path, "c.txt"))
    assert files.exists(path)
    assert files.isdir(tmp_path / "a")
    assert sorted(files.listdir(tmp_path)) == ["a", "c.txt"]
    assert files.glob(f"{tmp_path}/*.txt") == [f"{tmp_path}/c.txt"]
    assert files.stat(path).length == 3
    assert [names for _, _, names in files.walk(tmp_path)] == [["c.txt"], ["b.txt"]]
    files.rename(path, tmp_path / "d.txt")
    files.remove(tmp_path / "d.txt")
    files.rmtree(tmp_path / "a")
    assert files.listdir(tmp_path) == ["c.txt"]
    with pytest.raises(tf.errors.NotFoundError):
        files.listdir(tmp_path / "a")


def test_orthogonal_matrices() -> None:
    wide = tf.orthogonal_initializer(gain=2.0)([2, 5])
    with tf.Session() as sess:
        found = sess.run(wide)
    np.testing.assert_allclose(found @ found.T, 4 * np.eye(2), atol=1e-5)
    with pytest.raises(ValueError, match="at least two-dimensional"):
        tf.orthogonal_initializer()([3])


def test_where_tensorflow_keeps_a_node() -> None:
    text, number = tf.constant("a"), tf.constant(1.0)
    assert tf.graph_util.must_run_on_cpu(text.op)
    assert not tf.graph_util.must_run_on_cpu(number.op.node_def)
    assert tf.graph_util.must_run_on_cpu(tf.Variable(1.0).op, pin_variables_on_cpu=True)
    graph = tf.get_default_graph()
    assert tf.graph_util.tensor_shape_from_node_def_name(graph, text.op.name) == []
