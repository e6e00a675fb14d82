"""Writing V2 checkpoints so that at every moment there is a whole one, the old or the new."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from opscope.events.proto.tensor_bundle_pb2 import BundleEntryProto, BundleHeaderProto
from opscope.runtime import errors
from opscope.runtime.checkpoint.bundle_reader import data_path, index_path
from opscope.runtime.checkpoint.table import Table, write_table
from opscope.runtime.checkpoint.tensor_bytes import data_type_of, encode
from opscope.runtime.checkpoint.tensor_slice import TensorSlice, slice_key

Array = np.ndarray[Any, np.dtype[Any]]

# The version of the bundle format that TensorFlow 1 and 2 read.
_PRODUCER = 1


class BundleWriter:
    """Writes the tensors of one checkpoint; nothing is seen of it before `finish`.

    The files are written beside their places under temporary names, synced, and renamed. Where the
    prefix names an older checkpoint already, the new data first get a name of their own, so that
    neither index ever points into the other's data. An OSError leaves the old checkpoint whole.
    Use it in a `with` block: leaving it removes what was not finished.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._suffix = f".tempstate{secrets.randbits(63)}"
        self._temporary = data_path(prefix, 0, 1) + self._suffix
        self._entries: dict[bytes, BundleEntryProto] = {}
        folder = os.path.dirname(prefix)
        if folder:
            with suppress(FileExistsError):
                os.mkdir(folder)
        self._data = open(self._temporary, "wb")  # noqa: SIM115 - `__exit__` closes it
        self._offset = 0

    def __enter__(self) -> BundleWriter:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._data.close()
        for path in (self._temporary, index_path(self.prefix) + self._suffix):
            _remove(path)

    def add(self, name: str, array: Array) -> None:
        """Add a tensor; ValueError when there is one of that name."""
        self._put(name.encode(), name, array)

    def add_slice(self, name: str, array: Array, whole: tuple[int, ...], part: TensorSlice) -> None:
        """Add a part of a tensor of the shape `whole`."""
        if part.shape_in(whole) != array.shape:
            raise ValueError(
                f"the slice {part.extents} of {name!r} has the shape {part.shape_in(whole)}, "
                f"the value {array.shape}"
            )
        entry = self._entries.get(name.encode())
        if entry is None:
            entry = _entry(array, whole)
            self._entries[name.encode()] = entry
        entry.slices.append(part.proto())
        self._put(slice_key(name, part), name, array)

    def finish(self) -> None:
        """Put the checkpoint in its place."""
        self._data.flush()
        os.fsync(self._data.fileno())
        self._data.close()
        install_bundle(self.prefix, [self._temporary], self._entries, self._suffix)

    def _put(self, key: bytes, name: str, array: Array) -> None:
        if key in self._entries:
            raise ValueError(f"the checkpoint {self.prefix!r} has a tensor {name!r} already")
        data, crc = encode(array)
        entry = _entry(array, array.shape)
        entry.offset = self._offset
        entry.size = len(data)
        entry.crc32c = crc
        self._data.write(data)
        self._offset += len(data)
        self._entries[key] = entry


def install_bundle(
    prefix: str,
    data_files: Sequence[str],
    entries: Mapping[bytes, BundleEntryProto],
    suffix: str,
) -> None:
    """Make complete data files, one per shard, the checkpoint at `prefix`, in safe renames.

    The old index never points into new data: where it counts as many shards, the new data first get
    the names of one shard more, which is empty and needs no file.
    """
    total = len(data_files)
    before = _shards_in_use(prefix)
    if before == total:
        before = total + 1
        for shard, path in enumerate(data_files):
            os.replace(path, data_path(prefix, shard, before))
        _write_index(prefix, suffix, before, entries)
        for shard, path in enumerate(data_files):
            _copy_link(data_path(prefix, shard, before), path)
    for shard, path in enumerate(data_files):
        os.replace(path, data_path(prefix, shard, total))
    _write_index(prefix, suffix, total, entries)
    for shard in range(before):
        _remove(data_path(prefix, shard, before))


def _write_index(
    prefix: str, suffix: str, shards: int, entries: Mapping[bytes, BundleEntryProto]
) -> None:
    """Write the index of a checkpoint whose data files are in place, in one rename."""
    header = BundleHeaderProto(num_shards=shards)
    header.version.producer = _PRODUCER
    temporary = index_path(prefix) + suffix
    with open(temporary, "wb") as file:
        items = [(b"", header.SerializeToString())]
        items += [(key, entries[key].SerializeToString()) for key in sorted(entries)]
        write_table(file, items)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, index_path(prefix))


def _entry(array: Array, shape: tuple[int, ...]) -> BundleEntryProto:
    entry = BundleEntryProto(dtype=data_type_of(array))  # type: ignore[arg-type]
    entry.shape.SetInParent()
    for size in shape:
        entry.shape.dim.add(size=size)
    return entry


def _shards_in_use(prefix: str) -> int:
    """The number of shards that the present index counts; 0 when there is none to be read."""
    try:
        with Table(index_path(prefix)) as table:
            return BundleHeaderProto.FromString(table.get(b"") or b"").num_shards
    except (OSError, errors.OpError, DecodeError):
        return 0


def _copy_link(source: str, target: str) -> None:
    """A second name for a file; a copy where the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.remove(path)
