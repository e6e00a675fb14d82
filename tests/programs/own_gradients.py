"""Gradients that a program brings itself, passes on or recomputes; second derivatives."""

from typing import Any


def main(tf: Any) -> Any:
    @tf.custom_gradient
    def clipped(x: Any) -> Any:
        def grad(dy: Any) -> Any:
            return tf.clip_by_value(dy, -0.5, 0.5)

        return tf.square(x), grad

    @tf.custom_gradient
    def swapped(x: Any, y: Any) -> Any:
        def grad(dx: Any, dy: Any) -> Any:
            return dy * 10.0, dx * 100.0

        return (x + 1.0, y * 2.0), grad

    @tf.custom_gradient
    def scaled(x: Any) -> Any:
        w = tf.get_variable("w", initializer=3.0, use_resource=True)

        def grad(dy: Any, variables: Any = None) -> Any:
            return dy * 7.0, [tf.reduce_sum(dy) * 5.0 for _ in variables]

        return x * w, grad

    x, y = tf.constant([1.0, -2.0]), tf.constant([3.0, 4.0])
    one, two = swapped(x, y)
    third = scaled(x)
    w = tf.global_variables()[0]
    rounded = tf.grad_pass_through(tf.round)(x * 0.3)
    again = tf.recompute_grad(lambda v: tf.sin(v) * v)(x)
    quadratic = tf.reduce_sum(tf.square(x) * y) + x[0] * x[1]
    loss = tf.losses.mean_pairwise_squared_error(tf.reshape(y, [1, 2]), tf.reshape(x, [1, 2]))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run(
            {
                "clipped": [clipped(x), tf.gradients(clipped(x), x)],
                "swapped": [one, two, tf.gradients([one, two], [x, y], [x, y])],
                "scaled": [third, tf.gradients(third, [x, w])],
                "passed": [rounded, tf.gradients(rounded, x)],
                "recomputed": [again, tf.gradients(again, x)],
                "hessian": tf.hessians(quadratic, x),
                "pairs": [loss, tf.gradients(loss, x)],
            }
        )
