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


def losses(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [3, 4], name="x")
    y = tf.placeholder(tf.float32, [3, 4], name="y")
    layers = [
        tf.nn.crelu(x),
        tf.nn.crelu(x, axis=0, name="mine"),
        tf.nn.log_poisson_loss(y, x),
        tf.nn.log_poisson_loss(y, x, compute_full_loss=True),
        tf.nn.weighted_cross_entropy_with_logits(labels=y, logits=x, pos_weight=2.0),
    ]
    return weighted(tf, layers, [x])


def moments(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [3, 4, 5], name="x")
    loose = tf.placeholder_with_default(x, [None, 4, None])
    w = tf.placeholder(tf.float32, [3, 1, 5], name="w")
    image = tf.placeholder(tf.float32, [2, 3, 3, 4], name="image")
    one = tf.ones([4])
    counts, means, squares, shift = tf.nn.sufficient_statistics(x, [0, 2], shift=0.5)
    layers = [
        *tf.nn.normalize_moments(counts, means, squares, shift),
        *tf.nn.normalize_moments(*tf.nn.sufficient_statistics(loose, [0], keep_dims=True)),
        *tf.nn.weighted_moments(x, [0, 2], w * w + 0.5),
        *tf.nn.weighted_moments(x, [1], w * w + 0.5, keep_dims=True, name="mine"),
        tf.nn.batch_norm_with_global_normalization(image, one, one, one, one, 0.01, True),
    ]
    return weighted(tf, layers, [x, image])


def embeddings(tf: Any) -> Any:
    a = tf.placeholder(tf.float32, [5, 3], name="a")
    b = tf.placeholder(tf.float32, [5, 3], name="b")
    c = tf.placeholder_with_default(tf.ones([4, 3]), [None, 3])
    v = tf.placeholder(tf.float32, [7], name="v")
    ids = tf.placeholder(tf.int32, [2, 3], name="ids")
    layers = [
        tf.nn.embedding_lookup(a, ids),
        tf.nn.embedding_lookup([a, b], ids),
        tf.nn.embedding_lookup([a, b], ids, partition_strategy="div", name="runs"),
        tf.nn.embedding_lookup([a, b, c], ids, partition_strategy="div"),
        tf.nn.embedding_lookup(a, ids, max_norm=0.5),
        tf.nn.embedding_lookup([a, b], ids, max_norm=0.5),
        tf.nn.embedding_lookup(v, ids),
    ]
    grads = [tf.convert_to_tensor(g) for g in weighted(tf, layers, [a, b])[len(layers) :]]
    return [*layers, *grads]


def bags(tf: Any) -> Any:
    a = tf.placeholder(tf.float32, [5, 3], name="a")
    b = tf.placeholder(tf.float32, [5, 3], name="b")
    w = tf.placeholder(tf.float32, [4], name="w")
    at = tf.constant([[0, 0], [0, 1], [1, 0], [3, 2]], tf.int64)
    ids = tf.SparseTensor(at, tf.constant([1, 3, 3, 0], tf.int64), [4, 3])
    some = tf.SparseTensor(at, tf.constant([1, -1, 3, -2], tf.int64), [4, 3])
    weights = tf.SparseTensor(at, w, [4, 3])
    cube = tf.SparseTensor(
        tf.constant([[0, 0, 0], [1, 0, 1]], tf.int64), tf.constant([2, 4], tf.int64), [2, 2, 3]
    )
    layers = [
        tf.nn.embedding_lookup_sparse(a, ids, None),
        tf.nn.embedding_lookup_sparse(a, ids, None, combiner="sum", name="mine"),
        tf.nn.embedding_lookup_sparse([a, b], ids, None, combiner="sqrtn"),
        tf.nn.embedding_lookup_sparse(a, ids, weights, combiner="mean"),
        tf.nn.embedding_lookup_sparse(a, ids, weights, combiner="sqrtn"),
        tf.nn.embedding_lookup_sparse([a, b], ids, weights, combiner="sum", max_norm=1.0),
        tf.nn.safe_embedding_lookup_sparse([a, b], some),
        tf.nn.safe_embedding_lookup_sparse(a, some, weights, default_id=2, combiner="sqrtn"),
        tf.nn.safe_embedding_lookup_sparse(a, cube),
        tf.sparse_segment_mean(a, [0, 1, 1], [0, 0, 1]),
    ]
    thinned = tf.sparse_retain(ids, [True, False, True, False])
    flat = tf.sparse_reshape(ids, [-1, 6])
    return [*layers, thinned.values, flat.indices, flat.dense_shape]


def distinct_labels(tf: Any) -> Any:
    rows = tf.constant([[1, 1, 2, 2, 1], [3, 0, 3, 0, 5]])
    return tf.nn.ctc_unique_labels(rows)


def own_gradients(tf: Any) -> Any:
    """TensorFlow numbers the gradients otherwise, and adds an Identity that nothing reads."""
    x = tf.placeholder(tf.float32, [3, 4], name="x")

    @tf.custom_gradient
    def log1pexp(value: Any) -> Any:
        powers = tf.exp(value)
        return tf.log(1 + powers), lambda grad: grad * (1 - 1 / (1 + powers))

    @tf.custom_gradient
    def both(a: Any, b: Any) -> Any:
        return [a * b, a + b], lambda one, two: [one * b + two, 7 * one]

    layers = [tf.nn.swish(x), tf.nn.silu(x, 1.5), log1pexp(x), *both(x, x + 1)]
    return weighted(tf, layers, [x])


