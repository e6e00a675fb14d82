"""Element types of tensors under TensorFlow's names: `float32`, `int64_ref`, ..."""

from __future__ import annotations

import builtins
from typing import Any

import ml_dtypes
import numpy as np

from opscope.runtime.elsewhere import defined_elsewhere

_REF_OFFSET = 100  # a reference type is its base type plus 100 (types.proto)

# (TensorFlow's name, DataType number, NumPy dtype)
_TYPES: tuple[tuple[str, int, Any], ...] = (
    ("float32", 1, np.float32),
    ("float64", 2, np.float64),
    ("int32", 3, np.int32),
    ("uint8", 4, np.uint8),
    ("int16", 5, np.int16),
    ("int8", 6, np.int8),
    ("string", 7, np.object_),
    ("complex64", 8, np.complex64),
    ("int64", 9, np.int64),
    ("bool", 10, np.bool_),
    ("bfloat16", 14, ml_dtypes.bfloat16),
    ("uint16", 17, np.uint16),
    ("complex128", 18, np.complex128),
    ("float16", 19, np.float16),
    ("resource", 20, np.object_),
    ("variant", 21, np.object_),
    ("uint32", 22, np.uint32),
    ("uint64", 23, np.uint64),
)

_FLOATING = frozenset({1, 2, 14, 19})
_INTEGER = frozenset({3, 4, 5, 6, 9, 17, 22, 23})
_UNSIGNED = frozenset({4, 17, 22, 23})
_COMPLEX = frozenset({8, 18})


class DType:
    """One element type; two DTypes of one number are the same object."""

    __slots__ = (
        "as_datatype_enum",
        "as_numpy_dtype",
        "base_dtype",
        "is_complex",
        "is_floating",
        "is_integer",
        "is_ref_dtype",
        "name",
        "numpy_dtype",
        "ref_dtype",
    )

    as_datatype_enum: int
    as_numpy_dtype: Any
    base_dtype: DType
    is_complex: builtins.bool
    is_floating: builtins.bool
    is_integer: builtins.bool
    is_ref_dtype: builtins.bool
    name: str
    numpy_dtype: np.dtype[Any]
    ref_dtype: DType

    def __init__(self, name: str, number: int, scalar: Any) -> None:
        base = number % _REF_OFFSET
        self.name = name
        self.as_datatype_enum = number
        self.as_numpy_dtype = scalar
        self.numpy_dtype = np.dtype(scalar)
        self.is_ref_dtype = number > _REF_OFFSET
        self.is_floating = base in _FLOATING
        self.is_integer = base in _INTEGER
        self.is_complex = base in _COMPLEX

    @property
    def is_bool(self) -> builtins.bool:
        """True for `bool`."""
        return self.as_datatype_enum % _REF_OFFSET == 10

    @property
    def is_unsigned(self) -> builtins.bool:
        """True for the unsigned integers."""
        return self.as_datatype_enum % _REF_OFFSET in _UNSIGNED

    @property
    def is_numpy_compatible(self) -> builtins.bool:
        """True when values are plain NumPy arrays: all but `resource` and `variant`."""
        return self.base_dtype not in (resource, variant)

    @property
    def size(self) -> int:
        """Bytes of one element; 1 for the types without a fixed size, as TensorFlow says."""
        return 1 if self.numpy_dtype.kind == "O" else self.numpy_dtype.itemsize

    @property
    def real_dtype(self) -> DType:
        """The type of the real part."""
        return {"complex64": float32, "complex128": float64}.get(self.base_dtype.name, self)

    @property
    def min(self) -> Any:
        """The smallest value; TypeError where there is none."""
        return self._limit("min")

    @property
    def max(self) -> Any:
        """The largest value; TypeError where there is none."""
        return self._limit("max")

    def _limit(self, which: str) -> Any:
        if self.is_floating:
            return getattr(ml_dtypes.finfo(self.as_numpy_dtype), which)  # type: ignore[no-untyped-call]
        if self.is_integer:
            return getattr(np.iinfo(self.as_numpy_dtype), which)
        if self.is_bool:
            return which == "max"
        raise TypeError(f"Cannot find {which}imum value of {self.name}.")

    def is_compatible_with(self, other: Any) -> builtins.bool:
        """True when `other` is this type or its reference type."""
        return self.base_dtype is as_dtype(other).base_dtype

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: {self.name!r}>"

    def __eq__(self, other: object) -> builtins.bool:
        if self is other:
            return True
        if isinstance(other, DType) or other is None:
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __hash__(self) -> int:
        return self.as_datatype_enum

    def __int__(self) -> int:
        return self.as_datatype_enum

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)


