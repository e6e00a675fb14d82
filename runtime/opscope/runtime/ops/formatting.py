"""Values in text: `tf.strings.format`, and `tf.print`, which writes it out."""

from __future__ import annotations

import pprint
import sys
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from opscope.runtime import errors, logging, nest
from opscope.runtime.make_op import make_node, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape, scalar
from opscope.runtime.variables import Variable


def shown(value: Any, edge: int) -> bytes:
    """A value as NumPy shows it, with `edge` elements at both ends of an axis; all when -1."""
    if isinstance(value, bytes) or np.ndim(value) == 0:
        return _element(value)
    array = np.asarray(value)
    if edge < 0:
        edge = max(array.shape)
    return _rows(array, edge, 0)


def _rows(array: Any, edge: int, depth: int) -> bytes:
    count = len(array)
    few = count <= 2 * edge
    if array.ndim == 1:
        parts = array if few else [*array[:edge], None, *array[count - edge :]]
        line = b" ".join([b"..." if p is None else _element(p) for p in parts])
        listed: bytes = b"[" + line + b"]"
        return listed
    gap: bytes = b"\n" * (array.ndim - 1) + b" " * (depth + 1)
    if not array.size or edge == 0:
        return b"[" + gap + b"...]"
    numbers = range(count) if few else [*range(edge), None, *range(count - edge, count)]
    rows = [b"..." if n is None else _rows(array[n], edge, depth + 1) for n in numbers]
    text: bytes = rows[0]
    for row in rows[1:]:
        # Around dots there is one line only.
        text += (b"\n" + b" " * (depth + 1) if b"..." in (row, text[-3:]) else gap) + row
    whole: bytes = b"[" + text + b"]"
    return whole


def _element(value: Any) -> bytes:
    if isinstance(value, bytes):
        return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    if isinstance(value, (bool, np.bool_)):
        return b"1" if value else b"0"
    if isinstance(value, np.complexfloating):
        return b"?"
    if np.asarray(value).dtype.kind in "fV":
        return _real(value).encode()
    return str(int(value)).encode()


def _real(value: Any) -> str:
    """The shortest of two forms that gives the number again."""
    number = float(value)
    if np.asarray(value).dtype == np.float64:
        short = f"{number:.15g}"
        return short if float(short) == number or number != number else f"{number:.17g}"
    short = f"{number:.6g}"
    return short if np.float32(short) == np.float32(number) else f"{number:.9g}"


@op(
    "StringFormat",
    "inputs: T -> output: string",
    "T: list(type) >= 0, template: string = '%s', placeholder: string = '%s', summarize: int = 3",
    host_only=True,
    not_differentiable=True,
)
def _format(xp: Any, *values: Any, template: Any, placeholder: Any, summarize: int) -> Any:
    """A text with values at its placeholders."""
    text, mark = (t.encode() if isinstance(t, str) else t for t in (template, placeholder))
    pieces = text.split(mark)
    if len(pieces) != len(values) + 1:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"num placeholders in template and num inputs must match: {len(pieces) - 1} vs. "
            f"{len(values)}",
        )
    made: bytes = pieces[0]
    for value, piece in zip(values, pieces[1:], strict=True):
        made += shown(value, summarize) + piece
    return made


@_format.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


_LOGS = {
    "log(info)": logging.info,
    "log(warning)": logging.warning,
    "log(error)": logging.error,
}


@op(
    "PrintV2",
    "input: string ->",
    "output_stream: string = 'stderr', end: string = '\\n'",
    stateful=True,
    host_only=True,
)
def _print(xp: Any, text: bytes, *, output_stream: str, end: str) -> None:
    """Write a text to standard output or error, to the log, or to the end of a file."""
    line = text.decode(errors="replace")
    if output_stream.startswith("file://"):
        path = Path(output_stream.removeprefix("file://"))
        with open(path, "ab") as file:
            file.write(text + end.encode())
    elif output_stream in _LOGS:
        _LOGS[output_stream](line)
    elif output_stream in ("stdout", "stderr"):
        print(line, end=end, file=getattr(sys, output_stream), flush=True)
    else:
        raise errors.InvalidArgumentError(
            None, None, f"Unknown output stream: {output_stream}, or file could not be opened."
        )


