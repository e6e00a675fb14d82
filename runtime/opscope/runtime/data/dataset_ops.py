"""Op types of datasets, under TensorFlow's names: each gives a variant that holds `Elements`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, starmap
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.data.batching import Batched, PaddedBatched, Unbatched
from opscope.runtime.data.caching import FileCache, MemoryCache
from opscope.runtime.data.concurrency import MappedInParallel, Prefetched
from opscope.runtime.data.elements import (
    INFINITE_SIZE,
    UNKNOWN_SIZE,
    Element,
    Elements,
    Traversal,
)
from opscope.runtime.data.ordering import (
    ErrorsIgnored,
    Flattened,
    Interleaved,
    Repeated,
    Shuffled,
    ShuffleSeeds,
    Skipped,
    Taken,
)
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape, scalar

# Names the one component of what reads files: TensorFlow's file ops have no such attributes.
_TYPES = "output_types: list(type) >= 1, output_shapes: list(shape) >= 1"
_META = "metadata: string = ''"
_FUNCTION = f"f: func, Targuments: list(type) >= 0, {_TYPES}"
# How many calls run at once when `num_parallel_calls` is AUTOTUNE.
_AUTOTUNED_CALLS = 4
# How many elements are made ahead when `buffer_size` is AUTOTUNE.
_AUTOTUNED_BUFFER = 2


def _scalar_handle(node: Operation) -> list[TensorShape]:
    return [scalar()]


def dataset_op(
    name: str, signature: str, attrs: str, *, stateful: bool = False
) -> Callable[[Any], OpDef]:
    """Make the decorated kernel an op type that gives one dataset and runs on the host."""

    def define(kernel: Any) -> OpDef:
        made = op(
            name,
            f"{signature} -> handle: variant",
            attrs,
            stateful=stateful,
            host_only=True,
            not_differentiable=True,
        )(kernel)
        made.shape(_scalar_handle)
        return made

    return define


@dataset_op(
    "ConcatenateDataset", "input_dataset: variant, another_dataset: variant", f"{_TYPES}, {_META}"
)
def _concatenate(xp: Any, first: Elements, second: Elements) -> Elements:
    """The elements of one dataset, then those of another."""
    size = first.size + second.size if min(first.size, second.size) >= 0 else UNKNOWN_SIZE
    if INFINITE_SIZE in (first.size, second.size):
        size = INFINITE_SIZE
    return Elements(lambda t: Flattened(dataset.iterate(t) for dataset in (first, second)), size)


@dataset_op("ZipDataset", "input_datasets: N * variant", f"{_TYPES}, N: int >= 1, {_META}")
def _zip(xp: Any, *datasets: Elements) -> Elements:
    """Elements of several datasets side by side, as long as all have one."""

    def iterate(traversal: Traversal) -> Iterator[Element]:
        rows = zip(*[d.iterate(traversal) for d in datasets], strict=False)
        return map(tuple, map(chain.from_iterable, rows))

    known = [d.size for d in datasets if d.size != INFINITE_SIZE]
    size = min(known, default=INFINITE_SIZE)
    return Elements(iterate, size)


@dataset_op("RepeatDataset", "input_dataset: variant, count: int64", f"{_TYPES}, {_META}")
def _repeat(xp: Any, source: Elements, count: Any) -> Elements:
    """The elements `count` times over; -1 for ever."""
    size = source.size * int(count) if source.size >= 0 else source.size
    if count < 0:
        size = INFINITE_SIZE if source.size else 0
    elif count == 0:
        size = 0
    return Elements(lambda t: Repeated(lambda: source.iterate(t), int(count)), size)


@dataset_op("TakeDataset", "input_dataset: variant, count: int64", f"{_TYPES}, {_META}")
def _take(xp: Any, source: Elements, count: Any) -> Elements:
    """The first elements; -1 for all."""
    size = source.size
    if count >= 0:
        size = int(count) if size == INFINITE_SIZE else min(size, int(count))
    return Elements(lambda t: Taken(source.iterate(t), int(count)), size)


@dataset_op("SkipDataset", "input_dataset: variant, count: int64", f"{_TYPES}, {_META}")
def _skip(xp: Any, source: Elements, count: Any) -> Elements:
    """All but the first elements; -1 leaves none."""
    size = max(source.size - int(count), 0) if source.size >= 0 else source.size
    return Elements(lambda t: Skipped(source.iterate(t), int(count)), 0 if count < 0 else size)


@dataset_op(
    "ShuffleDataset",
    "input_dataset: variant, buffer_size: int64, seed: int64, seed2: int64",
    f"reshuffle_each_iteration: bool = true, {_TYPES}, {_META}",
)
def _shuffle(
    xp: Any, source: Elements, size: Any, seed: Any, seed2: Any, *, reshuffle_each_iteration: bool
) -> Elements:
    """Elements in random order, drawn from a buffer."""
    seeds = ShuffleSeeds(int(seed), int(seed2), reshuffle_each_iteration)
    return Elements(
        lambda t: Shuffled(source.iterate(t), int(size), seeds.generator()), source.size
    )


@dataset_op(
    "BatchDatasetV2",
    "input_dataset: variant, batch_size: int64, drop_remainder: bool",
    f"parallel_copy: bool = false, {_TYPES}, {_META}",
)
def _batch(xp: Any, source: Elements, size: Any, drop: Any) -> Elements:
    """Consecutive elements of equal shapes, stacked."""
    return Elements(
        lambda t: Batched(source.iterate(t), int(size), bool(drop)), _batches(source, size, drop)
    )


def _batches(source: Elements, size: Any, drop: Any) -> int:
    if source.size < 0 or size < 1:
        return source.size
    return source.size // int(size) if drop else -(-source.size // int(size))


@dataset_op(
    "PaddedBatchDatasetV2",
    "input_dataset: variant, batch_size: int64, padded_shapes: N * int64, "
    "padding_values: Toutput_types, drop_remainder: bool",
    "parallel_copy: bool = false, Toutput_types: list(type) >= 1, "
    f"output_shapes: list(shape) >= 1, N: int >= 1, {_META}",
)
def _padded_batch(xp: Any, source: Elements, size: Any, *rest: Any) -> Elements:
    """Consecutive elements, filled up to a common shape and stacked."""
    *parts, drop = rest
    count = len(parts) // 2
    shapes, values = parts[:count], parts[count:]
    return Elements(
        lambda t: PaddedBatched(source.iterate(t), int(size), bool(drop), shapes, values),
        _batches(source, size, drop),
    )


@dataset_op("UnbatchDataset", "input_dataset: variant", f"{_TYPES}, {_META}")
def _unbatch(xp: Any, source: Elements) -> Elements:
    """The rows of each element as elements."""
    return Elements(lambda t: Unbatched(source.iterate(t)))


@dataset_op("IgnoreErrorsDataset", "input_dataset: variant", f"{_TYPES}, log_warning: bool = false")
def _ignore_errors(xp: Any, source: Elements) -> Elements:
    """The elements that do not raise."""
    return Elements(lambda t: ErrorsIgnored(source.iterate(t)))


@dataset_op(
    "MapDataset",
    "input_dataset: variant, other_arguments: Targuments",
    f"{_FUNCTION}, use_inter_op_parallelism: bool = true, preserve_cardinality: bool = false, "
    f"force_synchronous: bool = false, {_META}",
)
def _map(xp: Any, source: Elements, *captured: Any, f: Any) -> Elements:
    """A function of each element."""
    return Elements(lambda t: starmap(t.function(f, captured), source.iterate(t)), source.size)


@dataset_op(
    "ParallelMapDatasetV2",
    "input_dataset: variant, other_arguments: Targuments, num_parallel_calls: int64",
    f"{_FUNCTION}, use_inter_op_parallelism: bool = true, deterministic: string = 'default', "
    "preserve_cardinality: bool = false, use_unbounded_threadpool: bool = false, "
    f"{_META}",
)
def _parallel_map(xp: Any, source: Elements, *rest: Any, f: Any) -> Elements:
    """A function of each element, several at a time, in order."""
    *captured, calls = rest
    threads = parallel_calls(calls)
    return Elements(
        lambda t: MappedInParallel(t.function(f, tuple(captured)), source.iterate(t), threads, t),
        source.size,
    )


def parallel_calls(calls: Any) -> int:
    """How many calls run at once; InvalidArgumentError for none."""
    if calls == 0:
        raise errors.InvalidArgumentError(
            None, None, "num_parallel_calls must be greater than zero."
        )
    return _AUTOTUNED_CALLS if calls < 0 else int(calls)


@dataset_op(
    "FilterDataset",
    "input_dataset: variant, other_arguments: Targuments",
    f"predicate: func, Targuments: list(type) >= 0, {_TYPES}, {_META}",
)
def _filter(xp: Any, source: Elements, *captured: Any, predicate: Any) -> Elements:
    """The elements for which a function is true."""

    def iterate(traversal: Traversal) -> Iterator[Element]:
        test = traversal.function(predicate, captured)
        return filter(lambda element: test(*element)[0], source.iterate(traversal))

    return Elements(iterate)


@dataset_op(
    "FlatMapDataset",
    "input_dataset: variant, other_arguments: Targuments",
    f"{_FUNCTION}, {_META}",
)
def _flat_map(xp: Any, source: Elements, *captured: Any, f: Any) -> Elements:
    """The elements of the datasets that a function makes of each element."""
    return Elements(lambda t: Flattened(datasets_of(t, source, f, captured)))


@dataset_op(
    "InterleaveDataset",
    "input_dataset: variant, other_arguments: Targuments, cycle_length: int64, block_length: int64",
    f"{_FUNCTION}, {_META}",
)
def _interleave(xp: Any, source: Elements, *rest: Any, f: Any) -> Elements:
    """As FlatMapDataset, from several of the datasets in turn."""
    *captured, cycle, block = rest
    return Elements(
        lambda t: Interleaved(datasets_of(t, source, f, tuple(captured)), int(cycle), int(block))
    )


def datasets_of(
    traversal: Traversal, source: Elements, f: Any, captured: Element
) -> Iterator[Iterator[Element]]:
    """The iterators of the datasets that `f` makes."""
    call = traversal.function(f, captured)

    def opened(element: Element) -> Iterator[Element]:
        iterator: Iterator[Element] = call(*element)[0].iterate(traversal)
        return iterator

    return map(opened, source.iterate(traversal))


@dataset_op("CacheDataset", "input_dataset: variant, filename: string", f"{_TYPES}, {_META}")
def _cache(xp: Any, source: Elements, filename: bytes, *, output_types: Any) -> Elements:
    """The elements of the first pass, again, from memory or a file."""
    kept: Any = FileCache(filename.decode(), len(output_types)) if filename else MemoryCache()
    return Elements(lambda t: kept.over(lambda: source.iterate(t)), source.size)


@dataset_op(
    "PrefetchDataset",
    "input_dataset: variant, buffer_size: int64",
    f"{_TYPES}, slack_period: int = 0, legacy_autotune: bool = true, "
    f"buffer_size_min: int = 0, {_META}",
)
def _prefetch(xp: Any, source: Elements, size: Any) -> Elements:
    """Elements made ahead on a thread."""
    if size == 0:
        return source
    ahead = _AUTOTUNED_BUFFER if size < 0 else int(size)
    return Elements(lambda t: Prefetched(source.iterate(t), ahead, t), source.size)


@op(
    "MatchingFiles",
    "pattern: string -> filenames: string",
    host_only=True,
    not_differentiable=True,
    stateful=True,
)
def _matching_files(xp: Any, pattern: Any) -> Any:
    """The names of the files that match one of the patterns, sorted."""
    from opscope.runtime.gfile import Glob

    patterns = [pattern] if isinstance(pattern, bytes) else pattern.reshape(-1).tolist()
    names = sorted({name for p in patterns for name in Glob(p.decode())})
    out = np.empty(len(names), object)
    out[:] = [n.encode() for n in names]
    return out


@_matching_files.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape([None])]