def bag_gradients(tf: Any) -> Any:
    """The values are TensorFlow's; names are not where it knows a shape less."""
    layers = bags(tf)[:10]
    graph = tf.get_default_graph()
    sources = [graph.get_tensor_by_name(name) for name in ("a:0", "b:0", "w:0")]
    grads = weighted(tf, layers, sources)[len(layers) :]
    return [tf.convert_to_tensor(grad) for grad in grads]


def sampled(tf: Any) -> Any:
    weights = tf.placeholder(tf.float32, [8, 3], name="weights")
    others = tf.placeholder(tf.float32, [4, 3], name="others")
    bias = tf.placeholder(tf.float32, [8], name="bias")
    inputs = tf.placeholder(tf.float32, [2, 3], name="inputs")
    labels = tf.placeholder(tf.int64, [2, 2], name="labels")
    few = tf.nn.all_candidate_sampler(labels, 2, 8, True)
    first = (few[0], few[1][:, :1], few[2])
    layers = [
        tf.nn.nce_loss(weights, bias, labels, inputs, 8, 8, num_true=2, sampled_values=few),
        tf.nn.nce_loss(
            [weights[:4], others], bias, tf.cast(labels, tf.int32), inputs, 8, 8, num_true=2,
            sampled_values=few, remove_accidental_hits=True, partition_strategy="div",
        ),
        tf.nn.sampled_softmax_loss(
            weights, bias, labels[:, :1], inputs, 8, 8, sampled_values=first
        ),
    ]  # fmt: skip
    return [*few, *layers, *tf.gradients(tf.add_n(layers), [inputs])]


def speech(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [6, 2, 4], name="x")
    labels = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([1, 1, 2]), [2, 2])
    loss = tf.nn.ctc_loss(labels, x, [6, 4])
    rows = tf.nn.ctc_loss(labels, tf.transpose(x, [1, 0, 2]), [6, 6], time_major=False)
    (greedy,), score = tf.nn.ctc_greedy_decoder(x, [6, 4])
    (first, second), beam = tf.nn.ctc_beam_search_decoder(x, [6, 4], 10, 2)
    runs = tf.placeholder(tf.int32, [2, 5], name="runs")
    short, counts = tf.nn.collapse_repeated(runs, [4, 5])
    (apart,), _ = tf.nn.ctc_beam_search_decoder_v2(x, [6, 4])
    whole = [tf.sparse_tensor_to_dense(t) for t in (greedy, first, second, apart)]
    return [short, counts, *whole, score, beam, *weighted(tf, [loss, rows], [x])]


def rounding(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [3, 4], name="x")
    w = tf.placeholder(tf.float32, [3, 3, 2], name="w")
    image = tf.placeholder(tf.float32, [1, 5, 6, 2], name="image")
    low, high = tf.constant(-0.5), tf.constant(0.7)
    lows, highs = tf.constant([-1.0, -0.5, -0.2, 0.1]), tf.constant([1.0, 0.5, 0.3, 0.6])
    layers = [
        tf.fake_quant_with_min_max_args(x),
        tf.quantization.fake_quant_with_min_max_args(x, -0.5, 0.5, 4, narrow_range=True),
        tf.fake_quant_with_min_max_vars(x, low, high),
        tf.fake_quant_with_min_max_vars_per_channel(x, lows, highs, num_bits=5, name="mine"),
        *tf.fake_quant_with_min_max_vars_gradient(x, x, low, high),
        tf.nn.dilation2d(image, w, [1, 1, 2, 1], [1, 1, 1, 1], "SAME"),
        tf.nn.erosion2d(image, w, [1, 1, 1, 1], [1, 2, 1, 1], "VALID"),
    ]
    back = [layers[0], *layers[2:4], *layers[-2:]]
    return [*layers, *weighted(tf, back, [x, low, high, lows, image, w])]


def samplers(tf: Any) -> Any:
    """Random: the nodes are TensorFlow's, the values are not."""
    tf.set_random_seed(4)
    labels = tf.placeholder(tf.int64, [2, 2], name="labels")
    weights, bias, inputs = tf.ones([9, 3]), tf.zeros([9]), tf.ones([2, 3])
    return [
        *tf.nn.uniform_candidate_sampler(labels, 2, 3, True, 9, seed=2),
        *tf.nn.log_uniform_candidate_sampler(labels, 2, 3, False, 9),
        *tf.nn.learned_unigram_candidate_sampler(labels, 2, 3, True, 9, name="learned"),
        *tf.nn.fixed_unigram_candidate_sampler(
            labels, 2, 3, True, 4, unigrams=[1.0, 2.0, 3.0, 4.0], distortion=0.5
        ),
        *tf.nn.compute_accidental_hits(labels, tf.constant([1, 3, 1], tf.int64), 2),
        tf.nn.nce_loss(weights, bias, labels, inputs, 3, 9, num_true=2),
        tf.nn.sampled_softmax_loss(weights, bias, labels, inputs, 3, 9, num_true=2, seed=5),
    ]


PROGRAMS = [
    volumes,
    pools,
    convolutions,
    apart,
    losses,
    moments,
    embeddings,
    bags,
    sampled,
    speech,
    rounding,
]
RANDOM_PROGRAMS = [samplers]
# Compared by their values alone.
VALUE_PROGRAMS = [distinct_labels, bag_gradients, own_gradients]
