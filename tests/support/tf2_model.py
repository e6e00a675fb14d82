"""Writes the SavedModel and the graph of functions in tests/data/runtime, by TensorFlow 2.

    python tests/support/tf2_model.py model FOLDER
    python tests/support/tf2_model.py graph FILE
    python tests/support/tf2_model.py loops FILE

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


def save_loops(path: str) -> None:
    """Loops by functions; besides, in FILE.npz, the gradients that TensorFlow makes of them.

    LOOP/x and LOOP/v are those of the sum of LOOP:0 by the placeholder and by the variable.
    """
    import numpy as np
    import tensorflow.compat.v1 as tf

    tf.disable_eager_execution()
    tf.enable_control_flow_v2()
    x = tf.placeholder(tf.float32, [2, 2], name="x")
    v = tf.get_variable("v", initializer=[[0.5, -0.25], [0.125, 1.0]], use_resource=True)

    def repeated(count: int, start: Any, step: Any) -> Any:
        return tf.while_loop(lambda i, a: i < count, lambda i, a: (i + 1, step(i, a)), [0, start])[
            1
        ]

    def chosen(i: Any, a: Any) -> Any:
        return tf.cond(tf.equal(i, 1), lambda: a * a, lambda: a + v)

    def grown(i: Any, a: Any) -> Any:
        return tf.concat([a, tf.tanh(a[-1:] @ v)], 0)

    loops = {
        "recurrent": repeated(3, x, lambda i, a: tf.tanh(a @ v + x)),
        "scaled": repeated(3, x, lambda i, a: a * tf.cast(i + 1, tf.float32)),
        "branching": repeated(3, x, chosen),
        "nested": repeated(2, x, lambda i, a: repeated(2, a, lambda j, b: tf.sin(b) * x + v)),
        "never": repeated(0, x, lambda i, a: a * v),
        "unused": repeated(2, x, lambda i, a: v + 1.0),
        "whole": tf.while_loop(
            lambda a, n: tf.reduce_sum(tf.abs(a)) < 20.0, lambda a, n: (a * a + 1.0, n + 1), [x, 0]
        )[0],
        "growing": tf.while_loop(
            lambda i, a: i < 3,
            lambda i, a: (i + 1, grown(i, a)),
            [0, x],
            shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])],
        )[1],
        "in_a_branch": tf.cond(
            tf.reduce_sum(x) > 0.0, lambda: repeated(2, x, lambda i, a: a @ v), lambda: x
        ),
    }
    both = tf.while_loop(
        lambda i, a, b: i < 3, lambda i, a, b: (i + 1, b @ v, a + b), [0, x, x * 2.0]
    )
    loops["crossed"] = both[1] + tf.square(both[2])
    named = {name: tf.identity(value, name=name) for name, value in loops.items()}
    initializer = tf.global_variables_initializer()
    with open(path, "wb") as file:
        file.write(tf.get_default_graph().as_graph_def().SerializeToString())
    grads = {}
    for name, value in named.items():
        pair = tf.gradients(value, [x, v], unconnected_gradients="zero")
        grads[f"{name}/x"], grads[f"{name}/v"] = pair
    # A gradient adds outputs to its loop, which a session that has run it does not take.
    with tf.Session() as session:
        session.run(initializer)
        found = session.run(grads, {x: [[0.5, 1.5], [-1.0, 2.0]]})
    np.savez(f"{path}.npz", **found)


if __name__ == "__main__":
    {"model": save_model, "graph": save_graph, "loops": save_loops}[sys.argv[1]](sys.argv[2])
