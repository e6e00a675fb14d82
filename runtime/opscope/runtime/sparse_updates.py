"""Updates of parts of a variable, as methods: `v.scatter_add(rows)` and `v[1:3].assign(x)`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.indexed_slices import IndexedSlices


def _by_rows(kind: str, doc: str) -> Callable[..., Any]:
    def method(
        self: SparseUpdates, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(
                "Argument `sparse_delta` must be a `tf.IndexedSlices`. "
                f"Received arg: {sparse_delta}"
            )
        values = convert_to_tensor(sparse_delta.values, self.dtype)
        return self._updated(
            f"ResourceScatter{kind}", sparse_delta.indices, values, name=name, dtype=self.dtype
        )

    method.__doc__ = doc
    return method


def _by_places(kind: str, doc: str) -> Callable[..., Any]:
    def method(self: SparseUpdates, indices: Any, updates: Any, name: str | None = None) -> Any:
        values = convert_to_tensor(updates, self.dtype)
        return self._updated(f"ResourceScatterNd{kind}", indices, values, name=name)

    method.__doc__ = doc
    return method


class SparseUpdates:
    """The methods of a resource variable that change some rows or parts of it.

    `sparse_delta` is an IndexedSlices: rows, and where they belong. Each returns the variable after
    the update.
    """

    dtype: Any

    def _updated(self, op_type: str, *inputs: Any, name: str | None, **attrs: Any) -> Any:
        raise NotImplementedError

    def _after_cached(self) -> Any:
        raise NotImplementedError

    scatter_add = _by_rows("Add", "Add rows to those of the variable.")
    scatter_sub = _by_rows("Sub", "Subtract rows from those of the variable.")
    scatter_mul = _by_rows("Mul", "Multiply rows of the variable.")
    scatter_div = _by_rows("Div", "Divide rows of the variable.")
    scatter_min = _by_rows("Min", "Keep the smaller of rows, element by element.")
    scatter_max = _by_rows("Max", "Keep the larger of rows, element by element.")
    scatter_update = _by_rows("Update", "Put rows into the variable.")
    scatter_nd_add = _by_places("Add", "Add parts where the rows of `indices` say.")
    scatter_nd_sub = _by_places("Sub", "Subtract parts where the rows of `indices` say.")
    scatter_nd_min = _by_places("Min", "Keep the smaller elements where `indices` say.")
    scatter_nd_max = _by_places("Max", "Keep the larger elements where `indices` say.")
    scatter_nd_update = _by_places("Update", "Put parts where the rows of `indices` say.")

    def _strided_slice_assign(
        self,
        index: Sequence[Any],
        masks: dict[str, int],
        default_name: str,
        value: Any,
        name: str | None = None,
    ) -> Any:
        with self._after_cached():
            return self._updated(
                "ResourceStridedSliceAssign",
                *index,
                convert_to_tensor(value, self.dtype),
                name=name or default_name,
                **masks,
            )
