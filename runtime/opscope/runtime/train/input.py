"""Input by queues: producers of strings and numbers, and batches of what is computed."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes, summary
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.math import cast, greater
from opscope.runtime.math import range as number_range
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.counting import count_up_to
from opscope.runtime.ops.random import random_shuffle
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import size
from opscope.runtime.queues.queue import (
    FIFOQueue,
)
from opscope.runtime.train.batch_joins import maybe_batch, maybe_shuffle_batch
from opscope.runtime.train.queue_runner import QueueRunner, add_queue_runner
from opscope.runtime.variables import Variable


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
        counter = count_up_to(epochs, num_epochs)
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
    return maybe_batch(
        tensors, True, batch_size, num_threads, capacity, enqueue_many, shapes,
        dynamic_pad, allow_smaller_final_batch, shared_name, name,
    )  # fmt: skip


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
    return maybe_shuffle_batch(
        tensors, batch_size, capacity, min_after_dequeue, True, num_threads, seed,
        enqueue_many, shapes, allow_smaller_final_batch, shared_name, name,
    )  # fmt: skip
