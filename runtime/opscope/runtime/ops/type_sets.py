"""The sets of element types that TensorFlow registers its ops for, as signature text."""

from __future__ import annotations

FLOAT = "bfloat16, float16, float32, float64"
COMPLEX = "complex64, complex128"
SIGNED = "int8, int16, int32, int64"
UNSIGNED = "uint8, uint16, uint32, uint64"
REAL = f"{FLOAT}, {SIGNED}, {UNSIGNED}"
NUMBER = f"{REAL}, {COMPLEX}"
FLOAT_OR_COMPLEX = f"{FLOAT}, {COMPLEX}"


def type_attr(allowed: str, name: str = "T") -> str:
    """The declaration of a type attribute with its allowed types."""
    return f"{name}: {{{allowed}}}"


T_FLOAT = type_attr(FLOAT)
T_FLOAT_OR_COMPLEX = type_attr(FLOAT_OR_COMPLEX)
T_REAL = type_attr(REAL)
T_NUMBER = type_attr(NUMBER)
