"""Batches from several sources, and of values that are to be kept (`tf.train.batch_join`, ...)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opscope.runtime import dtypes, summary
from opscope.runtime.cond import cond
from opscope.runtime.constant import constant_value, convert_to_tensor
from opscope.runtime.math import cast, maximum
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import no_op
from opscope.runtime.ops.grouping import dynamic_partition
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.queues.queue import (
    FIFOQueue,
    PaddingFIFOQueue,
    QueueBase,
    RandomShuffleQueue,
)
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.train.queue_runner import QueueRunner, add_queue_runner


def _listed(tensors: Any) -> tuple[list[str] | None, list[Any]]:
    """The keys of what was given, if it is a dict, and its tensors in order."""
    if isinstance(tensors, Mapping):
        return sorted(tensors), [tensors[k] for k in sorted(tensors)]
    items = list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]
    if not items:
        raise ValueError("Expected at least one tensor in batch().")
    return None, items


class _Sources:
    """What is put into a queue: rows of tensors from one source or several."""

    def __init__(self, given: Any, keep_input: Any, enqueue_many: bool, shapes: Any) -> None:
        if not given:
            raise ValueError("Expected at least one tensor list.")
        pairs = [_listed(tensors) for tensors in given]
        self.keys = pairs[0][0]
        if any(keys != self.keys for keys, _ in pairs):
            raise ValueError("All elements must have the same keys.")
        self.rows = [[convert_to_tensor(t) for t in row] for _, row in pairs]
        self.types = [t.dtype.base_dtype for t in self.rows[0]]
        for row in self.rows:
            if [t.dtype.base_dtype for t in row] != self.types:
                raise TypeError("Expected types to be consistent over all tensor lists.")
        self.keep = convert_to_tensor(keep_input)
        if self.keep.shape.ndims is None:
            raise ValueError("`keep_input` dimensions must be known at graph construction.")
        if self.keep.shape.ndims == 1 and not enqueue_many:
            raise ValueError("`keep_input` cannot be a vector when `enqueue_many=False`.")
        self._many = enqueue_many
        self.shapes = self._common_shapes() if shapes is None else [TensorShape(s) for s in shapes]

    def _common_shapes(self) -> list[TensorShape]:
        made = []
        for column in zip(*self.rows, strict=True):
            shapes = [t.shape[1:] if self._many else t.shape for t in column]
            common = shapes[0].sizes
            for shape in shapes[1:]:
                if common is None or shape.sizes is None or len(common) != len(shape.sizes):
                    common = None
                    break
                common = tuple(
                    a if a == b else None for a, b in zip(common, shape.sizes, strict=True)
                )
            made.append(TensorShape(common))
        return made

    def enqueue(self, queue: QueueBase, threads: int) -> None:
        """Add the queue runner that puts the rows in, one source a thread, or all the first."""
        put = queue.enqueue_many if self._many else queue.enqueue
        ops = [self._enqueued(put, row) for row in self.rows]
        add_queue_runner(QueueRunner(queue, ops * threads if len(ops) == 1 else ops))

    def _enqueued(self, put: Any, row: list[Tensor]) -> Operation:
        made: Operation
        known = constant_value(self.keep)
        if self.keep.shape.ndims == 1:
            which = cast(self.keep, dtypes.int32)
            made = put([dynamic_partition(t, which, 2)[1] for t in row])
        elif known is not None:
            made = put(row) if known else no_op()
        else:
            made = cond(self.keep, lambda: put(row), no_op).op
        return made

    def dequeued(self, queue: QueueBase, size: Any, allow_smaller: bool, scope: str) -> Any:
        """The tensors of a batch, in the structure of the first source."""
        take = queue.dequeue_up_to if allow_smaller else queue.dequeue_many
        taken = take(size, name=scope)
        if self.keys is None:
            return taken
        parts = taken if isinstance(taken, list) else [taken]
        return dict(zip(self.keys, parts, strict=True))


def _in_order(
    given: Any,
    keep_input: Any,
    batch_size: Any,
    threads: int,
    capacity: int,
    enqueue_many: bool,
    shapes: Any,
    dynamic_pad: bool,
    allow_smaller: bool,
    shared_name: str | None,
    name: str | None,
    default: str,
) -> Any:
    flat = [t for tensors in given for t in _listed(tensors)[1]]
    with op_scope(name, default, *flat) as scope:
        sources = _Sources(given, keep_input, enqueue_many, shapes)
        kind: Any = PaddingFIFOQueue if dynamic_pad else FIFOQueue
        queue = kind(capacity, sources.types, sources.shapes, shared_name=shared_name)
        sources.enqueue(queue, threads)
        fraction = cast(queue.size(), dtypes.float32) * (1.0 / capacity)
        summary.scalar(f"fraction_of_{capacity}_full", fraction)
        return sources.dequeued(queue, batch_size, allow_smaller, scope)


def _shuffled(
    given: Any,
    keep_input: Any,
    batch_size: Any,
    threads: int,
    capacity: int,
    least: int,
    seed: int | None,
    enqueue_many: bool,
    shapes: Any,
    allow_smaller: bool,
    shared_name: str | None,
    name: str | None,
    default: str,
) -> Any:
    flat = [t for tensors in given for t in _listed(tensors)[1]]
    with op_scope(name, default, *flat) as scope:
        if capacity <= least:
            raise ValueError(f"capacity {capacity} must be bigger than min_after_dequeue {least}.")
        sources = _Sources(given, keep_input, enqueue_many, shapes)
        queue = RandomShuffleQueue(
            capacity, least, sources.types, sources.shapes, seed=seed, shared_name=shared_name
        )
        sources.enqueue(queue, threads)
        above = cast(maximum(0, queue.size() - least), dtypes.float32)
        room = capacity - least
        summary.scalar(f"fraction_over_{least}_of_{room}_full", above * (1.0 / room))
        return sources.dequeued(queue, batch_size, allow_smaller, scope)


def maybe_batch(
    tensors: Any,
    keep_input: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `batch`, of the values for which `keep_input` is true."""
    return _in_order(
        [tensors], keep_input, batch_size, num_threads, capacity, enqueue_many, shapes,
        dynamic_pad, allow_smaller_final_batch, shared_name, name, "batch",
    )  # fmt: skip


def batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `batch`, from several lists or dicts of tensors, each computed by a thread of its own."""
    return _in_order(
        tensors_list, True, batch_size, 1, capacity, enqueue_many, shapes,
        dynamic_pad, allow_smaller_final_batch, shared_name, name, "batch_join",
    )  # fmt: skip


def maybe_batch_join(
    tensors_list: Any,
    keep_input: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `batch_join`, of the values for which `keep_input` is true."""
    return _in_order(
        tensors_list, keep_input, batch_size, 1, capacity, enqueue_many, shapes,
        dynamic_pad, allow_smaller_final_batch, shared_name, name, "batch_join",
    )  # fmt: skip


def maybe_shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `shuffle_batch`, of the values for which `keep_input` is true."""
    return _shuffled(
        [tensors], keep_input, batch_size, num_threads, capacity, min_after_dequeue, seed,
        enqueue_many, shapes, allow_smaller_final_batch, shared_name, name, "shuffle_batch",
    )  # fmt: skip


def shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `shuffle_batch`, from several lists or dicts, each computed by a thread of its own."""
    return _shuffled(
        tensors_list, True, batch_size, 1, capacity, min_after_dequeue, seed,
        enqueue_many, shapes, allow_smaller_final_batch, shared_name, name, "shuffle_batch_join",
    )  # fmt: skip


def maybe_shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `shuffle_batch_join`, of the values for which `keep_input` is true."""
    return _shuffled(
        tensors_list, keep_input, batch_size, 1, capacity, min_after_dequeue, seed,
        enqueue_many, shapes, allow_smaller_final_batch, shared_name, name, "shuffle_batch_join",
    )  # fmt: skip
