"""Op types that begin a dataset: tensors, ranges, files, Python generators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import as_array
from opscope.runtime.data.dataset_ops import dataset_op
from opscope.runtime.data.elements import Element, Elements, Traversal
from opscope.runtime.data.record_files import read_fixed, read_lines, read_tfrecords
from opscope.runtime.folding import host_scalar
from opscope.runtime.python_function import python_function

_TENSORS = "Toutput_types: list(type) >= 1, output_shapes: list(shape) >= 1"
_META = "metadata: string = ''"
_SPLIT = "replicate_on_split: bool = false"


@dataset_op("TensorDataset", "components: Toutput_types", f"{_TENSORS}, {_META}", stateful=True)
def _tensors(xp: Any, *components: Any) -> Elements:
    """One element."""
    return Elements(lambda t: iter([components]), 1)


@dataset_op(
    "TensorSliceDataset",
    "components: Toutput_types",
    f"{_TENSORS}, is_files: bool = false, {_META}, {_SPLIT}",
    stateful=True,
)
def _tensor_slices(xp: Any, *components: Any) -> Elements:
    """The rows of tensors as elements."""
    rows = len(components[0])
    for i, component in enumerate(components):
        if len(component) != rows:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"All components must have the same size in the 0th dimension. Component {i} has "
                f"size {len(component)}, component 0 has size {rows}.",
            )
    return Elements(lambda t: zip(*components, strict=True), rows)


@dataset_op(
    "RangeDataset",
    "start: int64, stop: int64, step: int64",
    f"output_types: list(type) >= 1, output_shapes: list(shape) >= 1, {_META}, {_SPLIT}",
    stateful=True,
)
def _range(xp: Any, start: Any, stop: Any, step: Any) -> Elements:
    """Whole numbers from start, before stop."""
    if step == 0:
        raise errors.InvalidArgumentError(None, None, "step must be a non-zero integer.")
    numbers = range(int(start), int(stop), int(step))
    return Elements(lambda t: zip(map(np.int64, numbers), strict=True), len(numbers))


def _paths(filenames: Any) -> list[str]:
    names = [filenames] if isinstance(filenames, bytes) else filenames.reshape(-1).tolist()
    return [n.decode() for n in names]


def _of_files(paths: list[str], read: Callable[[str], Iterator[bytes]]) -> Elements:
    def iterate(traversal: Traversal) -> Iterator[Element]:
        return ((data,) for path in paths for data in read(path))

    return Elements(iterate)


_FILES = "filenames: string, compression_type: string, buffer_size: int64"


@dataset_op("TextLineDataset", _FILES, _META, stateful=True)
def _text_lines(xp: Any, names: Any, compression: bytes, buffer_size: Any) -> Elements:
    """The lines of text files."""
    return _of_files(_paths(names), partial(read_lines, compression_type=compression.decode()))


@dataset_op("TFRecordDataset", _FILES, _META, stateful=True)
def _tfrecords(xp: Any, names: Any, compression: bytes, buffer_size: Any) -> Elements:
    """The records of TFRecord files."""
    return _of_files(_paths(names), partial(read_tfrecords, compression_type=compression.decode()))


@dataset_op(
    "FixedLengthRecordDataset",
    "filenames: string, header_bytes: int64, record_bytes: int64, footer_bytes: int64, "
    "buffer_size: int64",
    _META,
    stateful=True,
)
def _fixed_length(
    xp: Any, names: Any, header: Any, record: Any, footer: Any, buffer_size: Any
) -> Elements:
    """The records of equal length of binary files."""
    return _of_files(
        _paths(names),
        partial(
            read_fixed,
            header_bytes=int(header),
            record_bytes=int(record),
            footer_bytes=int(footer),
        ),
    )


@dataset_op(
    "FixedLengthRecordDatasetV2",
    "filenames: string, header_bytes: int64, record_bytes: int64, footer_bytes: int64, "
    "buffer_size: int64, compression_type: string",
    _META,
    stateful=True,
)
def _fixed_length_v2(
    xp: Any,
    names: Any,
    header: Any,
    record: Any,
    footer: Any,
    buffer_size: Any,
    compression: bytes,
) -> Elements:
    """The records of equal length of binary files, plain or compressed."""
    return _of_files(
        _paths(names),
        partial(
            read_fixed,
            header_bytes=int(header),
            record_bytes=int(record),
            footer_bytes=int(footer),
            compression_type=compression.decode(),
        ),
    )


@dataset_op(
    "OpscopeGeneratorDataset",
    "arguments: Targuments",
    "token: string, Targuments: list(type) >= 0, output_types: list(type) >= 1, "
    "output_shapes: list(shape) >= 1",
    stateful=True,
)
def _generator(
    xp: Any, *arguments: Any, token: str, output_types: Any, output_shapes: Any
) -> Elements:
    """What a Python generator yields, which a GraphDef cannot hold."""
    generator, flattened = python_function(token)

    def iterate(traversal: Traversal) -> Iterator[Element]:
        return map(as_element, iter(generator(*arguments)))

    def as_element(value: Any) -> Element:
        try:
            leaves = flattened(value)
        except ValueError as error:
            raise TypeError(
                "`generator` yielded an element that did not match the expected structure. The "
                f"expected structure was {output_types}, but the yielded element was {value}."
            ) from error
        return tuple(map(_checked, leaves, output_types, output_shapes))

    return Elements(iterate)


def _checked(value: Any, dtype: dtypes.DType, shape: Any) -> Any:
    try:
        array = as_array(value, dtype)
    except (TypeError, ValueError) as error:
        raise TypeError(
            "`generator` yielded an element that could not be converted to the expected type. The "
            f"expected type was {dtype.name}, but the yielded element was {value}."
        ) from error
    if not shape.is_compatible_with(array.shape):
        raise TypeError(
            f"`generator` yielded an element of shape {array.shape} where an element of shape "
            f"{shape} was expected."
        )
    return host_scalar(array)
