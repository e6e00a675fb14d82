"""Programs written once and built in both languages: `tf` is opscope.runtime or TensorFlow."""

from __future__ import annotations

from typing import Any


def softmax_regression(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 64], name="x")
    y = tf.placeholder(tf.float32, [None, 10], name="y")
    weights = tf.placeholder(tf.float32, [64, 10], name="W")
    bias = tf.placeholder(tf.float32, [10], name="b")
    prediction = tf.nn.softmax(tf.matmul(x, weights) + bias)
    with tf.name_scope("cross_entropy"):
        loss = tf.reduce_mean(-tf.reduce_sum(y * tf.log(prediction), axis=1))
    hit = tf.equal(tf.argmax(prediction, 1), tf.argmax(y, 1))
    accuracy = tf.reduce_mean(tf.cast(hit, tf.float32))
    return [loss, accuracy, *tf.gradients(loss, [weights, bias])]


def mlp(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 64], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    w1 = tf.placeholder(tf.float32, [64, 32], name="w1")
    b1 = tf.placeholder(tf.float32, [32], name="b1")
    w2 = tf.placeholder(tf.float32, [32, 10], name="w2")
    with tf.name_scope("hidden"):
        hidden = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, w1), b1))
    logits = tf.matmul(hidden, w2)
    sparse = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    dense = tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.one_hot(y, 10), logits=logits)
    )
    loss = sparse + 0.5 * dense + 1e-4 * tf.nn.l2_loss(w1)
    return [loss, *tf.gradients(loss, [w1, b1, w2])]


def tanh_network(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [8, 5], name="x")
    w = tf.placeholder(tf.float32, [5, 5], name="w")
    state = x
    for _ in range(3):
        state = tf.tanh(tf.matmul(state, w)) * tf.sigmoid(state) + 0.1
    labels = tf.placeholder(tf.float32, [8, 5], name="labels")
    loss = tf.reduce_sum(
        tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=state), axis=[0, 1]
    )
    loss += tf.reduce_max(state) + tf.reduce_mean(tf.square(state), axis=0)[1]
    return [loss, *tf.gradients(loss, [w, x])]


def arrays(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [4, 6], name="x")
    i = tf.placeholder(tf.int32, [3], name="i")
    left, right = tf.split(x, 2, axis=1)
    joined = tf.concat([left, tf.transpose(tf.transpose(right)), left * 2.0], 1)
    stacked = tf.stack([left, right], axis=1)
    parts = tf.unstack(stacked, axis=0)
    cut = x[1:3, ::2] + tf.slice(x, [0, 1], [2, 3]) + x[0, tf.newaxis, 3:]
    padded = tf.pad(cut, [[1, 0], [0, 2]])
    tiled = tf.tile(tf.expand_dims(parts[0], 0), [2, 1, 1])
    clipped = tf.clip_by_value(x, -0.5, 0.5)
    rows = tf.gather(x, i) + tf.nn.embedding_lookup(x, i)
    last = tf.squeeze(tf.reduce_sum(x, 1, keepdims=True), axis=[1])
    total = (
        tf.reduce_sum(joined * joined)
        + tf.reduce_mean(padded)
        + tf.reduce_sum(tiled)
        + tf.reduce_sum(tf.where(x > 0, clipped, tf.zeros_like(x)))
        + tf.reduce_sum(rows * rows)
        + last[-1]
        + tf.reduce_prod(x, axis=1)[2]
        + tf.reduce_min(x, axis=0)[i[0]]
    )
    grad = tf.gradients(total, [x])[0]
    return [total, tf.convert_to_tensor(grad), tf.shape(x), tf.range(3), tf.fill([2, 2], 1.5)]


