"""Reading V1 checkpoints: tables of slices, one file or `PREFIX-?????-of-?????`."""

from __future__ import annotations

import glob
import math
import os
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from opscope.events import TensorProtoError, make_ndarray
from opscope.events.proto.saved_tensor_slice_pb2 import SavedSliceMeta, SavedTensorSlices
from opscope.runtime import errors
from opscope.runtime.attr_value import shape_from_proto
from opscope.runtime.checkpoint.table import Table, data_loss
from opscope.runtime.checkpoint.tensor_slice import TensorSlice, slice_key

Array = np.ndarray[Any, np.dtype[Any]]


def v1_files(prefix: str) -> list[str]:
    """The files of the V1 checkpoint at `prefix`: itself or its shards; [] where there is none."""
    if os.path.isfile(prefix):
        return [prefix]
    pattern = f"{glob.escape(prefix)}-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9]"
    return sorted(glob.glob(pattern))


class V1Reader:
    """The tensors of one V1 checkpoint, read on demand; a file is open only while it is read.

    NotFoundError for a missing checkpoint or tensor, DataLossError with the file for a damaged one.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._parts: dict[str, list[tuple[str, SavedSliceMeta]]] = {}
        files = v1_files(prefix)
        if not files:
            raise errors.NotFoundError(None, None, f"no checkpoint {prefix!r}")
        for path in files:
            with Table(path) as table:
                saved = _slices(path, table.get(b""))
            for meta in saved.meta.tensor:
                self._parts.setdefault(meta.name, []).append((path, meta))

    def names(self) -> list[str]:
        """The names of the tensors, sorted."""
        return sorted(self._parts)

    def shape(self, name: str) -> tuple[int, ...]:
        """The whole shape of a tensor."""
        path, meta = self._metas(name)[0]
        sizes = shape_from_proto(meta.shape).sizes
        if sizes is None or None in sizes:
            raise data_loss(path, 0, f"{name!r} has no definite shape: {sizes}")
        return tuple(size for size in sizes if size is not None)

    def data_type(self, name: str) -> int:
        """The `DT_*` number of a tensor's elements."""
        return self._metas(name)[0][1].type

    def read(self, name: str) -> Array:
        """A tensor as an array, put together from its slices."""
        shape = self.shape(name)
        found: list[tuple[TensorSlice, Array]] = []
        for path, meta in self._metas(name):
            with Table(path) as table:
                for proto in meta.slice:
                    part = TensorSlice.from_proto(proto)
                    found.append((part, self._read_slice(path, table, meta, part, shape)))
        if sum(array.size for _, array in found) < math.prod(shape):
            raise data_loss(self.prefix, 0, f"slices of {name!r} are missing (shape {shape})")
        if len(found) == 1:
            return found[0][1]
        whole: Array = np.empty(shape, found[0][1].dtype)
        for part, array in found:
            whole[part.index()] = array
        return whole

    @staticmethod
    def _read_slice(
        path: str, table: Table, meta: SavedSliceMeta, part: TensorSlice, shape: tuple[int, ...]
    ) -> Array:
        saved = _slices(path, table.get(slice_key(meta.name, part)))
        data = saved.data.data
        # The writer leaves out what `meta` says already.
        data.dtype = meta.type
        data.ClearField("tensor_shape")
        try:
            for size in part.shape_in(shape):
                data.tensor_shape.dim.add(size=size)
            return make_ndarray(data)
        except TensorProtoError as error:
            raise data_loss(path, 0, f"{meta.name!r}: {error}") from None
        except ValueError as error:
            raise data_loss(path, 0, f"a slice of {meta.name!r}: {error}") from None

    def _metas(self, name: str) -> list[tuple[str, SavedSliceMeta]]:
        if name not in self._parts:
            raise errors.NotFoundError(
                None, None, f"Key {name} not found in checkpoint {self.prefix}"
            )
        return self._parts[name]


def _slices(path: str, value: bytes | None) -> SavedTensorSlices:
    if value is None:
        raise data_loss(path, 0, "a part of the table is missing")
    try:
        return SavedTensorSlices.FromString(value)
    except DecodeError as error:
        raise data_loss(path, 0, f"an entry cannot be read: {error}") from None
