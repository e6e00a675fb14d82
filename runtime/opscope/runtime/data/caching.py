"""Elements kept from the first pass for those that follow, in memory or in a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from opscope.events import make_ndarray, make_tensor_proto
from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.events.record import RecordWriter
from opscope.runtime.constant import as_array
from opscope.runtime.data.elements import Element
from opscope.runtime.data.record_files import read_tfrecords
from opscope.runtime.folding import host_scalar


class MemoryCache:
    """The elements of the first whole pass."""

    def __init__(self) -> None:
        self._elements: list[Element] | None = None

    def over(self, make: Callable[[], Iterator[Element]]) -> Iterator[Element]:
        """The kept elements; without them, those of the source, which are kept at its end."""
        if self._elements is not None:
            yield from self._elements
            return
        seen: list[Element] = []
        for element in make():
            seen.append(element)
            yield element
        self._elements = seen


class FileCache:
    """A TFRecord file with the components of the elements as TensorProtos, one after the other."""

    def __init__(self, path: str, components: int) -> None:
        self._path = Path(path)
        self._components = components

    def over(self, make: Callable[[], Iterator[Element]]) -> Iterator[Element]:
        """The elements of the file; without one, those of the source, and the file at its end."""
        if self._path.exists():
            records = [map(_value, read_tfrecords(self._path))] * self._components
            yield from zip(*records, strict=True)
            return
        unfinished = self._path.with_name(f"{self._path.name}.{os.getpid()}.unfinished")
        try:
            with open(unfinished, "wb") as file:
                writer = RecordWriter(file)
                for element in make():
                    for value in element:
                        proto = make_tensor_proto(as_array(value))
                        writer.write(proto.SerializeToString())
                    yield element
            os.replace(unfinished, self._path)
        finally:
            unfinished.unlink(missing_ok=True)


def _value(record: bytes) -> object:
    value: object = host_scalar(make_ndarray(TensorProto.FromString(record)))
    return value
