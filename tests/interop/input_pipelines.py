"""Input pipelines written once, for opscope and TensorFlow: each takes the module `tf`."""

import gzip
from collections import namedtuple

import numpy as np

Point = namedtuple("Point", "x y")


def slices_mapped(tf):
    data = tf.data.Dataset.from_tensor_slices((np.arange(6), np.ones((6, 2), np.float32)))
    return data.repeat(2).batch(4).map(lambda x, y: (x + 1, y * 2)).prefetch(1)


def dicts(tf):
    data = tf.data.Dataset.from_tensor_slices(
        {"b": np.float32([1, 2, 3]), "a": np.arange(6).reshape(3, 2)}
    )
    return data.map(lambda e: {"sum": tf.reduce_sum(e["a"]), "b": e["b"] * 2.0})


def named_tuples(tf):
    data = tf.data.Dataset.from_tensor_slices(Point(np.int32([1, 2, 3]), np.float32([1, 2, 3])))
    return data.map(lambda p: Point(p.y, p.x)).take(2)


def nested(tf):
    data = tf.data.Dataset.from_tensor_slices((np.arange(4), {"k": (np.ones(4), np.zeros(4))}))
    return data.map(lambda a, b: (b, a)).skip(1)


def ranges(tf):
    return tf.data.Dataset.range(3).concatenate(tf.data.Dataset.range(10, 4, -3))


def range_of_int32(tf):
    return tf.data.Dataset.range(1, 4).map(lambda x: tf.cast(x, tf.int32))


def filtered(tf):
    return tf.data.Dataset.range(10).filter(lambda x: tf.equal(x % 3, 0))


def flat_mapped(tf):
    return tf.data.Dataset.range(4).flat_map(
        lambda x: tf.data.Dataset.from_tensors(x).repeat(x).map(lambda y: (y, y * x))
    )


def interleaved(tf):
    return tf.data.Dataset.range(1, 5).interleave(
        lambda x: tf.data.Dataset.from_tensors(x).repeat(x + 1), cycle_length=2, block_length=2
    )


def zipped(tf):
    a = tf.data.Dataset.range(3)
    b = tf.data.Dataset.range(5).batch(2)
    return tf.data.Dataset.zip((a, {"b": b}))


def enumerated(tf):
    return tf.data.Dataset.from_tensor_slices(["a", "b"]).enumerate(start=5)


def captured(tf):
    scale = tf.constant([2.0, 3.0])
    offset = tf.constant(1.0)
    return tf.data.Dataset.from_tensor_slices(np.float32([[1, 2], [3, 4]])).map(
        lambda x: x * scale + offset
    )


def parallel(tf):
    scale = tf.constant(2, tf.int64)
    return tf.data.Dataset.range(20).map(lambda x: x * scale, num_parallel_calls=3)


def dropped_remainder(tf):
    return tf.data.Dataset.range(7).batch(3, drop_remainder=True)


def padded(tf):
    return (
        tf.data.Dataset.range(1, 6)
        .map(lambda x: (tf.fill([tf.cast(x, tf.int32)], x), x))
        .padded_batch(2, padded_shapes=([None], []))
    )


def padded_with(tf):
    return (
        tf.data.Dataset.range(1, 4)
        .map(lambda x: tf.fill([tf.cast(x, tf.int32), 2], x))
        .padded_batch(3, padded_shapes=[4, None], padding_values=np.int64(-1))
    )


def padded_strings(tf):
    return tf.data.Dataset.from_tensors([["a", "bc"]]).padded_batch(1, [2, 3])


def cached(tf):
    return tf.data.Dataset.range(3).map(lambda x: x + 1).cache().repeat(2)


def applied(tf):
    return tf.data.Dataset.range(5).apply(
        lambda d: d.map(lambda x: (x, -x)).batch(2).map(lambda x, y: x + y)
    )


def errors_ignored(tf):
    return (
        tf.data.Dataset.from_tensor_slices(np.float32([1, 0, 2]))
        .map(lambda x: tf.check_numerics(1.0 / x, "bad"))
        .apply(tf.data.experimental.ignore_errors())
    )


def unbatched(tf):
    return tf.data.Dataset.range(6).batch(2).batch(2).apply(tf.data.experimental.unbatch())


def strings(tf):
    return tf.data.Dataset.from_tensor_slices(["x", "yz", ""]).batch(2)


def list_result(tf):
    return tf.data.Dataset.range(2).map(lambda x: [x, tf.cast(x, tf.float32)])


def empty_repeat(tf):
    return tf.data.Dataset.range(0).repeat()


def random_in_map(tf):
    return tf.data.Dataset.range(3).map(lambda x: tf.shape(tf.random_uniform([2, 3], seed=1)))


def generator(tf):
    def items():
        for i in range(3):
            yield i, [float(i)] * i

    return tf.data.Dataset.from_generator(
        items, (tf.int32, tf.float32), (tf.TensorShape([]), tf.TensorShape([None]))
    ).map(lambda i, v: (i, tf.reduce_sum(v)))


def generator_with_args(tf):
    def items(n):
        yield from range(n)

    return tf.data.Dataset.from_generator(items, tf.int64, args=[np.int64(4)])


# Those of these files read what `write_files` wrote into the current folder.
def write_files(folder):
    (folder / "a.txt").write_bytes(b"one\ntwo\r\n\nlast")
    (folder / "b.txt").write_bytes(b"three\n")
    with gzip.open(folder / "c.txt.gz", "wb") as file:
        file.write(b"packed\nlines\n")
    (folder / "fixed.bin").write_bytes(b"HHaaabbbcccF")


def text_lines(tf):
    return tf.data.TextLineDataset(["a.txt", "b.txt"]).skip(1)


def packed_lines(tf):
    return tf.data.TextLineDataset("c.txt.gz", compression_type="GZIP")


def fixed_records(tf):
    return tf.data.FixedLengthRecordDataset("fixed.bin", 3, header_bytes=2, footer_bytes=1)


def listed_files(tf):
    return tf.data.Dataset.list_files("*.txt", shuffle=False)


def lines_of_listed(tf):
    return tf.data.Dataset.list_files("*.txt", shuffle=False).flat_map(
        lambda name: tf.data.TextLineDataset(name).skip(1).map(lambda line: (name, line))
    )


PIPELINES = [
    slices_mapped,
    dicts,
    named_tuples,
    nested,
    ranges,
    range_of_int32,
    filtered,
    flat_mapped,
    interleaved,
    zipped,
    enumerated,
    captured,
    parallel,
    dropped_remainder,
    padded,
    padded_with,
    padded_strings,
    cached,
    applied,
    errors_ignored,
    unbatched,
    strings,
    list_result,
    empty_repeat,
    random_in_map,
    text_lines,
    packed_lines,
    fixed_records,
    listed_files,
    lines_of_listed,
]
# TensorFlow has more nodes for these: it makes what is unbatched dense first, and numbers elements
# by a rewritten range.
OTHER_NODES = [enumerated, unbatched]
PYTHON_PIPELINES = [generator, generator_with_args]
