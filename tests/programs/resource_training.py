"""Every optimizer over resource variables and over rows of variables, with checkpoints."""

import os
import tempfile
from typing import Any


def train(tf: Any, optimizer: Any, use_resource: bool, folder: str) -> Any:
    with tf.variable_scope("model", use_resource=use_resource):
        w = tf.get_variable("w", initializer=[[1.0, -1.0, 0.5]])
        e = tf.get_variable("e", initializer=tf.reshape(tf.range(1.0, 9.0), [4, 2]) / 8.0)
        step = tf.train.create_global_step()
    rows = tf.nn.embedding_lookup(e, [1, 3, 1])
    loss = tf.reduce_sum(tf.square(tf.matmul(rows, tf.ones([2, 1])) * w - 0.3))
    done = optimizer.minimize(loss, global_step=step)
    averages = tf.train.ExponentialMovingAverage(0.9)
    with tf.control_dependencies([done]):
        done = averages.apply()
    saver = tf.train.Saver()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        losses = [sess.run([loss, done])[0] for _ in range(4)]
        path = saver.save(sess, os.path.join(folder, "model"), global_step=step)
        kept = {v.name: sess.run(v) for v in tf.global_variables()}
        sess.run(tf.global_variables_initializer())
        saver.restore(sess, path)
        again = {v.name: sess.run(v) for v in tf.global_variables()}
        losses.append(sess.run([loss, done])[0])
    return losses, kept, again, tf.train.list_variables(path), done.type


def main(tf: Any) -> Any:
    makers = {
        "sgd": lambda: tf.train.GradientDescentOptimizer(0.05),
        "momentum": lambda: tf.train.MomentumOptimizer(0.05, 0.9),
        "nesterov": lambda: tf.train.MomentumOptimizer(0.05, 0.9, use_nesterov=True),
        "adam": lambda: tf.train.AdamOptimizer(0.05),
        "rmsprop": lambda: tf.train.RMSPropOptimizer(0.05, momentum=0.5),
        "centered": lambda: tf.train.RMSPropOptimizer(0.05, centered=True),
        "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
        "adadelta": lambda: tf.train.AdadeltaOptimizer(0.5),
        "ftrl": lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
        "proximal": lambda: tf.train.ProximalAdagradOptimizer(0.1),
    }
    found = {}
    for name, make in makers.items():
        for use_resource in (True, False):
            with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default():
                found[f"{name} {use_resource}"] = train(tf, make(), use_resource, folder)
    return found
