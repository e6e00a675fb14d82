"""Programs with loops and branches, built in both languages: `tf` is opscope's or TensorFlow's."""

from __future__ import annotations

from typing import Any


def power(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    return tf.while_loop(
        lambda i, p: i < 10, lambda i, p: (i + 1, p * x), [tf.constant(0), tf.constant(1.0)]
    )


def limited(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    return tf.while_loop(
        lambda i, s: s < 100.0,
        lambda i, s: [i + 1, tf.abs(s * x) + 1.0],
        [tf.constant(0), x],
        maximum_iterations=6,
    )


def nested(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")

    def body(i: Any, s: Any) -> Any:
        _, t = tf.while_loop(lambda j, t: j < 3, lambda j, t: (j + 1, t * x), [tf.constant(0), s])
        return i + 1, tf.tanh(t)

    return tf.while_loop(lambda i, s: i < 2, body, [tf.constant(0), tf.constant(1.0)])


def branches(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.constant(2.0, name="y")
    simple = tf.cond(x > y, lambda: x * y, lambda: tf.square(x) + 1.0)
    deep = tf.cond(
        x > 0.0,
        lambda: tf.cond(x > 1.0, lambda: x * x, lambda: x / y),
        lambda: tf.exp(x),
        name="deep",
    )
    outer = tf.cond(x > y, lambda: [x, y], lambda: [y, x + x])
    return [simple, deep, *outer]


def cases(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    return [tf.case([(x > 1.0, lambda: x * 2.0), (x > 0.0, lambda: x * 3.0)], default=lambda: -x)]


def branch_in_loop(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")

    def body(i: Any, s: Any) -> Any:
        return i + 1, tf.cond(s > 3.0, lambda: s + x, lambda: s * x)

    return tf.while_loop(lambda i, s: i < 10, body, [tf.constant(0), tf.constant(1.0)])


def loop_in_branch(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")

    def doubled() -> Any:
        return tf.while_loop(lambda s: s < 100.0, lambda s: s * 2.0 + x, [x])

    return [tf.cond(x > 0.0, doubled, lambda: -x)]


def matrices(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    w = tf.constant([[0.5, -0.25], [0.125, 1.0]], name="w")

    def body(i: Any, state: Any) -> Any:
        return i + 1, tf.tanh(tf.matmul(state, w) * x + tf.cast(i, tf.float32))

    _, state = tf.while_loop(
        lambda i, _: i < 4, body, [tf.constant(0), tf.ones([3, 2])], parallel_iterations=1
    )
    return [tf.reduce_sum(state, axis=1), tf.reduce_mean(state)]


def ragged_shapes(tf: Any) -> Any:
    """Shapes that only the run knows, a variable that starts anew each round, unused exits."""
    x = tf.placeholder(tf.float32, [], name="x")
    rows = tf.placeholder_with_default(tf.ones([3, 2]), [None, 2], name="rows")

    def body(i: Any, state: Any, fresh: Any) -> Any:
        part = state[:-1] * x
        joined = tf.concat([part, tf.reduce_sum(state, axis=0, keepdims=True)], 0)
        return i + 1, tf.tanh(joined), rows * x

    _, state, fresh = tf.while_loop(
        lambda i, *_: i < 3, body, [tf.constant(0), rows, rows], swap_memory=True
    )
    chosen = tf.cond(x > 0.0, lambda: tf.reduce_sum(rows * x), lambda: tf.reduce_mean(state))
    return [tf.reduce_sum(state), tf.reduce_max(fresh, axis=0), chosen]


def nested_branches(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")

    def body(i: Any, s: Any) -> Any:
        def even() -> Any:
            return tf.cond(s > 1.0, lambda: s * x, lambda: s + x * x)

        return i + 1, tf.cond(tf.equal(i % 2, 0), even, lambda: tf.sin(s) * x)

    return tf.while_loop(lambda i, s: i < 5, body, [tf.constant(0), x])


def mapped(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    rows = tf.placeholder_with_default(tf.ones([3, 2]) * 0.5, [None, 2], name="rows")
    fixed = tf.constant([[1.0, 2.0], [3.0, 4.0]]) * x
    one = tf.map_fn(lambda r: tf.reduce_sum(r * x), rows)
    two = tf.map_fn(lambda p: (p[0] * p[1], p[0]), (fixed, fixed + 1.0))
    whole = tf.map_fn(lambda r: tf.cast(r[0] > x, tf.int32), rows, dtype=tf.int32)
    return [one, *two, whole]


def scanned(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    rows = tf.constant([[1.0, 2.0], [3.0, 4.0], [0.5, -1.0]]) * x
    sums = tf.scan(lambda a, r: a + r, rows)
    products = tf.scan(lambda a, r: tf.tanh(a * r), rows, initializer=tf.ones([2]), reverse=True)
    left = tf.foldl(lambda a, r: a * x + r, rows)
    right = tf.foldr(lambda a, r: a - r * x, rows, initializer=tf.zeros([2]))
    return [sums, products, left, right]


def arrays(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    rows = tf.constant([[1.0, 2.0], [3.0, 4.0], [0.5, -1.0]]) * x
    array = tf.TensorArray(tf.float32, size=4, clear_after_read=False, name="kept")
    array = array.scatter([0, 2, 1], rows).write(3, rows[0])
    ragged = tf.TensorArray(tf.float32, size=2, infer_shape=False)
    ragged = ragged.split(tf.reshape(rows, [6]), [2, 4])
    return [
        array.read(2),
        array.gather([1, 1, 3]),
        array.stack(),
        ragged.concat(),
        tf.cast(array.size(), tf.float32),
    ]


class PlainCell:
    """A cell of constants, which TensorFlow takes without Keras."""

    state_size = output_size = 2

    def __init__(self, tf: Any) -> None:
        self.tf = tf
        self.kernel = tf.constant([[0.5, -0.25], [0.125, 1.0], [0.3, 0.2]], name="kernel")

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        return self.tf.zeros([batch_size, 2], dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        with self.tf.variable_scope("plain_cell"):
            both = self.tf.concat([inputs, state], 1)
            output = self.tf.tanh(self.tf.matmul(both, self.kernel))
        return output, output


def _sequence(tf: Any, steps: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    rows = tf.constant([[[1.0], [2.0], [3.0]], [[-1.0], [0.5], [0.25]]])
    return tf.placeholder_with_default(rows * x, [2, steps, 1], name="rows")


def dynamic_rnn(tf: Any) -> Any:
    rows = _sequence(tf, None)
    plain, last = tf.nn.dynamic_rnn(PlainCell(tf), rows, dtype=tf.float32)
    return [plain, last]


def dynamic_rnn_with_lengths(tf: Any) -> Any:
    rows = _sequence(tf, 3)
    lengths = tf.constant([2, 3])
    return list(tf.nn.dynamic_rnn(PlainCell(tf), rows, sequence_length=lengths, dtype=tf.float32))


def static_rnn(tf: Any) -> Any:
    steps = tf.unstack(_sequence(tf, 3), axis=1)
    outputs, last = tf.nn.static_rnn(PlainCell(tf), steps, dtype=tf.float32)
    return [*outputs, last]


def static_rnn_with_lengths(tf: Any) -> Any:
    steps = tf.unstack(_sequence(tf, 3), axis=1)
    lengths = tf.placeholder_with_default(tf.constant([1, 2]), [2], name="lengths")
    outputs, last = tf.nn.static_rnn(
        PlainCell(tf), steps, sequence_length=lengths, dtype=tf.float32
    )
    return [*outputs, last]


PROGRAMS = [
    power,
    limited,
    nested,
    branches,
    cases,
    branch_in_loop,
    loop_in_branch,
    matrices,
    ragged_shapes,
    nested_branches,
    mapped,
    scanned,
    arrays,
    dynamic_rnn,
    dynamic_rnn_with_lengths,
    static_rnn,
    static_rnn_with_lengths,
]


def with_gradients(program: Any) -> Any:
    """The program with the derivatives of its floating results with respect to x."""

    def build(tf: Any) -> Any:
        results = program(tf)
        ys = [t for t in results if t.dtype.is_floating]
        x = ys[0].graph.get_tensor_by_name("x:0")
        return [*results, *tf.gradients(ys, [x])]

    build.__name__ = f"{program.__name__}_gradients"
    return build


PROGRAMS += [with_gradients(p) for p in PROGRAMS]
