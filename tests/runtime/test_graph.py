"""Graph building: names, scopes, devices, control dependencies, collections, GraphDef."""

import numpy as np
import pytest

import opscope.runtime as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def test_names_are_unique_and_differ_in_more_than_case(graph):
    names = [tf.no_op(name=n).name for n in ("a", "a", "A", "a_1", "a")]
    assert names == ["a", "a_1", "A_2", "a_1_1", "a_3"]


def test_a_name_scope_is_opened_once_more_by_its_slash(graph):
    with tf.name_scope("outer") as outer:
        first = tf.constant(1.0, name="c")
    with tf.name_scope(outer):
        again = tf.constant(1.0, name="c")
    with tf.name_scope("outer"):
        second = tf.constant(1.0, name="c")
    assert [t.op.name for t in (first, again, second)] == ["outer/c", "outer/c_1", "outer_1/c"]


def test_a_bad_name_is_refused(graph):
    with pytest.raises(ValueError, match="'a b' is not a valid node name"):
        tf.no_op(name="a b")


def test_devices_nest_and_inner_parts_win(graph):
    with tf.device("/job:worker/device:GPU:0"), tf.device("/cpu:1"):
        inner = tf.no_op()
        with tf.device(None):
            cleared = tf.no_op()
    with tf.device(lambda op: "/gpu:3" if op.type == "NoOp" else ""):
        chosen = tf.no_op()
    assert (inner.device, cleared.device, chosen.device) == (
        "/job:worker/device:CPU:1",
        "",
        "/device:GPU:3",
    )


def test_a_wrong_device_name_is_refused(graph):
    with pytest.raises(ValueError, match="Unknown attribute 'gpo:0'"), tf.device("/gpo:0"):
        pass


def test_control_dependencies_leave_out_what_data_inputs_imply(graph):
    first = tf.constant(1.0, name="first")
    with tf.control_dependencies([first]):
        second = tf.identity(tf.constant(2.0, name="x"), name="second")
        with tf.control_dependencies(None):
            free = tf.no_op(name="free")
    assert [c.name for c in graph.get_operation_by_name("x").control_inputs] == ["first"]
    assert second.op.control_inputs == []
    assert free.control_inputs == []


def test_collections_filter_by_scope(graph):
    inside = tf.constant(1.0, name="layer/w")
    tf.add_to_collections(["losses", "kept"], inside)
    tf.add_to_collection("losses", tf.constant(1.0, name="other"))
    assert tf.get_collection("losses", scope="layer") == [inside]
    assert graph.get_all_collection_keys() == ["losses", "kept"]


def test_elements_are_found_by_name(graph):
    made = tf.constant(1.0, name="c")
    assert graph.get_tensor_by_name("c:0") is made
    with pytest.raises(KeyError, match="only has 1 outputs"):
        graph.get_tensor_by_name("c:1")
    with pytest.raises(ValueError, match="looks like an operation name"):
        graph.get_tensor_by_name("c")
    with pytest.raises(KeyError, match="not in the graph"):
        graph.get_operation_by_name("nope")


def test_a_finalized_graph_takes_no_more_ops(graph):
    graph.finalize()
    with pytest.raises(RuntimeError, match="finalized"):
        tf.no_op()


def test_an_op_knows_the_line_that_made_it(graph):
    made = tf.constant(1.0)  # this very line
    file, _, function, text = made.op.traceback[-1]
    assert file == __file__
    assert function == "test_an_op_knows_the_line_that_made_it"
    assert text.endswith("# this very line")


def test_graph_def_holds_attributes_controls_and_shapes(graph):
    with tf.device("/cpu:0"):
        c = tf.constant(np.array([[1, 2]], np.int64), name="c")
    with tf.control_dependencies([c]):
        tf.placeholder(tf.float32, [None, 3], name="p")
    nodes = {n.name: n for n in graph.as_graph_def(add_shapes=True).node}
    assert nodes["c"].attr["value"].tensor.tensor_content == np.array([1, 2], "<i8").tobytes()
    assert nodes["c"].device == "/device:CPU:0"
    assert list(nodes["p"].input) == ["^c"]
    sizes = [d.size for d in nodes["p"].attr["_output_shapes"].list.shape[0].dim]
    assert sizes == [-1, 3]


def test_constants_take_tensorflows_dtypes(graph):
    values = [1.5, 1, True, "text", 2**40, np.float64(1.0), [[1.0], [2.0]], 1j]
    expected = ["float32", "int32", "bool", "string", "int64", "float64", "float32", "complex128"]
    assert [tf.constant(v).dtype.name for v in values] == expected


def test_a_constant_fills_up_to_its_shape(graph):
    made = tf.constant([1, 2], shape=[2, 2])
    assert made.op.attrs["value"].tolist() == [[1, 2], [2, 2]]
    with pytest.raises(ValueError, match="do not fit"):
        tf.constant([1, 2, 3], shape=[2])


def test_a_tensor_is_no_python_bool(graph):
    with pytest.raises(TypeError, match="not allowed"):
        bool(tf.constant(True))


def test_dtypes_are_what_names_and_numbers_say():
    assert tf.as_dtype("float32") is tf.float32
    assert tf.as_dtype(np.dtype("int64")) is tf.int64
    assert tf.as_dtype(101).name == "float32_ref"
    assert tf.float32.ref_dtype.base_dtype is tf.float32
    assert tf.bfloat16.max > 3e38
    with pytest.raises(TypeError, match="Cannot convert value"):
        tf.as_dtype("nonsense")


def test_shapes_merge_and_refuse():
    known = tf.TensorShape([None, 3]).merge_with([2, None])
    assert known.as_list() == [2, 3]
    assert known.num_elements() == 6
    assert str(tf.TensorShape([None, 3])) == "(?, 3)"
    with pytest.raises(ValueError, match="incompatible"):
        tf.TensorShape([2]).merge_with([3])
