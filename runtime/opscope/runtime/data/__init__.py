"""Input pipelines (`tf.data`): datasets, their transformations, iterators; and the digits."""

from typing import Any

from opscope.runtime.data import dataset_ops, experimental, iterator_ops, source_ops
from opscope.runtime.data.dataset import AUTOTUNE, Dataset
from opscope.runtime.data.elements import INFINITE_SIZE as INFINITE_CARDINALITY
from opscope.runtime.data.elements import UNKNOWN_SIZE as UNKNOWN_CARDINALITY
from opscope.runtime.data.file_datasets import (
    FixedLengthRecordDataset,
    TextLineDataset,
    TFRecordDataset,
)
from opscope.runtime.data.iterator import Iterator
from opscope.runtime.data.options import Options, ThreadingOptions

__all__ = [
    "AUTOTUNE",
    "INFINITE_CARDINALITY",
    "UNKNOWN_CARDINALITY",
    "Dataset",
    "FixedLengthRecordDataset",
    "Iterator",
    "Options",
    "TFRecordDataset",
    "TextLineDataset",
    "ThreadingOptions",
    "dataset_ops",
    "experimental",
    "get_output_classes",
    "get_output_shapes",
    "get_output_types",
    "iterator_ops",
    "make_initializable_iterator",
    "make_one_shot_iterator",
    "source_ops",
]


def make_one_shot_iterator(dataset: Dataset) -> Iterator:
    """As `dataset.make_one_shot_iterator()`."""
    return dataset.make_one_shot_iterator()


def make_initializable_iterator(dataset: Dataset, shared_name: str | None = None) -> Iterator:
    """As `dataset.make_initializable_iterator()`."""
    return dataset.make_initializable_iterator(shared_name)


def get_output_types(dataset_or_iterator: Any) -> Any:
    """The dtypes of an element's components, in its structure."""
    return dataset_or_iterator.output_types


def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """The static shapes of an element's components, in its structure."""
    return dataset_or_iterator.output_shapes


def get_output_classes(dataset_or_iterator: Any) -> Any:
    """The classes of an element's components, in its structure."""
    return dataset_or_iterator.output_classes
