"""Readers: ops that take names of files from a queue and give records (`tf.TextLineReader`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.data.record_files import (
    open_compressed,
    read_fixed,
    read_lines,
    read_tfrecords,
)
from opscope.runtime.make_op import make_node, make_op, make_tensor
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.queues.queue import QueueBase
from opscope.runtime.queues.queue_ops import Queue
from opscope.runtime.tensor_shape import TensorShape, scalar

Records = Callable[[str], Iterator[tuple[bytes, bytes]]]


class RecordSource:
    """A reader of a session: the file that is open, and how many records came so far."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._open: Iterator[tuple[bytes, bytes]] | None = None
        self.produced = 0

    def read(self, queue: Queue) -> tuple[bytes, bytes]:
        """The next record as (key, value); takes the next name when a file has ended."""
        with self._lock:
            while True:
                if self._open is None:
                    ((name,),) = queue.line.dequeue(1)
                    self._open = self._records(name.decode())
                for record in self._open:
                    self.produced += 1
                    return record
                self._open = None

    def reset(self) -> None:
        """Leave the file that is open."""
        with self._lock:
            self._open = None
            self.produced = 0


def _whole(path: str) -> Iterator[tuple[bytes, bytes]]:
    file = open_compressed(path, "")
    try:
        yield path.encode(), file.read()
    finally:
        file.close()


def _keyed(path: str, values: Iterator[bytes], first: int) -> Iterator[tuple[bytes, bytes]]:
    for number, value in enumerate(values, first):
        yield f"{path}:{number}".encode(), value


def _lines(attrs: dict[str, Any]) -> Records:
    skipped = attrs["skip_header_lines"]

    def records(path: str) -> Iterator[tuple[bytes, bytes]]:
        keyed = _keyed(path, read_lines(path), 1)
        for _ in range(skipped):
            next(keyed, None)
        return keyed

    return records


def _offsets(attrs: dict[str, Any]) -> Records:
    def records(path: str) -> Iterator[tuple[bytes, bytes]]:
        offset = 0
        for data in read_tfrecords(path, attrs["compression_type"]):
            yield f"{path}:{offset}".encode(), data
            offset += len(data) + 16

    return records


def _fixed(attrs: dict[str, Any]) -> Records:
    sizes = attrs["header_bytes"], attrs["record_bytes"], attrs["footer_bytes"]
    return lambda path: _keyed(path, read_fixed(path, *sizes), 0)


_SHARED = "container: string = '', shared_name: string = ''"


def _reader_op(name: str, attrs: str, make: Callable[[dict[str, Any]], Records]) -> OpDef:
    @op(name, "-> reader_handle: resource", attrs, stateful=True, host_only=True)
    def kernel(xp: Any) -> Any:
        """A reader of the session, which remembers how far it came in its file."""
        raise errors.InternalError(None, None, "a reader belongs to a session")

    @kernel.shape
    def _(node: Operation) -> list[TensorShape]:
        return [scalar()]

    @kernel.bind
    def _(binding: Binding) -> Any:
        node = binding.node
        key = ("reader", node.attrs["container"], node.attrs["shared_name"] or node.name)
        source = binding.state(key, lambda: RecordSource(make(node.attrs)))
        return lambda: source

    return kernel


_reader_op("TextLineReaderV2", f"skip_header_lines: int = 0, {_SHARED}", _lines)
_reader_op("WholeFileReaderV2", _SHARED, lambda attrs: _whole)
_reader_op("TFRecordReaderV2", f"{_SHARED}, compression_type: string = ''", _offsets)
_reader_op("IdentityReaderV2", _SHARED, lambda a: lambda path: iter([(path.encode(),) * 2]))
_reader_op(
    "FixedLengthRecordReaderV2",
    "header_bytes: int = 0, record_bytes: int, footer_bytes: int = 0, hop_bytes: int = 0, "
    f"{_SHARED}, encoding: string = ''",
    _fixed,
)


@op(
    "ReaderReadV2",
    "reader_handle: resource, queue_handle: resource -> key: string, value: string",
    stateful=True,
    host_only=True,
)
def _read(xp: Any, reader: RecordSource, queue: Queue) -> Any:
    """The next record of the files that a queue names."""
    return reader.read(queue)


