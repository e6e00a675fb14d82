"""Input pipelines of windows, groups, choices and sparse tensors; each takes the module `tf`."""

import numpy as np


def numbers(tf, count=10):
    return tf.data.Dataset.range(count)


def windows(tf):
    return numbers(tf).window(3, shift=2).flat_map(lambda w: w.batch(3))


def windows_of_pairs(tf):
    data = tf.data.Dataset.zip((numbers(tf), numbers(tf).map(lambda x: x * x)))
    data = data.window(4, shift=3, stride=2, drop_remainder=True)
    return data.flat_map(lambda a, b: tf.data.Dataset.zip((a.batch(4), b.batch(2))))


def far_windows(tf):
    return numbers(tf).window(2, 4).flat_map(lambda w: w)


def with_options(tf):
    options = tf.data.Options()
    options.experimental_deterministic = True
    options.experimental_threading.private_threadpool_size = 3
    return numbers(tf).map(lambda x: x + 1).with_options(options)


def interleaved_in_parallel(tf):
    return numbers(tf).interleave(
        lambda x: tf.data.Dataset.from_tensors(x).repeat(x % 4),
        cycle_length=3,
        block_length=2,
        num_parallel_calls=2,
    )


def interleaved_as_before(tf):
    return numbers(tf).apply(
        tf.data.experimental.parallel_interleave(
            lambda x: tf.data.Dataset.from_tensors(x).repeat(3), cycle_length=2, block_length=2
        )
    )


def mapped_and_batched(tf):
    return numbers(tf).apply(
        tf.data.experimental.map_and_batch(lambda x: (x, tf.cast(x, tf.float32) / 2), 4)
    )


def mapped_and_whole_batches(tf):
    fused = tf.data.experimental.map_and_batch(lambda x: x * 2, 4, 1, drop_remainder=True)
    return numbers(tf).apply(fused)


def grouped(tf):
    return numbers(tf).apply(
        tf.data.experimental.group_by_window(
            lambda x: x % 3, lambda key, window: window.batch(2), window_size=2
        )
    )


def grouped_by_size_of_key(tf):
    return numbers(tf, 20).apply(
        tf.data.experimental.group_by_window(
            lambda x: x % 3,
            lambda key, window: window.map(lambda x: x + 100 * key).batch(5),
            window_size_func=lambda key: key + 1,
        )
    )


def reduced_by_key(tf):
    reducer = tf.data.experimental.Reducer(
        lambda key: (np.int64(0), key),
        lambda state, x: (state[0] + x, state[1]),
        lambda a, b: a + b,
    )
    return numbers(tf).apply(tf.data.experimental.group_by_reducer(lambda x: x % 3, reducer))


def buckets(tf):
    return (
        numbers(tf, 12)
        .map(lambda x: tf.range(x % 7))
        .apply(
            tf.data.experimental.bucket_by_sequence_length(
                lambda x: tf.shape(x)[0], [3, 5], [2, 3, 2]
            )
        )
    )


def buckets_of_labelled(tf):
    return (
        numbers(tf, 12)
        .map(lambda x: (tf.range(x % 6 + 1), x))
        .apply(
            tf.data.experimental.bucket_by_sequence_length(
                lambda x, label: tf.size(x), [3, 8], [2, 3, 2], padded_shapes=([None], [])
            )
        )
    )


def chosen(tf):
    parts = [numbers(tf, 3), numbers(tf, 5).map(lambda x: x + 100)]
    return tf.data.experimental.choose_from_datasets(parts, numbers(tf, 2).repeat(6))


def scanned(tf):
    return numbers(tf).apply(
        tf.data.experimental.scan((np.int64(0), np.int64(1)), lambda s, x: ((s[1], s[0] + s[1]), s))
    )


def taken_while(tf):
    return numbers(tf).apply(tf.data.experimental.take_while(lambda x: x < 4))


def unique(tf):
    return numbers(tf).map(lambda x: x % 4).apply(tf.data.experimental.unique())


def unique_strings(tf):
    words = tf.constant(["a", "b", "a", "c", "b"])
    return tf.data.Dataset.from_tensor_slices(words).apply(tf.data.experimental.unique())


def sharded(tf):
    return numbers(tf).shard(3, 1)


def sparse(tf):
    return tf.SparseTensor([[0, 0], [1, 2], [3, 1]], np.float32([1, 2, 3]), [4, 3])


def rows_of_sparse(tf):
    return tf.data.Dataset.from_sparse_tensor_slices(sparse(tf))


def dense_of_sparse(tf):
    data = tf.data.Dataset.from_tensor_slices((sparse(tf), np.arange(4)))
    return data.map(lambda s, i: tf.sparse_tensor_to_dense(s) * tf.cast(i, tf.float32))


def batches_of_sparse(tf):
    data = tf.data.Dataset.from_tensor_slices(sparse(tf)).batch(2)
    return data.map(lambda s: (s.indices, s.values, s.dense_shape))


def sparse_of_map(tf):
    data = numbers(tf, 3).map(
        lambda x: tf.SparseTensor(tf.reshape(x, [1, 1]), tf.reshape(x * 10, [1]), [5])
    )
    return data.map(lambda s: tf.sparse_tensor_to_dense(s))


GROUPED = [
    windows,
    windows_of_pairs,
    far_windows,
    with_options,
    interleaved_in_parallel,
    interleaved_as_before,
    mapped_and_batched,
    mapped_and_whole_batches,
    grouped,
    grouped_by_size_of_key,
    reduced_by_key,
    buckets,
    buckets_of_labelled,
    chosen,
    scanned,
    taken_while,
    unique,
    unique_strings,
    sharded,
    rows_of_sparse,
    dense_of_sparse,
    batches_of_sparse,
    sparse_of_map,
]
# A choice passes through a rewrite in TensorFlow that forbids it to go on for ever.
OTHER_NODES = [chosen]
