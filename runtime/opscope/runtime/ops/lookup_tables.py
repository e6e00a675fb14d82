"""Op types of lookup tables: keys to values, kept by a session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.binding import Binding
from opscope.runtime.data.record_files import read_lines
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape, scalar

SHARED = "container: string = '', shared_name: string = '', use_node_name_sharing: bool = false, "
_TYPES = "key_dtype: type, value_dtype: type"
WHOLE_LINE, LINE_NUMBER = -2, -1


def listed(values: Any) -> list[Any]:
    """The elements as Python values, in row-major order."""
    return [values] if isinstance(values, bytes) else np.asarray(values).reshape(-1).tolist()


class Table:
    """Keys to values of one shape; several threads may ask it.

    is_static: filled once, and asked only when it is.
    """

    def __init__(self, attrs: dict[str, Any], is_static: bool) -> None:
        self.key_dtype: dtypes.DType = attrs["key_dtype"]
        self.value_dtype: dtypes.DType = attrs["value_dtype"]
        shape = attrs.get("value_shape")
        self.value_shape = tuple(shape.as_list()) if shape is not None else ()
        self.is_static = is_static
        self.is_initialized = not is_static
        self._items: dict[Any, Any] = {}
        self._lock = threading.Lock()

    def _rows(self, values: Any) -> list[Any]:
        if not self.value_shape:
            return listed(values)
        return list(values.reshape(-1, *self.value_shape))

    def fill(self, keys: Any, values: Any) -> None:
        """Fill a static table; one that is filled stays as it is."""
        with self._lock:
            if self.is_initialized:
                return
            found: dict[Any, Any] = {}
            for key, value in zip(listed(keys), listed(values), strict=True):
                if found.setdefault(key, value) != value:
                    raise errors.InvalidArgumentError(
                        None,
                        None,
                        f"HashTable has different value for same key. Key {_shown(key)} has "
                        f"{_shown(found[key])} and trying to add value {_shown(value)}",
                    )
            self._items, self.is_initialized = found, True

    def insert(self, keys: Any, values: Any) -> None:
        """Add keys, or give them new values."""
        with self._lock:
            self._items.update(zip(listed(keys), self._rows(values), strict=True))

    def replace(self, keys: Any, values: Any) -> None:
        """Forget everything, and take these."""
        with self._lock:
            self._items = dict(zip(listed(keys), self._rows(values), strict=True))

    def remove(self, keys: Any) -> None:
        """Forget keys; unknown ones are none to forget."""
        with self._lock:
            for key in listed(keys):
                self._items.pop(key, None)

    def _check(self) -> None:
        if not self.is_initialized:
            raise errors.FailedPreconditionError(None, None, "Table not initialized.")

    def find(self, keys: Any, default: Any) -> Any:
        """The values of keys; the default where there is none."""
        self._check()
        kind = self.value_dtype.numpy_dtype
        if isinstance(default, np.ndarray) and not self.value_shape:
            defaults: list[Any] = default.reshape(-1).tolist()
        else:
            defaults = []
        with self._lock:
            get = self._items.get
            wanted = listed(keys)
            if defaults:
                rows = [get(k, d) for k, d in zip(wanted, defaults, strict=True)]
            else:
                rows = [get(k, default) for k in wanted]
        shape = () if isinstance(keys, bytes) else np.shape(keys)
        if not shape and not self.value_shape:
            return rows[0] if kind.kind == "O" else kind.type(rows[0])
        out = np.empty((len(rows), *self.value_shape), kind)
        out[:] = rows
        return out.reshape(*shape, *self.value_shape)

    def size(self) -> int:
        """The number of keys."""
        self._check()
        with self._lock:
            return len(self._items)

    def export(self) -> tuple[Any, Any]:
        """All keys and their values."""
        self._check()
        with self._lock:
            items = list(self._items.items())
        keys = np.empty(len(items), self.key_dtype.numpy_dtype)
        values = np.empty((len(items), *self.value_shape), self.value_dtype.numpy_dtype)
        for i, (key, value) in enumerate(items):
            keys[i], values[i] = key, value
        return keys, values


def _shown(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _table_op(name: str, doc: str, signature: str, attrs: str, is_static: bool) -> OpDef:
    def kernel(xp: Any, *inputs: Any) -> Any:
        raise errors.InternalError(None, None, "a table belongs to a session")

    kernel.__doc__ = doc
    made = op(name, signature, attrs, stateful=True, host_only=True)(kernel)

    @made.shape
    def _(node: Operation) -> list[TensorShape]:
        return [scalar()]

    @made.bind
    def _(binding: Binding) -> Callable[..., Table]:
        node = binding.node
        shared = (node.attrs["container"], node.attrs["shared_name"])
        key = ("lookup table", *shared) if shared[1] else ("lookup table", node.name)
        found: Table = binding.state(key, lambda: Table(node.attrs, is_static))
        return lambda *inputs: found

    return made


_HANDLE = "-> table_handle: resource"
_MUTABLE = "A table of the session whose keys may change."
_table_op(
    "HashTableV2",
    "A table of the session that is filled once.",
    _HANDLE,
    f"{SHARED}{_TYPES}",
    is_static=True,
)
_table_op("MutableHashTableV2", _MUTABLE, _HANDLE, f"{SHARED}{_TYPES}", is_static=False)
_table_op(
    "MutableHashTableOfTensorsV2",
    "A table of the session whose keys may change, of values of one shape.",
    _HANDLE,
    f"{SHARED}{_TYPES}, value_shape: shape = []",
    is_static=False,
)
_KEYS = "table_handle: resource, keys: Tin"


@op(
    "LookupTableFindV2",
    f"{_KEYS}, default_value: Tout -> values: Tout",
    "Tin: type, Tout: type",
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _find(xp: Any, table: Table, keys: Any, default: Any) -> Any:
    """The values of keys; the default where a table has none."""
    return table.find(_plain(keys), _plain(default))


def _plain(value: Any) -> Any:
    """A scalar string as bytes again, whatever box it came in."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return value[()]
    return value


