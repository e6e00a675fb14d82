"""TensorProto <-> NumPy array, for every element type that TensorFlow numbers.

The format is TensorFlow's `tensor.proto`: fixed-size types as little-endian bytes in
`tensor_content` or as numbers in a typed list, whose last value repeats to fill the shape.
"""

import math
import sys

import ml_dtypes
import numpy as np
import numpy.typing as npt

from opscope.events.error import TensorProtoError
from opscope.events.proto import tensor_pb2, types_pb2

_REF_OFFSET = 100  # DT_X_REF = DT_X + 100
# A short list may stand for a huge tensor (a Const filled with one value). Beyond this many bytes
# it is taken for an attack or damage: a proto of honest data cannot be larger than 2 GiB.
_MAX_REPEATED_BYTES = 1 << 31

_DTYPES: dict[int, np.dtype[np.generic]] = {
    types_pb2.DT_FLOAT: np.dtype(np.float32),
    types_pb2.DT_DOUBLE: np.dtype(np.float64),
    types_pb2.DT_INT32: np.dtype(np.int32),
    types_pb2.DT_UINT8: np.dtype(np.uint8),
    types_pb2.DT_INT16: np.dtype(np.int16),
    types_pb2.DT_INT8: np.dtype(np.int8),
    types_pb2.DT_STRING: np.dtype(np.object_),
    types_pb2.DT_COMPLEX64: np.dtype(np.complex64),
    types_pb2.DT_INT64: np.dtype(np.int64),
    types_pb2.DT_BOOL: np.dtype(np.bool_),
    types_pb2.DT_BFLOAT16: np.dtype(ml_dtypes.bfloat16),
    types_pb2.DT_UINT16: np.dtype(np.uint16),
    types_pb2.DT_COMPLEX128: np.dtype(np.complex128),
    types_pb2.DT_HALF: np.dtype(np.float16),
    types_pb2.DT_UINT32: np.dtype(np.uint32),
    types_pb2.DT_UINT64: np.dtype(np.uint64),
    types_pb2.DT_FLOAT8_E5M2: np.dtype(ml_dtypes.float8_e5m2),
    types_pb2.DT_FLOAT8_E4M3FN: np.dtype(ml_dtypes.float8_e4m3fn),
    types_pb2.DT_FLOAT8_E4M3FNUZ: np.dtype(ml_dtypes.float8_e4m3fnuz),
    types_pb2.DT_FLOAT8_E4M3B11FNUZ: np.dtype(ml_dtypes.float8_e4m3b11fnuz),
    types_pb2.DT_FLOAT8_E5M2FNUZ: np.dtype(ml_dtypes.float8_e5m2fnuz),
    types_pb2.DT_INT4: np.dtype(ml_dtypes.int4),
    types_pb2.DT_UINT4: np.dtype(ml_dtypes.uint4),
    types_pb2.DT_INT2: np.dtype(ml_dtypes.int2),
    types_pb2.DT_UINT2: np.dtype(ml_dtypes.uint2),
}
_NUMBERS = {dtype: number for number, dtype in _DTYPES.items()}
# Quantized types share NumPy's integers, so the way back is only by an explicit `dtype=`.
_QUANTIZED: dict[int, np.dtype[np.generic]] = {
    types_pb2.DT_QINT8: np.dtype(np.int8),
    types_pb2.DT_QUINT8: np.dtype(np.uint8),
    types_pb2.DT_QINT32: np.dtype(np.int32),
    types_pb2.DT_QINT16: np.dtype(np.int16),
    types_pb2.DT_QUINT16: np.dtype(np.uint16),
}
_DTYPES |= _QUANTIZED

_LISTS: dict[int, str] = {
    types_pb2.DT_FLOAT: "float_val",
    types_pb2.DT_DOUBLE: "double_val",
    types_pb2.DT_INT64: "int64_val",
    types_pb2.DT_BOOL: "bool_val",
    types_pb2.DT_UINT32: "uint32_val",
    types_pb2.DT_UINT64: "uint64_val",
    types_pb2.DT_HALF: "half_val",
    types_pb2.DT_BFLOAT16: "half_val",
    types_pb2.DT_COMPLEX64: "scomplex_val",
    types_pb2.DT_COMPLEX128: "dcomplex_val",
}
_FLOAT8 = range(types_pb2.DT_FLOAT8_E5M2, types_pb2.DT_FLOAT8_E5M2FNUZ + 1)


def _name(enum: int) -> str:
    known = types_pb2.DataType.DESCRIPTOR.values_by_number
    return known[enum].name if enum in known else f"data type {enum}"


def numpy_dtype(enum: int) -> np.dtype[np.generic]:
    """The NumPy dtype of a `DT_*` number, references stripped; DT_STRING gives `object`.

    Quantized types give their storage integer. Raises TensorProtoError for types without array
    values (DT_RESOURCE, DT_VARIANT) and for unknown numbers.
    """
    base = enum - _REF_OFFSET if enum > _REF_OFFSET else enum
    try:
        return _DTYPES[base]
    except KeyError:
        raise TensorProtoError(f"{_name(enum)} has no NumPy dtype") from None


