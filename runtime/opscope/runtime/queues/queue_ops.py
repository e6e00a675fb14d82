"""Op types of queues, under TensorFlow's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.binding import Binding
from opscope.runtime.cancellation import CANCELLATION
from opscope.runtime.constant import constant_value
from opscope.runtime.data.batching import padded, stacked
from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation
from opscope.runtime.queues.waiting_line import (
    PaddedLine,
    PriorityLine,
    ShuffledLine,
    WaitingLine,
)
from opscope.runtime.tensor_shape import TensorShape, scalar

_QUEUE = (
    "component_types: list(type) >= 1, shapes: list(shape) >= 0 = [], capacity: int = -1, "
    "{}container: string = '', shared_name: string = ''"
)
_SHUFFLED = "min_after_dequeue: int = 0, seed: int = 0, seed2: int = 0, "


class Queue:
    """A queue of a session: the line, and the dtypes and shapes of an element's components.

    shapes: None where the queue takes any.
    """

    def __init__(self, line: WaitingLine, attrs: dict[str, Any]) -> None:
        self.line = line
        self.dtypes: tuple[dtypes.DType, ...] = attrs["component_types"]
        self.shapes: tuple[TensorShape, ...] | None = attrs["shapes"] or None
        if isinstance(line, PriorityLine):  # its attributes leave the priority out
            self.dtypes = (dtypes.int64, *self.dtypes)
            self.shapes = (scalar(), *self.shapes) if self.shapes else None

    def check(self, element: Sequence[Any], skip: int) -> None:
        """InvalidArgumentError unless the shapes, less `skip` axes, are the queue's."""
        for i, (value, shape) in enumerate(zip(element, self.shapes or (), strict=False)):
            given = np.shape(value)[skip:] if not isinstance(value, bytes) else ()
            if not shape.is_compatible_with(given):
                wanted = shape.as_list()
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"Shape mismatch in tuple component {i}. Expected {wanted}, got {list(given)}",
                )

    def joined(self, elements: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        """Elements as one array per component, padded to one shape in a PaddingFIFOQueue."""
        assert self.shapes is not None
        if not elements:
            return tuple(
                np.empty((0, *[d or 0 for d in s.as_list()]), t.numpy_dtype)
                for s, t in zip(self.shapes, self.dtypes, strict=True)
            )
        columns = list(zip(*elements, strict=True))
        if isinstance(self.line, PaddedLine):
            return tuple(
                padded(
                    column,
                    tuple(-1 if d is None else d for d in shape.as_list()),
                    b"" if dtype is dtypes.string else dtype.as_numpy_dtype(0),
                    i,
                )
                for i, (column, shape, dtype) in enumerate(
                    zip(columns, self.shapes, self.dtypes, strict=True)
                )
            )
        return tuple(stacked(column, i) for i, column in enumerate(columns))


def _queue_op(
    name: str,
    make: Callable[[str, dict[str, Any]], WaitingLine],
    more_attrs: str = "",
    attrs: str = _QUEUE,
) -> OpDef:
    """Define the op type of one kind of queue; its doc says what kind."""

    @op(name, "-> handle: resource", attrs.format(more_attrs), stateful=True, host_only=True)
    def kernel(xp: Any) -> Any:
        """A queue of the session, shared by all ops of one `shared_name`."""
        raise errors.InternalError(None, None, "a queue belongs to a session")

    @kernel.shape
    def _(node: Operation) -> list[TensorShape]:
        return [scalar()]

    @kernel.bind
    def _(binding: Binding) -> Any:
        node = binding.node
        key = ("queue", node.attrs["container"], node.attrs["shared_name"] or node.name)

        def first() -> Queue:
            queue = Queue(make(node.name, node.attrs), node.attrs)
            binding.session_state[CANCELLATION].on_cancel(queue.line.cancel)
            return queue

        found = binding.state(key, first)
        return lambda: found

    return kernel


_queue_op("FIFOQueueV2", lambda name, attrs: WaitingLine(name, attrs["capacity"]))
_queue_op("PaddingFIFOQueueV2", lambda name, attrs: PaddedLine(name, attrs["capacity"]))
_queue_op(
    "RandomShuffleQueueV2",
    lambda name, attrs: ShuffledLine(
        name,
        attrs["capacity"],
        attrs["min_after_dequeue"],
        (attrs["seed"], attrs["seed2"]),
    ),
    _SHUFFLED,
)

_queue_op(
    "PriorityQueueV2",
    lambda name, attrs: PriorityLine(name, attrs["capacity"]),
    attrs="component_types: list(type) >= 0 = [], shapes: list(shape) >= 0, capacity: int = -1, "
    "container: string = '', shared_name: string = ''",
)

_ENQUEUE = "Tcomponents: list(type) >= 1, timeout_ms: int = -1"
_DEQUEUE = "component_types: list(type) >= 1, timeout_ms: int = -1"


@op(
    "QueueEnqueueV2",
    "handle: resource, components: Tcomponents ->",
    _ENQUEUE,
    stateful=True,
    host_only=True,
)
def _enqueue(xp: Any, queue: Queue, *components: Any) -> None:
    """Put one element in."""
    queue.check(components, 0)
    queue.line.enqueue([tuple(map(_kept, components))])


@op(
    "QueueEnqueueManyV2",
    "handle: resource, components: Tcomponents ->",
    _ENQUEUE,
    stateful=True,
    host_only=True,
)
def _enqueue_many(xp: Any, queue: Queue, *components: Any) -> None:
    """Put the rows of the components in, one element each."""
    if len({len(c) for c in components}) > 1:
        raise errors.InvalidArgumentError(
            None, None, "All input tensors must have the same size in the 0th dimension."
        )
    queue.check(components, 1)
    queue.line.enqueue(list(zip(*map(_kept, components), strict=True)))


def _kept(value: Any) -> Any:
    """A copy of what an update of a variable, or the caller, may change."""
    return value.copy() if isinstance(value, np.ndarray) else value


def _dequeue_op(name: str, signature: str, many: bool) -> Callable[[Any], OpDef]:
    def define(kernel: Any) -> OpDef:
        made = op(
            name,
            f"{signature} -> components: component_types",
            _DEQUEUE,
            stateful=True,
            host_only=True,
            not_differentiable=True,
        )(kernel)

        @made.shape
        def _(node: Operation) -> list[TensorShape]:
            types = node.attrs["component_types"]
            queue = node.inputs[0].op
            shapes = queue.attrs.get("shapes") or (TensorShape(None),) * len(types)
            if queue.type == "PriorityQueueV2" and len(shapes) < len(types):
                shapes = (scalar(), *shapes)
            if not many:
                return list(shapes)
            count = constant_value(node.inputs[1])
            known = name == "QueueDequeueManyV2" and count is not None
            rows = TensorShape([int(count) if known and count is not None else None])
            return [rows.concatenate(s) for s in shapes]

        return made

    return define


@_dequeue_op("QueueDequeueV2", "handle: resource", many=False)
def _dequeue(xp: Any, queue: Queue) -> Any:
    """Take one element out."""
    (element,) = queue.line.dequeue(1)
    return element if len(element) > 1 else element[0]


@_dequeue_op("QueueDequeueManyV2", "handle: resource, n: int32", many=True)
def _dequeue_many(xp: Any, queue: Queue, n: Any) -> Any:
    """Take `n` elements out, stacked."""
    return _several(queue, n, False)


@_dequeue_op("QueueDequeueUpToV2", "handle: resource, n: int32", many=True)
def _dequeue_up_to(xp: Any, queue: Queue, n: Any) -> Any:
    """Take `n` elements out, stacked; fewer when the queue is closed."""
    return _several(queue, n, True)


def _several(queue: Queue, n: Any, fewer_at_end: bool) -> Any:
    if n < 0:
        raise errors.InvalidArgumentError(None, None, f"DequeueManyOp requested {n} < 0 elements")
    if queue.shapes is None:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{queue.line.kind}'s DequeueMany and DequeueUpTo require the components to have "
            "specified shapes.",
        )
    columns = queue.joined(queue.line.dequeue(int(n), fewer_at_end))
    return columns if len(columns) > 1 else columns[0]


@op("QueueSizeV2", "handle: resource -> size: int32", stateful=True, host_only=True)
def _size(xp: Any, queue: Queue) -> Any:
    """The number of elements."""
    return np.int32(queue.line.size())


@op("QueueIsClosedV2", "handle: resource -> is_closed: bool", stateful=True, host_only=True)
def _is_closed(xp: Any, queue: Queue) -> Any:
    """Whether the queue is closed."""
    return np.bool_(queue.line.is_closed())


@op(
    "QueueCloseV2",
    "handle: resource ->",
    "cancel_pending_enqueues: bool = false",
    stateful=True,
    host_only=True,
)
def _close(xp: Any, queue: Queue, *, cancel_pending_enqueues: bool) -> None:
    """Take no more elements in; those inside can still be taken out."""
    queue.line.close(cancel_pending_enqueues)


@_size.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]


@_is_closed.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]
