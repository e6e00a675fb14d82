"""import_graph_def: names, inputs mapped, devices, attributes kept, and what it refuses."""

import pytest

import opscope.runtime as tf


def regression():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        w = tf.Variable([[1.0], [2.0], [3.0]], name="w")
        with tf.name_scope("model"), tf.device("/cpu:0"):
            y = tf.matmul(x, w, name="y")
        loss = tf.reduce_mean(y, name="loss")
        tf.train.AdamOptimizer(0.1).minimize(loss, name="train")
        tf.global_variables_initializer()
    return graph.as_graph_def(add_shapes=True)


def test_a_graph_comes_back_as_it_was_written():
    graph_def = regression()
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        assert graph.as_graph_def(add_shapes=True) == graph_def


def test_nodes_may_come_in_any_order():
    graph_def = regression()
    turned = tf.GraphDef(versions=graph_def.versions)
    turned.node.extend(reversed(graph_def.node))
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(turned, name="")
        made = {n.name: n for n in graph.as_graph_def(add_shapes=True).node}
    assert made == {n.name: n for n in graph_def.node}


def test_an_imported_step_trains(graph):
    loss, train, init = tf.import_graph_def(
        regression(), return_elements=["loss:0", "train", "init"]
    )
    with tf.Session() as session:
        session.run(init)
        feed = {"import/x:0": [[1, 2, 3]]}
        first, _ = session.run([loss, train], feed)
        assert first == 14
        assert session.run(loss, feed) < 14


def test_names_are_prefixed_and_the_prefix_is_unique(graph):
    tf.import_graph_def(regression(), name="a")
    tf.import_graph_def(regression(), name="a")
    node = graph.get_operation_by_name("a_1/w/read").node_def
    assert list(node.input) == ["a_1/w"]
    assert list(node.attr["_class"].list.s) == [b"loc:@a_1/w"]
    assert tf.constant(1, name="a/w").op.name == "a/w_1"


def test_mapped_inputs_take_the_place_of_nodes(graph):
    given = tf.constant([[2.0, 2.0, 2.0]])
    (y,) = tf.import_graph_def(regression(), {"x:0": given}, ["model/y:0"])
    assert y.op.inputs[0] is given
    assert y.device == "/device:CPU:0"
    assert y.shape.as_list() == [1, 1]


def test_control_inputs_can_be_mapped(graph):
    source = tf.Graph()
    with source.as_default():
        first = tf.no_op(name="first")
        with tf.control_dependencies([first]):
            tf.constant(1, name="second")
    mine = tf.no_op(name="mine")
    (second,) = tf.import_graph_def(source.as_graph_def(), {"^first": mine}, ["second"])
    assert second.control_inputs == [mine]


def test_the_device_scope_holds_for_imported_nodes(graph):
    with tf.device("/job:worker"):
        (y,) = tf.import_graph_def(regression(), return_elements=["model/y"])
    assert y.device == "/job:worker/device:CPU:0"
    assert graph.get_operation_by_name("import/w/read").device == "/job:worker"


def test_attributes_that_no_op_defines_are_kept(graph):
    graph_def = regression()
    node = graph_def.node[0]
    node.attr["_flag"].b = True
    node.attr["_names"].list.s.extend([b"a", b"\xff"])
    node.attr["_function"].func.name = "f"
    node.attr["_empty"].SetInParent()
    tf.import_graph_def(graph_def, name="")
    assert graph.as_graph_def(add_shapes=True) == graph_def


def test_defaults_of_the_producer_are_left_out(graph):
    from opscope.events.proto.op_def_pb2 import OpList

    producer = OpList()
    attr = producer.op.add(name="Identity").attr.add(name="new", type="int")
    attr.default_value.i = 3
    graph_def = tf.GraphDef()
    for name, value in (("same", 3), ("other", 4)):
        with tf.Graph().as_default() as source:
            tf.identity(1.0, name=name)
        graph_def.MergeFrom(source.as_graph_def())
        graph_def.node[-1].attr["new"].i = value
        graph_def.node[-2].name = graph_def.node[-1].input[0] = f"{name}/input"
    tf.import_graph_def(graph_def, name="", producer_op_list=producer)
    assert "new" not in graph.get_operation_by_name("same").attrs
    assert graph.get_operation_by_name("other").get_attr("new") == 4


def changed(change):
    graph_def = regression()
    change({n.name: n for n in graph_def.node})
    return graph_def


def rename_input(nodes):
    nodes["model/y"].input[0] = "nowhere"


def wrong_slot(nodes):
    nodes["model/y"].input[0] = "x:1"


def wrong_type(nodes):
    nodes["model/y"].attr["T"].type = 2


def reference_wanted(nodes):
    nodes["w/Assign"].input[0] = "w/read"


def one_input_short(nodes):
    del nodes["model/y"].input[1]


def no_type(nodes):
    del nodes["model/y"].attr["T"]


def wrong_kind(nodes):
    nodes["model/y"].attr["transpose_a"].i = 1


def same_name(nodes):
    nodes["x"].name = "w"


def cycle(nodes):
    nodes["w/initial_value"].input.append("^init")


