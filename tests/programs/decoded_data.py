"""Bytes and lines of text as numbers."""

from typing import Any


def main(tf: Any) -> Any:
    raw = tf.decode_raw([b"\x01\x02\x03\x04", b"\x05\x06\x07\x08"], tf.uint8)
    fields = tf.decode_csv(["1,2.5,a", "3,,b"], [[0], [9.5], [""]])
    with tf.Session() as sess:
        return sess.run([raw, *fields])
