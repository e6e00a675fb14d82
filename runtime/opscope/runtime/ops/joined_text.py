"""Strings joined along axes and by segment, matched, compared, and in other encodings."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

import numpy as np
from google.protobuf import json_format
from google.protobuf.message import DecodeError

from opscope.events import make_ndarray, make_tensor_proto
from opscope.events.proto.example_pb2 import Example
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.runtime import dtypes, errors
from opscope.runtime.constant import as_array, constant, convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.sequence import range as range_of
from opscope.runtime.ops.shape import rank
from opscope.runtime.ops.sparse_forms import check_parts, refused
from opscope.runtime.ops.static_value import static_value
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.string_value import boxed, of_each, strings_like
from opscope.runtime.tensor_shape import TensorShape, scalar, unknown_shape


@op(
    "ReduceJoin",
    "inputs: string, reduction_indices: int32 -> output: string",
    "keep_dims: bool = false, separator: string = ''",
    host_only=True,
    not_differentiable=True,
)
def _reduce_join(xp: Any, value: Any, axes: Any, *, keep_dims: bool, separator: Any) -> Any:
    """Strings joined along axes, in the order of the axes."""
    between = separator.encode() if isinstance(separator, str) else separator
    array = np.asarray(boxed(value))
    chosen = [int(a) % array.ndim if array.ndim else 0 for a in np.reshape(axes, -1)]
    if not array.ndim:
        return value
    kept = [i for i in range(array.ndim) if i not in chosen]
    shape = tuple(array.shape[i] for i in kept)
    rows = array.transpose(*kept, *reversed(chosen))
    rows = rows.reshape(int(np.prod(shape)), int(np.prod([array.shape[i] for i in chosen])))
    made = [between.join(row) for row in rows.tolist()] if chosen else array.reshape(-1).tolist()
    if keep_dims:
        shape = tuple(1 if i in chosen else n for i, n in enumerate(array.shape))
    return strings_like(shape, made)


@_reduce_join.shape
def _(node: Operation) -> list[TensorShape]:
    sizes, axes = node.inputs[0].shape.sizes, static_value(node.inputs[1])
    keeps = node.attrs["keep_dims"]
    if sizes is None:
        return [TensorShape(None)]
    if axes is None:
        return [unknown_shape(len(sizes) if keeps else None)]
    chosen = {int(a) % len(sizes) for a in np.reshape(axes, -1)} if sizes else set()
    made = [1 if i in chosen else n for i, n in enumerate(sizes) if keeps or i not in chosen]
    return [TensorShape(made)]


@op(
    "UnsortedSegmentJoin",
    "inputs: string, segment_ids: Tindices, num_segments: Tnumsegments -> output: string",
    "separator: string = '', Tindices: {int32, int64}, Tnumsegments: {int32, int64} = int32",
    host_only=True,
    not_differentiable=True,
)
def _segment_join(xp: Any, value: Any, ids: Any, count: Any, *, separator: Any) -> Any:
    """Strings of one segment joined; the shape of the segment numbers becomes one axis."""
    between = separator.encode() if isinstance(separator, str) else separator
    inner = value.shape[ids.ndim :]
    width = int(np.prod(inner))
    rows = value.reshape(ids.size, width)
    joined: list[list[list[bytes]]] = [[[] for _ in range(width)] for _ in range(int(count))]
    for number, row in zip(ids.reshape(-1).tolist(), rows.tolist(), strict=True):
        if not 0 <= number < count:
            raise errors.InvalidArgumentError(
                None, None, f"segment id {number} is not in [0, {int(count)})"
            )
        for cell, text in zip(joined[number], row, strict=True):
            cell.append(text)
    flat = [between.join(cell) for row in joined for cell in row]
    return strings_like((int(count), *inner), flat)


@_segment_join.shape
def _(node: Operation) -> list[TensorShape]:
    value, ids = node.inputs[0].shape, node.inputs[1].shape
    count = static_value(node.inputs[2])
    if value.ndims is None or ids.ndims is None:
        return [TensorShape(None)]
    value[: ids.ndims].assert_is_compatible_with(ids)
    return [TensorShape([None if count is None else int(count)]).concatenate(value[ids.ndims :])]


@op(
    "RegexFullMatch",
    "input: string, pattern: string -> output: bool",
    host_only=True,
    not_differentiable=True,
)
def _regex_full_match(xp: Any, value: Any, pattern: bytes) -> Any:
    """Whether each string as a whole matches a pattern."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise errors.InvalidArgumentError(
            None, None, f"Invalid pattern: {pattern!r}, error: {error}"
        ) from None
    if isinstance(value, bytes):
        return np.bool_(compiled.fullmatch(value) is not None)
    found = [compiled.fullmatch(s) is not None for s in value.reshape(-1).tolist()]
    return np.array(found, bool).reshape(value.shape)