@op(
    "ReaderReadUpToV2",
    "reader_handle: resource, queue_handle: resource, num_records: int64 "
    "-> keys: string, values: string",
    stateful=True,
    host_only=True,
)
def _read_up_to(xp: Any, reader: RecordSource, queue: Queue, num_records: Any) -> Any:
    """Several records of the files that a queue names; fewer when there are no more."""
    found: list[tuple[bytes, bytes]] = []
    while len(found) < num_records:
        try:
            found.append(reader.read(queue))
        except errors.OutOfRangeError:
            if not found:
                raise
            break
    columns = np.empty((2, len(found)), object)
    for i, (key, value) in enumerate(found):
        columns[0, i], columns[1, i] = key, value
    return columns[0], columns[1]


@op(
    "ReaderNumRecordsProducedV2",
    "reader_handle: resource -> records_produced: int64",
    stateful=True,
    host_only=True,
)
def _produced(xp: Any, reader: RecordSource) -> Any:
    """How many records a reader gave."""
    return np.int64(reader.produced)


@op("ReaderResetV2", "reader_handle: resource ->", stateful=True, host_only=True)
def _reset(xp: Any, reader: RecordSource) -> None:
    """Make a reader begin anew."""
    reader.reset()


@_read.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar(), scalar()]


@_read_up_to.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([None]), TensorShape([None])]


@_produced.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


class ReaderRead(NamedTuple):
    """One record."""

    key: Tensor
    value: Tensor


class ReaderReadUpTo(NamedTuple):
    """Several records."""

    keys: Tensor
    values: Tensor


class ReaderBase:
    """Gives the records of files whose names come from a queue."""

    def __init__(self, reader_ref: Tensor) -> None:
        self._reader_ref = reader_ref

    @property
    def reader_ref(self) -> Tensor:
        """The handle of the reader."""
        return self._reader_ref

    def read(self, queue: Any, name: str | None = None) -> Any:
        """The next record: a key that says where it is from, and its content."""
        handle = queue.queue_ref if isinstance(queue, QueueBase) else queue
        return ReaderRead(*make_op("ReaderReadV2", self._reader_ref, handle, name=name))

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """The next records, `num_records` of them or fewer at the end."""
        handle = queue.queue_ref if isinstance(queue, QueueBase) else queue
        made = make_op("ReaderReadUpToV2", self._reader_ref, handle, num_records, name=name)
        return ReaderReadUpTo(*made)

    def num_records_produced(self, name: str | None = None) -> Tensor:
        """How many records came so far."""
        return make_tensor("ReaderNumRecordsProducedV2", self._reader_ref, name=name)

    def reset(self, name: str | None = None) -> Operation:
        """An op that makes the reader begin anew."""
        return make_node("ReaderResetV2", self._reader_ref, name=name)


class TextLineReader(ReaderBase):
    """The lines of text files; keys are `file:line`."""

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None) -> None:
        super().__init__(
            make_tensor(
                "TextLineReaderV2", skip_header_lines=int(skip_header_lines or 0), name=name
            )
        )


class WholeFileReader(ReaderBase):
    """The content of whole files; keys are their names."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(make_tensor("WholeFileReaderV2", name=name))


class IdentityReader(ReaderBase):
    """The names from the queue themselves, as key and content."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(make_tensor("IdentityReaderV2", name=name))


class TFRecordReader(ReaderBase):
    """The records of TFRecord files; keys are `file:offset`."""

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        from opscope.runtime.python_io import compression_type

        super().__init__(
            make_tensor("TFRecordReaderV2", compression_type=compression_type(options), name=name)
        )


class FixedLengthRecordReader(ReaderBase):
    """Records of equal length; keys are `file:number`."""

    def __init__(
        self,
        record_bytes: int,
        header_bytes: int | None = None,
        footer_bytes: int | None = None,
        hop_bytes: int | None = None,
        name: str | None = None,
    ) -> None:
        if hop_bytes:
            raise NotImplementedError("opscope reads records that follow each other: no hop_bytes")
        super().__init__(
            make_tensor(
                "FixedLengthRecordReaderV2",
                record_bytes=record_bytes,
                header_bytes=header_bytes or 0,
                footer_bytes=footer_bytes or 0,
                name=name,
            )
        )