def string_format(
    template: str, inputs: Any, placeholder: str = "{}", summarize: int = 3, name: str | None = None
) -> Tensor:
    """A text with values at its placeholders, `summarize` elements at both ends of an axis."""
    values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    found = len(template.split(placeholder)) - 1
    if found != len(values):
        raise ValueError(
            f"The template expects {found} tensors, but the inputs only has {len(values)}. Please "
            "ensure the number of placeholders in template matches inputs length."
        )
    return make_tensor(
        "StringFormat",
        values,
        template=template,
        placeholder=placeholder,
        summarize=summarize,
        name=name,
    )


def _is_tensor(value: Any) -> bool:
    return isinstance(value, (Tensor, Variable, SparseTensor))


def print_v2(
    *inputs: Any,
    output_stream: Any = None,
    summarize: int = 3,
    sep: str = " ",
    end: str = "\n",
    name: str | None = None,
) -> Operation:
    """An op that writes values, tensors and structures of them, each time it runs.

    output_stream: sys.stderr (the default), sys.stdout, tf.logging.info, warning or error, or
    "file://PATH", to which it appends.
    """
    stream = _stream(sys.stderr if output_stream is None else output_stream)
    if len(inputs) == 1 and isinstance(inputs[0], Tensor) and _is_text(inputs[0]):
        text = inputs[0]
    else:
        text = _formatted(inputs, summarize, sep, f"{name}_format" if name else None)
    return make_node("PrintV2", text, output_stream=stream, end=end, name=name)


def _is_text(tensor: Tensor) -> bool:
    return tensor.dtype.name == "string" and tensor.shape.ndims == 0


def _stream(given: Any) -> str:
    if isinstance(given, str) and given.startswith("file://"):
        return given
    known: list[tuple[Any, str]] = [
        (sys.stderr, "stderr"),
        (sys.stdout, "stdout"),
        (logging.info, "log(info)"),
        (logging.INFO, "log(info)"),
        (logging.warning, "log(warning)"),
        (logging.warn, "log(warning)"),
        (logging.WARN, "log(warning)"),
        (logging.error, "log(error)"),
        (logging.ERROR, "log(error)"),
    ]
    for stream, name in known:
        if given is stream or (isinstance(given, int) and given == stream):
            return name
    raise ValueError(
        f"Unsupported output stream, logging level, or file.{given}. Supported streams are "
        "sys.stdout, sys.stderr, tf.logging.info, tf.logging.warning, tf.logging.error. File needs "
        "to be in the form of 'file://<filepath>'."
    )


def _formatted(inputs: Any, summarize: int, sep: str, name: str | None) -> Tensor:
    plain = " ".join(
        pprint.pformat(nest.map_structure(lambda x: "" if _is_tensor(x) else x, i)) for i in inputs
    )
    mark, digits = "{}", Random(5)  # TensorFlow's way to a mark that is not in the text
    while mark in plain:
        mark += str(digits.randint(0, 9))
    tensors: list[Any] = []
    templates = []
    for value in inputs:
        parts: list[Any] = []
        for leaf in nest.flatten(value):
            if isinstance(leaf, SparseTensor):
                tensors += [leaf.indices, leaf.values, leaf.dense_shape]
                parts.append(f"SparseTensor(indices={mark}, values={mark}, shape={mark})")
            elif _is_tensor(leaf):
                tensors.append(leaf)
                parts.append(mark)
            else:
                parts.append(leaf)
        if isinstance(value, str):
            templates.append(value)
        else:
            templates.append(pprint.pformat(nest.pack_sequence_as(value, parts)))
    template = sep.join(templates).replace(f"'{mark}'", mark)
    return string_format(template, tensors, mark, summarize, name)
