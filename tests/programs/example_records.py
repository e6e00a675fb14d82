"""Examples written as records, read back and parsed."""

import os
import tempfile
from typing import Any


def main(tf: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "data.tfrecord")
        with tf.python_io.TFRecordWriter(path) as writer:
            for i in range(3):
                feature = {
                    "n": tf.train.Feature(int64_list=tf.train.Int64List(value=[i])),
                    "x": tf.train.Feature(float_list=tf.train.FloatList(value=[i, i + 0.5])),
                    "s": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"t"] * i)),
                }
                example = tf.train.Example(features=tf.train.Features(feature=feature))
                writer.write(example.SerializeToString())
        wanted = {
            "n": tf.FixedLenFeature([], tf.int64),
            "x": tf.FixedLenFeature([2], tf.float32),
            "s": tf.FixedLenSequenceFeature([], tf.string, allow_missing=True),
        }
        data = tf.data.TFRecordDataset(path).map(lambda r: tf.parse_single_example(r, wanted))
        found = data.make_one_shot_iterator().get_next()
        fetches = [found["n"], found["x"], found["s"]]
        with tf.Session() as sess:
            return [sess.run(fetches) for _ in range(3)]
