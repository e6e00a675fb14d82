"""Input by queues: producers of strings and numbers, and batches of what is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opscope.runtime import dtypes, summary
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.make_op import make_tensor
from opscope.runtime.math import cast, greater, maximum
from opscope.runtime.math import range as number_range
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.random import random_shuffle
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import size
from opscope.runtime.queues.queue import (
    FIFOQueue,
    PaddingFIFOQueue,
    QueueBase,
    RandomShuffleQueue,
)
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.train.queue_runner import QueueRunner, add_queue_runner
from opscope.runtime.variables import Variable


def match_filenames_once(pattern: Any, name: str | None = None) -> Variable:
    """A local variable that is initialized to the names of the files that match."""
    with op_scope(name, "matching_filenames", pattern) as scope:
        return Variable(
            make_tensor("MatchingFiles", pattern),
            trainable=False,
            validate_shape=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
            name=scope,
        )


def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Any:
    """`tensor`, to be had `num_epochs` times, then OutOfRangeError; counted by a local variable."""
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    with op_scope(name, "limit_epochs", tensor) as scope:
        epochs = Variable(
            constant(0, dtypes.int64),
            trainable=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
            name="epochs",
        )
        counter = make_tensor("CountUpTo", epochs, limit=num_epochs)
        with get_default_graph().control_dependencies([counter]):
            return identity(tensor, name=scope)


def input_producer(
    input_tensor: Any,
    element_shape: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    summary_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> FIFOQueue:
    """A queue that a queue runner fills with the rows of `input_tensor`, over and over."""
    with op_scope(name, "input_producer", input_tensor):
        rows = convert_to_tensor(input_tensor, name="input_tensor")
        shape = rows.shape[1:].merge_with(element_shape)
        if not shape.is_fully_defined():
            raise ValueError(
                "Either `input_tensor` must have a fully defined shape "
                "or `element_shape` must be specified"
            )
        if shuffle:
            rows = random_shuffle(rows, seed=seed)
        rows = limit_epochs(rows, num_epochs)
        queue = FIFOQueue(
            capacity,
            [rows.dtype.base_dtype],
            [shape],
            shared_name=shared_name,
            name=name or "fifo_queue",
        )
        add_queue_runner(QueueRunner(queue, [queue.enqueue_many([rows])], cancel_op=cancel_op))
        if summary_name is not None:
            summary.scalar(summary_name, cast(queue.size(), dtypes.float32) * (1.0 / capacity))
        return queue


def string_input_producer(
    string_tensor: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> FIFOQueue:
    """A queue of strings, such as the names of files, `num_epochs` times or without end.

    ValueError for an empty list.
    """
    needed = "string_input_producer requires a non-null input tensor"
    if not isinstance(string_tensor, (Tensor, Variable)) and not len(string_tensor):
        raise ValueError(needed)
    with op_scope(name, "input_producer", string_tensor) as scope:
        strings = convert_to_tensor(string_tensor, dtypes.string)
        check = Assert(greater(size(strings), 0), [needed])
        with get_default_graph().control_dependencies([check]):
            strings = identity(strings)
        return input_producer(
            strings,
            [],
            num_epochs,
            shuffle,
            seed,
            capacity,
            shared_name,
            f"fraction_of_{capacity}_full",
            scope,
            cancel_op,
        )


def range_input_producer(
    limit: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> FIFOQueue:
    """A queue of the numbers below `limit`."""
    with op_scope(name, "input_producer", limit) as scope:
        return input_producer(
            number_range(limit),
            [],
            num_epochs,
            shuffle,
            seed,
            capacity,
            shared_name,
            f"fraction_of_{capacity}_full",
            scope,
        )


def slice_input_producer(
    tensor_list: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> list[Tensor]:
    """One row of each tensor of the list, the same row of all."""
    from opscope.runtime.ops.gathering import gather
    from opscope.runtime.ops.shape import shape

    if not tensor_list:
        raise ValueError("Expected at least one tensor in slice_input_producer().")
    with op_scope(name, "input_producer", *tensor_list):
        tensors = [convert_to_tensor(t) for t in tensor_list]
        rows = shape(tensors[0])[0]
        queue = range_input_producer(rows, num_epochs, shuffle, seed, capacity, shared_name)
        index = queue.dequeue()
        return [gather(t, index) for t in tensors]


# -- batches -------------------------------------------------------------------------------


def batch(
    tensors: Any,
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
    """`batch_size` values of `tensors` stacked, computed ahead by a queue runner's threads.

    tensors: a list or dict. enqueue_many: each value is already many. dynamic_pad: values of
    different sizes are filled up with zeros.
    """
    given, flat = _listed(tensors)
    with op_scope(name, "batch", *flat) as scope:
        values = [convert_to_tensor(t) for t in flat]
        sizes = _shapes(values, enqueue_many, shapes)
        constant(True, dtypes.bool)  # TensorFlow's graph has this node too (keep_input)
        types = [t.dtype.base_dtype for t in values]
        kind: Any = PaddingFIFOQueue if dynamic_pad else FIFOQueue
        queue = kind(capacity, types, sizes, shared_name=shared_name)
        _run_enqueues(queue, values, num_threads, enqueue_many)
        fraction = cast(queue.size(), dtypes.float32) * (1.0 / capacity)
        summary.scalar(f"fraction_of_{capacity}_full", fraction)
        return _dequeued(queue, given, batch_size, allow_smaller_final_batch, scope)


def shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `batch`, in random order, mixed from more than `min_after_dequeue` values."""
    given, flat = _listed(tensors)
    with op_scope(name, "shuffle_batch", *flat) as scope:
        if capacity <= min_after_dequeue:
            raise ValueError(
                f"capacity {capacity} must be bigger than min_after_dequeue {min_after_dequeue}."
            )
        values = [convert_to_tensor(t) for t in flat]
        sizes = _shapes(values, enqueue_many, shapes)
        constant(True, dtypes.bool)  # TensorFlow's graph has this node too (keep_input)
        types = [t.dtype.base_dtype for t in values]
        queue = RandomShuffleQueue(
            capacity, min_after_dequeue, types, sizes, seed=seed, shared_name=shared_name
        )
        _run_enqueues(queue, values, num_threads, enqueue_many)
        above = cast(maximum(0, queue.size() - min_after_dequeue), dtypes.float32)
        room = capacity - min_after_dequeue
        summary.scalar(f"fraction_over_{min_after_dequeue}_of_{room}_full", above * (1.0 / room))
        return _dequeued(queue, given, batch_size, allow_smaller_final_batch, scope)


