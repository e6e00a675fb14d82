"""SequenceExamples and sparse features parsed one by one, in batches and by a dataset."""

from typing import Any

import numpy as np


def example(tf: Any, words: Any, label: int, weights: Any = None) -> bytes:
    def ints(values: Any) -> Any:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    made = tf.train.SequenceExample()
    made.context.feature["label"].CopyFrom(ints([label]))
    made.context.feature["tags"].CopyFrom(
        tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"t"] * label))
    )
    made.feature_lists.feature_list["words"].feature.extend(ints([w]) for w in words)
    made.feature_lists.feature_list["chars"].feature.extend(ints(range(w)) for w in words)
    for row in weights or ():
        made.feature_lists.feature_list["weights"].feature.add().float_list.value.extend(row)
    data: bytes = made.SerializeToString()
    return data


def main(tf: Any) -> Any:
    context = {
        "label": tf.FixedLenFeature([], tf.int64),
        "size": tf.FixedLenFeature([2], tf.float32, [1.0, 2.0]),
        "tags": tf.VarLenFeature(tf.string),
    }
    lists = {
        "words": tf.FixedLenSequenceFeature([], tf.int64),
        "weights": tf.FixedLenSequenceFeature([2], tf.float32, allow_missing=True),
        "chars": tf.VarLenFeature(tf.int64),
    }
    rows = [
        example(tf, [3, 1, 2], 2, [[1.5, 2.5], [3.5, 4.5], [5.5, 6.5]]),
        example(tf, [4], 0),
    ]
    text = tf.placeholder(tf.string, [])
    one = tf.parse_single_sequence_example(text, context, lists)
    many = tf.io.parse_sequence_example(tf.constant(rows), context, lists)
    data = tf.data.Dataset.from_tensor_slices(rows).map(
        lambda row: tf.parse_single_sequence_example(row, context, lists)[1]["words"]
    )
    padded = data.padded_batch(2, [None]).make_one_shot_iterator().get_next()
    places = tf.train.Example()
    places.features.feature["at"].int64_list.value.extend([7, 2])
    places.features.feature["is"].float_list.value.extend([0.7, 0.2])
    sparse = tf.parse_example(
        [places.SerializeToString()], {"row": tf.SparseFeature("at", "is", tf.float32, 10)}
    )
    dense = tf.sparse_tensor_to_dense(sparse["row"])
    with tf.Session() as sess:
        singles = [sess.run(one, {text: row}) for row in rows]
        try:
            sess.run(one, {text: example(tf, [], 1).replace(b"words", b"wordz")})
            wrong = "nothing"
        except tf.errors.InvalidArgumentError:
            wrong = "a list is missing"
        return singles, sess.run(many), sess.run(padded), sess.run(dense), wrong, np.float32(1)
