"""Transformations for `Dataset.apply` that TensorFlow calls experimental."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime.data.dataset import AUTOTUNE, Dataset
from opscope.runtime.make_op import make_tensor

__all__ = ["AUTOTUNE", "ignore_errors", "map_and_batch", "shuffle_and_repeat", "unbatch"]


def ignore_errors() -> Callable[[Dataset], Dataset]:
    """Leaves out the elements that raise an error."""

    def apply(dataset: Dataset) -> Dataset:
        return dataset._same(
            make_tensor("IgnoreErrorsDataset", dataset._variant_tensor, **dataset._flat_spec())
        )

    return apply


def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: bool = False,
    num_parallel_calls: Any = None,
) -> Callable[[Dataset], Dataset]:
    """A map followed by a batch."""
    return lambda dataset: dataset.map(map_func, num_parallel_calls).batch(
        batch_size, drop_remainder
    )


def shuffle_and_repeat(
    buffer_size: Any, count: Any = None, seed: Any = None
) -> Callable[[Dataset], Dataset]:
    """A shuffle followed by a repeat."""
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


def unbatch() -> Callable[[Dataset], Dataset]:
    """The rows of each element as elements."""
    return lambda dataset: dataset.unbatch()
