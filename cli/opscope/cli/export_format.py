"""The files that tables are exported to: CSV, JSON, Parquet."""

from __future__ import annotations

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import repeat
from math import isfinite
from typing import IO, Any, ClassVar

import numpy as np
import orjson

from opscope.cli.export_table import Columns


class ExportError(Exception):
    """A table that cannot be written."""


class TableFormat(ABC):
    """Writes tables of the same columns, one after the other, to a file as one table.

    The file is whole when the context ends without an error.
    """

    is_binary: ClassVar[bool] = False

    def __init__(self, file: IO[bytes], columns: dict[str, type]):
        self._file = file
        self._columns = columns
        self._begin()

    def __enter__(self) -> TableFormat:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._end(whole=kind is None)

    @abstractmethod
    def _begin(self) -> None: ...

    @abstractmethod
    def _end(self, whole: bool) -> None: ...

    @abstractmethod
    def write(self, table: Columns) -> None:
        """Append the rows of a table."""


_CONSTANT = ("run", "tag", "tensor", "debug_op", "device", "dtype", "shape")


def _count(table: Columns) -> int:
    """How many rows a table has: a column that is one text is the same in all of them."""
    return next(len(column) for column in table.values() if not isinstance(column, str))


def _rows(table: Columns) -> Iterator[tuple[Any, ...]]:
    count = _count(table)
    columns = [
        repeat(column, count)
        if isinstance(column, str)
        else column
        if isinstance(column, list)
        else column.tolist()
        for column in table.values()
    ]
    return zip(*columns, strict=True)


class Csv(TableFormat):
    """Comma-separated values with a header line; numbers in full precision, `nan`, `inf`."""

    def _begin(self) -> None:
        self._text = io.TextIOWrapper(
            self._file, "utf-8", errors="backslashreplace", newline="", write_through=False
        )
        self._writer = csv.writer(self._text, lineterminator="\n")
        self._writer.writerow(self._columns)

    def write(self, table: Columns) -> None:
        """Append the rows of a table."""
        self._writer.writerows(_rows(table))

    def _end(self, whole: bool) -> None:
        self._text.flush()
        self._text.detach()  # the file stays the caller's


_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


class Json(TableFormat):
    """A JSON array of an object for each row; what JSON has no number for is a string."""

    def _begin(self) -> None:
        self._separator = b"[\n"

    def write(self, table: Columns) -> None:
        """Append the rows of a table."""
        names = list(table)
        for row in _rows(table):
            cells = [
                _NOT_FINITE[str(cell)] if type(cell) is float and not isfinite(cell) else cell
                for cell in row
            ]
            self._file.write(self._separator)
            self._file.write(orjson.dumps(dict(zip(names, cells, strict=True))))
            self._separator = b",\n"

    def _end(self, whole: bool) -> None:
        if whole:
            self._file.write(b"[]\n" if self._separator == b"[\n" else b"\n]\n")
            self._file.flush()


class Parquet(TableFormat):
    """Parquet by pyarrow; names as dictionary-encoded strings."""

    is_binary = True
    _ROW_GROUP = 1 << 20

    def _begin(self) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            raise ExportError(
                "Parquet needs pyarrow, which is not installed: pip install 'opscope[parquet]'"
            ) from None
        self._pa = pa
        types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
        fields = {name: types[kind] for name, kind in self._columns.items()}
        texts = pa.dictionary(pa.int32(), pa.string())
        fields |= {name: texts for name in _CONSTANT if name in fields}
        self._schema = pa.schema(list(fields.items()))
        self._writer = pq.ParquetWriter(self._file, self._schema, compression="zstd")
        self._waiting: list[Any] = []
        self._rows_waiting = 0

    def write(self, table: Columns) -> None:
        """Append the rows of a table."""
        pa, count = self._pa, _count(table)
        arrays = []
        for field in self._schema:
            column = table[field.name]
            if isinstance(column, str):
                indices = pa.array(np.zeros(count, dtype=np.int32))
                arrays.append(pa.DictionaryArray.from_arrays(indices, pa.array([column])))
            else:
                arrays.append(pa.array(column, field.type))
        self._waiting.append(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows_waiting += count
        if self._rows_waiting >= self._ROW_GROUP:
            self._write_waiting()

    def _write_waiting(self) -> None:
        if self._waiting:
            joined = self._pa.concat_tables(self._waiting).unify_dictionaries()
            self._writer.write_table(joined.combine_chunks())
            self._waiting, self._rows_waiting = [], 0

    def _end(self, whole: bool) -> None:
        if whole:
            self._write_waiting()
        self._writer.close()


FORMATS: dict[str, type[TableFormat]] = {"csv": Csv, "json": Json, "parquet": Parquet}
