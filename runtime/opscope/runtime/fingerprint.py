"""Hashes of strings that never change: those TensorFlow puts words into buckets by.

`farmhash64` is FarmHash's Fingerprint64, `siphash` is SipHash-2-4 (Aumasson and Bernstein, 2012),
`murmur64` is MurmurHash64A with TensorFlow's seed.
"""

from __future__ import annotations

import struct

_MASK = (1 << 64) - 1
_K0 = 0xC3A5C85C97CB3127
_K1 = 0xB492B66FBE98F273
_K2 = 0x9AE16A3B2F90404F


def _rotate(value: int, by: int) -> int:
    """To the right, in 64 bits."""
    value &= _MASK
    return (value >> by) | (value << (64 - by)) & _MASK


def _mixed(value: int) -> int:
    return value ^ (value >> 47)


def _u64(text: bytes, at: int) -> int:
    return int.from_bytes(text[at : at + 8], "little")


def _u32(text: bytes, at: int) -> int:
    return int.from_bytes(text[at : at + 4], "little")


def _joined(u: int, v: int, mul: int) -> int:
    a = _mixed(((u ^ v) & _MASK) * mul & _MASK)
    b = _mixed(((v ^ a) & _MASK) * mul & _MASK)
    return b * mul & _MASK


def farmhash64(text: bytes) -> int:
    """FarmHash's 64-bit fingerprint."""
    size = len(text)
    if size <= 16:
        return _up_to_16(text, size)
    mul = _K2 + size * 2
    if size <= 32:
        a, b = _u64(text, 0) * _K1, _u64(text, 8)
        c, d = _u64(text, size - 8) * mul, _u64(text, size - 16) * _K2
        return _joined(
            (_rotate(a + b, 43) + _rotate(c, 30) + d) & _MASK,
            (a + _rotate(b + _K2, 18) + c) & _MASK,
            mul,
        )
    if size <= 64:
        return _up_to_64(text, size, mul)
    return _longer(text, size)


def _up_to_16(text: bytes, size: int) -> int:
    mul = _K2 + size * 2
    if size >= 8:
        a, b = (_u64(text, 0) + _K2) & _MASK, _u64(text, size - 8)
        c = (_rotate(b, 37) * mul + a) & _MASK
        d = (_rotate(a, 25) + b) * mul & _MASK
        return _joined(c, d, mul)
    if size >= 4:
        return _joined(size + (_u32(text, 0) << 3), _u32(text, size - 4), mul)
    if size:
        y = text[0] + (text[size >> 1] << 8)
        z = size + (text[-1] << 2)
        return _mixed((y * _K2 & _MASK) ^ (z * _K0 & _MASK)) * _K2 & _MASK
    return _K2


def _up_to_64(text: bytes, size: int, mul: int) -> int:
    a, b = _u64(text, 0) * _K2, _u64(text, 8)
    c, d = _u64(text, size - 8) * mul, _u64(text, size - 16) * _K2
    y = (_rotate(a + b, 43) + _rotate(c, 30) + d) & _MASK
    z = _joined(y, (a + _rotate(b + _K2, 18) + c) & _MASK, mul)
    e, f = _u64(text, 16) * mul, _u64(text, 24)
    g = (y + _u64(text, size - 32)) * mul
    h = (z + _u64(text, size - 24)) * mul
    return _joined(
        (_rotate(e + f, 43) + _rotate(g, 30) + h) & _MASK,
        (e + _rotate(f + a, 18) + g) & _MASK,
        mul,
    )


