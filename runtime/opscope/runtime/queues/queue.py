"""Queues (`tf.FIFOQueue` and the like): objects that add queue ops to the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opscope.runtime import dtypes as _dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_node, make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.random import get_seed
from opscope.runtime.queues import queue_ops as _queue_ops  # noqa: F401 - defines the op types
from opscope.runtime.tensor_shape import TensorShape, as_shape


class QueueBase:
    """A queue in the graph; elements are tuples of one tensor for each of `dtypes`.

    shapes: of the components, needed to take several elements at once. names: keys that make an
    element a dict.
    """

    def __init__(
        self, dtypes: Any, shapes: Any, names: Sequence[str] | None, queue_ref: Tensor
    ) -> None:
        self._dtypes = dtypes
        self._shapes = shapes or [TensorShape(None)] * len(dtypes)
        self._names = list(names) if names else None
        self._queue_ref = queue_ref
        self._name = queue_ref.op.name.rpartition("/")[2]

    @property
    def queue_ref(self) -> Tensor:
        """The handle of the queue."""
        return self._queue_ref

    @property
    def name(self) -> str:
        """The name of the queue's op."""
        return self._queue_ref.op.name

    @property
    def dtypes(self) -> list[_dtypes.DType]:
        """The dtypes of the components."""
        return list(self._dtypes)

    @property
    def shapes(self) -> list[TensorShape]:
        """The shapes of the components."""
        return list(self._shapes)

    @property
    def names(self) -> list[str] | None:
        """The keys of the components, or None."""
        return self._names

    # -- putting in --------------------------------------------------------------------------

    def enqueue(self, vals: Any, name: str | None = None) -> Operation:
        """An op that puts one element in, waiting for room."""
        with get_default_graph().name_scope(name or f"{self._name}_enqueue") as scope:
            tensors = self._tensors(vals)
            for tensor, shape in zip(tensors, self._shapes, strict=True):
                tensor.shape.assert_is_compatible_with(shape)
            return make_node("QueueEnqueueV2", self._queue_ref, tensors, name=scope)

    def enqueue_many(self, vals: Any, name: str | None = None) -> Operation:
        """An op that puts in one element for each row of the components."""
        with get_default_graph().name_scope(name or f"{self._name}_EnqueueMany") as scope:
            tensors = self._tensors(vals)
            rows = TensorShape([None])
            for tensor, shape in zip(tensors, self._shapes, strict=True):
                if tensor.shape.ndims == 0:
                    raise ValueError(f"Shape {tensor.shape} must have rank at least 1")
                rows = rows.merge_with(tensor.shape[:1]) if tensor.shape.ndims else rows
                tensor.shape[1:].assert_is_compatible_with(shape)
            return make_node("QueueEnqueueManyV2", self._queue_ref, tensors, name=scope)

    def _tensors(self, vals: Any) -> list[Tensor]:
        if isinstance(vals, Mapping):
            if self._names is None:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names, key=str) != sorted(vals, key=str):
                raise ValueError(
                    "Keys in dictionary to enqueue do not match names of Queue.  Dictionary: "
                    f"{sorted(vals)}, Queue: {sorted(self._names)}"
                )
            values = [vals[k] for k in self._names]
        else:
            if self._names is not None:
                raise ValueError("You must enqueue a dictionary in a Queue with names")
            values = list(vals) if isinstance(vals, (list, tuple)) else [vals]
            if len(self._dtypes) == 1 and len(values) != 1:
                values = [vals]
        if len(values) != len(self._dtypes):
            raise ValueError(
                f"Expected {len(self._dtypes)} components to enqueue, got {len(values)}"
            )
        return [
            convert_to_tensor(v, dtype, name=f"component_{i}")
            for i, (v, dtype) in enumerate(zip(values, self._dtypes, strict=True))
        ]

    # -- taking out --------------------------------------------------------------------------

    def dequeue(self, name: str | None = None) -> Any:
        """The components of the next element; OutOfRangeError once closed and empty."""
        return self._taken("QueueDequeueV2", name or f"{self._name}_Dequeue")

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """The components of `n` elements, stacked."""
        return self._taken("QueueDequeueManyV2", name or f"{self._name}_DequeueMany", n)

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """As `dequeue_many`; the last elements of a closed queue come even if they are fewer."""
        return self._taken("QueueDequeueUpToV2", name or f"{self._name}_DequeueUpTo", n)

    def _taken(self, op_type: str, name: str, *n: Any) -> Any:
        node = make_node(
            op_type, self._queue_ref, *n, component_types=list(self._dtypes), name=name
        )
        if self._names is not None:
            return dict(zip(self._names, node.outputs, strict=True))
        return node.outputs[0] if len(node.outputs) == 1 else list(node.outputs)

    # -- the queue itself --------------------------------------------------------------------

    def size(self, name: str | None = None) -> Tensor:
        """The number of elements."""
        return make_tensor("QueueSizeV2", self._queue_ref, name=name or f"{self._name}_Size")

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Operation:
        """An op after which no element is taken in, and elements run out."""
        return make_node(
            "QueueCloseV2",
            self._queue_ref,
            cancel_pending_enqueues=cancel_pending_enqueues,
            name=name or f"{self._name}_Close",
        )

    def is_closed(self, name: str | None = None) -> Tensor:
        """Whether the queue is closed."""
        label = name or f"{self._name}_Is_Closed"
        return make_tensor("QueueIsClosedV2", self._queue_ref, name=label)