_regex_full_match.shape(same_shape)


@op(
    "EditDistance",
    "hypothesis_indices: int64, hypothesis_values: T, hypothesis_shape: int64, "
    "truth_indices: int64, truth_values: T, truth_shape: int64 -> output: float32",
    "normalize: bool = true, T: type",
    host_only=True,
    not_differentiable=True,
)
def _edit_distance(
    xp: Any,
    places: Any,
    values: Any,
    sizes: Any,
    true_places: Any,
    true_values: Any,
    true_sizes: Any,
    *,
    normalize: bool,
) -> Any:
    """The least number of insertions, deletions and changes between sequences, Levenshtein's.

    The sequences lie along the last axis. Normalized by the length of the truth; inf where that is
    empty and the other is not.
    """
    check_parts(places, values, sizes)
    check_parts(true_places, true_values, true_sizes)
    if len(sizes) != len(true_sizes) or len(sizes) < 2:
        raise refused(
            "Hypothesis and truth must have the same rank of at least 2, but have "
            f"{len(sizes)} and {len(true_sizes)}"
        )
    shape = np.maximum(sizes, true_sizes)[:-1].tolist()
    if 0 in shape:
        raise refused(f"Got output shape {shape} which has 0 elements")
    mine, truth = _sequences(places, values), _sequences(true_places, true_values)
    out = np.zeros(shape, np.float32)
    for place in mine.keys() | truth.keys():
        if not all(0 <= at < size for at, size in zip(place, shape, strict=True)):
            raise errors.InternalError(None, None, f"index {place} is outside of {shape}")
        a, b = mine.get(place, []), truth.get(place, [])
        distance = float(_distance(a, b))
        if normalize:
            distance = distance / len(b) if b else (float("inf") if a else 0.0)
        out[place] = distance
    return out[()]


def _sequences(places: Any, values: Any) -> dict[tuple[int, ...], list[Any]]:
    found: dict[tuple[int, ...], list[Any]] = {}
    for place, value in zip(places.tolist(), values.tolist(), strict=True):
        found.setdefault(tuple(place[:-1]), []).append(value)
    return found


def _distance(a: list[Any], b: list[Any]) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            best = min(row[j] + 1, row[j - 1] + 1, before + (x != y))
            before, row[j] = row[j], best
    return row[-1]


@_edit_distance.shape
def _(node: Operation) -> list[TensorShape]:
    sizes, true_sizes = static_value(node.inputs[2]), static_value(node.inputs[5])
    if sizes is None or true_sizes is None:
        return [unknown_shape()]
    if len(sizes) != len(true_sizes):
        raise ValueError(f"Ranks must be equal, but are {len(sizes)} and {len(true_sizes)}")
    return [TensorShape(np.maximum(sizes, true_sizes)[:-1].tolist())]


# -- encodings -----------------------------------------------------------------------------


@op(
    "EncodeBase64",
    "input: string -> output: string",
    "pad: bool = false",
    host_only=True,
    not_differentiable=True,
)
def _encode_base64(xp: Any, value: Any, *, pad: bool) -> Any:
    """Each string in the base64 of URLs."""

    def encoded(text: bytes) -> bytes:
        made = base64.urlsafe_b64encode(text)
        return made if pad else made.rstrip(b"=")

    return of_each(encoded, value)


