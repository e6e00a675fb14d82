"""Programs with one mistake each; `tf` is opscope.runtime or TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def run(tf: Any, fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        return session.run(fetches, feeds)


def fed(tf: Any, make: Callable[..., Any], *values: Any) -> Any:
    """Run what `make` makes of placeholders of unknown shape, fed with the values."""
    arrays = [np.asarray(v) for v in values]
    arrays = [a.astype(np.float32) if a.dtype == np.float64 else a for a in arrays]
    tensors = [tf.placeholder(a.dtype) for a in arrays]
    return run(tf, make(*tensors), dict(zip(tensors, arrays, strict=True)))


def variable(tf: Any, *values: float) -> Any:
    return tf.Variable(np.array(values, np.float32))


def resource(tf: Any, *values: float) -> Any:
    return tf.Variable(np.array(values, np.float32), use_resource=True)


def initialized(tf: Any, fetches: Any) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches)


def finalized(tf: Any) -> Any:
    tf.get_default_graph().finalize()
    return tf.constant(1)


def closed_session(tf: Any) -> Any:
    x = tf.constant(1)
    session = tf.Session()
    session.close()
    return session.run(x)


def other_graph(tf: Any) -> Any:
    x = tf.constant(1)
    with tf.Graph().as_default():
        return run(tf, x)


def mixed_graphs(tf: Any) -> Any:
    x = tf.constant(1)
    with tf.Graph().as_default():
        y = tf.constant(2)
        return tf.add(x, y)


def empty_graph_session(tf: Any) -> Any:
    with tf.Graph().as_default():
        return run(tf, [tf.no_op(), "nothing:0"])


def shared_without_reuse(tf: Any) -> Any:
    tf.get_variable("v", [2])
    return tf.get_variable("v", [2])


def reuse_of_nothing(tf: Any) -> Any:
    with tf.variable_scope("s", reuse=True):
        return tf.get_variable("v", [2])


def reuse_with_another_shape(tf: Any) -> Any:
    tf.get_variable("v", [2])
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        return tf.get_variable("v", [3])


def reuse_with_another_dtype(tf: Any) -> Any:
    tf.get_variable("v", [2])
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        return tf.get_variable("v", [2], dtype=tf.int32)


WRONG: dict[str, Callable[[Any], Any]] = {
    # while the graph is built
    "matmul_inner": lambda tf: tf.matmul(tf.ones([2, 3]), tf.ones([4, 5])),
    "matmul_rank": lambda tf: tf.matmul(tf.ones([2]), tf.ones([2, 2])),
    "add_shapes": lambda tf: tf.ones([2, 3]) + tf.ones([4]),
    "add_dtypes": lambda tf: tf.ones([2]) + tf.ones([2], tf.float64),
    "add_int_and_float": lambda tf: tf.constant(1) + 1.5,
    "reshape_count": lambda tf: tf.reshape(tf.ones([6]), [4, 2]),
    "concat_rank": lambda tf: tf.concat([tf.ones([2]), tf.ones([2, 2])], 0),
    "concat_shape": lambda tf: tf.concat([tf.ones([2, 3]), tf.ones([3, 2])], 0),
    "stack_shapes": lambda tf: tf.stack([tf.ones([2]), tf.ones([3])]),
    "split_uneven": lambda tf: tf.split(tf.ones([5]), 2),
    "squeeze_of_two": lambda tf: tf.squeeze(tf.ones([2, 2]), [0]),
    "transpose_rank": lambda tf: tf.transpose(tf.ones([2, 3]), [0, 1, 2]),
    "reduce_axis": lambda tf: tf.reduce_sum(tf.ones([2, 3]), 2),
    "argmax_axis": lambda tf: tf.argmax(tf.ones([2, 3]), 2),
    "conv_depth": lambda tf: tf.nn.conv2d(
        tf.ones([1, 4, 4, 3]), tf.ones([2, 2, 2, 1]), [1, 1, 1, 1], "SAME"
    ),
    "conv_padding": lambda tf: tf.nn.conv2d(
        tf.ones([1, 4, 4, 1]), tf.ones([2, 2, 1, 1]), [1, 1, 1, 1], "WHATEVER"
    ),
    "conv_too_small": lambda tf: tf.nn.conv2d(
        tf.ones([1, 2, 2, 1]), tf.ones([3, 3, 1, 1]), [1, 1, 1, 1], "VALID"
    ),
    "bias_size": lambda tf: tf.nn.bias_add(tf.ones([2, 3]), tf.ones([4])),
    "pad_rank": lambda tf: tf.pad(tf.ones([2, 3]), [[1, 1]]),
    "pad_mode": lambda tf: tf.pad(tf.ones([2]), [[1, 1]], "NOTHING"),
    "tile_rank": lambda tf: tf.tile(tf.ones([2, 3]), [2]),
    "slice_rank": lambda tf: tf.ones([2])[0, 0],
    "iterate": lambda tf: list(tf.placeholder(tf.float32)),
    "truth": lambda tf: 1 if tf.constant(True) else 0,
    "constant_shape": lambda tf: tf.constant([1, 2, 3], shape=[2]),
    "constant_text_as_number": lambda tf: tf.constant("a", tf.float32),
    "constant_ragged": lambda tf: tf.constant([[1, 2], [3]]),
    "convert_none": lambda tf: tf.convert_to_tensor(None),
    "integer_tanh": lambda tf: tf.tanh(tf.constant(1)),
    "logical_of_numbers": lambda tf: tf.logical_and(tf.constant(1), tf.constant(2)),
    "bad_name": lambda tf: tf.constant(1, name="a b"),
    "bad_dtype": lambda tf: tf.placeholder("float33"),
    "set_shape": lambda tf: tf.ones([2]).set_shape([3]),
    "no_such_tensor": lambda tf: tf.get_default_graph().get_tensor_by_name("x:0"),
    "no_such_operation": lambda tf: tf.get_default_graph().get_operation_by_name("x"),
    "name_without_slot": lambda tf: tf.get_default_graph().get_tensor_by_name("x"),
    "finalized": finalized,
    "mixed_graphs": mixed_graphs,
    "variable_without_shape": lambda tf: tf.Variable(tf.placeholder(tf.float32)),
    "get_variable_without_shape": lambda tf: tf.get_variable("v"),
    "shared_without_reuse": shared_without_reuse,
    "reuse_of_nothing": reuse_of_nothing,
    "reuse_with_another_shape": reuse_with_another_shape,
    "reuse_with_another_dtype": reuse_with_another_dtype,
    "resource_assign_shape": lambda tf: resource(tf, 1, 2).assign([1.0, 2, 3]),
    "resource_assign_dtype": lambda tf: resource(tf, 1, 2).assign(tf.constant([1, 2])),
    "resource_without_shape": lambda tf: tf.Variable("a", use_resource=True).assign(1.0),
    "resource_scatter_of_tensors": lambda tf: resource(tf, 1, 2).scatter_add(tf.ones([1])),
    "resource_as_bool": lambda tf: bool(resource(tf, 1)),
    "assign_shape": lambda tf: variable(tf, 1, 2).assign([1.0, 2, 3]),
    "minimize_nothing": lambda tf: tf.train.GradientDescentOptimizer(0.1).minimize(
        tf.constant(1.0)
    ),
    "minimize_unconnected": lambda tf: tf.train.GradientDescentOptimizer(0.1).minimize(
        tf.constant(1.0), var_list=[variable(tf, 1)]
    ),
    "softmax_labels": lambda tf: tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=tf.ones([2, 2], tf.int32), logits=tf.ones([2, 3])
    ),
    "dropout_rate": lambda tf: tf.nn.dropout(tf.ones([2]), rate=1.5),
    # while it runs
    "resource_uninitialized": lambda tf: run(tf, resource(tf, 1, 2) + 1.0),
    "resource_scatter_range": lambda tf: initialized(
        tf, resource(tf, 1, 2).scatter_add(tf.IndexedSlices(tf.ones([1]), tf.constant([5])))
    ),
    "resource_gather_range": lambda tf: initialized(tf, tf.gather(resource(tf, 1, 2), [7])),
    "resource_assign_add_shape": lambda tf: initialized(
        tf,
        resource(tf, 1, 2).assign_add(tf.placeholder_with_default(np.ones(3, np.float32), [None])),
    ),
    "unfed": lambda tf: run(tf, tf.placeholder(tf.float32, [2]) * 2),
    "fed_shape": lambda tf: run(
        tf, *(lambda x: (x, {x: [1, 2, 3]}))(tf.placeholder("float32", [2]))
    ),
    "fed_text": lambda tf: run(tf, *(lambda x: (x, {x: "a"}))(tf.placeholder(tf.float32, []))),
    "fed_tensor": lambda tf: run(
        tf, *(lambda x: (x, {x: tf.constant(1.0)}))(tf.placeholder(tf.float32, []))
    ),
    "fetched_none": lambda tf: run(tf, None),
    "fetched_number": lambda tf: run(tf, 3),
    "fetched_unknown_name": empty_graph_session,
    "other_graph": other_graph,
    "closed_session": closed_session,
    "uninitialized": lambda tf: run(tf, variable(tf, 1) + 1.0),
    "matmul_run": lambda tf: fed(tf, tf.matmul, np.ones((2, 3)), np.ones((4, 5))),
    "add_run": lambda tf: fed(tf, tf.add, np.ones((2, 3)), np.ones(4)),
    "reshape_run": lambda tf: fed(tf, lambda x: tf.reshape(x, [4, 2]), np.ones(6)),
    "concat_run": lambda tf: fed(
        tf, lambda x, y: tf.concat([x, y], 0), np.ones((2, 3)), np.ones((3, 2))
    ),
    "gather_run": lambda tf: fed(tf, lambda i: tf.gather([1.0, 2.0], i), np.int32([0, 5])),
    "gather_nd_run": lambda tf: fed(tf, lambda i: tf.gather_nd([1.0, 2.0], i), np.int32([[7]])),
    "integer_division": lambda tf: fed(tf, lambda x, y: x // y, np.int32(1), np.int32(0)),
    "one_hot_depth": lambda tf: fed(tf, lambda n: tf.one_hot([0], n), np.int32(-1)),
    "check_numerics": lambda tf: fed(tf, lambda x: tf.check_numerics(x, "bad"), np.float32(np.inf)),
    "labels_run": lambda tf: fed(
        tf,
        lambda i: tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.reshape(i, [1]), logits=tf.ones([1, 3])
        ),
        np.int32([9]),
    ),
    "top_k_run": lambda tf: fed(tf, lambda x: tf.nn.top_k(x, 5)[0], np.ones(3)),
    "scatter_run": lambda tf: initialized(tf, tf.scatter_add(variable(tf, 1, 2), [5], [1.0])),
    "partition_run": lambda tf: fed(
        tf, lambda p: tf.dynamic_partition([1.0, 2.0], tf.reshape(p, [2]), 2), np.int32([0, 3])
    ),
    "segment_run": lambda tf: fed(
        tf, lambda s: tf.segment_sum([1.0, 2.0], tf.reshape(s, [2])), np.int32([1, 0])
    ),
    "number_of_text": lambda tf: run(tf, tf.string_to_number(tf.constant(["one"]))),
    "singular_matrix": lambda tf: run(tf, tf.matrix_inverse(tf.zeros([2, 2]))),
    "sparse_order": lambda tf: run(tf, tf.sparse_to_dense([[1], [0]], [2], [1.0, 2.0])),
}
