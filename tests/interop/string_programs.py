"""Functions of strings, hashes, tables and formats, written once: each takes the module `tf`."""

import numpy as np

WORDS = ["", "a", "abc", "abcdefgh", "x" * 17, "sixteen letters!", "y" * 33, "z" * 64, "w" * 65,
         "opscope " * 20, "\u00e9t\u00e9", "q" * 128, "r" * 129]  # fmt: skip


def sparse(tf, places, values, size):
    return tf.SparseTensor(np.int64(places).reshape(-1, len(size)), values, size)


def hypothesis(tf):
    return sparse(tf, [[0, 0], [1, 0], [1, 1], [1, 2]], ["a", "b", "c", "d"], [3, 3])


def truth(tf):
    return sparse(tf, [[0, 0], [0, 1], [1, 0], [1, 1]], ["a", "x", "b", "d"], [2, 2])


SHOWN = [
    np.float32(0.1), np.float32(1 / 3), np.float32(1e10), np.float64(1 / 3), np.float32(np.inf),
    np.float16(0.1), np.int32(3), True, "a", np.arange(10), np.arange(7), np.arange(24),
    np.arange(24).reshape(2, 3, 4), np.ones((8, 9), np.float32), np.zeros(0), np.zeros((2, 0)),
    np.array([True, False]), np.array([["a", 'b"'], ["c\\", "d"]]), np.arange(72).reshape(2, 9, 4),
]  # fmt: skip

CASES = {
    "fast": lambda tf: tf.string_to_hash_bucket_fast(WORDS, 2**31 - 1),
    "fast scalar": lambda tf: tf.strings.to_hash_bucket_fast("word", 10),
    "strong": lambda tf: tf.string_to_hash_bucket_strong(WORDS, 2**31 - 1, [7, 2**40 + 5]),
    "old": lambda tf: tf.string_to_hash_bucket(WORDS, 2**31 - 1),
    "fingerprint": lambda tf: tf.fingerprint(np.arange(12, dtype=np.int32).reshape(3, 4)),
    "fingerprint of words": lambda tf: tf.fingerprint(tf.constant(WORDS)),
    "fingerprint of pairs": lambda tf: tf.fingerprint(tf.constant([["a", "b"], ["c", "d"]])),
    "reduce_join": lambda tf: tf.reduce_join([["a", "b"], ["c", "d"]], 0),
    "reduce_join all": lambda tf: tf.strings.reduce_join([["a", "b"], ["c", "d"]], separator="-"),
    "reduce_join two": lambda tf: tf.reduce_join([["a", "b"], ["c", "d"]], [0, 1], keep_dims=True),
    "reduce_join unknown": lambda tf: tf.reduce_join(
        tf.placeholder_with_default([["a", "b"], ["c", "d"]], None)
    ),
    "segment_join": lambda tf: tf.strings.unsorted_segment_join(
        ["a", "b", "c", "d"], [2, 0, 2, 2], 4, ":"
    ),
    "segment_join rows": lambda tf: tf.strings.unsorted_segment_join(
        [["a", "b"], ["c", "d"]], [1, 1], 2, ","
    ),
    "full_match": lambda tf: tf.strings.regex_full_match(["ab1", "b", "1"], "[a-z]+[0-9]"),
    "full_match tensor": lambda tf: tf.strings.regex_full_match(["ab1", "b"], tf.constant(".*b.*")),
    "split": lambda tf: tf.strings.split(["a b  c", "", " d"]),
    "split at": lambda tf: tf.strings.split(["a,b,,c", "d"], ",", maxsplit=2),
    "string_split": lambda tf: tf.string_split(["a,b;c", ";d"], ",;", skip_empty=False),
    "edit_distance": lambda tf: tf.edit_distance(hypothesis(tf), truth(tf)),
    "edit_distance whole": lambda tf: tf.edit_distance(hypothesis(tf), truth(tf), False, "far"),
    "base64": lambda tf: tf.decode_base64(tf.encode_base64(WORDS)),
    "base64 padded": lambda tf: tf.io.encode_base64(["ab\xff?>", "abc"], pad=True),
    "serialize_tensor": lambda tf: tf.parse_tensor(tf.serialize_tensor([[1.5, 2.0]]), tf.float32),
    "serialize strings": lambda tf: tf.parse_tensor(tf.serialize_tensor(["a", "b"]), tf.string),
    "sparse strings": lambda tf: tf.io.deserialize_many_sparse(
        tf.io.serialize_many_sparse(hypothesis(tf)), tf.string, rank=2
    ),
    "sparse string": lambda tf: tf.shape(tf.serialize_sparse(hypothesis(tf))),
    "json": lambda tf: tf.parse_single_example(
        tf.decode_json_example(
            '{"features": {"feature": {"a": {"int64List": {"value": ["3", "4"]}}}}}'
        ),
        {"a": tf.FixedLenFeature([2], tf.int64)},
    )["a"],
    "transcode": lambda tf: tf.strings.unicode_transcode(
        [b"\xc3\xa9a", b"\xff"], "UTF-8", "UTF-16-BE"
    ),
    "transcode ignoring": lambda tf: tf.strings.unicode_transcode(
        [b"a\xffb\x07"], "UTF-8", "UTF-8", "ignore", replace_control_characters=True
    ),
    "format two": lambda tf: tf.strings.format("a {} b {}", (tf.constant(1), tf.constant([2, 3]))),
    "format mark": lambda tf: tf.strings.format("#:#", [np.float32(1), "x"], "#", name="f"),
    "table": lambda tf: table(tf).lookup(tf.constant([["b", "x"], ["a", "b"]])),
    "table of numbers": lambda tf: tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer([3, 5], ["three", "five"], tf.int64), "none"
    ).lookup(tf.constant([5, 4], tf.int64)),
    "table scalar": lambda tf: table(tf).lookup(tf.constant("c"), name="found"),
    "table of sparse": lambda tf: table(tf).lookup(hypothesis(tf)),
    "table size": lambda tf: table(tf).size(),
    "vocabulary": lambda tf: vocabulary(tf).lookup(tf.constant(["b", "x", "yy", "a"])),
    "vocabulary size": lambda tf: vocabulary(tf).size(),
}
for number, value in enumerate(SHOWN):
    for edge in (3, 1, -1):
        CASES[f"format {number} {edge}"] = lambda tf, value=value, edge=edge: tf.strings.format(
            "<{}>", [tf.constant(value)], summarize=edge
        )


def table(tf):
    filled = tf.lookup.KeyValueTensorInitializer(["a", "b", "c"], np.int64([1, 2, 3]))
    return tf.lookup.StaticHashTable(filled, -1)


def vocabulary(tf):
    filled = tf.lookup.KeyValueTensorInitializer(["a", "b", "c"], np.int64([0, 1, 2]))
    return tf.lookup.StaticVocabularyTable(filled, 5)


# One writes to standard error what the other does.
PRINTED = {
    "tensor": lambda tf: tf.print(tf.constant([1, 2])),
    "texts": lambda tf: tf.print("loss:", tf.constant(0.25), "step", 3),
    "structure": lambda tf: tf.print({"a": tf.constant(1), "b": [tf.constant("x"), 2]}, sep=","),
    "sparse": lambda tf: tf.print(sparse(tf, [[0, 1]], [5], [1, 2])),
    "string": lambda tf: tf.print(tf.constant("as it is")),
    "end": lambda tf: tf.print("a {} b", tf.constant(np.arange(10)), end="!\n", summarize=2),
    "named": lambda tf: tf.print("x", tf.constant(1), name="shown"),
}
