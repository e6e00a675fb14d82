"""Datasets of the records and lines of files."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.data.dataset import AUTOTUNE, Dataset, slices
from opscope.runtime.data.experimental import parallel_interleave
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.shape import reshape
from opscope.runtime.tensor_shape import TensorShape

_BUFFER_BYTES = 256 << 10


class _FileDataset(Dataset):
    """What is in the files that a string, a list, a tensor or a dataset of strings names."""

    def __init__(self, filenames: Any, read: Any, num_parallel_reads: Any) -> None:
        if isinstance(filenames, Dataset):
            names = filenames
        else:
            given = convert_to_tensor(filenames, dtypes.string)
            flat = reshape(given, [-1], name="flat_filenames")
            names = slices(flat, is_files=True)

        def read_one_file(name: Tensor) -> Dataset:
            return Dataset(read(name), dtypes.string, TensorShape(()))

        if num_parallel_reads is None:
            made = names.flat_map(read_one_file)
        elif num_parallel_reads == AUTOTUNE:
            made = names.interleave(read_one_file, AUTOTUNE, num_parallel_calls=AUTOTUNE)
        else:
            made = names.apply(parallel_interleave(read_one_file, num_parallel_reads))
        super().__init__(made._variant_tensor, dtypes.string, TensorShape(()))


def _compression(kind: Any) -> Tensor:
    return convert_to_tensor(kind or "", dtypes.string, name="compression_type")


def _bytes(value: Any) -> Tensor:
    return convert_to_tensor(
        _BUFFER_BYTES if value is None else value, dtypes.int64, name="buffer_size"
    )


class TextLineDataset(_FileDataset):
    """The lines of text files, without their ends; `compression_type` is "", "GZIP" or "ZLIB"."""

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
    ) -> None:
        def read(name: Tensor) -> Tensor:
            kind = _compression(compression_type)
            return make_tensor("TextLineDataset", name, kind, _bytes(buffer_size))

        super().__init__(filenames, read, num_parallel_reads)


class TFRecordDataset(_FileDataset):
    """The records of TFRecord files; `compression_type` is "", "GZIP" or "ZLIB"."""

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
    ) -> None:
        def read(name: Tensor) -> Tensor:
            kind = _compression(compression_type)
            return make_tensor("TFRecordDataset", name, kind, _bytes(buffer_size))

        super().__init__(filenames, read, num_parallel_reads)


class FixedLengthRecordDataset(_FileDataset):
    """The records of `record_bytes` each between header and footer of binary files."""

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: Any = None,
    ) -> None:
        def read(name: Tensor) -> Tensor:
            sizes = [
                convert_to_tensor(value or 0, dtypes.int64, name=label)
                for value, label in (
                    (record_bytes, "record_bytes"),
                    (header_bytes, "header_bytes"),
                    (footer_bytes, "footer_bytes"),
                )
            ]
            record, header, footer = sizes
            return make_tensor(
                "FixedLengthRecordDatasetV2",
                name,
                header,
                record,
                footer,
                _bytes(buffer_size),
                _compression(compression_type),
            )

        super().__init__(filenames, read, num_parallel_reads)
