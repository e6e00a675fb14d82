"""Ops on strings: numbers to text and back, pieces, lengths, replacement."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.type_sets import COMPLEX, FLOAT, SIGNED, UNSIGNED
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape, broadcast, unknown_shape


def _each(function: Callable[[Any], bytes], values: Any) -> Any:
    """The function of every element; a scalar stays a scalar."""
    if not isinstance(values, np.ndarray):
        return function(values)
    made = np.empty(values.shape, object)
    made.reshape(-1)[:] = [function(v) for v in values.reshape(-1)]
    return made


def _text(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


@op(
    "AsString",
    "input: T -> output: string",
    f"T: {{{FLOAT}, {SIGNED}, {UNSIGNED}, {COMPLEX}, bool, string}}, precision: int = -1, "
    "scientific: bool = false, shortest: bool = false, width: int = -1, fill: string = ''",
    host_only=True,
    not_differentiable=True,
)
def _as_string(
    xp: Any,
    value: Any,
    *,
    precision: int,
    scientific: bool,
    shortest: bool,
    width: int,
    fill: str,
) -> Any:
    """Each element as text, with the precision, width and fill that printf would use."""
    if value.dtype.kind in "iub" and (scientific or shortest or precision >= 0):
        raise errors.InvalidArgumentError(
            None,
            None,
            "scientific, shortest and precision are for floating point numbers, not for "
            f"{value.dtype}",
        )
    digits = f".{precision}" if precision >= 0 else ""
    pad = f"{fill}{width}" if width > 0 else str(fill)
    real = f"%{pad}{digits}{'e' if scientific else 'g' if shortest else 'f'}"

    blank = str(width) if width > 0 else ""

    def of(item: Any) -> bytes:
        if isinstance(item, (bytes, str)):
            return _text(item).rjust(width) if width > 0 else _text(item)
        if isinstance(item, (bool, np.bool_)):
            return b"true" if item else b"false"
        if isinstance(item, np.integer):
            return (f"%{pad}d" % int(item)).encode()
        if isinstance(item, np.complexfloating):
            return f"({real},{real})".encode() % (item.real, item.imag)
        if not np.isfinite(item):
            return (f"%{blank}s" % f"{float(item):f}").encode()
        return (real % float(item)).encode()

    return _each(of, value)


@op(
    "StringToNumber",
    "string_tensor: string -> output: out_type",
    "out_type: {float32, float64, int32, int64, uint32, uint64} = float32",
    host_only=True,
    not_differentiable=True,
)
def _string_to_number(xp: Any, value: Any, *, out_type: dtypes.DType) -> Any:
    """Each text as a number; InvalidArgumentError for what is none."""
    kind = out_type.as_numpy_dtype

    def number(text: Any) -> Any:
        try:
            return kind(float(text) if out_type.is_floating else int(text))
        except (ValueError, OverflowError):
            shown = _text(text).decode(errors="replace")
            raise errors.InvalidArgumentError(
                None, None, f"StringToNumberOp could not correctly convert string: {shown}"
            ) from None

    if not isinstance(value, np.ndarray):
        return number(value)
    return np.array([number(v) for v in value.reshape(-1)], kind).reshape(value.shape)


@op(
    "Substr",
    "input: string, pos: T, len: T -> output: string",
    "T: {int32, int64}, unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'",
    host_only=True,
    not_differentiable=True,
)
def _substr(xp: Any, value: Any, pos: Any, length: Any, *, unit: str) -> Any:
    """`length` bytes (or characters) of each text from `pos` on; a negative pos is from the end."""

    def piece(text: Any, start: int, count: int) -> bytes:
        whole = _text(text).decode() if unit == "UTF8_CHAR" else _text(text)
        if not -len(whole) <= start <= len(whole):
            raise errors.InvalidArgumentError(
                None, None, f"pos {start} out of range for string {text!r}"
            )
        begin = start % len(whole) if start < 0 else start
        return _text(whole[begin : begin + max(count, 0)])

    if not any(isinstance(v, np.ndarray) for v in (value, pos, length)):
        return piece(value, int(pos), int(length))
    texts = value if isinstance(value, np.ndarray) else np.array([value], object)
    if np.shape(pos) != np.shape(length):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"pos and len should have the same shape, got: {list(np.shape(pos))} vs. "
            f"{list(np.shape(length))}",
        )
    all_three = np.broadcast(texts, pos, length)
    shape = np.broadcast_shapes(np.shape(value), np.shape(pos), np.shape(length))
    made = np.empty(all_three.size, object)
    made[:] = [piece(t, int(p), int(n)) for t, p, n in all_three]
    return made.reshape(shape)


@op(
    "StringLength",
    "input: string -> output: int32",
    "unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'",
    host_only=True,
    not_differentiable=True,
)
def _string_length(xp: Any, value: Any, *, unit: str) -> Any:
    """The number of bytes (or characters) of each text."""

    def count(text: Any) -> int:
        return len(_text(text).decode()) if unit == "UTF8_CHAR" else len(_text(text))

    if not isinstance(value, np.ndarray):
        return np.int32(count(value))
    return np.array([count(v) for v in value.reshape(-1)], np.int32).reshape(value.shape)


@op("StringStrip", "input: string -> output: string", host_only=True, not_differentiable=True)
def _string_strip(xp: Any, value: Any) -> Any:
    """Each text without white space at its ends."""
    return _each(lambda text: _text(text).strip(), value)


@op(
    "StringLower",
    "input: string -> output: string",
    "encoding: string = ''",
    host_only=True,
    not_differentiable=True,
)
def _string_lower(xp: Any, value: Any, *, encoding: str) -> Any:
    """Each text in lower case; beyond ASCII with encoding utf-8."""
    if encoding:
        return _each(lambda text: _text(text).decode().lower().encode(), value)
    return _each(lambda text: _text(text).lower(), value)


@op(
    "StringUpper",
    "input: string -> output: string",
    "encoding: string = ''",
    host_only=True,
    not_differentiable=True,
)
def _string_upper(xp: Any, value: Any, *, encoding: str) -> Any:
    """Each text in upper case; beyond ASCII with encoding utf-8."""
    if encoding:
        return _each(lambda text: _text(text).decode().upper().encode(), value)
    return _each(lambda text: _text(text).upper(), value)


@op(
    "RegexReplace",
    "input: string, pattern: string, rewrite: string -> output: string",
    "replace_global: bool = true",
    host_only=True,
    not_differentiable=True,
)
def _regex_replace(xp: Any, value: Any, pattern: Any, rewrite: Any, *, replace_global: bool) -> Any:
    """Each text with what matches a pattern replaced; a backslash and 1 is its first group."""
    try:
        compiled = re.compile(_text(pattern))
    except re.error as error:
        raise errors.InvalidArgumentError(
            None, None, f"Invalid pattern: {pattern!r}, error: {error}"
        ) from None
    count = 0 if replace_global else 1
    new = _text(rewrite).replace(rb"\0", rb"\g<0>")
    return _each(lambda text: compiled.sub(new, _text(text), count), value)


def _split(xp: Any, pieces: list[list[bytes]]) -> Any:
    """Indices, values and shape of the ragged rows as a sparse matrix."""
    rows = [(i, j) for i, row in enumerate(pieces) for j in range(len(row))]
    values = np.empty(len(rows), object)
    values[:] = [piece for row in pieces for piece in row]
    widest = max((len(row) for row in pieces), default=0)
    return (
        np.array(rows, np.int64).reshape(-1, 2),
        values,
        np.array([len(pieces), widest], np.int64),
    )


_SPARSE = "indices: int64, values: string, shape: int64"


@op(
    "StringSplit",
    f"input: string, delimiter: string -> {_SPARSE}",
    "skip_empty: bool = true",
    host_only=True,
    not_differentiable=True,
)
def _string_split(xp: Any, value: Any, delimiter: Any, *, skip_empty: bool) -> Any:
    """The pieces between the delimiter's characters, a row per text; all characters without one."""
    characters = _text(delimiter)

    def pieces(text: bytes) -> list[bytes]:
        if not characters:
            return [text[i : i + 1] for i in range(len(text))]
        found = re.split(b"[" + re.escape(characters) + b"]", text)
        return [p for p in found if p or not skip_empty]

    return _split(xp, [pieces(_text(t)) for t in value])


