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
    }
    for name, make in makers.items():
        with tf.Graph().as_default(), tf.Session() as sess:
            v = tf.Variable([1.0, -2.0], name="v")
            optimizer = make()
            train = optimizer.minimize(tf.reduce_sum(v**4 + v * v))
            sess.run(tf.global_variables_initializer())
            for _ in range(5):
                sess.run(train)
            found[name] = [sess.run(v), optimizer.get_slot_names()]
    return found
