"""TensorFlow's random bits for a key and a counter: Philox of four 32-bit words, ten rounds.

J. K. Salmon and others, Parallel Random Numbers: As Easy as 1, 2, 3, 2011.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint32]]

_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_STEPS = 0x9E3779B9, 0xBB67AE85
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def blocks(key: int, counter: tuple[int, int], places: Any) -> Words:
    """The four words [n, 4] of each place behind a counter: 64 bits below, 64 above."""
    low = np.asarray(places, np.uint64) + np.uint64(counter[0])
    high = np.uint64(counter[1]) + (low < np.uint64(counter[0]))
    c = [low & _LOW, low >> _HALF, high & _LOW, high >> _HALF]
    k = [key & 0xFFFFFFFF, key >> 32]
    for _ in range(10):
        first, second = _MULTIPLIERS[0] * c[0], _MULTIPLIERS[1] * c[2]
        c = [
            (second >> _HALF) ^ c[1] ^ np.uint64(k[0]),
            second & _LOW,
            (first >> _HALF) ^ c[3] ^ np.uint64(k[1]),
            first & _LOW,
        ]
        k = [(word + step) & 0xFFFFFFFF for word, step in zip(k, _STEPS, strict=True)]
    return np.stack(c, axis=-1).astype(np.uint32)


def scrambled(seed: Any) -> tuple[int, tuple[int, int]]:
    """The key and the counter that TensorFlow makes of a seed of two numbers."""
    low, high = (int(s) & 0xFFFFFFFFFFFFFFFF for s in seed)
    (mixed,) = blocks(0x02461E293EC8F720, (low, high), [0]).astype(np.uint64).tolist()
    return mixed[0] | mixed[1] << 32, (0, mixed[2] | mixed[3] << 32)


def units(words: Words) -> np.ndarray[Any, Any]:
    """Each word as a float32 in [0, 1): its low 23 bits are the fraction."""
    bits = (words & np.uint32(0x7FFFFF)) | np.uint32(127 << 23)
    return bits.view(np.float32) - np.float32(1)


def wide_units(words: Words) -> np.ndarray[Any, Any]:
    """Each pair of words as a float64 in [0, 1)."""
    pairs = words.reshape(*words.shape[:-1], words.shape[-1] // 2, 2).astype(np.uint64)
    bits = (pairs[..., 0] & np.uint64(0xFFFFF)) << _HALF | pairs[..., 1] | np.uint64(1023 << 52)
    return bits.view(np.float64) - 1.0


def longs(words: Words) -> np.ndarray[Any, Any]:
    """Each pair of words as one of 64 bits, the low one first."""
    pairs = words.reshape(*words.shape[:-1], words.shape[-1] // 2, 2).astype(np.uint64)
    return pairs[..., 0] | pairs[..., 1] << _HALF


def normals(uniform: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Each pair of numbers in [0, 1) as two of a normal distribution (Box and Muller)."""
    pairs = uniform.reshape(*uniform.shape[:-1], uniform.shape[-1] // 2, 2)
    kind = uniform.dtype.type
    length = np.sqrt(kind(-2) * np.log(np.maximum(pairs[..., 0], kind(1e-7))))
    angle = kind(2 * np.pi) * pairs[..., 1]
    found = np.stack([np.sin(angle) * length, np.cos(angle) * length], axis=-1)
    return found.reshape(uniform.shape)
