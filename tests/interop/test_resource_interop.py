"""Resource variables: the nodes TensorFlow makes, and what each of their ops does to a variable."""

import zlib

import numpy as np
import pytest
from tests.interop.test_graph_interop import described

import opscope.runtime as ours
from opscope.runtime.make_op import make_node
from opscope.runtime.op_def import OPS

pytestmark = pytest.mark.interop


def program(tf):
    with tf.variable_scope("s", use_resource=True):
        v = tf.get_variable("v", [3, 2], initializer=tf.zeros_initializer())
    w = tf.Variable(1.0, use_resource=True, name="w")
    assigned = w.assign(3.0)
    added = w.assign_add(1.0)
    v.scatter_add(tf.IndexedSlices(tf.ones([1, 2]), tf.constant([1])))
    tf.nn.embedding_lookup(v, [0, 1])
    _ = v * 2.0, 3.0 * v, tf.constant([[1.0, 2.0]]) * w, v[0], -v, v < 1.0
    tf.matmul(v, v, transpose_a=True)
    tf.add(v, 1.0)
    tf.reduce_sum(v)
    tf.identity(v)
    tf.stack([w, w])
    tf.concat([v, v], 0)
    tf.gather(v, [1, 2])
    v.sparse_read([0])
    v.gather_nd([[0, 1]])
    tf.gather_nd(v, [[1]])
    tf.assign(w, 2.0)
    tf.assign_add(w, 1.0, name="plus")
    tf.assign_sub(w, 2.0)
    w.assign(2.0, read_value=False)
    w.assign_add(2.0, read_value=False)
    added.assign_add(2.0)
    _ = added + 1.0
    v[0].assign([1.0, 2.0])
    tf.scatter_update(v, [0], [[1.0, 1.0]])
    tf.scatter_nd_update(v, [[0]], [[1.0, 1.0]])
    v.scatter_nd_add([[0, 0]], [1.0])
    v.read_value()
    w.value()
    w.is_initialized()
    tf.report_uninitialized_variables()
    with tf.control_dependencies([assigned]):
        _ = v + 1.0
    with tf.device("/cpu:0"):
        tf.get_variable("q", [2], use_resource=True)
        tf.Variable(lambda: tf.ones([2]), use_resource=True, trainable=False)
    cached = tf.Variable(tf.ones([2]) * 2.0, use_resource=True, caching_device="/cpu:0", name="c")
    _ = cached + 1.0
    tf.global_variables_initializer()


def training(tf):
    x = tf.placeholder(tf.float32, [None, 4])
    ids = tf.constant([0, 2, 2, 1])

    def loss(scope, use_resource):
        with tf.variable_scope(scope, use_resource=use_resource):
            w = tf.get_variable("w", [4, 3])
            b = tf.get_variable("b", [3], initializer=tf.zeros_initializer())
            e = tf.get_variable("e", [5, 4])
        rows = tf.nn.embedding_lookup(e, ids) * tf.ones([4, 4])
        return tf.reduce_mean(tf.square(tf.matmul(x, w) + b)) + tf.reduce_sum(rows)

    step = tf.train.create_global_step()
    for kind in (True, False):
        makers = [
            tf.train.GradientDescentOptimizer(0.1),
            tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
            tf.train.RMSPropOptimizer(0.1),
            tf.train.RMSPropOptimizer(0.1, centered=True),
            tf.train.AdagradOptimizer(0.1),
        ]
        for i, optimizer in enumerate(makers):
            optimizer.minimize(loss(f"{kind}{i}", kind))
        tf.train.AdamOptimizer().minimize(loss(f"adam{kind}", kind), global_step=step)
    with tf.variable_scope("kept", use_resource=True):
        tf.get_variable(
            "b",
            [3],
            initializer=tf.zeros_initializer(),
            constraint=lambda v: tf.clip_by_value(v, 0.0, 1.0),
        )
    kept = tf.trainable_variables()[-1]
    tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(kept), var_list=[kept])
    tf.train.Saver()