def _listed(tensors: Any) -> tuple[Any, list[Any]]:
    """The keys of what was given, if it is a dict, and its tensors in order."""
    if isinstance(tensors, Mapping):
        return dict.fromkeys(sorted(tensors)), [tensors[k] for k in sorted(tensors)]
    items = list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]
    if not items:
        raise ValueError("Expected at least one tensor in batch().")
    return None, items


def _shapes(values: list[Tensor], enqueue_many: bool, shapes: Any) -> list[TensorShape]:
    if shapes is not None:
        return [TensorShape(s) for s in shapes]
    return [t.shape[1:] if enqueue_many else t.shape for t in values]


def _run_enqueues(
    queue: QueueBase, values: list[Tensor], num_threads: int, enqueue_many: bool
) -> None:
    make = queue.enqueue_many if enqueue_many else queue.enqueue
    add_queue_runner(QueueRunner(queue, [make(values)] * num_threads))


def _dequeued(
    queue: QueueBase, given: Any, batch_size: Any, allow_smaller: bool, scope: str
) -> Any:
    take = queue.dequeue_up_to if allow_smaller else queue.dequeue_many
    taken = take(batch_size, name=scope)
    if isinstance(given, dict):
        parts = taken if isinstance(taken, list) else [taken]
        return dict(zip(given, parts, strict=True))
    return taken