@op("DecodeBase64", "input: string -> output: string", host_only=True, not_differentiable=True)
def _decode_base64(xp: Any, value: Any) -> Any:
    """What strings in the base64 of URLs stand for."""

    def decoded(text: bytes) -> bytes:
        try:
            if re.search(rb"[^A-Za-z0-9_=-]", text):
                raise ValueError
            return base64.urlsafe_b64decode(
                text.rstrip(b"=") + b"=" * (-len(text.rstrip(b"=")) % 4)
            )
        except (ValueError, binascii.Error):
            raise errors.InvalidArgumentError(
                None, None, "Invalid character found in base64."
            ) from None

    return of_each(decoded, value)


@op(
    "SerializeTensor",
    "tensor: T -> serialized: string",
    "T: type",
    host_only=True,
    not_differentiable=True,
)
def _serialize_tensor(xp: Any, value: Any) -> Any:
    """A tensor as a serialized TensorProto."""
    return make_tensor_proto(as_array(value)).SerializeToString()


@op(
    "ParseTensor",
    "serialized: string -> output: out_type",
    "out_type: type",
    host_only=True,
    not_differentiable=True,
)
def _parse_tensor(xp: Any, serialized: bytes, *, out_type: dtypes.DType) -> Any:
    """The tensor of a serialized TensorProto; it must have the dtype."""
    try:
        proto = TensorProto.FromString(serialized)
        array = make_ndarray(proto)
    except (DecodeError, ValueError) as error:
        raise errors.InvalidArgumentError(
            None, None, f"Could not parse `serialized` as TensorProto: {error}"
        ) from error
    found = dtypes.as_dtype(proto.dtype)
    if found is not out_type:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Type mismatch between parsed tensor ({found.name}) and dtype ({out_type.name})",
        )
    return array[()]


@op(
    "DecodeJSONExample",
    "json_examples: string -> binary_examples: string",
    host_only=True,
    not_differentiable=True,
)
def _decode_json_example(xp: Any, value: Any) -> Any:
    """Examples in JSON as serialized Examples."""

    def decoded(text: bytes) -> bytes:
        try:
            made: bytes = json_format.Parse(text, Example()).SerializeToString(deterministic=True)
        except (json_format.ParseError, json.JSONDecodeError) as error:
            raise errors.InvalidArgumentError(
                None, None, f"Error while parsing JSON: {error}"
            ) from error
        return made

    return of_each(decoded, value)


for _definition in (_encode_base64, _decode_base64, _decode_json_example):
    _definition.shape(same_shape)


@_serialize_tensor.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


@_parse_tensor.shape
def _(node: Operation) -> list[TensorShape]:
    return [unknown_shape()]


@op(
    "UnicodeTranscode",
    "input: string -> output: string",
    "input_encoding: string, output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}, "
    "errors: {'strict', 'replace', 'ignore'} = 'replace', replacement_char: int = 65533, "
    "replace_control_characters: bool = false",
    host_only=True,
    not_differentiable=True,
)
def _transcode(
    xp: Any,
    value: Any,
    *,
    input_encoding: str,
    output_encoding: str,
    replacement_char: int,
    replace_control_characters: bool,
    errors: str,
) -> Any:
    """Strings in another Unicode encoding."""
    replacement = chr(replacement_char) if errors == "replace" else ""

    def transcoded(text: bytes) -> bytes:
        try:
            found = text.decode(input_encoding, "strict" if errors == "strict" else errors)
        except UnicodeDecodeError as error:
            raise _invalid_text(error) from None
        found = found.replace("\ufffd", replacement)
        if replace_control_characters:
            found = re.sub("[\x00-\x08\x0b-\x1f\x7f]", replacement, found)
        return found.encode(output_encoding)

    return of_each(transcoded, value)


def _invalid_text(error: UnicodeDecodeError) -> errors.OpError:
    return errors.InvalidArgumentError(None, None, f"Invalid formatting on input string: {error}")