def _dtype_list(dtypes: Any) -> list[_dtypes.DType]:
    items = dtypes if isinstance(dtypes, (list, tuple)) else [dtypes]
    return [_dtypes.as_dtype(d) for d in items]


def _shape_list(shapes: Any, dtypes: list[_dtypes.DType]) -> list[TensorShape]:
    """One shape for each dtype; a single shape may come without a list around it."""
    if shapes is None:
        return []
    if isinstance(shapes, TensorShape):
        made = [shapes]
    else:
        try:
            made = [as_shape(s) for s in shapes]
            if len(dtypes) == 1 and (len(made) != 1 or isinstance(shapes[0], int)):
                raise TypeError
        except TypeError:
            made = [as_shape(shapes)]
    if len(made) != len(dtypes):
        raise ValueError("Queue shapes must have the same length as dtypes, if specified")
    return made


class FIFOQueue(QueueBase):
    """First in, first out."""

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "fifo_queue",
    ) -> None:
        types = _dtype_list(dtypes)
        sizes = _shape_list(shapes, types)
        queue = make_tensor(
            "FIFOQueueV2",
            component_types=types,
            shapes=sizes,
            capacity=capacity,
            shared_name=shared_name or "",
            name=name,
        )
        super().__init__(types, sizes, _name_list(names), queue)


class RandomShuffleQueue(QueueBase):
    """Elements come out in random order; at least `min_after_dequeue` stay, until it is closed."""

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: int | None = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ) -> None:
        types = _dtype_list(dtypes)
        sizes = _shape_list(shapes, types)
        first, second = get_seed(seed)
        queue = make_tensor(
            "RandomShuffleQueueV2",
            component_types=types,
            shapes=sizes,
            capacity=capacity,
            min_after_dequeue=min_after_dequeue,
            seed=first,
            seed2=second,
            shared_name=shared_name or "",
            name=name,
        )
        super().__init__(types, sizes, _name_list(names), queue)


class PaddingFIFOQueue(QueueBase):
    """First in, first out; where `shapes` are open, batches are padded to the largest element."""

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "padding_fifo_queue",
    ) -> None:
        types = _dtype_list(dtypes)
        sizes = _shape_list(shapes, types)
        queue = make_tensor(
            "PaddingFIFOQueueV2",
            component_types=types,
            shapes=sizes,
            capacity=capacity,
            shared_name=shared_name or "",
            name=name,
        )
        super().__init__(types, sizes, _name_list(names), queue)


class PriorityQueue(QueueBase):
    """The element of the lowest priority first; the first component of each is its priority."""

    def __init__(
        self,
        capacity: int,
        types: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "priority_queue",
    ) -> None:
        kinds = _dtype_list(types)
        sizes = _shape_list(shapes, kinds)
        queue = make_tensor(
            "PriorityQueueV2",
            component_types=kinds,
            shapes=sizes,
            capacity=capacity,
            shared_name=shared_name or "",
            name=name,
        )
        all_sizes = [TensorShape(()), *sizes] if sizes else []
        super().__init__([_dtypes.int64, *kinds], all_sizes, _name_list(names), queue)


def _name_list(names: Any) -> list[str] | None:
    return [names] if isinstance(names, str) else names