def pointwise(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.placeholder(tf.float32, [3], name="y")
    results = [
        x + y, x - y, x * y, x / y, x // y, x % y, -x, abs(x), x**2.0, 1.0 - x, 2.0 / y,
        tf.exp(x), tf.log(y), tf.log1p(y), tf.sqrt(y), tf.rsqrt(y), tf.square(x), tf.sign(x),
        tf.reciprocal(y), tf.floor(x), tf.ceil(x), tf.round(x), tf.maximum(x, y),
        tf.minimum(x, y), tf.squared_difference(x, y), tf.div_no_nan(x, y), tf.pow(y, x),
        tf.nn.relu(x), tf.nn.relu6(x), tf.nn.elu(x), tf.nn.selu(x), tf.nn.softplus(x),
        tf.nn.softsign(x), tf.nn.leaky_relu(x), tf.sin(x), tf.cos(x), tf.expm1(x),
        tf.nn.log_softmax(x), tf.nn.l2_normalize(x, 1), tf.cumsum(x), tf.cumsum(x, 1, True, True),
        tf.reduce_logsumexp(x, 1), *tf.nn.moments(x, [0]), tf.add_n([x, x, x * y]),
    ]  # fmt: skip
    total = tf.add_n([tf.reduce_sum(r) for r in results])
    flags = [x > y, x >= y, x < y, x <= y, tf.equal(x, y), tf.is_nan(x), tf.is_inf(x)]
    found = [
        tf.reduce_all(flags[0]), tf.reduce_any(flags[1]), (flags[2] & flags[3]) | ~flags[4],
        *flags, tf.argmin(x, 1), tf.nn.in_top_k(x, tf.argmax(x, 1), 1),
    ]  # fmt: skip
    return [total, *results, *found, *tf.gradients(total, [x, y])]


def lenet(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    y = tf.placeholder(tf.float32, [None, 10], name="y")
    w1 = tf.placeholder(tf.float32, [5, 5, 1, 8], name="w1")
    b1 = tf.placeholder(tf.float32, [8], name="b1")
    w2 = tf.placeholder(tf.float32, [5, 5, 8, 16], name="w2")
    w3 = tf.placeholder(tf.float32, [7 * 7 * 16, 10], name="w3")
    keep_prob = tf.placeholder(tf.float32, [], name="keep_prob")
    image = tf.reshape(x, [-1, 28, 28, 1])
    h = tf.nn.relu(tf.nn.conv2d(image, w1, strides=[1, 1, 1, 1], padding="SAME") + b1)
    h = tf.nn.max_pool(h, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
    h = tf.nn.relu(tf.nn.conv2d(h, w2, strides=[1, 1, 1, 1], padding="SAME"))
    h = tf.nn.avg_pool(h, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
    h = tf.nn.dropout(tf.reshape(h, [-1, 7 * 7 * 16]), keep_prob)
    logits = tf.matmul(h, w3)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))
    return [loss, *tf.gradients(loss, [w1, b1, w2, w3])]


def images(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2, 9, 10, 3], name="x")
    w = tf.placeholder(tf.float32, [3, 2, 3, 4], name="w")
    layers = [
        tf.nn.conv2d(x, w, [1, 2, 2, 1], "SAME"),
        tf.nn.conv2d(x, w, [1, 1, 3, 1], "VALID"),
        tf.nn.conv2d(x, w, [1, 1, 1, 1], "VALID", dilations=[1, 2, 3, 1]),
        tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME"),
        tf.nn.conv2d(x, w[:1, :1], [1, 1, 1, 1], "SAME"),
        tf.nn.max_pool(x, [1, 3, 2, 1], [1, 2, 2, 1], "SAME"),
        tf.nn.max_pool(x, [1, 2, 2, 1], [1, 3, 3, 1], "VALID"),
        tf.nn.avg_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME"),
        tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
    ]
    loss = tf.add_n([tf.reduce_sum(tf.square(layer)) for layer in layers])
    return [*layers, *tf.gradients(loss, [x, w])]


def image_layers(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2, 6, 6, 3], name="x")
    w = tf.placeholder(tf.float32, [3, 3, 3, 2], name="w")
    mix = tf.placeholder(tf.float32, [1, 1, 6, 4], name="mix")
    up = tf.placeholder(tf.float32, [3, 3, 5, 4], name="up")
    row = tf.placeholder(tf.float32, [2, 8, 3], name="row")
    kernel = tf.placeholder(tf.float32, [3, 3, 2], name="kernel")
    ones = tf.ones([3])
    normal, mean, variance = tf.nn.fused_batch_norm(x, ones, tf.zeros([3]))
    seen, _, _ = tf.nn.fused_batch_norm(
        x, ones, tf.zeros([3]), mean=mean, variance=variance, is_training=False
    )
    deep = tf.nn.depthwise_conv2d(normal + seen, w, [1, 1, 1, 1], "SAME")
    apart = tf.nn.separable_conv2d(x, w, mix, [1, 2, 2, 1], "SAME")
    larger = tf.nn.conv2d_transpose(apart, up, [2, 6, 6, 5], [1, 2, 2, 1])
    flat = tf.nn.conv1d(row, kernel, 2, "VALID")
    local = tf.nn.lrn(x, depth_radius=2)
    loss = sum(tf.reduce_sum(tf.square(t)) for t in (deep, apart, larger, flat, local))
    return [loss, flat, *tf.gradients(loss, [x, w, mix, up, kernel])]


