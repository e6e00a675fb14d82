"""The demo's model: a digit classifier in TensorFlow 1's words, with the cross-entropy bug.

Two hidden layers learn on CPU:0; the logits, the probabilities and the loss are on CPU:1. The loss
is `-y * log(softmax)`, so a probability that underflows to 0 becomes log(0) = -inf, and its product
with a label of 0 a NaN. It takes a training that goes well, until the model is too sure of itself.
"""

from __future__ import annotations

from typing import NamedTuple

import opscope.runtime as tf

PIXELS, CLASSES = 64, 10
HIDDEN_WIDTHS = (100, 50)
# High, yet the model learns: after some hundred steps it is right about nearly every digit, and so
# sure that float32 has no number for the smallest probabilities.
LEARNING_RATE = 0.05
HISTOGRAMS = "histograms"
LAYERS_DEVICE, LOSS_DEVICE = "/device:CPU:0", "/device:CPU:1"


class Model(NamedTuple):
    """The graph and the parts of it that training needs."""

    graph: tf.Graph
    images: tf.Tensor
    labels: tf.Tensor
    train: tf.Operation
    loss: tf.Tensor
    accuracy: tf.Tensor
    scalars: tf.Tensor
    histograms: tf.Tensor
    initialize: tf.Operation


def build_model(seed: int) -> Model:
    """The classifier in a graph of its own; `seed` decides the initial weights."""
    with tf.Graph().as_default() as graph:
        with tf.name_scope("input"):
            images = tf.placeholder(tf.float32, [None, PIXELS], name="images")
            labels = tf.placeholder(tf.float32, [None, CLASSES], name="labels")
        with tf.device(LAYERS_DEVICE):
            layer = images
            for number, width in enumerate(HIDDEN_WIDTHS, start=1):
                layer = dense(layer, width, f"hidden{number}", seed + number)
        with tf.device(LOSS_DEVICE):
            logits = dense(layer, CLASSES, "logits", seed, activation=False)
            probabilities = tf.nn.softmax(logits, name="probabilities")
            loss = cross_entropy(labels, probabilities)
            accuracy = share_right(labels, probabilities)
        with tf.name_scope("train"):
            train = tf.train.AdamOptimizer(LEARNING_RATE).minimize(
                loss, global_step=tf.train.get_or_create_global_step()
            )
        with tf.name_scope("summaries"):
            tf.summary.scalar("loss", loss)
            tf.summary.scalar("accuracy", accuracy)
            scalars = tf.summary.merge(tf.get_collection(tf.GraphKeys.SUMMARIES), name="scalars")
            histograms = tf.summary.merge(tf.get_collection(HISTOGRAMS), name="histograms")
        return Model(
            graph,
            images,
            labels,
            train,
            loss,
            accuracy,
            scalars,
            histograms,
            tf.global_variables_initializer(),
        )


def dense(
    inputs: tf.Tensor, width: int, name: str, seed: int, activation: bool = True
) -> tf.Tensor:
    """A fully connected layer, float32[n, width], with histograms of what it learns."""
    with tf.name_scope(name):
        shape = [int(inputs.shape[1]), width]
        weights = tf.Variable(tf.truncated_normal(shape, stddev=0.1, seed=seed), name="weights")
        biases = tf.Variable(tf.constant(0.1, shape=[width]), name="biases")
        outputs = tf.matmul(inputs, weights) + biases
        if activation:
            outputs = tf.nn.relu(outputs, name="activation")
        with tf.name_scope("histograms"):
            tf.summary.histogram("weights", weights, [HISTOGRAMS])
            tf.summary.histogram("biases", biases, [HISTOGRAMS])
            tf.summary.histogram("outputs", outputs, [HISTOGRAMS])
        return outputs


def cross_entropy(labels: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """The mean cross entropy, float32[], computed the way that everyone does once."""
    with tf.name_scope("cross_entropy"):
        # The bug is the next line. The logits' own op is right:
        # tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
        differences = -labels * tf.log(probabilities)
        return tf.reduce_mean(tf.reduce_sum(differences, axis=1), name="mean")


def share_right(labels: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """The share of images whose most probable digit is the right one, float32[]."""
    with tf.name_scope("accuracy"):
        right = tf.equal(tf.argmax(probabilities, 1), tf.argmax(labels, 1))
        return tf.reduce_mean(tf.cast(right, tf.float32), name="mean")
