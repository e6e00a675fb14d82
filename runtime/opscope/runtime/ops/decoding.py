"""Ops that make tensors of raw bytes, lines of numbers, and files."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.data.record_files import open_compressed
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.string_value import of_each
from opscope.runtime.tensor_shape import TensorShape


def _same_shape(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape]


@op(
    "ReadFile",
    "filename: string -> contents: string",
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _read_file(xp: Any, filename: bytes) -> Any:
    """The content of a file."""
    file = open_compressed(filename.decode(), "")
    with file:
        return file.read()


@op("WriteFile", "filename: string, contents: string ->", stateful=True, host_only=True)
def _write_file(xp: Any, filename: bytes, contents: bytes) -> None:
    """Write a file, and the folders it is in."""
    path = Path(filename.decode())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)


@op(
    "DecodeRaw",
    "bytes: string -> output: out_type",
    "out_type: {float16, float32, float64, int32, uint16, uint8, int16, int8, int64, complex64, "
    "complex128, bool, bfloat16}, little_endian: bool = true",
    host_only=True,
    not_differentiable=True,
)
def _decode_raw(xp: Any, data: Any, *, out_type: dtypes.DType, little_endian: bool) -> Any:
    """The bytes of strings of equal length as numbers, along a new last axis."""
    dtype = out_type.numpy_dtype
    items = [data] if isinstance(data, bytes) else data.reshape(-1).tolist()
    shape = () if isinstance(data, bytes) else data.shape
    length = len(items[0]) if items else 0
    if any(len(i) != length for i in items):
        raise errors.InvalidArgumentError(
            None, None, "DecodeRaw requires input strings to all be the same size"
        )
    if length % dtype.itemsize:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input to DecodeRaw has length {length} that is not a multiple of {dtype.itemsize}, "
            f"the size of {out_type.name}",
        )
    array = np.frombuffer(b"".join(items), dtype)
    if not little_endian:
        array = array.byteswap()
    return array.reshape(*shape, length // dtype.itemsize).copy()


@_decode_raw.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape.concatenate([None])]


@op(
    "DecodeCSV",
    "records: string, record_defaults: OUT_TYPE -> output: OUT_TYPE",
    "OUT_TYPE: list({float32, float64, int32, int64, string}) >= 1, field_delim: string = ',', "
    "use_quote_delim: bool = true, na_value: string = '', select_cols: list(int) = []",
    host_only=True,
    not_differentiable=True,
)
def _decode_csv(
    xp: Any,
    records: Any,
    *defaults: Any,
    OUT_TYPE: Any,  # noqa: N803
    field_delim: Any,
    use_quote_delim: bool,
    na_value: Any,
    select_cols: Any,
) -> Any:
    """The fields of lines of comma-separated values, one tensor for each column."""
    lines = [records] if isinstance(records, bytes) else records.reshape(-1).tolist()
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if use_quote_delim else csv.QUOTE_NONE
    columns: list[list[Any]] = [[] for _ in OUT_TYPE]
    for number, line in enumerate(lines):
        text = line.decode("latin-1")  # keeps every byte as one character
        reader = csv.reader(io.StringIO(text), delimiter=field_delim, quoting=quoting, strict=True)
        try:
            fields = next(reader, [])
        except csv.Error as error:
            raise errors.InvalidArgumentError(
                None, None, f"record {number}: {error}: {text!r}"
            ) from error
        if select_cols:
            fields = [fields[i] for i in select_cols if i < len(fields)]
        if len(fields) != len(OUT_TYPE):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Expect {len(OUT_TYPE)} fields but have {len(fields)} in record {number}",
            )
        for i, field in enumerate(fields):
            columns[i].append(_field(field, OUT_TYPE[i], defaults[i], na_value, i, number))
    shape = () if isinstance(records, bytes) else records.shape
    made = [_column(c, t, shape) for c, t in zip(columns, OUT_TYPE, strict=True)]
    return made if len(made) > 1 else made[0]


def _field(
    text: str, dtype: dtypes.DType, default: Any, na_value: str, index: int, record: int
) -> Any:
    if text in ("", na_value):
        values = [default] if isinstance(default, bytes) else np.asarray(default).reshape(-1)
        if len(values) == 0:
            raise errors.InvalidArgumentError(
                None, None, f"Field {index} is required but missing in record {record}!"
            )
        return values[0]
    if dtype is dtypes.string:
        return text.encode("latin-1")
    try:
        return dtype.as_numpy_dtype(int(text) if dtype.is_integer else float(text))
    except (ValueError, OverflowError) as error:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Field {index} in record {record} is not a valid {dtype.name}: {text}",
        ) from error


def _column(values: list[Any], dtype: dtypes.DType, shape: tuple[int, ...]) -> Any:
    if not shape:
        return values[0]
    out = np.empty(len(values), dtype.numpy_dtype)
    out[:] = values
    return out.reshape(shape)


@_decode_csv.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape] * len(node.outputs)


@op(
    "DecodeCompressed",
    "bytes: string -> output: string",
    "compression_type: string = ''",
    host_only=True,
    not_differentiable=True,
)
def _decode_compressed(xp: Any, data: Any, *, compression_type: str) -> Any:
    """What compressed strings hold; `compression_type` is "", "GZIP" or "ZLIB"."""
    expand = {"": lambda b: b, "GZIP": gzip.decompress, "ZLIB": zlib.decompress}
    return of_each(expand[compression_type], data)


_decode_compressed.shape(_same_shape)


def read_file(filename: Any, name: str | None = None) -> Tensor:
    """The content of a file; NotFoundError when there is none."""
    return make_tensor("ReadFile", filename, name=name)


def write_file(filename: Any, contents: Any, name: str | None = None) -> Operation:
    """An op that writes a file."""
    made: Operation = make_op("WriteFile", filename, contents, name=name)
    return made


def matching_files(pattern: Any, name: str | None = None) -> Tensor:
    """The names of the files that match one of the patterns, sorted."""
    return make_tensor("MatchingFiles", pattern, name=name)


def decode_raw(
    input_bytes: Any = None,
    out_type: Any = None,
    little_endian: bool = True,
    name: str | None = None,
    bytes: Any = None,  # noqa: A002 - TensorFlow's older name
) -> Tensor:
    """The bytes of strings as numbers of `out_type`, along a new last axis."""
    data = bytes if input_bytes is None else input_bytes
    return make_tensor(
        "DecodeRaw",
        data,
        out_type=dtypes.as_dtype(out_type),
        little_endian=little_endian,
        name=name,
    )


def decode_csv(
    records: Any,
    record_defaults: Any,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    name: str | None = None,
    na_value: str = "",
    select_cols: Any = None,
) -> list[Tensor]:
    """One tensor for each column of comma-separated lines, of the dtype of its default.

    An empty default makes the field required.
    """
    made: list[Tensor] = make_op(
        "DecodeCSV",
        records,
        [_default(d) for d in record_defaults],
        field_delim=field_delim,
        use_quote_delim=use_quote_delim,
        na_value=na_value,
        select_cols=list(select_cols or ()),
        name=name,
    )
    return made


def _default(value: Any) -> Any:
    """A default as it is; an empty dtype-only default becomes an empty tensor of the dtype."""
    if isinstance(value, dtypes.DType):
        return convert_to_tensor(np.empty(0, value.numpy_dtype), value)
    return value


def decode_compressed(
    bytes: Any,  # noqa: A002 - TensorFlow's name
    compression_type: str = "",
    name: str | None = None,
) -> Tensor:
    """What compressed strings hold; `compression_type` is "", "GZIP" or "ZLIB"."""
    return make_tensor("DecodeCompressed", bytes, compression_type=compression_type, name=name)