_transcode.shape(same_shape)


# -- functions -----------------------------------------------------------------------------


def reduce_join(
    inputs: Any,
    axis: Any = None,
    keep_dims: bool | None = None,
    separator: str = "",
    name: str | None = None,
    reduction_indices: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Strings joined along axes, in the order given; from the last to the first when None."""
    axes = reduction_indices if axis is None else axis
    keeps = bool(keepdims if keep_dims is None else keep_dims)
    with op_scope(None, "ReduceJoin", inputs, axes):
        texts = convert_to_tensor(inputs)
        if axes is None and texts.shape.ndims is not None:
            axes = constant(np.arange(texts.shape.ndims - 1, -1, -1), dtypes.int32)
        elif axes is None:
            axes = range_of(rank(texts) - 1, -1, -1)
        return make_tensor(
            "ReduceJoin", texts, axes, keep_dims=keeps, separator=separator, name=name
        )


def unsorted_segment_join(
    inputs: Any, segment_ids: Any, num_segments: Any, separator: str = "", name: str | None = None
) -> Tensor:
    """Strings of one segment joined."""
    return make_tensor(
        "UnsortedSegmentJoin", inputs, segment_ids, num_segments, separator=separator, name=name
    )


def regex_full_match(
    input: Any,  # noqa: A002 - TensorFlow's name
    pattern: Any,
    name: str | None = None,
) -> Tensor:
    """Whether each string as a whole matches a pattern."""
    if isinstance(pattern, (str, bytes)):
        return make_tensor("StaticRegexFullMatch", input, pattern=pattern, name=name)
    return make_tensor("RegexFullMatch", input, pattern, name=name)


def edit_distance(
    hypothesis: SparseTensor,
    truth: SparseTensor,
    normalize: bool = True,
    name: str = "edit_distance",
) -> Tensor:
    """Levenshtein's distance of sequences that lie along the last axis of sparse tensors."""
    for value, what in ((hypothesis, "Hypothesis"), (truth, "Truth")):
        if not isinstance(value, SparseTensor):
            raise TypeError(f"{what} must be a SparseTensor.")
    return make_tensor(
        "EditDistance",
        hypothesis.indices,
        hypothesis.values,
        hypothesis.dense_shape,
        truth.indices,
        truth.values,
        truth.dense_shape,
        normalize=normalize,
        name=name,
    )


def encode_base64(
    input: Any,  # noqa: A002 - TensorFlow's name
    pad: bool = False,
    name: str | None = None,
) -> Tensor:
    """Each string in the base64 of URLs, with `=` at the end when `pad`."""
    return make_tensor("EncodeBase64", input, pad=pad, name=name)


def decode_base64(input: Any, name: str | None = None) -> Tensor:  # noqa: A002
    """What strings in the base64 of URLs stand for."""
    return make_tensor("DecodeBase64", input, name=name)


def serialize_tensor(tensor: Any, name: str | None = None) -> Tensor:
    """A tensor as a serialized TensorProto."""
    return make_tensor("SerializeTensor", tensor, name=name)


def parse_tensor(serialized: Any, out_type: Any, name: str | None = None) -> Tensor:
    """The tensor of a serialized TensorProto, which must have the dtype."""
    return make_tensor("ParseTensor", serialized, out_type=out_type, name=name)


def decode_json_example(json_examples: Any, name: str | None = None) -> Tensor:
    """Examples in JSON as serialized Examples."""
    return make_tensor("DecodeJSONExample", json_examples, name=name)


def unicode_transcode(
    input: Any,  # noqa: A002 - TensorFlow's name
    input_encoding: str,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Tensor:
    """Strings in another Unicode encoding."""
    return make_tensor(
        "UnicodeTranscode",
        input,
        input_encoding=input_encoding,
        output_encoding=output_encoding,
        errors=errors,
        replacement_char=replacement_char,
        replace_control_characters=replace_control_characters,
        name=name,
    )
