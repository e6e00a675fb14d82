"""Op type of a table in buckets: two keys are reserved, and a checkpoint holds the buckets."""

from __future__ import annotations

from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.fingerprint import murmur64
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.ops.lookup_tables import SHARED, Table, listed
from opscope.runtime.tensor_shape import TensorShape, scalar


class DenseTable(Table):
    """A table that is saved as TensorFlow lays it out: a key in each bucket, most of them empty.

    A key lies in the bucket of its hash, or where that is taken in a later one, in steps of 1, 2,
    3, ...; the number of buckets is a power of two and doubles when they fill up.
    """

    def __init__(self, attrs: dict[str, Any]) -> None:
        super().__init__(attrs, is_static=False)
        self._count: int = attrs["initial_num_buckets"]
        self._load: float = attrs["max_load_factor"]
        if self._count < 4 or self._count & (self._count - 1):
            raise errors.InvalidArgumentError(
                None, None, f"Number of buckets must be at least 4 and a power of 2: {self._count}"
            )
        self._empty: Any = None
        self._deleted: Any = None

    def reserve(self, empty: Any, deleted: Any) -> DenseTable:
        """The table, with the keys that stand for no key and for a forgotten one."""
        self._empty, self._deleted = listed(empty)[0], listed(deleted)[0]
        if self._empty == self._deleted:
            raise errors.InvalidArgumentError(None, None, "Empty and deleted keys cannot be equal")
        return self

    def insert(self, keys: Any, values: Any) -> None:
        """Add keys, or give them new values."""
        self._require_free(keys)
        with self._lock:
            self._grow(len(self._items) + np.size(keys))
        super().insert(keys, values)

    def remove(self, keys: Any) -> None:
        """Forget keys; unknown ones are none to forget."""
        self._require_free(keys)
        super().remove(keys)

    def find(self, keys: Any, default: Any) -> Any:
        """The values of keys; the default where there is none."""
        self._require_free(keys)
        return super().find(keys, default)

    def replace(self, keys: Any, values: Any) -> None:
        """Forget everything, and take the buckets of a checkpoint."""
        reserved = (self._empty, self._deleted)
        rows = values.reshape(np.size(keys), *self.value_shape)
        kept = [i for i, key in enumerate(listed(keys)) if key not in reserved]
        with self._lock:
            self._count = np.size(keys)
        super().replace(np.asarray(keys).reshape(-1)[kept], rows[kept])

    def export(self) -> tuple[Any, Any]:
        """The buckets: keys with a last dimension of 1, and values."""
        width = self.value_shape or (1,)
        values = np.zeros((self._count, *width), self.value_dtype.numpy_dtype)
        if values.dtype.kind == "O":
            values[:] = b""
        keys = np.empty((self._count, 1), self.key_dtype.numpy_dtype)
        keys[:] = self._empty
        with self._lock:
            for bucket, key in self._placed().items():
                keys[bucket], values[bucket] = key, self._items[key]
        return keys, values

    def _require_free(self, keys: Any) -> None:
        given = set(listed(keys))
        for key, what in ((self._empty, "empty_key"), (self._deleted, "deleted_key")):
            if key in given:
                raise errors.InvalidArgumentError(
                    None, None, f"Using the {what} as a table key is not allowed"
                )

    def _grow(self, expected: int) -> None:
        count = self._count
        while expected > count * self._load:
            count *= 2
        if count > self._count:
            # In the order of the buckets they are placed anew.
            placed = sorted(self._placed().items())
            self._items = {key: self._items[key] for _, key in placed}
            self._count = count

    def _placed(self) -> dict[int, Any]:
        mask = self._count - 1
        taken: dict[int, Any] = {}
        for key in self._items:
            bucket = (murmur64(key) if isinstance(key, bytes) else key) & mask
            step = 0
            while bucket in taken:
                step += 1
                bucket = (bucket + step) & mask
            taken[bucket] = key
        return taken


@op(
    "MutableDenseHashTableV2",
    "empty_key: key_dtype, deleted_key: key_dtype -> table_handle: resource",
    f"{SHARED}key_dtype: type, value_dtype: type, value_shape: shape = [], "
    "initial_num_buckets: int = 131072, max_load_factor: float = 0.8",
    stateful=True,
    host_only=True,
)
def _dense(xp: Any, empty: Any, deleted: Any, **attrs: Any) -> Any:
    """A table of the session whose keys may change; two keys may not be used."""
    raise errors.InternalError(None, None, "a table belongs to a session")


@_dense.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


@_dense.bind
def _(binding: Binding) -> Any:
    node = binding.node
    shared = node.attrs["shared_name"]
    key = ("lookup table", node.attrs["container"], shared) if shared else None

    def call(empty: Any, deleted: Any) -> DenseTable:
        found: DenseTable = binding.state(
            key or ("lookup table", node.name), lambda: DenseTable(node.attrs)
        )
        return found.reserve(empty, deleted)

    return call
