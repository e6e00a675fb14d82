"""Op types of datasets of windows, groups, choices and parts, under TensorFlow's names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.data.batching import Batched
from opscope.runtime.data.concurrency import MappedInParallel
from opscope.runtime.data.dataset_ops import dataset_op, datasets_of, parallel_calls
from opscope.runtime.data.elements import (
    Element,
    Elements,
    Traversal,
)
from opscope.runtime.data.grouping import (
    GroupedByWindow,
    Windowed,
    directed,
    distinct,
    scanned,
    taken_while,
)
from opscope.runtime.data.ordering import Interleaved, Repeated, Shuffled, ShuffleSeeds

_TYPES = "output_types: list(type) >= 1, output_shapes: list(shape) >= 1"
_META = "metadata: string = ''"
_OTHERS = "other_arguments: Targuments"
_FUNCTION = f"f: func, Targuments: list(type) >= 0, {_TYPES}"


@dataset_op(
    "WindowDataset",
    "input_dataset: variant, size: int64, shift: int64, stride: int64, drop_remainder: bool",
    f"{_TYPES}, {_META}",
)
def _window(
    xp: Any,
    source: Elements,
    size: Any,
    shift: Any,
    stride: Any,
    drop: Any,
    *,
    output_types: Any,
) -> Elements:
    """Datasets of consecutive elements, one for each component."""
    numbers = int(size), int(shift), int(stride), bool(drop), len(output_types)
    return Elements(lambda t: Windowed(source.iterate(t), *numbers))


@dataset_op(
    "ShardDataset",
    "input_dataset: variant, num_shards: int64, index: int64",
    f"require_non_empty: bool = false, {_TYPES}, {_META}",
)
def _shard(xp: Any, source: Elements, count: Any, index: Any) -> Elements:
    """Every n-th element, from one on."""
    if count < 1:
        raise errors.InvalidArgumentError(
            None, None, "Number of shards must be greater than zero (currently num_shards = 0)."
        )
    if not 0 <= index < count:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Index must be between 0 and {count - 1} (currently index = {index}).",
        )
    size = source.size if source.size < 0 else len(range(int(index), source.size, int(count)))
    return Elements(lambda t: islice(source.iterate(t), int(index), None, int(count)), size)


@dataset_op(
    "OptionsDataset", "input_dataset: variant", f"serialized_options: string, {_TYPES}, {_META}"
)
def _options(xp: Any, source: Elements) -> Elements:
    """The elements; options of how to run a pipeline change none of them."""
    return source


@dataset_op("UniqueDataset", "input_dataset: variant", f"{_TYPES}, {_META}")
def _unique(xp: Any, source: Elements) -> Elements:
    """The elements without those that were there before."""
    return Elements(lambda t: distinct(source.iterate(t)))


@dataset_op(
    "TakeWhileDataset",
    f"input_dataset: variant, {_OTHERS}",
    f"predicate: func, Targuments: list(type) >= 0, {_TYPES}, {_META}",
)
def _take_while(xp: Any, source: Elements, *captured: Any, predicate: Any) -> Elements:
    """The elements before the first for which a function is false."""
    return Elements(lambda t: taken_while(source.iterate(t), t.function(predicate, captured)))


@dataset_op(
    "ScanDataset",
    f"input_dataset: variant, initial_state: Tstate, {_OTHERS}",
    "f: func, Tstate: list(type) >= 1, Targuments: list(type) >= 0, "
    f"{_TYPES}, preserve_cardinality: bool = false, use_default_device: bool = true, {_META}",
)
def _scan(xp: Any, source: Elements, *rest: Any, f: Any, Tstate: Any) -> Elements:  # noqa: N803
    """What a function of a state and an element gives besides the next state."""
    state, captured = rest[: len(Tstate)], rest[len(Tstate) :]
    return Elements(lambda t: scanned(source.iterate(t), t.function(f, captured), state))


@dataset_op(
    "GroupByWindowDataset",
    "input_dataset: variant, key_func_other_arguments: Tkey_func_other_arguments, "
    "reduce_func_other_arguments: Treduce_func_other_arguments, "
    "window_size_func_other_arguments: Twindow_size_func_other_arguments",
    "key_func: func, reduce_func: func, window_size_func: func, "
    "Tkey_func_other_arguments: list(type) >= 0, Treduce_func_other_arguments: list(type) >= 0, "
    f"Twindow_size_func_other_arguments: list(type) >= 0, {_TYPES}, {_META}",
)
def _group_by_window(
    xp: Any,
    source: Elements,
    *rest: Any,
    key_func: Any,
    reduce_func: Any,
    window_size_func: Any,
    Tkey_func_other_arguments: Any,  # noqa: N803
    Treduce_func_other_arguments: Any,  # noqa: N803
) -> Elements:
    """What a function makes of the elements of one key, as soon as there are enough of them."""
    first = len(Tkey_func_other_arguments)
    second = first + len(Treduce_func_other_arguments)

    def iterate(traversal: Traversal) -> Iterator[Element]:
        reduce = traversal.function(reduce_func, rest[first:second])
        return GroupedByWindow(
            source.iterate(traversal),
            traversal.function(key_func, rest[:first]),
            traversal.function(window_size_func, rest[second:]),
            lambda key, window: reduce(key, window)[0].iterate(traversal),
        )

    return Elements(iterate)


_REDUCER = (
    "input_dataset: variant, key_func_other_arguments: Tkey_func_other_arguments, "
    "init_func_other_arguments: Tinit_func_other_arguments, "
    "reduce_func_other_arguments: Treduce_func_other_arguments, "
    "finalize_func_other_arguments: Tfinalize_func_other_arguments"
)


@dataset_op(
    "ExperimentalGroupByReducerDataset",
    _REDUCER,
    "key_func: func, init_func: func, reduce_func: func, finalize_func: func, "
    "Tkey_func_other_arguments: list(type) >= 0, Tinit_func_other_arguments: list(type) >= 0, "
    "Treduce_func_other_arguments: list(type) >= 0, "
    f"Tfinalize_func_other_arguments: list(type) >= 0, {_TYPES}",
    stateful=True,
)
def _group_by_reducer(
    xp: Any,
    source: Elements,
    *rest: Any,
    key_func: Any,
    init_func: Any,
    reduce_func: Any,
    finalize_func: Any,
    Tkey_func_other_arguments: Any,  # noqa: N803
    Tinit_func_other_arguments: Any,  # noqa: N803
    Treduce_func_other_arguments: Any,  # noqa: N803
) -> Elements:
    """The elements of each key folded into one."""
    first = len(Tkey_func_other_arguments)
    second = first + len(Tinit_func_other_arguments)
    third = second + len(Treduce_func_other_arguments)

    def iterate(traversal: Traversal) -> Iterator[Element]:
        key_of = traversal.function(key_func, rest[:first])
        begun = traversal.function(init_func, rest[first:second])
        folded = traversal.function(reduce_func, rest[second:third])
        ended = traversal.function(finalize_func, rest[third:])
        states: dict[int, Element] = {}
        for element in source.iterate(traversal):
            key = int(key_of(*element)[0])
            state = states[key] if key in states else begun(np.int64(key))
            states[key] = folded(*state, *element)
        for key in sorted(states):
            yield ended(*states[key])

    return Elements(iterate)


@dataset_op(
    "DirectedInterleaveDataset",
    "selector_input_dataset: variant, data_input_datasets: N * variant",
    f"{_TYPES}, N: int >= 1, stop_on_empty_dataset: bool = false",
)
def _directed(
    xp: Any, selector: Elements, *sources: Elements, stop_on_empty_dataset: bool
) -> Elements:
    """Elements of the datasets that another dataset's numbers name."""
    return Elements(
        lambda t: directed(
            selector.iterate(t), [s.iterate(t) for s in sources], stop_on_empty_dataset
        )
    )


