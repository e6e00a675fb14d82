"""Reading V2 checkpoints: `PREFIX.index` and `PREFIX.data-?????-of-?????`."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from opscope.events import TensorProtoError, numpy_dtype
from opscope.events.proto.tensor_bundle_pb2 import BundleEntryProto, BundleHeaderProto
from opscope.runtime import errors
from opscope.runtime.attr_value import shape_from_proto
from opscope.runtime.checkpoint.table import Table, data_loss
from opscope.runtime.checkpoint.tensor_bytes import decode
from opscope.runtime.checkpoint.tensor_slice import TensorSlice, slice_key

Array = np.ndarray[Any, np.dtype[Any]]


def index_path(prefix: str) -> str:
    """The file that says where each tensor lies."""
    return f"{prefix}.index"


def data_path(prefix: str, shard: int, shards: int) -> str:
    """The file with the bytes of one shard."""
    return f"{prefix}.data-{shard:05d}-of-{shards:05d}"


class BundleReader:
    """The tensors of one V2 checkpoint, read on demand; a file is open only while it is read.

    NotFoundError for a missing checkpoint or tensor, DataLossError with file and byte offset for a
    damaged one. A tensor takes memory only when the data file really holds it.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.entries: dict[bytes, BundleEntryProto] = {}
        path = index_path(prefix)
        try:
            table = Table(path)
        except OSError as error:
            raise errors.NotFoundError(
                None, None, f"no checkpoint {prefix!r}: {path}: {error.strerror}"
            ) from None
        with table:
            items = dict(table.items())
        header = BundleHeaderProto()
        try:
            header.ParseFromString(items.pop(b"", b""))
            for key, value in items.items():
                self.entries[key] = BundleEntryProto.FromString(value)
        except DecodeError as error:
            raise data_loss(path, 0, f"an entry cannot be read: {error}") from None
        if header.endianness != BundleHeaderProto.LITTLE:
            raise errors.UnimplementedError(
                None, None, f"{path}: the checkpoint was written on a big-endian machine"
            )
        self.shards = header.num_shards

    def names(self) -> list[str]:
        """The names of the tensors, sorted; slices are parts of them and not listed."""
        return [key.decode(errors="replace") for key in self.entries if not key.startswith(b"\0")]

    def shape(self, name: str) -> tuple[int, ...]:
        """The whole shape of a tensor."""
        entry = self._entry(name)
        sizes = shape_from_proto(entry.shape).sizes
        if sizes is None or None in sizes:
            raise data_loss(index_path(self.prefix), 0, f"{name!r} has no definite shape: {sizes}")
        return tuple(size for size in sizes if size is not None)

    def data_type(self, name: str) -> int:
        """The `DT_*` number of a tensor's elements."""
        return self._entry(name).dtype

    def read(self, name: str) -> Array:
        """A tensor as an array, put together from its slices where it was saved in parts.

        Numbers may be read-only.
        """
        entry = self._entry(name)
        shape = self.shape(name)
        if not entry.slices:
            return self._read_entry(name, entry, shape)
        parts = [TensorSlice.from_proto(s) for s in entry.slices]
        try:
            covered = sum(p.volume_in(shape) for p in parts)
        except ValueError as error:
            raise data_loss(index_path(self.prefix), 0, f"a slice of {name!r}: {error}") from None
        if covered < math.prod(shape):
            raise data_loss(
                index_path(self.prefix),
                0,
                f"the slices of {name!r} cover {covered} elements of the shape {shape}",
            )
        arrays = [self._read_slice(name, part, shape) for part in parts]
        whole: Array = np.empty(shape, arrays[0].dtype)
        for part, array in zip(parts, arrays, strict=True):
            whole[part.index()] = array
        return whole

    def _read_slice(self, name: str, part: TensorSlice, shape: tuple[int, ...]) -> Array:
        entry = self.entries.get(slice_key(name, part))
        if entry is None:
            raise data_loss(
                index_path(self.prefix), 0, f"the slice {part.extents} of {name!r} is missing"
            )
        return self._read_entry(name, entry, part.shape_in(shape))

    def _read_entry(self, name: str, entry: BundleEntryProto, shape: tuple[int, ...]) -> Array:
        path = data_path(self.prefix, entry.shard_id, self.shards)
        try:
            dtype: np.dtype[Any] = numpy_dtype(entry.dtype)
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if not 0 <= entry.offset <= entry.offset + entry.size <= size:
                    raise data_loss(
                        path,
                        entry.offset,
                        f"{entry.size} bytes of {name!r} should be here, the file has {size}",
                    )
                file.seek(entry.offset)
                return decode(file.read(entry.size), dtype, shape, entry.crc32c)
        except OSError as error:
            raise errors.NotFoundError(
                None, None, f"{path} with the tensor {name!r}: {error.strerror}"
            ) from None
        except TensorProtoError as error:
            raise errors.UnimplementedError(None, None, f"{path}: {name!r}: {error}") from None
        except ValueError as error:
            raise data_loss(path, entry.offset, f"{name!r}: {error}") from None

    def _entry(self, name: str) -> BundleEntryProto:
        entry = self.entries.get(name.encode())
        if entry is None:
            raise errors.NotFoundError(
                None, None, f"Key {name} not found in checkpoint {self.prefix}"
            )
        return entry
