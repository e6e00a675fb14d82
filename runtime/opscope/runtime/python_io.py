"""TFRecord files outside of the graph (`tf.python_io`)."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from typing import Any

from opscope.events.record import frame
from opscope.runtime.data.record_files import read_tfrecords

__all__ = [
    "TFRecordCompressionType",
    "TFRecordOptions",
    "TFRecordWriter",
    "compression_type",
    "tf_record_iterator",
]


class TFRecordCompressionType:
    """How a TFRecord file is compressed."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


_NAMES = {
    TFRecordCompressionType.NONE: "",
    TFRecordCompressionType.ZLIB: "ZLIB",
    TFRecordCompressionType.GZIP: "GZIP",
}


class TFRecordOptions:
    """Compression of a TFRecord file: "", "GZIP" or "ZLIB", or a TFRecordCompressionType.

    compression_level: 0 to 9, zlib's default when None.
    """

    def __init__(
        self, compression_type: Any = None, *, compression_level: int | None = None, **unused: Any
    ) -> None:
        self.compression_type = _compression_name(compression_type)
        self.compression_level = compression_level

    @staticmethod
    def get_compression_type_string(options: Any) -> str:
        """The compression of options, of a TFRecordCompressionType or of a name."""
        return compression_type(options)


def compression_type(options: Any) -> str:
    """The compression that options or a name ask for: "", "GZIP" or "ZLIB"."""
    if isinstance(options, TFRecordOptions):
        return options.compression_type
    return _compression_name(options)


def _compression_name(kind: Any) -> str:
    name = _NAMES.get(kind, kind) if isinstance(kind, int) else (kind or "")
    if name not in _NAMES.values():
        raise ValueError(f'Not a valid compression_type: "{kind}"')
    return str(name)


class TFRecordWriter:
    """Writes records to a new TFRecord file; use it in a `with` block, or `close` it."""

    def __init__(self, path: Any, options: Any = None) -> None:
        kind = compression_type(options)
        level = getattr(options, "compression_level", None)
        self._level = zlib.Z_DEFAULT_COMPRESSION if level is None else level
        self._file: Any = open(os.fspath(path), "wb")  # noqa: SIM115 - `close` closes it
        self._gzip: Any = None
        self._deflate: Any = None
        if kind == "GZIP":
            gzip_level = 9 if level is None else level
            self._gzip = gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=gzip_level)
        elif kind == "ZLIB":
            self._deflate = zlib.compressobj(self._level)

    def write(self, record: bytes) -> None:
        """Append one record."""
        data = frame(bytes(record))
        if self._gzip is not None:
            self._gzip.write(data)
        elif self._deflate is not None:
            self._file.write(self._deflate.compress(data))
        else:
            self._file.write(data)

    def flush(self) -> None:
        """Hand what was written to the operating system, as far as compression allows."""
        if self._gzip is not None:
            self._gzip.flush()
        elif self._deflate is not None:
            self._file.write(self._deflate.flush(zlib.Z_SYNC_FLUSH))
        self._file.flush()

    def close(self) -> None:
        """Finish the file."""
        if self._file is None:
            return
        if self._gzip is not None:
            self._gzip.close()
        elif self._deflate is not None:
            self._file.write(self._deflate.flush())
        self._file.close()
        self._file = None

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()


def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """The records of a TFRecord file; NotFoundError without one, DataLossError at damage."""
    return read_tfrecords(path, compression_type(options))