@dataset_op("RandomDataset", "seed: int64, seed2: int64", f"{_TYPES}, {_META}", stateful=True)
def _random(xp: Any, seed: Any, seed2: Any) -> Elements:
    """Random whole numbers of 32 bits without end; not TensorFlow's for a seed."""

    def iterate(traversal: Traversal) -> Iterator[Element]:
        entropy = None if seed == 0 and seed2 == 0 else [int(seed), int(seed2)]
        generator = np.random.default_rng(entropy)
        while True:
            yield (np.int64(generator.integers(2**32)),)

    return Elements(iterate)


@dataset_op(
    "ShuffleAndRepeatDataset",
    "input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64, count: int64",
    f"{_TYPES}, reshuffle_each_iteration: bool = true, {_META}",
)
def _shuffle_and_repeat(
    xp: Any,
    source: Elements,
    size: Any,
    seed: Any,
    seed2: Any,
    count: Any,
    *,
    reshuffle_each_iteration: bool,
) -> Elements:
    """The elements in random order, `count` times over; -1 for ever."""
    seeds = ShuffleSeeds(int(seed), int(seed2), reshuffle_each_iteration)
    return Elements(
        lambda t: Repeated(
            lambda: Shuffled(source.iterate(t), int(size), seeds.generator()), int(count)
        )
    )


