"""Attributes of nodes as short text for people: dtypes, shapes, small tensors, functions."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from opscope.dashboard.graph.lettering import shape_text
from opscope.events import EventsError, make_ndarray
from opscope.events.proto import attr_value_pb2, tensor_pb2, tensor_shape_pb2, types_pb2

MOST_TEXT = 300
MOST_ITEMS = 24
MOST_ELEMENTS = 64

_DTYPES = {"half": "float16", "float": "float32", "double": "float64"}
_COMPARISONS = "Equal NotEqual Less LessEqual Greater GreaterEqual IsNan IsInf IsFinite"
_LOGIC = "LogicalAnd LogicalOr LogicalNot All Any InTopK InTopKV2"
_STATE = "VarIsInitializedOp IsVariableInitialized"
_BOOLEAN = frozenset(f"{_COMPARISONS} {_LOGIC} {_STATE}".split())
_RESULT_DTYPE = ("dtype", "DstT", "out_type", "output_type", "Tout", "T")


def attribute_text(value: attr_value_pb2.AttrValue) -> str:
    """One attribute in a line of at most 300 letters."""
    return _short(_text(value))


def dtype_text(enum: int) -> str:
    """Write a DataType as NumPy names it, with `_ref` where it is a reference."""
    try:
        name = types_pb2.DataType.Name(enum).removeprefix("DT_").lower()
    except ValueError:
        return f"dtype {enum}"
    stem = name.removesuffix("_ref")
    return _DTYPES.get(stem, stem) + name[len(stem) :]


def output_dtype(op: str, attrs: dict[str, attr_value_pb2.AttrValue]) -> str:
    """Dtype of an op's outputs where its attributes settle it, else ""."""
    if op in _BOOLEAN:
        return "bool"
    if op == "VarHandleOp":
        return "resource"
    for name in _RESULT_DTYPE:
        if name in attrs and attrs[name].WhichOneof("value") == "type":
            return dtype_text(attrs[name].type)
    return ""


def function_names(attrs: dict[str, attr_value_pb2.AttrValue]) -> Iterable[tuple[str, str]]:
    """(attribute, function) for each attribute that names functions of the library."""
    for name, value in sorted(attrs.items()):
        if value.WhichOneof("value") == "func":
            yield name, value.func.name
        for function in value.list.func:
            yield name, function.name


def _text(value: attr_value_pb2.AttrValue) -> str:
    kind = value.WhichOneof("value")
    if kind == "s":
        return _bytes(value.s)
    if kind == "i":
        return str(value.i)
    if kind == "f":
        return f"{value.f:.6g}"
    if kind == "b":
        return str(value.b)
    if kind == "type":
        return dtype_text(value.type)
    if kind == "shape":
        return _shape(value.shape)
    if kind == "tensor":
        return _tensor(value.tensor)
    if kind == "func":
        return value.func.name
    if kind == "placeholder":
        return f"placeholder {value.placeholder}"
    if kind == "list":
        return _list(value.list)
    return "(empty)"


def _list(values: attr_value_pb2.AttrValue.ListValue) -> str:
    items = [
        *map(_bytes, values.s[:MOST_ITEMS]),
        *map(str, values.i[:MOST_ITEMS]),
        *(f"{number:.6g}" for number in values.f[:MOST_ITEMS]),
        *map(str, values.b[:MOST_ITEMS]),
        *map(dtype_text, values.type[:MOST_ITEMS]),
        *map(_shape, values.shape[:MOST_ITEMS]),
        *map(_tensor, values.tensor[:MOST_ITEMS]),
        *(function.name for function in values.func[:MOST_ITEMS]),
    ]
    total = sum(
        len(field)
        for field in (
            values.s,
            values.i,
            values.f,
            values.b,
            values.type,
            values.shape,
            values.tensor,
            values.func,
        )
    )
    more = f", … {total - len(items)} more" if total > len(items) else ""
    return f"[{', '.join(items)}{more}]"


def _bytes(value: bytes) -> str:
    head = value[: MOST_TEXT + 1]
    try:
        text = head.decode()
    except UnicodeDecodeError:
        return f"{len(value)} bytes: {value[:24].hex(' ')}" + ("…" if len(value) > 24 else "")
    return text if text.isprintable() and text else repr(text)


def _shape(proto: tensor_shape_pb2.TensorShapeProto) -> str:
    if proto.unknown_rank:
        return "unknown rank"
    return shape_text(tuple(max(-1, dim.size) for dim in proto.dim))


def _tensor(proto: tensor_pb2.TensorProto) -> str:
    """Dtype and shape, and the values where they are few."""
    head = f"{dtype_text(proto.dtype)} {_shape(proto.tensor_shape)}"
    size = 1
    for dim in proto.tensor_shape.dim:
        size *= max(0, dim.size)
    if size > MOST_ELEMENTS:
        return f"{head} ({size:,} elements)"
    try:
        values = make_ndarray(proto)
    except (EventsError, ValueError) as error:
        return f"{head} (unreadable: {error})"
    if values.dtype == object:
        return f"{head} {values.tolist()!r}"
    return f"{head} {np.array2string(values, precision=6, separator=', ', threshold=24)}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"
