"""tf.lookup: tables of keys and values."""

from __future__ import annotations

import uuid
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant_value, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.make_op import make_node, make_op, make_tensor
from opscope.runtime.math import add, cast, not_equal
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops import dense_tables as _dense_tables  # noqa: F401 - defines an op type
from opscope.runtime.ops import lookup_tables as _lookup_tables  # noqa: F401 - defines op types
from opscope.runtime.ops.basic import no_op
from opscope.runtime.ops.comparison import where_v2
from opscope.runtime.ops.hashing import string_to_hash_bucket_fast
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.text import as_string
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape

__all__ = [
    "KeyValueTensorInitializer",
    "StaticHashTable",
    "StaticVocabularyTable",
    "TextFileIndex",
    "TextFileInitializer",
    "experimental",
]


class _Initializer:
    """How a table is filled, and of what types its keys and values are."""

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self.key_dtype = dtypes.as_dtype(key_dtype).base_dtype
        self.value_dtype = dtypes.as_dtype(value_dtype).base_dtype

    @property
    def _shared_name(self) -> str:
        return ""

    def initialize(self, table: Any) -> Operation:
        """The op that fills `table`."""
        raise NotImplementedError

    def _check(self, table: Any) -> None:
        for mine, theirs, what in (
            (self.key_dtype, table.key_dtype, "key"),
            (self.value_dtype, table.value_dtype, "value"),
        ):
            if mine is not theirs:
                raise TypeError(
                    f"Invalid {what} dtype for table, expected {theirs} but got {mine}."
                )


class KeyValueTensorInitializer(_Initializer):
    """Fills a table with keys and values."""

    def __init__(
        self,
        keys: Any,
        values: Any,
        key_dtype: Any = None,
        value_dtype: Any = None,
        name: str | None = None,
    ) -> None:
        self._keys = convert_to_tensor(keys, key_dtype, name="keys")
        self._values = convert_to_tensor(values, value_dtype, name="values")
        self._name = name or "key_value_init"
        super().__init__(self._keys.dtype, self._values.dtype)

    def initialize(self, table: Any) -> Operation:
        """The op that fills `table`."""
        self._check(table)
        with get_default_graph().name_scope(self._name):
            made = make_node("LookupTableImportV2", table.resource_handle, self._keys, self._values)
        get_default_graph().add_to_collection(GraphKeys.TABLE_INITIALIZERS, made)
        return made


