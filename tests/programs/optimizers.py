"""Every optimizer on one valley, with its slots."""

from typing import Any


def main(tf: Any) -> Any:
    found = {}
    makers = {
        "sgd": lambda: tf.train.GradientDescentOptimizer(0.1),
        "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9),
        "nesterov": lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
        "adam": lambda: tf.train.AdamOptimizer(0.1),
        "rmsprop": lambda: tf.train.RMSPropOptimizer(0.1, momentum=0.5),
        "centered": lambda: tf.train.RMSPropOptimizer(0.1, centered=True),
        "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
        "adadelta": lambda: tf.train.AdadeltaOptimizer(5.0, rho=0.9),
        "ftrl": lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.1, beta=0.5),
        "shrinking": lambda: tf.train.FtrlOptimizer(
            0.1, -0.3, l2_shrinkage_regularization_strength=0.1
        ),
        "proximal": lambda: tf.train.ProximalGradientDescentOptimizer(0.01, 0.1, 0.1),
        "proximal_adagrad": lambda: tf.train.ProximalAdagradOptimizer(
            0.1, l1_regularization_strength=0.1
        ),
        "averaging": lambda: tf.train.AdagradDAOptimizer(0.1, tf.train.get_global_step()),
    }
    for name, make in makers.items():
        with tf.Graph().as_default(), tf.Session() as sess:
            v = tf.Variable([1.0, -2.0], name="v")
            step = tf.train.create_global_step()
            optimizer = make()
            train = optimizer.minimize(tf.reduce_sum(v**4 + v * v), step)
            sess.run(tf.global_variables_initializer())
            for _ in range(5):
                sess.run(train)
            found[name] = [sess.run(v), optimizer.get_slot_names()]
    return found
