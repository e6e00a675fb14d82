"""Transformations for `Dataset.apply` that TensorFlow calls experimental."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.data.dataset import AUTOTUNE, Dataset
from opscope.runtime.data.element_function import ElementFunction
from opscope.runtime.data.element_spec import batch_rows, flat_spec
from opscope.runtime.data.elements import INFINITE_SIZE, UNKNOWN_SIZE
from opscope.runtime.data.options import (
    AutotuneOptions,
    DistributeOptions,
    OptimizationOptions,
    ThreadingOptions,
)
from opscope.runtime.data.shuffle_seeds import shuffle_seeds
from opscope.runtime.data.structure import flatten, map_structure
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.tensor_shape import scalar

__all__ = [
    "AUTOTUNE",
    "INFINITE_CARDINALITY",
    "UNKNOWN_CARDINALITY",
    "AutotuneOptions",
    "Counter",
    "DistributeOptions",
    "OptimizationOptions",
    "RandomDataset",
    "Reducer",
    "ThreadingOptions",
    "bucket_by_sequence_length",
    "cardinality",
    "choose_from_datasets",
    "copy_to_device",
    "enumerate_dataset",
    "get_single_element",
    "group_by_reducer",
    "group_by_window",
    "ignore_errors",
    "map_and_batch",
    "parallel_interleave",
    "prefetch_to_device",
    "sample_from_datasets",
    "scan",
    "shuffle_and_repeat",
    "take_while",
    "unbatch",
    "unique",
]

INFINITE_CARDINALITY = INFINITE_SIZE
UNKNOWN_CARDINALITY = UNKNOWN_SIZE
Transformation = Callable[[Dataset], Dataset]


def ignore_errors(log_warning: bool = False) -> Transformation:
    """Leaves out the elements that raise an error."""
    return lambda dataset: dataset.ignore_errors(log_warning)


def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: Any = False,
    num_parallel_calls: Any = None,
) -> Transformation:
    """A map followed by a batch, in one."""
    if num_parallel_batches is None and num_parallel_calls is None:
        calls = batch_size
    elif num_parallel_batches is not None and num_parallel_calls is None:
        calls = batch_size * num_parallel_batches
    elif num_parallel_batches is not None:
        raise ValueError(
            "`map_and_batch` allows only one of `num_parallel_batches` and `num_parallel_calls` "
            "to be set."
        )
    else:
        calls = num_parallel_calls

    def apply(dataset: Dataset) -> Dataset:
        kind = "tf_data_experimental_map_and_batch"
        traced = ElementFunction(kind, map_func, dataset._types, dataset._shapes)
        rows = batch_rows(batch_size, drop_remainder)
        shapes = map_structure(rows.concatenate, traced.shapes)
        made = make_tensor(
            "MapAndBatchDataset",
            dataset._variant_tensor,
            traced.function.captures,
            convert_to_tensor(batch_size, dtypes.int64, name="batch_size"),
            convert_to_tensor(calls, dtypes.int64, name="num_parallel_calls"),
            convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder"),
            f=traced.function,
            preserve_cardinality=True,
            **flat_spec(traced.types, shapes),
        )
        return Dataset(made, traced.types, shapes)

    return apply


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Transformation:
    """A shuffle followed by a repeat, in one."""

    def apply(dataset: Dataset) -> Dataset:
        size = convert_to_tensor(buffer_size, dtypes.int64, name="buffer_size")
        times = convert_to_tensor(-1 if count is None else count, dtypes.int64, name="count")
        return dataset._of_same("ShuffleAndRepeatDataset", size, *shuffle_seeds(seed), times)

    return apply


def unbatch() -> Transformation:
    """The rows of each element as elements."""
    return lambda dataset: dataset.unbatch()


def enumerate_dataset(start: Any = 0) -> Transformation:
    """Pairs of a number, counted from `start`, and an element."""
    return lambda dataset: dataset.enumerate(start)


def scan(initial_state: Any, scan_func: Callable[..., Any]) -> Transformation:
    """As `Dataset.scan`."""
    return lambda dataset: dataset.scan(initial_state, scan_func)


def take_while(predicate: Callable[..., Any]) -> Transformation:
    """As `Dataset.take_while`."""
    return lambda dataset: dataset.take_while(predicate)


def unique() -> Transformation:
    """As `Dataset.unique`."""
    return lambda dataset: dataset.unique()


def group_by_window(
    key_func: Callable[..., Any],
    reduce_func: Callable[..., Any],
    window_size: Any = None,
    window_size_func: Callable[..., Any] | None = None,
) -> Transformation:
    """As `Dataset.group_by_window`."""
    return lambda dataset: dataset.group_by_window(
        key_func, reduce_func, window_size, window_size_func
    )


def bucket_by_sequence_length(
    element_length_func: Callable[..., Any],
    bucket_boundaries: Any,
    bucket_batch_sizes: Any,
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: bool = False,
) -> Transformation:
    """As `Dataset.bucket_by_sequence_length`."""
    return lambda dataset: dataset.bucket_by_sequence_length(
        element_length_func,
        bucket_boundaries,
        bucket_batch_sizes,
        padded_shapes,
        padding_values,
        pad_to_bucket_boundary,
        no_padding,
        drop_remainder,
    )


class Reducer(NamedTuple):
    """How the elements of a key are folded: first state of a key, next state, result of a state."""

    init_func: Callable[..., Any]
    reduce_func: Callable[..., Any]
    finalize_func: Callable[..., Any]


def group_by_reducer(key_func: Callable[..., Any], reducer: Reducer) -> Transformation:
    """The elements of each key folded into one."""
    from opscope.runtime.data.dataset_groups import _folding

    def apply(dataset: Dataset) -> Dataset:
        kind = "tf_data_experimental_group_by_reducer"
        key = ElementFunction(kind, key_func, dataset._types, dataset._shapes)
        if flatten(key.types) != [dtypes.int64]:
            raise ValueError(
                "Invalid `key_func`. `key_func` must return a single `tf.int64` scalar."
            )
        begun = ElementFunction(kind, reducer.init_func, dtypes.int64, scalar())
        folded, shapes = _folding(kind, reducer.reduce_func, dataset, begun.types, begun.shapes)
        ended = ElementFunction(kind, reducer.finalize_func, begun.types, shapes)
        made = make_tensor(
            "ExperimentalGroupByReducerDataset",
            dataset._variant_tensor,
            key.function.captures,
            begun.function.captures,
            folded.function.captures,
            ended.function.captures,
            key_func=key.function,
            init_func=begun.function,
            reduce_func=folded.function,
            finalize_func=ended.function,
            **flat_spec(ended.types, ended.shapes),
        )
        return Dataset(made, ended.types, ended.shapes)

    return apply


def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: bool | None = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Transformation:
    """As `Dataset.interleave`; the order is fixed also where `sloppy` would let it vary."""
    numbers = (
        (cycle_length, "cycle_length"),
        (block_length, "block_length"),
        (2 * block_length if buffer_output_elements is None else buffer_output_elements,
         "buffer_output_elements"),
        (2 * cycle_length if prefetch_input_elements is None else prefetch_input_elements,
         "prefetch_input_elements"),
    )  # fmt: skip

    def apply(dataset: Dataset) -> Dataset:
        inputs = [convert_to_tensor(v, dtypes.int64, name=n) for v, n in numbers]
        return dataset._from_datasets(
            "LegacyParallelInterleaveDatasetV2",
            "parallel_interleave",
            map_func,
            *inputs,
            deterministic={None: "default", True: "false", False: "true"}[sloppy],
        )

    return apply


def choose_from_datasets(
    datasets: Sequence[Dataset], choice_dataset: Dataset, stop_on_empty_dataset: bool = False
) -> Dataset:
    """Elements of the datasets that the numbers of `choice_dataset` name."""
    if not datasets:
        raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
    if choice_dataset._types is not dtypes.int64:
        raise TypeError(
            "Invalid `choice_dataset`. Elements of `choice_dataset` must be scalar `tf.int64` "
            f"tensors but are {choice_dataset._types}."
        )
    return _directed(choice_dataset, datasets, stop_on_empty_dataset)


def _directed(choices: Dataset, datasets: Sequence[Dataset], stop_on_empty: bool) -> Dataset:
    from opscope.runtime.data.element_spec import common_shape

    first = datasets[0]
    shapes = first._shapes
    for other in datasets[1:]:
        if flatten(other._types) != flatten(first._types):
            raise TypeError(
                "Invalid `datasets`. `datasets` must have the same type and class; got "
                f"{first._types} and {other._types}."
            )
        shapes = map_structure(common_shape, shapes, other._shapes)
    made = make_tensor(
        "DirectedInterleaveDataset",
        choices._variant_tensor,
        [d._variant_tensor for d in datasets],
        stop_on_empty_dataset=stop_on_empty,
        **flat_spec(first._types, shapes),
    )
    return Dataset(made, first._types, shapes)


def sample_from_datasets(
    datasets: Sequence[Dataset],
    weights: Any = None,
    seed: Any = None,
    stop_on_empty_dataset: bool = False,
) -> Dataset:
    """Elements of the datasets by lot, with probabilities `weights`; equal ones when None.

    The draws are reproducible for a given seed, and not those of TensorFlow.
    """
    from opscope.runtime.math import cast, cumsum, reduce_sum
    from opscope.runtime.math import less_equal as at_most

    count = len(datasets)
    if isinstance(weights, Dataset):
        raise NotImplementedError("opscope takes fixed weights only, not a dataset of weights")
    shares = convert_to_tensor(
        [1.0 / count] * count if weights is None else weights, name="weights"
    )
    ends = cumsum(cast(shares, dtypes.float64))
    total = reduce_sum(cast(shares, dtypes.float64))

    def chosen(drawn: Tensor) -> Tensor:
        place = cast(drawn, dtypes.float64) / 2.0**32 * total
        return reduce_sum(cast(at_most(ends, place), dtypes.int64))

    return _directed(RandomDataset(seed).map(chosen), datasets, stop_on_empty_dataset)


class RandomDataset(Dataset):
    """Random whole numbers of 32 bits without end, as int64."""

    def __init__(self, seed: Any = None) -> None:
        spec = flat_spec(dtypes.int64, scalar())
        made = make_tensor("RandomDataset", *shuffle_seeds(seed), **spec)
        super().__init__(made, dtypes.int64, scalar())


def Counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64) -> Dataset:  # noqa: N802
    """Numbers from `start` on, `step` apart, without end."""
    from opscope.runtime.math import cast

    with_types = convert_to_tensor(start, dtypes.as_dtype(dtype), name="start")
    apart = convert_to_tensor(step, dtypes.as_dtype(dtype), name="step")
    return (
        Dataset.from_tensors(0)
        .repeat(None)
        .scan(with_types, lambda state, _: (cast(state + apart, state.dtype), state))
    )


def prefetch_to_device(device: str, buffer_size: Any = None) -> Transformation:
    """Elements made ahead; they are copied to the device where an op there takes them."""
    return lambda dataset: dataset.prefetch(AUTOTUNE if buffer_size is None else buffer_size)


def copy_to_device(target_device: str, source_device: str = "/cpu:0") -> Transformation:
    """The elements; they are copied to the device where an op there takes them."""
    return lambda dataset: dataset


def cardinality(dataset: Dataset) -> Tensor:
    """The number of elements; -1 for no end, -2 where it is not known without looking."""
    return dataset.cardinality()


def get_single_element(dataset: Dataset) -> Any:
    """The one element of a dataset, as tensors."""
    return dataset.get_single_element()