def contradicting_shape(nodes):
    nodes["model/y"].attr["_output_shapes"].list.shape[0].dim[1].size = 7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rename_input, "invalid at node 'model/y': Input tensor 'nowhere' not found"),
        (wrong_slot, "Node 'model/y': Connecting to invalid output 1 of source node x which has 1"),
        (wrong_type, "Input 0 of node model/y was passed float32 from import/x:0 .* float64"),
        (reference_wanted, "Input 0 of node w/Assign was passed float32 .* expected float32_ref"),
        (one_input_short, "expected 2 inputs, but 1 were given; node 'model/y'"),
        (no_type, "NodeDef missing attr 'T' from Op<name=MatMul>; NodeDef: 'model/y'"),
        (wrong_kind, "node 'model/y' .*: attribute 'transpose_a' is of kind bool, the node's is i"),
        (same_name, "Node name? ?'w' is not unique|'w' is not unique"),
        (cycle, "graph_def has a cycle through node"),
        (contradicting_shape, "Node 'model/y' has an _output_shapes attribute inconsistent"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_wrong_graph_is_refused(graph, change, message):
    with pytest.raises(ValueError, match=message):
        tf.import_graph_def(changed(change))


def test_an_unknown_op_type_is_named_with_its_node(graph):
    graph_def = tf.GraphDef()
    graph_def.node.add(name="here", op="NoSuchOp")
    with pytest.raises(NotImplementedError, match=r"node 'here' .* no op type 'NoSuchOp'"):
        tf.import_graph_def(graph_def)
    assert graph.get_operations() == []


def test_unknown_names_among_the_arguments_are_refused(graph):
    graph_def = regression()
    with pytest.raises(ValueError, match=r"not found in graph_def: \[nope:0\]"):
        tf.import_graph_def(graph_def, {"nope:0": tf.constant(1.0)})
    with pytest.raises(ValueError, match="return_element 'nope:0' not found"):
        tf.import_graph_def(graph_def, return_elements=["nope:0"])
    with pytest.raises(TypeError, match="`graph_def` must be a GraphDef proto, got bytes"):
        tf.import_graph_def(b"")


def test_a_name_that_is_taken_is_refused(graph):
    tf.import_graph_def(regression(), name="")
    with pytest.raises(ValueError, match="already"):
        tf.import_graph_def(regression(), name="")


def pipeline():
    with tf.Graph().as_default() as graph:
        scale = tf.constant(10, tf.int64, name="scale")
        source = tf.data.Dataset.range(4).map(lambda x: x * scale)
        nested = source.flat_map(lambda x: tf.data.Dataset.range(2).map(lambda y: x + y))
        iterator = tf.data.make_initializable_iterator(nested.batch(8))
        iterator.get_next(name="next")
    return graph.as_graph_def(), iterator.initializer.name


def test_functions_come_along(graph):
    graph_def, init = pipeline()
    assert len(graph_def.library.function) == 3
    tf.import_graph_def(graph_def, name="")
    with tf.Session() as session:
        session.run(init)
        expected = [0, 1, 10, 11, 20, 21, 30, 31]
        assert session.run(graph.get_operations()[-1].outputs[0]).tolist() == expected
    again = graph.as_graph_def()
    assert [n.SerializeToString(deterministic=True) for n in again.node] == [
        n.SerializeToString(deterministic=True) for n in graph_def.node
    ]
    assert [f.signature.name for f in again.library.function] == [
        f.signature.name for f in graph_def.library.function
    ]


def test_a_function_that_the_library_lacks_is_named(graph):
    graph_def, _ = pipeline()
    name = graph_def.library.function[-1].signature.name
    del graph_def.library.function[-1]
    with pytest.raises(ValueError, match=f"names the function '{name}', which"):
        tf.import_graph_def(graph_def)


def test_a_loop_comes_back(graph):
    source = tf.Graph()
    with source.as_default():
        x = tf.placeholder(tf.float32, [], name="x")
        _, y = tf.while_loop(
            lambda i, y: i < 5,
            lambda i, y: (i + 1, tf.cond(y > 3.0, lambda: y * x, lambda: y + x)),
            [0, 1.0],
        )
        tf.identity(y, name="y")
        (grad,) = tf.gradients(y, x)
    written = source.as_graph_def(add_shapes=True)
    tf.import_graph_def(written, name="")
    with tf.Session(graph=source) as session:
        expected = session.run(["y:0", grad.name], {"x:0": 1.5})
    with tf.Session() as session:
        assert session.run(["y:0", grad.name], {"x:0": 1.5}) == expected
    assert {n.name: n for n in graph.as_graph_def(add_shapes=True).node} == {
        n.name: n for n in written.node
    }


def test_two_imports_of_a_loop_are_two_loops(graph):
    source = tf.Graph()
    with source.as_default():
        x = tf.placeholder(tf.float32, [], name="x")
        n = tf.placeholder(tf.int32, [], name="n")
        _, y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * x), [0, 1.0])
        tf.identity(y, name="y")
    for name in "ab":
        tf.import_graph_def(source.as_graph_def(), name=name)
    total = graph.get_tensor_by_name("a/y:0") + graph.get_tensor_by_name("b/y:0")
    with tf.Session() as session:
        feed = {"a/x:0": 2.0, "a/n:0": 3, "b/x:0": 3.0, "b/n:0": 5}
        assert session.run(total, feed) == 8 + 243