def scopes(tf):
    with tf.variable_scope("s", use_resource=True, partitioner=tf.fixed_size_partitioner(2)):
        v = tf.get_variable("v", [4, 2])
        rows = tf.nn.embedding_lookup(v, [1, 2])
    with tf.variable_scope("r", use_resource=True):
        a = tf.get_variable("a", [2], caching_device="/cpu:0")
        with tf.variable_scope("in"):
            b = tf.get_variable("b", [2])
        with tf.variable_scope("no", use_resource=False):
            tf.get_variable("c", [2])
            tf.Variable(1.0)
        tf.Variable(1.0, name="d")
        tf.get_local_variable("l", [2])
    tf.metrics.mean(tf.constant([1.0, 2.0]))
    a[0:1]
    a[1].assign(3.0)
    tf.gradients(tf.reduce_sum(rows) + tf.reduce_sum(a * 2.0), [a])
    tf.train.ExponentialMovingAverage(0.9).apply([a, b])


@pytest.mark.parametrize("build", [program, training, scopes])
def test_the_nodes_are_tensorflows(tensorflow, build):
    graphs = []
    for tf in (tensorflow, ours):
        with tf.Graph().as_default() as graph:
            build(tf)
        graphs.append({n.name: described(n) for n in graph.as_graph_def().node})
    theirs, mine = graphs
    assert sorted(mine) == sorted(theirs)  # in branches the order differs
    for name, node in theirs.items():
        assert mine[name] == node, name


def test_the_protos_are_tensorflows(tensorflow):
    protos = []
    for tf in (tensorflow, ours):
        with tf.Graph().as_default():
            v = tf.get_variable("a/v", [2], use_resource=True, trainable=False)
            protos.append(v.to_proto().SerializeToString(deterministic=True))
            again = type(v).from_proto(v.to_proto())
            assert (again.handle, again.shape, again.trainable) == (v.handle, v.shape, False)
            assert again.to_proto() == v.to_proto()
            assert v.to_proto(export_scope="b") is None
    assert protos[0] == protos[1]


def trained(tf, folder, steps):
    """A model of resource variables after some steps, saved with its graph; its values."""
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("m", use_resource=True):
            w = tf.get_variable("w", initializer=[[1.0, -1.0], [0.5, 2.0]])
            step = tf.train.create_global_step()
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0), name="loss")
        train = tf.train.AdamOptimizer(0.1).minimize(loss, global_step=step)
        tf.add_to_collection("train", train)
        saver = tf.train.Saver()
        session.run(tf.global_variables_initializer())
        for _ in range(steps):
            session.run(train, {x: [[1.0, 2.0], [0.5, -1.0]]})
        return saver.save(session, str(folder / "model"), global_step=step)


def trained_further(tf, path):
    """The saved model after more steps: of its own, and of one made for the imported variables."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        saver = tf.train.import_meta_graph(path + ".meta")
        saver.restore(session, path)
        loss = graph.get_tensor_by_name("loss:0")
        variables = tf.trainable_variables()
        other = tf.train.MomentumOptimizer(0.05, 0.9).minimize(loss, var_list=variables)
        slots = [v for v in tf.global_variables() if "Momentum" in v.name]
        session.run(tf.variables_initializer(slots))
        feed = {"x:0": [[1.0, 2.0], [0.5, -1.0]]}
        found = [session.run([loss, *tf.get_collection("train")], feed)[0] for _ in range(3)]
        found += [session.run([loss, other], feed)[0] for _ in range(3)]
        kinds = [v.op.type for v in tf.global_variables()]
        return found, kinds, {v.name: session.run(v) for v in tf.global_variables()}


@pytest.mark.parametrize("writer", ["ours", "theirs"])
def test_a_model_of_either_trains_on_in_both(tensorflow, tmp_path, writer):
    path = trained(ours if writer == "ours" else tensorflow, tmp_path, 3)
    expected, their_kinds, their_values = trained_further(tensorflow, path)
    found, kinds, values = trained_further(ours, path)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert kinds == their_kinds
    assert set(kinds) == {"VarHandleOp"}
    for name, value in their_values.items():
        np.testing.assert_allclose(values[name], value, rtol=1e-5, err_msg=name)


# -- every update op -----------------------------------------------------------------------

SCALARS = {
    "lr": 0.1,
    "alpha": 0.1,
    "rho": 0.9,
    "momentum": 0.7,
    "epsilon": 1e-3,
    "beta1": 0.9,
    "beta2": 0.99,
    "beta1_power": 0.8,
    "beta2_power": 0.95,
    "l1": 0.01,
    "l2": 0.02,
    "l2_shrinkage": 0.03,
    "lr_power": -0.5,
}
UPDATES = sorted(
    name
    for name, definition in OPS.items()
    if definition.updates and "Apply" in name and "DA" not in name
)
SHAPES = [(5, 3), (5, 1), (5,), (5, 0)]


def arguments(definition, shape, dtype):
    """The values of an op's inputs, by name."""
    rng = np.random.default_rng(zlib.crc32(definition.name.encode()))
    indices = np.array([3, 0, 4], np.int32)
    sparse = any(arg.name == "indices" for arg in definition.inputs)
    values = {}
    for i, arg in enumerate(definition.inputs):
        if i in definition.updates:
            values[arg.name] = rng.uniform(0.5, 1.5, shape).astype(dtype)
        elif arg.name == "indices":
            values[arg.name] = indices
        elif arg.name in ("grad", "delta"):
            values[arg.name] = rng.normal(size=(3, *shape[1:]) if sparse else shape).astype(dtype)
        else:
            values[arg.name] = np.array(SCALARS[arg.name], dtype)
    if "mg" in values:  # the running variance is not negative
        values["ms"] = values["mg"] ** 2 + 0.5
    return values


