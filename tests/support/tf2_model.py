"""Writes the SavedModel and the graph of functions in tests/data/runtime, by TensorFlow 2.

    python tests/support/tf2_model.py model FOLDER
    python tests/support/tf2_model.py graph FILE

Each needs a process of its own: one runs eagerly, the other may not.
"""

from __future__ import annotations

import sys
from typing import Any


def save_model(folder: str) -> None:
    """A module of three variables whose signature calls, branches, loops and counts."""
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self) -> None:
            self.w = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="w")
            self.b = tf.Variable([0.5, 0.5], name="b")
            self.n = tf.Variable(0, name="n", trainable=False)

        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
        def serve(self, x: Any) -> Any:
            self.n.assign_add(1)
            y = tf.nn.relu(x @ self.w + self.b)
            y = tf.cond(tf.reduce_sum(y) > 10.0, lambda: y * 2.0, lambda: y - 1.0)
            i = tf.constant(0)
            while i < 3:
                y = y + tf.cast(i, tf.float32) * self.b
                i += 1
            z = tf.switch_case(self.n % 3, [lambda: y, lambda: y * 2.0, lambda: y * 3.0])
            return {"y": y, "z": z, "n": self.n.read_value()}

        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
        def loss(self, x: Any) -> Any:
            @tf.function
            def dense(x: Any) -> Any:
                return tf.tanh(x @ self.w + self.b)

            error = dense(x) - 0.25
            return {"loss": tf.cond(x[0, 0] > 0.0, lambda: error * error, lambda: tf.abs(error))}

    model = Model()
    tf.saved_model.save(model, folder, {"serving_default": model.serve, "loss": model.loss})


def save_graph(path: str) -> None:
    """A graph of control flow by functions, as `tf.enable_control_flow_v2` makes it."""
    import tensorflow.compat.v1 as tf
    from tensorflow.python.framework import function

    tf.disable_eager_execution()
    tf.enable_control_flow_v2()
    x = tf.placeholder(tf.float32, [None], name="x")
    v = tf.get_variable("v", initializer=2.0, use_resource=True)

    @function.Defun(tf.float32, tf.float32, func_name="MyAdd")
    def product_and_one(a: Any, b: Any) -> Any:
        return a * b + 1.0

    def changed() -> Any:
        return tf.identity(v.assign_add(1.0)) + x

    def counted(i: Any) -> Any:
        with tf.control_dependencies([v.assign_add(1.0)]):
            return i + 1

    def inner(_: Any, total: Any) -> Any:
        return tf.while_loop(lambda j, b: j < 2, lambda j, b: (j + 1, b + x), [0, total])[1]

    tf.identity(product_and_one(x, x), name="called")
    tf.identity(tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * v, changed), name="chosen")
    some = tf.while_loop(
        lambda i, a: i < 3,
        lambda i, a: (i + 1, a * v + tf.cond(tf.equal(i, 1), lambda: 1.0, lambda: 0.0)),
        [0, x],
    )
    tf.identity(some[1], name="looped")
    count = tf.while_loop(lambda i: i < 2, counted, [0])
    with tf.control_dependencies([count]):
        tf.identity(v.read_value(), name="after_the_loop")
    index = tf.cast(x[0], tf.int32)
    cases = tf.switch_case(index, [lambda: x, lambda: x * 2.0, lambda: x * 3.0])
    tf.identity(cases, name="case")
    nested = tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, inner(i, a)), [0, x])
    tf.identity(nested[1], name="nested")
    tf.global_variables_initializer()
    with open(path, "wb") as file:
        file.write(tf.get_default_graph().as_graph_def().SerializeToString())


if __name__ == "__main__":
    {"model": save_model, "graph": save_graph}[sys.argv[1]](sys.argv[2])
