"""Programs of neural network functions whose nodes and values are compared with TensorFlow's."""

from __future__ import annotations

from typing import Any


def weighted(tf: Any, layers: list[Any], sources: list[Any]) -> list[Any]:
    """The layers and the gradients of a sum of their squares."""
    loss = tf.add_n([tf.reduce_sum(tf.square(layer)) for layer in layers])
    return [*layers, *tf.gradients(loss, sources)]


def volumes(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2, 5, 6, 7, 2], name="x")
    w = tf.placeholder(tf.float32, [2, 3, 2, 2, 3], name="w")
    up = tf.placeholder(tf.float32, [2, 2, 2, 4, 3], name="up")
    narrow = tf.nn.conv3d(x, w, [1, 2, 1, 2, 1], "SAME")
    layers = [
        narrow,
        tf.nn.conv3d(x, w, strides=[1, 1, 1, 1, 1], padding="VALID"),
        tf.nn.conv3d_transpose(narrow, up, [2, 5, 6, 7, 4], [1, 2, 1, 2, 1]),
        tf.nn.max_pool3d(x, [1, 2, 3, 2, 1], [1, 2, 2, 2, 1], "SAME"),
        tf.nn.max_pool3d(x, 2, 1, "VALID"),
        tf.nn.avg_pool3d(x, [1, 2, 3, 2, 1], [1, 2, 2, 2, 1], "SAME"),
        tf.nn.avg_pool3d(x, 2, 2, "VALID", name="mean"),
    ]
    sizes = tf.constant([2, 3, 2, 2, 3])
    back = tf.nn.conv3d_backprop_filter_v2(x, sizes, narrow, [1, 2, 1, 2, 1], "SAME")
    return [back, *weighted(tf, layers, [x, w, up])]


def pools(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2, 7, 6, 2], name="x")
    row = tf.placeholder(tf.float32, [2, 9, 3], name="row")
    v = tf.placeholder(tf.float32, [1, 4, 4, 4, 2], name="v")
    layers = [
        tf.nn.max_pool2d(x, 2, 2, "SAME"),
        tf.nn.max_pool2d(x, [2, 3], [1, 2], [[0, 0], [1, 0], [1, 1], [0, 0]]),
        tf.nn.avg_pool2d(x, [1, 2, 2, 1], 1, "VALID"),
        tf.nn.max_pool1d(row, 3, 2, "SAME"),
        tf.nn.avg_pool1d(row, [2], [2], "VALID"),
        tf.nn.pool(x, [3, 2], "MAX", "SAME"),
        tf.nn.pool(x, [3, 2], "AVG", "VALID", strides=[2, 1], name="mine"),
        tf.nn.pool(x, [2, 2], "MAX", "VALID", dilation_rate=[2, 1]),
        tf.nn.pool(row, [2], "AVG", "VALID"),
        tf.nn.pool(v, [2, 2, 2], "MAX", "VALID"),
    ]
    places = tf.nn.max_pool_with_argmax(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    named = tf.nn.max_pool_with_argmax(
        x, [1, 3, 2, 1], [1, 1, 1, 1], "VALID", include_batch_in_index=True
    )
    layers += [places[0], named[0]]
    return [places[1], named[1], *weighted(tf, layers, [x, row, v])]


def convolutions(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2, 9, 8, 2], name="x")
    w = tf.placeholder(tf.float32, [3, 2, 2, 3], name="w")
    row = tf.placeholder(tf.float32, [2, 9, 3], name="row")
    narrow = tf.placeholder(tf.float32, [3, 3, 2], name="narrow")
    v = tf.placeholder(tf.float32, [1, 4, 5, 4, 2], name="v")
    deep = tf.placeholder(tf.float32, [2, 2, 2, 2, 3], name="deep")
    layers = [
        tf.nn.convolution(x, w, "SAME"),
        tf.nn.convolution(x, w, "VALID", strides=[2, 1], name="mine"),
        tf.nn.convolution(x, w, "VALID", dilation_rate=[2, 3]),
        tf.nn.convolution(x, w, "SAME", dilation_rate=[2, 1]),
        tf.nn.convolution(row, narrow, "SAME", dilation_rate=[2]),
        tf.nn.convolution(row, narrow, "VALID"),
        tf.nn.convolution(v, deep, "VALID", dilation_rate=[1, 2, 1]),
        tf.nn.atrous_conv2d(x, w, 2, "SAME"),
        tf.nn.atrous_conv2d(x, w, 1, "SAME"),
        tf.nn.atrous_conv2d_transpose(
            x, tf.transpose(w, [0, 1, 3, 2])[:, :, :, :2], [2, 9, 8, 3], 2, "SAME"
        ),
        tf.nn.conv1d_transpose(row, tf.transpose(narrow, [0, 2, 1]), [2, 18, 2], 2),
        tf.nn.conv1d(row, narrow, 1, "VALID", dilations=2),
        tf.nn.conv_transpose(v, tf.transpose(deep, [0, 1, 2, 4, 3]), [1, 8, 10, 8, 3], 2),
        tf.nn.conv2d(x, w, 1, [[0, 0], [1, 2], [0, 1], [0, 0]]),
        tf.nn.conv2d_transpose(x, tf.transpose(w, [0, 1, 3, 2]), [2, 18, 16, 3], 2),
    ]
    return weighted(tf, layers, [x, w, row, narrow, v, deep])


def apart(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2, 8, 7, 2], name="x")
    unknown = tf.placeholder_with_default(x, [None, None, None, 2])
    w = tf.placeholder(tf.float32, [3, 2, 2, 2], name="w")
    mix = tf.placeholder(tf.float32, [1, 1, 4, 3], name="mix")
    ones = [1, 1, 1, 1]
    layers = [
        tf.nn.depthwise_conv2d(x, w, ones, "SAME", rate=[2, 2]),
        tf.nn.depthwise_conv2d(x, w, [1, 2, 2, 1], "VALID"),
        tf.nn.depthwise_conv2d(unknown, w, ones, "SAME", rate=[2, 3]),
        tf.nn.separable_conv2d(x, w, mix, ones, "SAME", rate=[2, 1]),
        tf.nn.convolution(unknown, w, "SAME", dilation_rate=[2, 2]),
        tf.nn.depthwise_conv2d_native(x, w, ones, "SAME"),
    ]
    sizes = tf.shape(x)
    images = tf.nn.depthwise_conv2d_backprop_input(sizes, w, layers[5], ones, "SAME")
    filters = tf.nn.depthwise_conv2d_native_backprop_filter(
        x, tf.constant([3, 2, 2, 2]), layers[5], ones, "SAME"
    )
    return [images, filters, *weighted(tf, layers, [x, w, mix])]


PROGRAMS = [volumes, pools, convolutions, apart]