def _weak(text: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    w, x, y, z = (_u64(text, at + 8 * i) for i in range(4))
    a = (a + w) & _MASK
    b = _rotate(b + a + z, 21)
    c = a
    a = (a + x + y) & _MASK
    b = (b + _rotate(a, 44)) & _MASK
    return (a + z) & _MASK, (b + c) & _MASK


def _longer(text: bytes, size: int) -> int:
    seed = 81
    x = (seed * _K2 + _u64(text, 0)) & _MASK
    y = (seed * _K1 + 113) & _MASK
    z = _mixed((y * _K2 + 113) & _MASK) * _K2 & _MASK
    v, w = (0, 0), (0, 0)
    end = (size - 1) // 64 * 64
    for at in range(0, end, 64):
        x, y, z, v, w = _round(text, at, x, y, z, v, w, _K1, 1)
    mul = (_K1 + ((z & 0xFF) << 1)) & _MASK
    w = ((w[0] + ((size - 1) & 63)) & _MASK, w[1])
    v = ((v[0] + w[0]) & _MASK, v[1])
    w = ((w[0] + v[0]) & _MASK, w[1])
    x, y, z, v, w = _round(text, size - 64, x, y, z, v, w, mul, 9)
    return _joined(
        (_joined(v[0], w[0], mul) + _mixed(y) * _K0 + z) & _MASK,
        (_joined(v[1], w[1], mul) + x) & _MASK,
        mul,
    )


Pair = tuple[int, int]


def _round(
    text: bytes, at: int, x: int, y: int, z: int, v: Pair, w: Pair, mul: int, factor: int
) -> tuple[int, int, int, Pair, Pair]:
    """One block of 64 bytes; x and z come back exchanged."""
    x = _rotate(x + y + v[0] + _u64(text, at + 8), 37) * mul & _MASK
    y = _rotate(y + v[1] + _u64(text, at + 48), 42) * mul & _MASK
    x ^= w[1] * factor & _MASK
    y = (y + v[0] * factor + _u64(text, at + 40)) & _MASK
    z = _rotate(z + w[0], 33) * mul & _MASK
    v = _weak(text, at, v[1] * mul & _MASK, (x + w[0]) & _MASK)
    w = _weak(text, at + 32, (z + w[1]) & _MASK, (y + _u64(text, at + 16)) & _MASK)
    return z, y, x, v, w


def murmur64(text: bytes, seed: int = 0xDECAFCAFFE) -> int:
    """MurmurHash64A."""
    mul = 0xC6A4A7935BD1E995
    found = (seed ^ (len(text) * mul)) & _MASK
    whole = len(text) // 8 * 8
    for (word,) in struct.iter_unpack("<Q", text[:whole]):
        k = word * mul & _MASK
        k = (k ^ (k >> 47)) * mul & _MASK
        found = (found ^ k) * mul & _MASK
    if text[whole:]:
        found = (found ^ int.from_bytes(text[whole:], "little")) * mul & _MASK
    found = (found ^ (found >> 47)) * mul & _MASK
    return found ^ (found >> 47)


def siphash(text: bytes, key: tuple[int, int]) -> int:
    """SipHash-2-4 with a key of two 64-bit numbers."""
    k0, k1 = key[0] & _MASK, key[1] & _MASK
    v = [
        k0 ^ 0x736F6D6570736575,
        k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261,
        k1 ^ 0x7465646279746573,
    ]
    whole = len(text) // 8 * 8
    words = [word for (word,) in struct.iter_unpack("<Q", text[:whole])]
    words.append(int.from_bytes(text[whole:], "little") | (len(text) & 0xFF) << 56)
    for word in words:
        v[3] ^= word
        _sip_round(v)
        _sip_round(v)
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(4):
        _sip_round(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _left(value: int, by: int) -> int:
    return _rotate(value, 64 - by)


def _sip_round(v: list[int]) -> None:
    v[0] = (v[0] + v[1]) & _MASK
    v[1] = _left(v[1], 13) ^ v[0]
    v[0] = _left(v[0], 32)
    v[2] = (v[2] + v[3]) & _MASK
    v[3] = _left(v[3], 16) ^ v[2]
    v[0] = (v[0] + v[3]) & _MASK
    v[3] = _left(v[3], 21) ^ v[0]
    v[2] = (v[2] + v[1]) & _MASK
    v[1] = _left(v[1], 17) ^ v[2]
    v[2] = _left(v[2], 32)
