"""Methods of variables, shapes, devices and sparse tensors that scripts call."""

import numpy as np
import pytest

import opscope.runtime as ours

pytestmark = pytest.mark.interop


def rows(tf):
    values = tf.constant([[10.0, 20.0], [30.0, 40.0]])
    return tf.IndexedSlices(values, tf.constant([2, 0]))


UPDATES = {
    name: lambda tf, v, name=name: getattr(v, name)(rows(tf))
    for name in (
        "scatter_add", "scatter_sub", "scatter_mul", "scatter_div", "scatter_min", "scatter_max",
        "scatter_update",
    )
}  # fmt: skip
UPDATES |= {
    f"scatter_nd_{kind}": lambda tf, v, kind=kind: getattr(v, f"scatter_nd_{kind}")(
        [[0, 1], [2, 0]], [5.0, -5.0]
    )
    for kind in ("add", "sub", "min", "max", "update")
}
UPDATES["batch_scatter_update"] = lambda tf, v: v.batch_scatter_update(
    tf.IndexedSlices(tf.constant([[1.0], [2.0], [3.0]]), tf.constant([[1], [0], [1]]))
)
UPDATES["named"] = lambda tf, v: v.scatter_add(rows(tf), use_locking=True, name="put")


@pytest.mark.parametrize("name", UPDATES)
def test_a_reference_variable_is_updated_by_its_methods(tensorflow, name):
    def run(tf):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="v", use_resource=False)
            update = UPDATES[name](tf, v)
            session.run(v.initializer)
            result = session.run(update)
            nodes = {n.name: n.op for n in graph.as_graph_def().node}
            return nodes, result, session.run(v)

    nodes, *values = run(ours)
    their_nodes, *their_values = run(tensorflow)
    assert nodes == their_nodes
    for mine, theirs in zip(values, their_values, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_counting_ends(tensorflow):
    def run(tf):
        with tf.Graph().as_default(), tf.Session() as session:
            v = tf.Variable(0, name="v", use_resource=False)
            count = v.count_up_to(2)
            session.run(v.initializer)
            found = [session.run(count) for _ in range(2)]
            with pytest.raises(tf.errors.OutOfRangeError):
                session.run(count)
            with pytest.raises(TypeError):
                v.scatter_add(tf.constant(1))
            return found

    assert run(ours) == run(tensorflow)


def test_shapes_and_devices(tensorflow):
    def run(tf):
        shape = tf.TensorShape([None, 3])
        found = [
            shape.with_rank_at_most(2).as_list(),
            tf.Dimension(3).merge_with(None).value,
            tf.Dimension(None).merge_with(4).value,
            tf.DeviceSpec.from_string("/job:ps/task:1/cpu:0").to_string(),
            tf.DeviceSpec.from_string("/job:ps/cpu:0").replace(job="worker").to_string(),
            tf.DeviceSpec.from_string("/job:ps/cpu:0")
            .make_merged_spec(tf.DeviceSpec.from_string("/task:3"))
            .to_string(),
        ]
        for refused in (
            lambda: shape.with_rank_at_most(1),
            lambda: shape.assert_is_fully_defined(),
            lambda: shape.assert_same_rank([1]),
            lambda: tf.Dimension(3).merge_with(4),
            lambda: tf.Dimension(3).assert_is_compatible_with(4),
        ):
            with pytest.raises(ValueError, match=r".") as caught:
                refused()
            found.append(type(caught.value))
        shape.assert_same_rank([1, 2])
        tf.TensorShape([2]).assert_is_fully_defined()
        return found

    assert run(ours) == run(tensorflow)


def test_arguments_by_their_names(tensorflow):
    def run(tf):
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
            sparse = tf.SparseTensor([[0, 1], [1, 0]], [1.0, 2.0], [2, 2])
            total = tf.sparse_tensor_to_dense(sparse.with_values(sparse.values * 3.0))
            size = tf.map_fn(lambda r: tf.size(r), x, fn_output_signature=tf.int32)
            nested = tf.nest.map_structure(lambda a, b: a + b, [1, 2], (3, 4), check_types=False)
            packed = tf.nest.pack_sequence_as(structure=[0, (0,)], flat_sequence=[1, 2])
            with tf.variable_op_scope([x], "scope", partitioner=None, use_resource=False):
                made = tf.get_variable("w", [2], initializer=tf.zeros_initializer())
            with pytest.raises(TypeError):
                tf.accumulate_n([x, x], tensor_dtype=tf.int32)
            fetched = session.run(
                [
                    total,
                    size,
                    tf.accumulate_n([x, x], shape=[2, 2], tensor_dtype=tf.float32),
                    tf.convert_to_tensor(1, dtype_hint=tf.float32),
                    tf.reduce_logsumexp(x, axis=0, keep_dims=True),
                ]
            )
            return [f.tolist() for f in fetched], nested, packed, made.name

    mine, theirs = run(ours), run(tensorflow)
    np.testing.assert_allclose(mine[0][-1], theirs[0][-1], rtol=1e-6)
    assert mine[0][:-1] == theirs[0][:-1]
    assert mine[1:] == theirs[1:]