_BY_NUMBER: dict[int, DType] = {}
_BY_NAME: dict[str, DType] = {}
_BY_NUMPY: dict[np.dtype[Any], DType] = {}


def _define(name: str, number: int, scalar: Any) -> DType:
    base = DType(name, number, scalar)
    ref = DType(f"{name}_ref", number + _REF_OFFSET, scalar)
    for dtype in (base, ref):
        dtype.base_dtype = base
        dtype.ref_dtype = ref
        _BY_NUMBER[dtype.as_datatype_enum] = dtype
        _BY_NAME[dtype.name] = dtype
    _BY_NUMPY.setdefault(base.numpy_dtype, base)
    return base


for _name, _number, _scalar in _TYPES:
    _define(_name, _number, _scalar)

float16 = half = _BY_NAME["float16"]
float32 = _BY_NAME["float32"]
float64 = double = _BY_NAME["float64"]
bfloat16 = _BY_NAME["bfloat16"]
complex64 = _BY_NAME["complex64"]
complex128 = _BY_NAME["complex128"]
int8 = _BY_NAME["int8"]
int16 = _BY_NAME["int16"]
int32 = _BY_NAME["int32"]
int64 = _BY_NAME["int64"]
uint8 = _BY_NAME["uint8"]
uint16 = _BY_NAME["uint16"]
uint32 = _BY_NAME["uint32"]
uint64 = _BY_NAME["uint64"]
bool = _BY_NAME["bool"]  # noqa: A001 - TensorFlow's name
string = _BY_NAME["string"]
resource = _BY_NAME["resource"]
variant = _BY_NAME["variant"]
_BY_NAME.update(half=float16, double=float64, float=float32)

_PYTHON: dict[Any, DType] = {float: float32, int: int32, str: string, bytes: string}


def as_dtype(type_value: Any) -> DType:
    """Return the DType that a DType, number, name, NumPy dtype or Python type stands for.

    Raises TypeError for anything else.
    """
    if type_value.__class__ is DType:
        found: DType | None = type_value
    elif isinstance(type_value, str) and type_value in _BY_NAME:
        found = _BY_NAME[type_value]
    elif isinstance(type_value, int) and not isinstance(type_value, np.generic):
        found = _BY_NUMBER.get(type_value)
    elif type_value in _PYTHON:
        found = _PYTHON[type_value]
    else:
        try:
            numpy_type = np.dtype(type_value)
        except TypeError:
            found = None
        else:
            found = string if numpy_type.kind in "SU" else _BY_NUMPY.get(numpy_type)
    if found is None:
        raise TypeError(f"Cannot convert value {type_value!r} to a TensorFlow DType.")
    return found


# tf.dtypes has functions on tensors too; the modules that define them import this one.
_FUNCTIONS = {
    "as_string": "ops.text:as_string",
    "cast": "ops.cast:cast",
    "complex": "ops.special:complex_of",
    "saturate_cast": "ops.saturation:saturate_cast",
}
__getattr__ = defined_elsewhere(__name__, _FUNCTIONS)


def __dir__() -> list[str]:
    return sorted([*globals(), *_FUNCTIONS])
