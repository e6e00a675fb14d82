"""The CRC-32C of many records at once, by what each byte contributes to it.

A CRC is affine over GF(2): for messages of one length, crc(a ^ b) = crc(a) ^ crc(b) ^ crc(zeros).
So each byte contributes its own word, which depends on its value and on its distance to the end of
the message alone, and the CRC of a message is the XOR of its bytes' words and of the CRC of as many
zeros. XOR the words of some of the bytes out of a stored CRC, and the *residual* is the CRC of the
message with those bytes zero: records that differ in nothing else have the same residual, and a
record whose residual is known needs no other check of the bytes that were taken out.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

UInt8s = npt.NDArray[np.uint8]
UInt32s = npt.NDArray[np.uint32]

MASK_DELTA = np.uint32(0xA282EAD8)
_POLYNOMIAL = np.uint32(0x82F63B78)  # Castagnoli's, bits reversed

_words: list[UInt32s] = []


def byte_words(distance: int) -> UInt32s:
    """What each value of a byte contributes that has `distance` bytes after it: uint32[256]."""
    if not _words:
        word = np.arange(256, dtype=np.uint32)
        for _ in range(8):
            word = np.where(word & 1, (word >> np.uint32(1)) ^ _POLYNOMIAL, word >> np.uint32(1))
        _words.append(word)
    while len(_words) <= distance:  # one more zero byte behind it
        last = _words[-1]
        _words.append(_words[0][last & np.uint32(255)] ^ (last >> np.uint32(8)))
    return _words[distance]


def unmasked(stored: UInt32s) -> UInt32s:
    """The CRCs that masked ones stand for."""
    rotated = stored - MASK_DELTA
    return (rotated >> np.uint32(17)) | (rotated << np.uint32(15))


class Contribution:
    """What some bytes of messages of one length contribute to their CRCs."""

    def __init__(self, columns: Sequence[int], length: int):
        self._words = [(column, byte_words(length - 1 - column)) for column in columns]

    def take_out(self, crc: UInt32s, rows: UInt8s) -> None:
        """XOR, in place, the words of the bytes out of CRCs, uint32[n].

        `rows` is uint8[n, >= length], a message each.
        """
        for column, words in self._words:
            # mode="wrap" spares the check of the indices, which cannot be out of bounds.
            crc ^= words.take(rows[:, column], mode="wrap")