@_find.shape
def _(node: Operation) -> list[TensorShape]:
    table = node.inputs[0].op
    if "key_dtype" not in table.attrs:
        return [TensorShape(None)]
    return [node.inputs[1].shape.concatenate(table.attrs.get("value_shape", TensorShape([])))]


@op(
    "LookupTableInsertV2",
    f"{_KEYS}, values: Tout ->",
    "Tin: type, Tout: type",
    stateful=True,
    host_only=True,
)
def _insert(xp: Any, table: Table, keys: Any, values: Any) -> None:
    """Add keys to a table, or give them new values."""
    table.insert(_plain(keys), _plain(values))


@op(
    "LookupTableImportV2",
    f"{_KEYS}, values: Tout ->",
    "Tin: type, Tout: type",
    stateful=True,
    host_only=True,
)
def _import(xp: Any, table: Table, keys: Any, values: Any) -> None:
    """Fill a table with keys and values."""
    (table.fill if table.is_static else table.replace)(_plain(keys), _plain(values))


@op(
    "InitializeTableV2",
    "table_handle: resource, keys: Tkey, values: Tval ->",
    "Tkey: type, Tval: type",
    stateful=True,
    host_only=True,
)
def _initialize(xp: Any, table: Table, keys: Any, values: Any) -> None:
    """Fill a table with keys and values."""
    table.fill(_plain(keys), _plain(values))


@op(
    "LookupTableRemoveV2",
    "table_handle: resource, keys: Tin ->",
    "Tin: type",
    stateful=True,
    host_only=True,
)
def _remove(xp: Any, table: Table, keys: Any) -> None:
    """Forget keys."""
    table.remove(_plain(keys))


@op("LookupTableSizeV2", "table_handle: resource -> size: int64", stateful=True, host_only=True)
def _size(xp: Any, table: Table) -> Any:
    """The number of keys."""
    return np.int64(table.size())


@_size.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


@op(
    "LookupTableExportV2",
    "table_handle: resource -> keys: Tkeys, values: Tvalues",
    "Tkeys: type, Tvalues: type",
    stateful=True,
    host_only=True,
)
def _export(xp: Any, table: Table) -> Any:
    """All keys and their values."""
    return table.export()


@_export.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape(None), TensorShape(None)]


@op(
    "InitializeTableFromTextFileV2",
    "table_handle: resource, filename: string ->",
    "key_index: int >= -2, value_index: int >= -2, vocab_size: int >= -1 = -1, "
    "delimiter: string = '\\t', offset: int = 0",
    stateful=True,
    host_only=True,
)
def _initialize_from_file(
    xp: Any,
    table: Table,
    filename: bytes,
    *,
    key_index: int,
    value_index: int,
    vocab_size: int,
    delimiter: str,
    offset: int,
) -> None:
    """Fill a table from the lines of a file: line numbers, whole lines or columns."""
    path = Path(filename.decode())
    keys: list[Any] = []
    values: list[Any] = []
    for number, line in enumerate(read_lines(path)):
        if number == vocab_size:
            break
        columns = line.split(delimiter.encode())
        for into, index, dtype in (
            (keys, key_index, table.key_dtype),
            (values, value_index, table.value_dtype),
        ):
            into.append(_cell(line, columns, number, index, dtype, path))
    if len(keys) < vocab_size:
        raise errors.InvalidArgumentError(
            None, None, f"Invalid vocab_size in {path}: expected {vocab_size} but got {len(keys)}"
        )
    if offset and value_index == LINE_NUMBER:
        values = [v + offset for v in values]
    table.fill(_column(keys, table.key_dtype), _column(values, table.value_dtype))


def _cell(
    line: bytes, columns: list[bytes], number: int, index: int, dtype: dtypes.DType, path: Path
) -> Any:
    if index == LINE_NUMBER:
        return number
    if index >= len(columns):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Invalid number of columns in {path} line {number} ({line.decode(errors='replace')}) "
            f": expected {index} got {len(columns)}",
        )
    text = line if index == WHOLE_LINE else columns[index]
    if dtype is dtypes.string:
        return text
    try:
        return int(text) if dtype.is_integer else float(text)
    except ValueError:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Field {text!r} in line {number} of {path} is not a valid {dtype.name}.",
        ) from None


def _column(items: list[Any], dtype: dtypes.DType) -> Any:
    out = np.empty(len(items), dtype.numpy_dtype)
    out[:] = items
    return out
