"""Updates of parts of a reference variable, as methods: `v.scatter_add(rows)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.make_op import make_op
from opscope.runtime.operation import Tensor


def _by_rows(kind: str, doc: str) -> Callable[..., Any]:
    def method(
        self: Any, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        rows, values = sparse_delta.indices, sparse_delta.values
        return make_op(f"Scatter{kind}", self, rows, values, use_locking=use_locking, name=name)

    method.__doc__ = doc
    return method


def _by_places(kind: str, doc: str) -> Callable[..., Any]:
    def method(self: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
        return make_op(f"ScatterNd{kind}", self, indices, updates, use_locking=True, name=name)

    method.__doc__ = doc
    return method


class SparseReferenceUpdates:
    """The methods of a reference variable that change some rows or parts of it.

    `sparse_delta` is an IndexedSlices: rows, and where they belong. Each returns the variable after
    the update.
    """

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

    def batch_scatter_update(
        self, sparse_delta: IndexedSlices, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """For each entry of a batch, put values where the last axis of the indices says."""
        from opscope.runtime.ops.repeating import batch_scatter_update

        return batch_scatter_update(
            self, sparse_delta.indices, sparse_delta.values, use_locking=use_locking, name=name
        )

    def count_up_to(self, limit: int) -> Tensor:
        """The value of an integer, which then grows by one; OutOfRangeError at the limit."""
        from opscope.runtime.ops.counting import count_up_to

        return count_up_to(self, limit)