def data_type(dtype: npt.DTypeLike) -> int:
    """The `DT_*` number of a NumPy dtype; text, bytes and object dtypes give DT_STRING."""
    resolved = np.dtype(dtype)
    if resolved.kind in "SUO":
        return types_pb2.DT_STRING
    try:
        return _NUMBERS[resolved.newbyteorder("=")]
    except KeyError:
        raise TensorProtoError(
            f"no tensor data type stands for the NumPy dtype {resolved}"
        ) from None


def _string_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    raise TensorProtoError(f"a string tensor holds {value!r}, which is neither str nor bytes")


def make_tensor_proto(value: npt.ArrayLike, dtype: int | None = None) -> tensor_pb2.TensorProto:
    """The TensorProto of an array: fixed-size types in `tensor_content`, strings in `string_val`.

    `dtype` is a `DT_*` number for what NumPy cannot say (quantized types) or to convert.
    """
    array = np.asarray(value)
    number = data_type(array.dtype) if dtype is None else dtype
    proto = tensor_pb2.TensorProto(dtype=number)  # type: ignore[arg-type]
    dims = proto.tensor_shape.dim
    for size in array.shape:
        dims.add(size=size)
    proto.tensor_shape.SetInParent()
    target = numpy_dtype(number)
    if target.kind == "O":
        proto.string_val.extend(_string_bytes(item) for item in array.ravel().tolist())
        return proto
    if array.dtype != target:
        array = array.astype(target)
    if sys.byteorder == "big" and target.itemsize > 1:
        array = array.byteswap()
    proto.tensor_content = array.tobytes()
    return proto


def tensor_shape(proto: tensor_pb2.TensorProto) -> tuple[int, ...]:
    """The shape that a TensorProto states; TensorProtoError where a size is unknown or negative."""
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    if proto.tensor_shape.unknown_rank or any(size < 0 for size in shape):
        raise TensorProtoError(f"a tensor value needs a known shape, this one states {shape}")
    return shape


def _listed_values(
    proto: tensor_pb2.TensorProto, number: int, dtype: np.dtype[np.generic]
) -> npt.NDArray[np.generic]:
    if number in _FLOAT8:
        return np.frombuffer(proto.float8_val, dtype=np.uint8).view(dtype)
    values = getattr(proto, _LISTS.get(number, "int_val"))
    if number in (types_pb2.DT_HALF, types_pb2.DT_BFLOAT16):
        return np.array(values, dtype=np.int64).astype(np.uint16).view(dtype)
    if dtype.kind == "c":
        if len(values) % 2:
            raise TensorProtoError(
                f"{_name(number)} needs pairs of numbers, the list holds {len(values)}"
            )
        part = np.float32 if dtype.itemsize == 8 else np.float64
        return np.array(values, dtype=part).view(dtype)
    if dtype.kind in "iu" or number not in _LISTS:
        # Through int64 (uint64 as it is): a value that a narrow type cannot hold wraps as in C++.
        wide = np.uint64 if number == types_pb2.DT_UINT64 else np.int64
        return np.array(values, dtype=wide).astype(dtype)
    return np.array(values, dtype=dtype)


def make_ndarray(proto: tensor_pb2.TensorProto) -> npt.NDArray[np.generic]:
    """The array that a TensorProto holds: own memory, writable, strings as `bytes` objects.

    A typed list shorter than the shape is filled with its last value, an absent one with zeros,
    as TensorFlow does. Raises TensorProtoError where the content does not fit the shape, and for
    types that have no array value (DT_RESOURCE, DT_VARIANT).
    """
    number = proto.dtype - _REF_OFFSET if proto.dtype > _REF_OFFSET else proto.dtype
    dtype = numpy_dtype(number)
    shape = tensor_shape(proto)
    count = math.prod(shape)
    if proto.tensor_content and dtype.kind != "O":
        content = proto.tensor_content
        if len(content) != count * dtype.itemsize:
            raise TensorProtoError(
                f"shape {shape} of {dtype} needs {count * dtype.itemsize} bytes, "
                f"tensor_content holds {len(content)}"
            )
        array = np.frombuffer(content, dtype=dtype)
        swap = sys.byteorder == "big" and dtype.itemsize > 1
        return (array.byteswap() if swap else array.copy()).reshape(shape)
    if count * dtype.itemsize > _MAX_REPEATED_BYTES:
        raise TensorProtoError(
            f"shape {shape} of {dtype} claims {count * dtype.itemsize} bytes that the proto "
            "does not hold"
        )
    if dtype.kind == "O":
        strings = list(proto.string_val)
        if len(strings) > count:
            raise TensorProtoError(f"shape {shape} has {count} strings, list has {len(strings)}")
        strings += [strings[-1] if strings else b""] * (count - len(strings))
        text = np.empty(count, dtype=np.object_)
        text[:] = strings
        return text.reshape(shape)
    values = _listed_values(proto, number, dtype)
    if len(values) > count:
        raise TensorProtoError(f"shape {shape} has {count} elements, the list has {len(values)}")
    filled = np.zeros(count, dtype=dtype)
    filled[: len(values)] = values
    if len(values):
        filled[len(values) :] = values[-1]
    return filled.reshape(shape)