class TextFileIndex:
    """What of a line is meant: the whole of it, or its number."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


class TextFileInitializer(_Initializer):
    """Fills a table from the lines of a file: line numbers, whole lines or columns."""

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
        value_index_offset: int = 0,
    ) -> None:
        if not isinstance(filename, Tensor) and not filename:
            raise ValueError("`filename` argument required for tf.lookup.TextFileInitializer")
        super().__init__(key_dtype, value_dtype)
        for index, dtype, what in (
            (key_index, self.key_dtype, "key"),
            (value_index, self.value_dtype, "value"),
        ):
            if index < TextFileIndex.WHOLE_LINE:
                raise ValueError(f"`{what}_index` should be >= -2, received: {index}.")
            if index == TextFileIndex.LINE_NUMBER and dtype is not dtypes.int64:
                raise ValueError(f"`{what}_dtype` must be int64 for the line number, got {dtype}")
            if index == TextFileIndex.WHOLE_LINE and not (
                dtype.is_integer or dtype is dtypes.string
            ):
                raise ValueError(
                    f"`{what}_dtype` should be either integer or string for the whole line, "
                    f"received: {dtype}"
                )
        if vocab_size is not None and vocab_size <= 0:
            raise ValueError(f"`vocab_size` should be > 0, received: {vocab_size}")
        self._path = filename
        self._indices = key_index, value_index
        self._vocab_size = vocab_size
        self._delimiter = delimiter
        self._name = name
        self._offset = value_index_offset
        self._filename = convert_to_tensor(filename, dtypes.string, name="asset_path")

    @property
    def _shared_name(self) -> str:
        parts = [self._path, *([self._vocab_size] if self._vocab_size else []), *self._indices]
        if self._offset:
            parts.append(self._offset)
        return "_".join(map(str, ["hash_table", *parts]))

    def initialize(self, table: Any) -> Operation:
        """The op that fills `table`."""
        self._check(table)
        graph = get_default_graph()
        with op_scope(self._name, "text_file_init", table.resource_handle):
            made = make_node(
                "InitializeTableFromTextFileV2",
                table.resource_handle,
                self._filename,
                key_index=self._indices[0],
                value_index=self._indices[1],
                vocab_size=-1 if self._vocab_size is None else self._vocab_size,
                delimiter=self._delimiter,
                offset=self._offset,
            )
        graph.add_to_collection(GraphKeys.TABLE_INITIALIZERS, made)
        if constant_value(self._filename) is not None:
            graph.add_to_collection(GraphKeys.ASSET_FILEPATHS, self._filename)
        return made


class _Table:
    """A table in the graph."""

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self.key_dtype = dtypes.as_dtype(key_dtype).base_dtype
        self.value_dtype = dtypes.as_dtype(value_dtype).base_dtype

    resource_handle: Any = None
    name: str = ""

    def _checked_keys(self, keys: Any) -> Any:
        if keys.dtype.base_dtype is not self.key_dtype:
            raise TypeError(
                f"Dtype of argument `keys` must be {self.key_dtype}, received: {keys.dtype}"
            )
        return keys.values if isinstance(keys, SparseTensor) else keys


def _as_keys(keys: Any, values: Tensor) -> Any:
    """The values in the form in which the keys came."""
    if isinstance(keys, SparseTensor):
        return SparseTensor(keys.indices, values, keys.dense_shape)
    return values


class StaticHashTable(_Table):
    """A table that its `initializer`, or `tf.tables_initializer()`, fills once."""

    def __init__(
        self,
        initializer: Any,
        default_value: Any,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        super().__init__(initializer.key_dtype, initializer.value_dtype)
        self.default_value = convert_to_tensor(default_value, self.value_dtype)
        self.default_value.shape.merge_with(())
        self.resource_handle = make_tensor(
            "HashTableV2",
            shared_name=initializer._shared_name or f"hash_table_{uuid.uuid4()}",
            key_dtype=self.key_dtype,
            value_dtype=self.value_dtype,
            name=name or "hash_table",
        )
        self.name = self.resource_handle.op.name.rpartition("/")[2]
        self.initializer: Operation = initializer.initialize(self)

    def size(self, name: str | None = None) -> Tensor:
        """The number of keys."""
        with op_scope(name, f"{self.name}_Size", self.resource_handle):
            return make_tensor("LookupTableSizeV2", self.resource_handle)

    def __getitem__(self, keys: Any) -> Any:
        """The values of keys."""
        return self.lookup(keys)

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The values of keys, a Tensor or SparseTensor; the default where there is none."""
        given = self._checked_keys(keys)
        with op_scope(name, f"{self.name}_Lookup", self.resource_handle, given):
            values = make_tensor(
                "LookupTableFindV2", self.resource_handle, given, self.default_value
            )
        values.set_shape(given.shape)
        return _as_keys(keys, values)

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """All keys and their values."""
        with op_scope(name, f"{self.name}_Export", self.resource_handle):
            keys, values = make_op(
                "LookupTableExportV2",
                self.resource_handle,
                Tkeys=self.key_dtype,
                Tvalues=self.value_dtype,
            )
        values.set_shape(keys.shape)
        return keys, values