@op(
    "StringSplitV2",
    f"input: string, sep: string -> {_SPARSE}",
    "maxsplit: int = -1",
    host_only=True,
    not_differentiable=True,
)
def _string_split_v2(xp: Any, value: Any, sep: Any, *, maxsplit: int) -> Any:
    """The pieces between separators, a row per text; between runs of white space without one."""
    between = _text(sep) or None
    return _split(xp, [_text(t).split(between, maxsplit) for t in value])


for _definition in (
    _as_string,
    _string_to_number,
    _string_length,
    _string_strip,
    _string_lower,
    _string_upper,
    _regex_replace,
):
    _definition.shape(same_shape)


@_substr.shape
def _(node: Operation) -> list[TensorShape]:
    text, pos, length = (t.shape for t in node.inputs)
    return [TensorShape(broadcast(text.sizes, pos.merge_with(length).sizes))]


def _split_shapes(node: Operation) -> list[TensorShape]:
    node.inputs[0].shape.with_rank(1)
    return [TensorShape([None, 2]), unknown_shape(1), TensorShape([2])]


_string_split.shape(_split_shapes)
_string_split_v2.shape(_split_shapes)


# -- functions -----------------------------------------------------------------------------


def as_string(
    input: Any,  # noqa: A002
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> Tensor:
    """Each element as text."""
    return make_tensor(
        "AsString",
        input,
        precision=precision,
        scientific=scientific,
        shortest=shortest,
        width=width,
        fill=fill,
        name=name,
    )


def string_to_number(
    string_tensor: Any = None,
    out_type: Any = dtypes.float32,
    name: str | None = None,
    input: Any = None,  # noqa: A002
) -> Tensor:
    """Each text as a number."""
    texts = string_tensor if input is None else input
    return make_tensor("StringToNumber", texts, out_type=out_type, name=name)


def substr(
    input: Any,  # noqa: A002
    pos: Any,
    len: Any,  # noqa: A002
    name: str | None = None,
    unit: str = "BYTE",
) -> Tensor:
    """`len` bytes of each text from `pos` on."""
    return make_tensor("Substr", input, pos, len, unit=unit, name=name)


def string_length(input: Any, name: str | None = None, unit: str = "BYTE") -> Tensor:  # noqa: A002
    """The number of bytes of each text."""
    return make_tensor("StringLength", input, unit=unit, name=name)


def string_strip(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """Each text without white space at its ends."""
    return make_tensor("StringStrip", input, name=name)


def regex_replace(
    input: Any,  # noqa: A002
    pattern: Any,
    rewrite: Any,
    replace_global: bool = True,
    name: str | None = None,
) -> Tensor:
    """Each text with what matches a pattern replaced."""
    return make_tensor(
        "RegexReplace", input, pattern, rewrite, replace_global=replace_global, name=name
    )


def string_split(
    source: Any = None,
    sep: Any = None,
    skip_empty: bool = True,
    delimiter: Any = None,
    name: str | None = None,
) -> SparseTensor:
    """The pieces of each text of a vector, as the rows of a sparse matrix."""
    between = sep if delimiter is None else delimiter
    with op_scope(name, "StringSplit", source):
        separator = convert_to_tensor(" " if between is None else between, dtypes.string)
        texts = convert_to_tensor(source, dtypes.string)
        parts = make_op("StringSplit", texts, separator, skip_empty=skip_empty)
        return SparseTensor(*parts)
