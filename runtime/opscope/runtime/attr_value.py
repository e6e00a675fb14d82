"""Attributes of a NodeDef as the values the graph keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.events import TensorProtoError, make_ndarray
from opscope.events.proto.attr_value_pb2 import AttrValue
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.events.proto.tensor_shape_pb2 import TensorShapeProto
from opscope.runtime import dtypes
from opscope.runtime.op_def import AttrDef, normalize_attr
from opscope.runtime.tensor_shape import TensorShape

# The field of AttrValue that holds each kind; `AttrValue.list` has the same names.
_FIELDS = {
    "int": "i",
    "float": "f",
    "bool": "b",
    "string": "s",
    "type": "type",
    "shape": "shape",
    "tensor": "tensor",
    "func": "func",
}
_KINDS = {field: kind for kind, field in _FIELDS.items()}


def shape_from_proto(proto: TensorShapeProto) -> TensorShape:
    """The shape; a size of -1 is unknown."""
    if proto.unknown_rank:
        return TensorShape(None)
    return TensorShape([None if d.size < 0 else d.size for d in proto.dim])


def _tensor(proto: TensorProto) -> Any:
    array = make_ndarray(proto)
    array.flags.writeable = False
    return array


_READERS: dict[str, Callable[[Any], Any]] = {
    "type": dtypes.as_dtype,
    "shape": shape_from_proto,
    "tensor": _tensor,
}


def read_attr(op_name: str, definition: AttrDef, attr: AttrValue) -> Any:
    """The value of an attribute that the op type defines, normalised.

    TypeError or ValueError when it is of another kind or not allowed.
    """
    kind = definition.kind
    held = attr.WhichOneof("value")
    item_kind = kind[5:-1] if kind.startswith("list(") else kind
    wanted = "list" if item_kind != kind else _FIELDS[kind]
    if held != wanted:
        raise TypeError(f"attribute {definition.name!r} is of kind {kind}, the node's is {held}")
    read = _READERS.get(item_kind, _same)
    field = _FIELDS[item_kind]
    try:
        if item_kind != kind:
            value: Any = tuple(read(item) for item in getattr(attr.list, field))
        else:
            value = read(getattr(attr, field))
    except TensorProtoError as error:
        raise ValueError(f"attribute {definition.name!r}: {error}") from None
    return normalize_attr(op_name, definition, value)


def read_other_attr(attr: AttrValue) -> Any:
    """The value of an attribute that no op type defines, such as `_class`.

    What has no plain form (functions, placeholders, mixed lists) stays an AttrValue.
    """
    held = attr.WhichOneof("value")
    if held is None or held in ("func", "placeholder"):
        return attr
    try:
        if held != "list":
            value = _READERS.get(_KINDS[held], _same)(getattr(attr, held))
            return _text(value)
        filled = [field for _, field in _FIELDS.items() if len(getattr(attr.list, field))]
        if not filled:
            return ()
        if len(filled) > 1 or filled == ["func"]:
            return attr
        read = _READERS.get(_KINDS[filled[0]], _same)
        return tuple(_text(read(item)) for item in getattr(attr.list, filled[0]))
    except (TypeError, ValueError):
        return attr


def _same(value: Any) -> Any:
    return value


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    return value
