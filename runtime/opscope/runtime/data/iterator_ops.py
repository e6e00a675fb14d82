"""Op types of iterators, under TensorFlow's names."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from typing import Any

from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.cancellation import CANCELLATION
from opscope.runtime.data.elements import Element, Elements, Traversal, inherited_state
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape, scalar

_TYPES = "output_types: list(type) >= 1, output_shapes: list(shape) >= 1"
# The key of a session's state under which its iterators are, by string handle.
_HANDLES = "iterators by handle"


class IteratorResource:
    """An iterator of a session: a place in a dataset. Several threads may ask it."""

    def __init__(self, name: str, session_state: dict[Any, Any]) -> None:
        self.name = name
        self._state = session_state
        self._lock = threading.Lock()
        self._iterator: Iterator[Element] | None = None
        self._traversal: Traversal | None = None
        self._cancelled = False
        weak = weakref.WeakMethod(self.cancel)
        session_state[CANCELLATION].on_cancel(lambda: (weak() or _nothing)())

    def start(self, elements: Elements) -> None:
        """Go to the beginning of a dataset."""
        traversal = Traversal(inherited_state(self._state))
        iterator = elements.iterate(traversal)
        with self._lock:
            if self._traversal is not None:
                self._traversal.close()
            self._iterator, self._traversal = iterator, traversal

    def next_element(self) -> Element:
        """The next element; OutOfRangeError at the end, FailedPreconditionError before `start`."""
        with self._lock:
            if self._iterator is None:
                raise errors.FailedPreconditionError(
                    None,
                    None,
                    "GetNext() failed because the iterator has not been initialized. Ensure that "
                    "you have run the initializer operation for this iterator before getting the "
                    "next element.",
                )
            for element in self._iterator:
                return element
            if self._cancelled:
                raise errors.CancelledError(None, None, "Iterator was cancelled")
        raise errors.OutOfRangeError(None, None, "End of sequence")

    def cancel(self) -> None:
        """Wake who waits for an element, and stop the threads."""
        self._cancelled = True
        if self._traversal is not None:
            self._traversal.close()


def _nothing() -> None:
    """Stands for an iterator that is gone."""


def _resource(binding: Binding) -> IteratorResource:
    """The iterator of a node, or the one its `shared_name` names; made once in a session."""
    node = binding.node
    key = ("iterator", node.attrs["container"], node.attrs["shared_name"] or node.name)

    def make() -> IteratorResource:
        made = IteratorResource(node.name, binding.session_state)
        handles = binding.state(_HANDLES, dict)
        handles[f"{node.name}/{len(handles)}".encode()] = made
        return made

    found: IteratorResource = binding.state(key, make)
    return found


def _handle_shape(node: Operation) -> list[TensorShape]:
    return [scalar()]


def _no_session(xp: Any, *inputs: Any) -> Any:
    raise errors.InternalError(None, None, "an iterator belongs to a session")


@op(
    "IteratorV2",
    "-> handle: resource",
    f"shared_name: string, container: string, {_TYPES}",
    stateful=True,
    host_only=True,
)
def _iterator(xp: Any) -> Any:
    """An iterator, which MakeIterator sets to the beginning of a dataset."""
    return _no_session(xp)


@_iterator.bind
def _(binding: Binding) -> Any:
    resource = _resource(binding)
    return lambda: resource


@op(
    "OneShotIterator",
    "-> handle: resource",
    f"dataset_factory: func, {_TYPES}, container: string = '', shared_name: string = ''",
    stateful=True,
    host_only=True,
)
def _one_shot_iterator(xp: Any) -> Any:
    """An iterator over the dataset that a function makes, from its beginning to its end."""
    return _no_session(xp)


@_one_shot_iterator.bind
def _(binding: Binding) -> Any:
    resource = _resource(binding)
    factory = binding.attrs["dataset_factory"]
    lock = threading.Lock()

    def kernel() -> IteratorResource:
        with lock:
            if not binding.session_state.get((resource, "started")):
                (elements,) = factory.compiled(inherited_state(binding.session_state))(())
                resource.start(elements)
                binding.session_state[resource, "started"] = True
        return resource

    return kernel


@op("MakeIterator", "dataset: variant, iterator: resource ->", stateful=True, host_only=True)
def _make_iterator(xp: Any, dataset: Elements, iterator: IteratorResource) -> None:
    """Set an iterator to the beginning of a dataset."""
    iterator.start(dataset)


@op(
    "IteratorGetNext",
    "iterator: resource -> components: output_types",
    _TYPES,
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _get_next(xp: Any, iterator: IteratorResource) -> Any:
    """The components of the next element."""
    element = iterator.next_element()
    return element if len(element) > 1 else element[0]


@_get_next.shape
def _(node: Operation) -> list[TensorShape]:
    return list(node.attrs["output_shapes"])


@op(
    "IteratorToStringHandle",
    "resource_handle: resource -> string_handle: string",
    stateful=True,
    host_only=True,
)
def _to_string_handle(xp: Any, iterator: Any) -> Any:
    """The name of an iterator, to be fed to IteratorFromStringHandle."""
    return _no_session(xp, iterator)


@_to_string_handle.bind
def _(binding: Binding) -> Any:
    handles = binding.state(_HANDLES, dict)
    return lambda iterator: next(h for h, made in handles.items() if made is iterator)


@op(
    "IteratorFromStringHandleV2",
    "string_handle: string -> resource_handle: resource",
    "output_types: list(type) >= 0 = [], output_shapes: list(shape) >= 0 = []",
    stateful=True,
    host_only=True,
)
def _from_string_handle(xp: Any, handle: bytes) -> Any:
    """The iterator of a name."""
    return _no_session(xp, handle)


@_from_string_handle.bind
def _(binding: Binding) -> Any:
    handles = binding.state(_HANDLES, dict)

    def kernel(handle: bytes) -> IteratorResource:
        found: IteratorResource | None = handles.get(handle)
        if found is None:
            raise errors.InvalidArgumentError(
                None, None, f"{handle!r} is not the handle of an iterator of this session"
            )
        return found

    return kernel


for _definition in (
    _iterator,
    _one_shot_iterator,
    _to_string_handle,
    _from_string_handle,
):
    _definition.shape(_handle_shape)
