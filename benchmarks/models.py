"""The benchmarked graphs, written once and built with either module of TensorFlow 1's names."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

# Either `opscope.runtime` or `tensorflow.compat.v1`.
TF = Any


class Case(NamedTuple):
    """What one `Session.run` of a benchmark gets; the last fetch is the value that is compared."""

    fetches: Any
    feeds: dict[Any, Any]


def constant(tf: TF) -> Case:
    """One constant fetched: the cost of `run` itself."""
    return Case(tf.constant(3.0), {})


def adds(tf: TF) -> Case:
    """1000 scalar additions in a chain; what is added is fed, so nothing can be folded."""
    start, addend = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    total = start
    for _ in range(1000):
        total = total + addend
    return Case(total, {start: np.float32(1), addend: np.float32(1)})


def softmax(tf: TF) -> Case:
    """Softmax regression on 100 images of 784 pixels, gradient descent."""
    images, labels, feeds = _fed_images(tf, 100, (784,))
    weight = _Weights(tf)
    logits = tf.matmul(images, weight((784, 10))) + weight((10,))
    return _training(tf, labels, logits, tf.train.GradientDescentOptimizer(0.5), feeds)


def mlp(tf: TF) -> Case:
    """784-500-500-10 with ReLU on 100 images, Adam."""
    images, labels, feeds = _fed_images(tf, 100, (784,))
    weight = _Weights(tf)
    hidden = images
    for inputs, outputs in ((784, 500), (500, 500)):
        hidden = tf.nn.relu(tf.matmul(hidden, weight((inputs, outputs), 0.05)) + weight((outputs,)))
    logits = tf.matmul(hidden, weight((500, 10), 0.05)) + weight((10,))
    return _training(tf, labels, logits, tf.train.AdamOptimizer(1e-3), feeds)


def lenet(tf: TF) -> Case:
    """Two 5x5 convolutions of 32 and 64 channels with pooling and two dense layers, 64 images."""
    images, labels, feeds = _fed_images(tf, 64, (28, 28, 1))
    weight = _Weights(tf)
    hidden = images
    for shape, scale in (((5, 5, 1, 32), 0.1), ((5, 5, 32, 64), 0.03)):
        hidden = tf.nn.conv2d(hidden, weight(shape, scale), strides=[1, 1, 1, 1], padding="SAME")
        hidden = tf.nn.relu(hidden + weight((shape[-1],)))
        hidden = tf.nn.max_pool(hidden, [1, 2, 2, 1], [1, 2, 2, 1], padding="SAME")
    hidden = tf.reshape(hidden, [-1, 7 * 7 * 64])
    hidden = tf.nn.relu(tf.matmul(hidden, weight((3136, 1024), 0.02)) + weight((1024,)))
    logits = tf.matmul(hidden, weight((1024, 10), 0.05)) + weight((10,))
    return _training(tf, labels, logits, tf.train.GradientDescentOptimizer(0.01), feeds)


def rnn(tf: TF) -> Case:
    """A tanh RNN of 64 units over 50 steps of 32 numbers, unrolled, batch 32, gradient descent."""
    series, labels, feeds = _fed_images(tf, 32, (50, 32))
    weight = _Weights(tf)
    kernel, bias = weight((96, 64)), weight((64,))
    state = tf.zeros([32, 64])
    for step in tf.unstack(series, 50, axis=1):
        state = tf.tanh(tf.matmul(tf.concat([step, state], 1), kernel) + bias)
    logits = tf.matmul(state, weight((64, 10)))
    return _training(tf, labels, logits, tf.train.GradientDescentOptimizer(0.1), feeds)


def while_loop(tf: TF) -> Case:
    """1000 rounds of a loop that counts and adds a fed number."""
    start, addend = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    _, total = tf.while_loop(
        lambda count, total: count < 1000,
        lambda count, total: (count + 1, total + addend),
        [tf.constant(0), start],
    )
    return Case(total, {start: np.float32(1), addend: np.float32(1)})


def lstm(tf: TF) -> Case:
    """A dynamic LSTM of 64 units over 100 steps of 32 numbers, batch 32, gradient descent."""
    series, labels, feeds = _fed_images(tf, 32, (100, 32))
    weight = _Weights(tf)
    cell = tf.nn.rnn_cell.LSTMCell(64, initializer=tf.constant_initializer(0.05))
    outputs, _ = tf.nn.dynamic_rnn(cell, series, dtype=tf.float32)
    logits = tf.matmul(outputs[:, -1], weight((64, 10)))
    return _training(tf, labels, logits, tf.train.GradientDescentOptimizer(0.1), feeds)


MODELS: dict[str, Callable[[TF], Case]] = {
    build.__name__: build for build in (constant, adds, softmax, mlp, lenet, rnn, while_loop, lstm)
}


class _Weights:
    """Variables whose initial values are the same in every module and process."""

    def __init__(self, tf: TF) -> None:
        self._tf = tf
        self._random = np.random.default_rng(1)

    def __call__(self, shape: tuple[int, ...], scale: float = 0.1) -> Any:
        initial = self._random.standard_normal(shape, dtype=np.float32) * np.float32(scale)
        return self._tf.Variable(initial)


def _fed_images(tf: TF, count: int, shape: tuple[int, ...]) -> tuple[Any, Any, dict[Any, Any]]:
    random = np.random.default_rng(0)
    images = tf.placeholder(tf.float32, [None, *shape])
    labels = tf.placeholder(tf.float32, [None, 10])
    one_hot = np.eye(10, dtype=np.float32)[random.integers(0, 10, count)]
    pixels = random.random((count, *shape), dtype=np.float32)
    return images, labels, {images: pixels, labels: one_hot}


def _training(tf: TF, labels: Any, logits: Any, optimizer: Any, feeds: dict[Any, Any]) -> Case:
    losses = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
    loss = tf.reduce_mean(losses)
    return Case([optimizer.minimize(loss), loss], feeds)
