"""Words to numbers by a table with buckets for the rest, into an embedding, and back."""

from typing import Any

import numpy as np


def main(tf: Any) -> Any:
    words = tf.constant(["the cat sat", "on the unknown mat"])
    pieces = tf.strings.split(words)
    known = tf.lookup.KeyValueTensorInitializer(
        ["the", "cat", "sat", "on", "mat"], np.arange(5, dtype=np.int64)
    )
    table = tf.lookup.StaticVocabularyTable(known, num_oov_buckets=3)
    ids = table.lookup(pieces)
    dense = tf.sparse_tensor_to_dense(ids, default_value=-1)
    names = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            np.arange(5, dtype=np.int64), tf.constant(["the", "cat", "sat", "on", "mat"])
        ),
        "?",
    )
    table_of_rows = tf.get_variable(
        "rows", initializer=np.arange(24, dtype=np.float32).reshape(8, 3)
    )
    rows = tf.nn.embedding_lookup(table_of_rows, ids.values)
    back = tf.reduce_join(names.lookup(dense), 1, separator=" ")
    bucket = tf.string_to_hash_bucket_fast(["a", "word", "of a sentence that is long"], 100)
    with tf.Session() as sess:
        sess.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return sess.run([dense, rows, back, bucket, table.size()])
