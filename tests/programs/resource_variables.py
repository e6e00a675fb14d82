"""Resource variables: reads where they stand, updates, parts of them, and uninitialized ones."""

from typing import Any


def reads_and_updates(tf: Any) -> Any:
    v = tf.Variable([1.0, 2.0], use_resource=True, name="v")
    before = v.read_value()
    with tf.control_dependencies([before]):
        added = v.assign_add([10.0, 10.0])
    with tf.control_dependencies([added]):
        after = v * 2.0
    with tf.control_dependencies([after]):
        taken = v.assign_sub([1.0, 2.0])
    with tf.control_dependencies([taken]):
        last = v.read_value()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        rounds = [sess.run([before, after, last]) for _ in range(3)]
        v.load([7.0, 8.0], sess)
        rounds.append([sess.run(v), sess.run(v.assign([3.0, 4.0])), v.eval(sess)])
    return rounds, [n.name for n in tf.get_default_graph().get_operations()]


def parts(tf: Any) -> Any:
    with tf.variable_scope("s", use_resource=True):
        v = tf.get_variable("v", initializer=tf.reshape(tf.range(12.0), [4, 3]))
        n = tf.get_variable("n", [5], tf.int32, initializer=tf.ones_initializer())
    rows = tf.IndexedSlices(tf.constant([[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]]), tf.constant([2, 2]))
    names = ["add", "sub", "mul", "div", "min", "max"]
    values = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for name in names:
            values.append(sess.run(getattr(v, f"scatter_{name}")(rows)))
        values.append(sess.run(v.scatter_update(tf.IndexedSlices(tf.zeros([1, 3]), [3]))))
        values.append(sess.run(v.scatter_nd_add([[0, 1], [1, 2]], [5.0, 6.0])))
        values.append(sess.run(v.scatter_nd_sub([[0], [0]], tf.ones([2, 3]))))
        values.append(sess.run(v.scatter_nd_update([[0, 0]], [9.0])))
        values.append(sess.run(v.scatter_nd_min([[1, 1]], [-3.0])))
        values.append(sess.run(v.scatter_nd_max([[1, 1]], [30.0])))
        values.append(sess.run(tf.scatter_add(n, [0, 4, 4], [1, 2, 3])))
        values.append(sess.run(n[1:3].assign([7, 8])))
        values.append(sess.run(v[..., 1].assign([0.0, 1.0, 2.0, 3.0])))
        values.append(sess.run([tf.gather(v, [2, 0]), v.gather_nd([[1, 1]]), v.sparse_read([3])]))
    return values


def gradients(tf: Any) -> Any:
    v = tf.get_variable("v", initializer=tf.ones([4, 2]), use_resource=True)
    loss = tf.reduce_sum(v * v) + tf.reduce_sum(tf.nn.embedding_lookup(v, [1, 1, 3]) * 3.0)
    (grad,) = tf.gradients(loss, v)
    (rows,) = tf.gradients(tf.reduce_sum(tf.gather(v, [0, 2]) * 2.0), v)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run([tf.convert_to_tensor(grad), rows.values, rows.indices, rows.dense_shape])


def control_flow(tf: Any) -> Any:
    v = tf.get_variable("v", initializer=1.5, use_resource=True)
    x = tf.placeholder(tf.float32, [])

    def body(i: Any, s: Any) -> Any:
        with tf.control_dependencies([v.assign_add(1.0 + 0.0 * s)]):
            return i + 1, s + v.read_value()

    _, total = tf.while_loop(lambda i, s: i < 3, body, [0, 0.0])
    chosen = tf.cond(x > 0.0, lambda: v * x, lambda: v.assign(x) + 0.0)
    squares = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * v), [0, x])[1]
    (grad,) = tf.gradients(squares, v)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return [
            sess.run(chosen, {x: 2.0}),
            sess.run(total),
            sess.run(chosen, {x: -2.0}),
            sess.run([v, squares, grad], {x: 3.0}),
        ]


def uninitialized(tf: Any) -> Any:
    v = tf.Variable(tf.ones([2]), use_resource=True, name="v")
    w = tf.Variable(tf.zeros([2]), use_resource=True, name="w", trainable=False)
    missing = tf.report_uninitialized_variables()
    with tf.Session() as sess:
        found = [sess.run(missing).tolist(), sess.run(v.is_initialized())]
        try:
            sess.run(v)
        except tf.errors.FailedPreconditionError:
            found.append("not initialized")
        sess.run(w.initializer)
        found.append(sess.run(missing).tolist())
    return found, [x.name for x in tf.trainable_variables()], v.to_proto().is_resource


def main(tf: Any) -> Any:
    found = {}
    for part in (reads_and_updates, parts, gradients, control_flow, uninitialized):
        with tf.Graph().as_default():
            found[part.__name__] = part(tf)
    tf.enable_resource_variables()
    try:
        with tf.Graph().as_default():
            found["by default"] = tf.resource_variables_enabled(), tf.Variable(1.0).op.type
    finally:
        tf.disable_resource_variables()
    return found
