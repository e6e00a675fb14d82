"""Text made of numbers and numbers of text."""

from typing import Any


def main(tf: Any) -> Any:
    words = tf.constant(["alpha", "be ta", " gamma "])
    pieces = tf.string_split(["a b c", "d e"])
    fetches = [
        tf.as_string([1.5, -2.0], precision=2),
        tf.as_string([1, 20]),
        tf.string_to_number(["1.5", "-3e2"]),
        tf.string_to_number(["12"], tf.int32),
        tf.strings.substr(words, 1, 3),
        tf.strings.length(words),
        tf.regex_replace(words, "[aeiou]", "*"),
        tf.string_join(["a", tf.constant(["x", "y"])], separator="-"),
        pieces.indices,
        pieces.values,
        pieces.dense_shape,
    ]
    with tf.Session() as sess:
        return sess.run(fetches)