class StaticVocabularyTable(_Table):
    """Numbers of words: those of a table, and for others the numbers of buckets behind them."""

    def __init__(
        self,
        initializer: Any,
        num_oov_buckets: int,
        lookup_key_dtype: Any = None,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ) -> None:
        if num_oov_buckets <= 0:
            raise ValueError("`num_oov_buckets` must be > 0; use StaticHashTable.")
        self._buckets = num_oov_buckets
        self._table: StaticHashTable | None = None
        if initializer is None:
            kind = dtypes.string
            label = name or "hash_bucket"
        else:
            kind = dtypes.as_dtype(lookup_key_dtype or initializer.key_dtype)
            if initializer.value_dtype is not dtypes.int64:
                raise TypeError(
                    "Invalid `value_dtype`, expected <dtype: 'int64'> but got "
                    f"{initializer.value_dtype}."
                )
            if initializer.key_dtype.is_integer != kind.is_integer:
                raise TypeError(f"Invalid `key_dtype`, got {initializer.key_dtype} for {kind}.")
            self._table = StaticHashTable(initializer, default_value=-1)
            label = name or self._table.name
        super().__init__(kind, dtypes.int64)
        self.name = label.rstrip("/").rpartition("/")[2]
        self.resource_handle = self._table.resource_handle if self._table else None

    @property
    def initializer(self) -> Operation:
        """The op that fills the table."""
        if self._table is not None:
            return self._table.initializer
        with get_default_graph().name_scope("init"):
            return no_op()

    def size(self, name: str | None = None) -> Tensor:
        """The number of words and buckets."""
        with op_scope(name, f"{self.name}_Size"):
            known = self._table.size() if self._table else convert_to_tensor(0, dtypes.int64)
            total: Tensor = known + self._buckets
            return total

    def __getitem__(self, keys: Any) -> Any:
        """The values of keys."""
        return self.lookup(keys)

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The numbers of words, a Tensor or SparseTensor."""
        values = self._checked_keys(keys)
        if self._table is not None and self._table.key_dtype is dtypes.int64:
            values = cast(values, dtypes.int64)
        with op_scope(name, f"{self.name}_Lookup"):
            is_text = values.dtype.base_dtype is dtypes.string
            texts = values if is_text else as_string(values)
            buckets = string_to_hash_bucket_fast(texts, self._buckets, name="hash_bucket")
            ids = buckets
            if self._table is not None:
                known = self._table.lookup(values)
                buckets = add(buckets, self._table.size())
                ids = where_v2(not_equal(known, self._table.default_value), known, buckets)
        return _as_keys(keys, ids)


class MutableHashTable(_Table):
    """A table whose keys may change while a session runs."""

    # What the constant of the default value is called.
    _label: str | None = None

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ) -> None:
        super().__init__(key_dtype, value_dtype)
        self._default = convert_to_tensor(default_value, self.value_dtype, name=self._label)
        self._value_shape: TensorShape = self._default.shape
        self._checkpoint = checkpoint
        self.resource_handle = self._made(name)
        self.name = self.resource_handle.op.name.rpartition("/")[2]
        if checkpoint:
            # The package `train` needs this module.
            from opscope.runtime.train.saveable_table import SaveableTable

            saveable = SaveableTable(self, name)
            get_default_graph().add_to_collection(GraphKeys.SAVEABLE_OBJECTS, saveable)

    def _made(self, name: str) -> Tensor:
        attrs: dict[str, Any] = {
            "key_dtype": self.key_dtype,
            "value_dtype": self.value_dtype,
            "name": name,
        }
        attrs["use_node_name_sharing"] = self._checkpoint
        if self._value_shape.ndims == 0:
            return make_tensor("MutableHashTableV2", **attrs)
        return make_tensor("MutableHashTableOfTensorsV2", value_shape=self._value_shape, **attrs)

    def size(self, name: str | None = None) -> Tensor:
        """The number of keys."""
        with op_scope(name, f"{self.name}_Size", self.resource_handle):
            return make_tensor("LookupTableSizeV2", self.resource_handle)

    def lookup(
        self, keys: Any, dynamic_default_values: Any = None, name: str | None = None
    ) -> Tensor:
        """The values of keys; the default, or `dynamic_default_values`, where there is none."""
        with op_scope(name, f"{self.name}_lookup_table_find", self.resource_handle, keys):
            given = convert_to_tensor(keys, self.key_dtype, name="keys")
            default = self._default if dynamic_default_values is None else dynamic_default_values
            return make_tensor("LookupTableFindV2", self.resource_handle, given, default)

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Operation:
        """An op that adds keys, or gives them new values."""
        with op_scope(name, f"{self.name}_lookup_table_insert", self.resource_handle, keys, values):
            given = convert_to_tensor(keys, self.key_dtype, name="keys")
            new = convert_to_tensor(values, self.value_dtype, name="values")
            return make_node("LookupTableInsertV2", self.resource_handle, given, new)

    def remove(self, keys: Any, name: str | None = None) -> Operation:
        """An op that forgets keys."""
        with op_scope(name, f"{self.name}_lookup_table_remove", self.resource_handle, keys):
            return make_node("LookupTableRemoveV2", self.resource_handle, keys)

    def export(self, name: str | None = None) -> tuple[Tensor, Tensor]:
        """All keys and their values."""
        with op_scope(name, f"{self.name}_lookup_table_export_values", self.resource_handle):
            keys, values = make_op(
                "LookupTableExportV2",
                self.resource_handle,
                Tkeys=self.key_dtype,
                Tvalues=self.value_dtype,
            )
        return keys, values


class DenseHashTable(MutableHashTable):
    """A table whose keys may change; `empty_key` and `deleted_key` may not be used as keys."""

    _label = "default_value"

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        empty_key: Any,
        deleted_key: Any,
        initial_num_buckets: int | None = None,
        name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ) -> None:
        self._reserved = empty_key, deleted_key
        self._initial = initial_num_buckets
        super().__init__(key_dtype, value_dtype, default_value, name, checkpoint)

    def _made(self, name: str) -> Tensor:
        empty, deleted = (
            convert_to_tensor(key, self.key_dtype, name=name)
            for key, name in zip(self._reserved, ("empty_key", "deleted_key"), strict=True)
        )
        return make_tensor(
            "MutableDenseHashTableV2",
            empty,
            deleted,
            value_dtype=self.value_dtype,
            value_shape=self._value_shape,
            initial_num_buckets=self._initial,
            use_node_name_sharing=self._checkpoint,
            name=name,
        )


class experimental:  # noqa: N801 - stands for TensorFlow's module
    """The tables whose keys may change."""

    MutableHashTable = MutableHashTable
    DenseHashTable = DenseHashTable