@dataset_op(
    "MapAndBatchDataset",
    f"input_dataset: variant, {_OTHERS}, batch_size: int64, num_parallel_calls: int64, "
    "drop_remainder: bool",
    f"{_FUNCTION}, preserve_cardinality: bool = false, {_META}",
)
def _map_and_batch(xp: Any, source: Elements, *rest: Any, f: Any) -> Elements:
    """A function of each element, several at a time, and the results stacked."""
    *captured, size, calls, drop = rest

    def iterate(traversal: Traversal) -> Iterator[Element]:
        call = traversal.function(f, tuple(captured))
        mapped = MappedInParallel(call, source.iterate(traversal), parallel_calls(calls), traversal)
        return Batched(mapped, int(size), bool(drop))

    return Elements(iterate)


_INTERLEAVED = f"input_dataset: variant, {_OTHERS}, cycle_length: int64, block_length: int64, "


def _interleaved(source: Elements, f: Any, captured: Element, cycle: Any, block: Any) -> Elements:
    return Elements(
        lambda t: Interleaved(datasets_of(t, source, f, captured), int(cycle), int(block))
    )


@dataset_op(
    "ParallelInterleaveDatasetV4",
    f"{_INTERLEAVED}buffer_output_elements: int64, prefetch_input_elements: int64, "
    "num_parallel_calls: int64",
    f"f: func, deterministic: string = 'default', Targuments: list(type) >= 0, {_TYPES}, {_META}",
)
def _parallel_interleave(xp: Any, source: Elements, *rest: Any, f: Any) -> Elements:
    """Elements in turn from several of the datasets that a function makes, in a fixed order."""
    *captured, cycle, block, _, _, _ = rest
    return _interleaved(source, f, tuple(captured), cycle, block)


@dataset_op(
    "LegacyParallelInterleaveDatasetV2",
    f"{_INTERLEAVED}buffer_output_elements: int64, prefetch_input_elements: int64",
    f"f: func, deterministic: string = 'default', Targuments: list(type) >= 0, {_TYPES}, {_META}",
)
def _legacy_interleave(xp: Any, source: Elements, *rest: Any, f: Any) -> Elements:
    """Elements in turn from several of the datasets that a function makes, in a fixed order."""
    *captured, cycle, block, _, _ = rest
    return _interleaved(source, f, tuple(captured), cycle, block)


@dataset_op(
    "SparseTensorSliceDataset",
    "indices: int64, values: Tvalues, dense_shape: int64",
    "Tvalues: type",
    stateful=True,
)
def _sparse_slices(xp: Any, indices: Any, values: Any, sizes: Any) -> Elements:
    """The rows of a sparse tensor, each as indices, values and shape."""
    if len(indices) and (np.diff(indices[:, 0]) < 0).any():
        raise errors.UnimplementedError(
            None, None, "The SparseTensor must be ordered in the batch dimension."
        )
    ends = np.searchsorted(indices[:, 0], np.arange(int(sizes[0]) + 1))

    def iterate(traversal: Traversal) -> Iterator[Element]:
        for begin, end in pairwise(ends.tolist()):
            yield indices[begin:end, 1:], values[begin:end], sizes[1:]

    return Elements(iterate, int(sizes[0]))
