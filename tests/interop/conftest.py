"""Models written once, built with TensorFlow and with opscope from the same initial values."""

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from opscope.runtime.data.digits import load_digits

# Before any test imports TensorFlow: tf_keras has the recurrent cells and layers of version 1.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

BATCH = 32


@pytest.fixture(scope="session")
def tensorflow():
    """TensorFlow's version 1 interface, on variables that are references, as in version 1."""
    tf = pytest.importorskip("tensorflow").compat.v1
    tf.disable_v2_behavior()
    tf.disable_resource_variables()
    tf.logging.set_verbosity(tf.logging.ERROR)
    return tf


@dataclass
class Model:
    """A model in some graph: its feeds, its loss, and the step that trains it."""

    images: Any
    labels: Any
    loss: Any
    step: Any
    init: Any
    fetches: list[Any] = field(default_factory=list)

    def feed(self, batch):
        return {self.images: batch.images, self.labels: batch.one_hot()}


class _Weights:
    """Initial values, the same at every call."""

    def __init__(self):
        self.rng = np.random.default_rng(7)

    def __call__(self, *shape, scale=0.1):
        return self.rng.normal(scale=scale, size=shape).astype(np.float32)


def _trained(tf, optimizer, loss, images, labels):
    step = tf.train.get_or_create_global_step()
    train = optimizer.minimize(loss, global_step=step)
    return Model(images, labels, loss, train, tf.global_variables_initializer())


def softmax(tf):
    weights = _Weights()
    x = tf.placeholder(tf.float32, [None, 64], name="images")
    y = tf.placeholder(tf.float32, [None, 10], name="labels")
    w = tf.Variable(weights(64, 10), name="weights")
    b = tf.Variable(tf.zeros([10]), name="bias")
    p = tf.nn.softmax(tf.matmul(x, w) + b, name="softmax")
    with tf.name_scope("cross_entropy"):
        loss = tf.reduce_mean(-tf.reduce_sum(y * tf.log(p), axis=1))
    return _trained(tf, tf.train.GradientDescentOptimizer(0.5), loss, x, y)


def mlp(tf):
    weights = _Weights()
    x = tf.placeholder(tf.float32, [None, 64], name="images")
    y = tf.placeholder(tf.float32, [None, 10], name="labels")
    layer = x
    for name, inputs, outputs in (("hidden1", 64, 50), ("hidden2", 50, 30)):
        with tf.name_scope(name):
            w = tf.Variable(weights(inputs, outputs), name="weights")
            b = tf.Variable(tf.zeros([outputs]), name="bias")
            layer = tf.nn.relu(tf.matmul(layer, w) + b)
    with tf.variable_scope("logits"):
        w = tf.get_variable("weights", initializer=weights(30, 10))
        b = tf.get_variable("bias", [10], initializer=tf.zeros_initializer())
        logits = tf.nn.xw_plus_b(layer, w, b)
    losses = tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits)
    loss = tf.reduce_mean(losses, name="loss")
    return _trained(tf, tf.train.AdamOptimizer(0.01), loss, x, y)


def lenet(tf):
    weights = _Weights()
    x = tf.placeholder(tf.float32, [None, 64], name="images")
    y = tf.placeholder(tf.float32, [None, 10], name="labels")
    layer = tf.reshape(x, [-1, 8, 8, 1])
    for name, inputs, outputs, padding in (("conv1", 1, 6, "SAME"), ("conv2", 6, 12, "VALID")):
        with tf.name_scope(name):
            w = tf.Variable(weights(3, 3, inputs, outputs, scale=0.3), name="weights")
            b = tf.Variable(tf.constant(0.1, shape=[outputs]), name="bias")
            layer = tf.nn.conv2d(layer, w, strides=[1, 1, 1, 1], padding=padding)
            layer = tf.nn.relu(tf.nn.bias_add(layer, b))
            layer = tf.nn.max_pool(layer, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    with tf.name_scope("dense"):
        layer = tf.reshape(layer, [-1, 12])
        w = tf.Variable(weights(12, 10, scale=0.3), name="weights")
        b = tf.Variable(tf.zeros([10]), name="bias")
        logits = tf.matmul(layer, w) + b
    losses = tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits)
    loss = tf.reduce_mean(losses, name="loss")
    return _trained(tf, tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True), loss, x, y)


@pytest.fixture(params=[softmax, mlp, lenet], ids=lambda f: f.__name__)
def model(request):
    """A function that builds one of the models with the module `tf` it is given."""
    return request.param


@pytest.fixture(scope="session")
def batches():
    """Twenty batches of digits."""
    source = load_digits().batches(BATCH, seed=3)
    return [next(source) for _ in range(20)]


def pytest_terminal_summary(terminalreporter):
    """How much of the op sweep was compared, summed over the test processes."""
    counts = Counter()
    deaths = []
    for outcome in ("passed", "failed", "xfailed", ""):
        for report in terminalreporter.getreports(outcome):
            for name, value in getattr(report, "user_properties", ()):
                if name != "deaths of TensorFlow":
                    counts[name] += value if report.when == "call" else 0
                elif report.when == "teardown":
                    deaths += value
    if counts:
        listed = ", ".join(f"{counts[name]} {name}" for name in counts)
        terminalreporter.write_line(f"op sweep: {listed}")
    for item in deaths:
        terminalreporter.write_line(f"op sweep: TensorFlow's process died of the {item}")