def masks_and_matrices(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [4, 4], name="x")
    i = tf.placeholder(tf.int32, [3], name="i")
    mask = tf.sequence_mask(i, dtype=tf.float32)
    band = tf.matrix_band_part(x, 1, 0)
    places = tf.stack([i, i], axis=1)
    parts = tf.dynamic_partition(x, [0, 1, 0, 1], 2)
    together = tf.dynamic_stitch([[0, 2], [1, 3]], parts)
    sparse = tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], [3, 4])
    values = [
        tf.reduce_sum(mask),
        tf.trace(band + tf.eye(4)),
        tf.reduce_sum(tf.gather_nd(x, places) * 2.0),
        tf.reduce_sum(tf.scatter_nd(places, tf.gather(x[0], i), [4, 4]) * x),
        tf.reduce_sum(together * x),
        tf.reduce_sum(tf.sparse_tensor_dense_matmul(sparse, x)),
        tf.reduce_sum(tf.sparse_tensor_to_dense(sparse)),
        tf.reduce_sum(tf.segment_sum(x, [0, 0, 1, 2]) ** 2),
        tf.reduce_sum(tf.matrix_diag(tf.matrix_diag_part(x))),
        tf.reduce_sum(tf.pad(x, [[1, 1], [2, 0]], mode="REFLECT")),
        tf.reduce_sum(tf.reverse_sequence(x, [1, 2, 3, 4], seq_axis=1)[0]),
        tf.reduce_sum(tf.erf(x) + tf.atan(x) + tf.sinh(x)),
        tf.reduce_sum(tf.einsum("ij,jk->ik", x, x)),
    ]
    total = tf.add_n(values[1:])
    return [*values, tf.unique(i)[0], total]


PROGRAMS = (
    softmax_regression,
    mlp,
    lenet,
    images,
    tanh_network,
    arrays,
    pointwise,
    image_layers,
    masks_and_matrices,
)


def special_values(tf: Any, x: Any) -> Any:
    """What ops make of NaN, infinities and zeros; x: float32 vector.

    Left out: softmax of an infinity (all NaN here, zeros beside one NaN in oneDNN) and max pooling
    of a NaN (it stays here, is skipped there).
    """
    zero = tf.zeros_like(x)
    column = tf.expand_dims(x, 1)
    return {
        "relu": tf.nn.relu(x),
        "relu6": tf.nn.relu6(x),
        "maximum": tf.maximum(x, 0.0),
        "minimum": tf.minimum(x, 0.0),
        "clip": tf.clip_by_value(x, -1.0, 1.0),
        "log": tf.log(x),
        "exp": tf.exp(x),
        "sqrt": tf.sqrt(x),
        "rsqrt": tf.rsqrt(x),
        "divide": x / zero,
        "no nan": tf.div_no_nan(x, zero),
        "times zero": x * zero,
        "sign": tf.sign(x),
        "sigmoid": tf.sigmoid(x),
        "tanh": tf.tanh(x),
        "softplus": tf.nn.softplus(x),
        "elu": tf.nn.elu(x),
        "log softmax": tf.nn.log_softmax(x),
        "sum": tf.reduce_sum(x),
        "mean": tf.reduce_mean(x),
        "max": tf.reduce_max(x),
        "min": tf.reduce_min(x),
        "argmax": tf.argmax(x),
        "argmin": tf.argmin(x),
        "equal": tf.equal(x, x),
        "where": tf.where(x > 0, x, zero),
        "l2": tf.nn.l2_loss(x),
        "matmul": tf.matmul(column, tf.ones([1, 2])),
        "bias": tf.nn.bias_add(column, tf.ones([1])),
        "relu gradient": tf.gradients(tf.nn.relu(x), x, grad_ys=x)[0],
        "log gradient": tf.gradients(tf.log(x), x)[0],
        "max gradient": tf.gradients(tf.maximum(x, 0.0), x)[0],
        "floor division": x // 2.0,
        "remainder": x % 2.0,
        "power": x**2.0,
        "finite": tf.is_finite(x),
        "xent": tf.nn.softmax_cross_entropy_with_logits_v2(
            labels=tf.ones_like(column), logits=column
        ),
    }
