"""Sequences of different lengths from a generator, padded into batches."""

from typing import Any


def main(tf: Any) -> Any:
    def sequences() -> Any:
        for count in (1, 3, 2, 4):
            yield list(range(count))

    data = tf.data.Dataset.from_generator(sequences, tf.int32, tf.TensorShape([None]))
    element = data.padded_batch(2, [None]).make_one_shot_iterator().get_next()
    with tf.Session() as sess:
        return [sess.run(element) for _ in range(2)]