def after(tf, op_type, make, values, attrs):
    """The variables after one run of an update op."""
    definition = OPS[op_type]
    is_resource = op_type.startswith("Resource")
    with tf.Graph().as_default(), tf.Session() as session:
        variables = []
        given = {}
        for i, arg in enumerate(definition.inputs):
            value = values[arg.name]
            if i in definition.updates:
                variable = tf.Variable(value, use_resource=is_resource, name=arg.name)
                variables.append(variable)
                given[arg.name] = variable.handle if is_resource else variable._ref()
            else:
                given[arg.name] = tf.constant(value)
        update = make(op_type, given, attrs)
        session.run(tf.global_variables_initializer())
        session.run(update)
        return session.run(variables)


def our_node(op_type, given, attrs):
    return make_node(op_type, *given.values(), **attrs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16], ids=lambda d: d.__name__)
@pytest.mark.parametrize("op_type", UPDATES)
def test_an_update_is_tensorflows(tensorflow, op_type, dtype):
    if dtype is np.float16 and "Proximal" in op_type:
        pytest.skip("TensorFlow has no such kernel")
    definition = OPS[op_type]
    options = [{}]
    for flag in ("use_nesterov", "update_slots", "multiply_linear_by_lr"):
        if flag in definition.attrs:
            options.append({flag: not definition.attrs[flag].default})

    def their_node(op_type, given, attrs):
        return getattr(tensorflow.raw_ops, op_type)(**given, **attrs)

    tolerance = 5e-3 if dtype is np.float16 else 1e-5
    shapes = SHAPES if dtype is np.float32 else SHAPES[:1]
    for shape in shapes[:3] if "Sparse" in op_type else shapes:  # no empty rows: TensorFlow refuses
        for attrs in options:
            values = arguments(definition, shape, dtype)
            expected = after(tensorflow, op_type, their_node, values, attrs)
            found = after(ours, op_type, our_node, values, attrs)
            for a, b in zip(found, expected, strict=True):
                assert a.dtype == b.dtype
                np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


SCATTERS = sorted(
    n for n, d in OPS.items() if d.updates and n.startswith(("Scatter", "ResourceScatter"))
)


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.float64, np.int64, np.complex64])
@pytest.mark.parametrize("op_type", SCATTERS)
def test_a_scatter_is_tensorflows(tensorflow, op_type, dtype):
    rng = np.random.default_rng(3)
    by_places = "Nd" in op_type
    if dtype is np.complex64 and op_type.endswith(("Min", "Max")):
        pytest.skip("complex numbers have no order")

    def their_node(op_type, given, attrs):
        return getattr(tensorflow.raw_ops, op_type)(**given, **attrs)

    for index_dtype in (np.int32, np.int64):
        target = rng.integers(1, 30, (5, 4)).astype(dtype)
        rows = np.array([[4], [0], [2]] if by_places else [4, 0, 2], index_dtype)
        updates = rng.integers(1, 9, (3, 4)).astype(dtype)
        names = [arg.name for arg in OPS[op_type].inputs]
        values = dict(zip(names, (target, rows, updates), strict=True))
        expected = after(tensorflow, op_type, their_node, values, {})
        found = after(ours, op_type, our_node, values, {})
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-6)
