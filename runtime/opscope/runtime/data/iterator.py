"""Iterator: a place in a dataset, and the op that gives the next element."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.data.element_spec import (
    DatasetSpec,
    SparseSpec,
    as_element,
    classes_of,
    flat_spec,
    shown_types,
)
from opscope.runtime.data.structure import flatten, flatten_as, map_structure, pack_as
from opscope.runtime.function_graph import copy_by_value
from opscope.runtime.graph import get_default_graph, graph_of
from opscope.runtime.make_op import make_node, make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape, as_shape

if TYPE_CHECKING:
    from opscope.runtime.data.dataset import Dataset

_numbers = count()


class Iterator:
    """Gives the elements of a dataset, the next at each run of what `get_next` made."""

    def __init__(
        self,
        resource: Tensor,
        initializer: Operation | None,
        output_types: Any,
        output_shapes: Any,
        output_classes: Any = None,
    ) -> None:
        self._resource = resource
        self._initializer = initializer
        self._types = output_types
        self._shapes = output_shapes
        with get_default_graph().colocate_with(resource):
            self._string_handle = make_tensor("IteratorToStringHandle", resource)

    @staticmethod
    def from_structure(
        output_types: Any,
        output_shapes: Any = None,
        shared_name: str | None = None,
        output_classes: Any = None,
    ) -> Iterator:
        """An iterator for any dataset of this structure; see `make_initializer`."""
        types, shapes = _structure(output_types, output_shapes, output_classes)
        resource = make_tensor(
            "IteratorV2",
            shared_name=shared_name or "",
            container="",
            **flat_spec(types, shapes),
        )
        return Iterator(resource, None, types, shapes)

    @staticmethod
    def from_string_handle(
        string_handle: Any,
        output_types: Any,
        output_shapes: Any = None,
        output_classes: Any = None,
    ) -> Iterator:
        """The iterator that a fed string, the value of another's `string_handle`, names."""
        types, shapes = _structure(output_types, output_shapes, output_classes)
        resource = make_tensor(
            "IteratorFromStringHandleV2",
            convert_to_tensor(string_handle, dtypes.string),
            **flat_spec(types, shapes),
        )
        return Iterator(resource, None, types, shapes)

    @property
    def initializer(self) -> Operation:
        """The op that goes to the beginning; ValueError for an iterator that needs none."""
        if self._initializer is None:
            raise ValueError("Iterator does not have an initializer.")
        return self._initializer

    def make_initializer(self, dataset: Dataset, name: str | None = None) -> Operation:
        """An op that goes to the beginning of `dataset`, whose elements must fit the iterator.

        TypeError when they do not.
        """
        for mine, theirs in zip(
            flatten(self.output_types), flatten(dataset.output_types), strict=False
        ):
            if mine is not theirs:
                raise TypeError(
                    f"Expected output types {self.output_types!r} but got dataset with output "
                    f"types {dataset.output_types!r}."
                )
        pairs = zip(flatten(self._shapes), flatten(dataset.output_shapes), strict=False)
        if len(flatten(self._types)) != len(flatten(dataset.output_types)) or not all(
            _is_at_least(theirs, mine) for mine, theirs in pairs
        ):
            raise TypeError(
                f"Expected output shapes compatible with {self._shapes!r} but got dataset with "
                f"output shapes {dataset.output_shapes!r}."
            )
        with get_default_graph().colocate_with(self._resource):
            return make_node(
                "MakeIterator",
                dataset._variant_tensor,
                self._resource,
                name=name or "make_initializer",
            )

    def get_next(self, name: str | None = None) -> Any:
        """The components of the next element, in the structure of the dataset.

        Make it once, and run it as often as elements are wanted. OutOfRangeError at the end.
        """
        graph = graph_of([self._resource])
        with graph.as_default(), graph.colocate_with(self._resource):
            node = make_node(
                "IteratorGetNext",
                self._resource,
                **flat_spec(self._types, self._shapes),
                name=name,
            )
            return as_element(node.outputs, self._types, self._shapes)

    def string_handle(self, name: str | None = None) -> Tensor:
        """A string tensor that names this iterator; see `from_string_handle`."""
        if name is None:
            return self._string_handle
        return make_tensor("IteratorToStringHandle", self._resource, name=name)

    @property
    def output_types(self) -> Any:
        """The dtypes of an element's components, in its structure."""
        return shown_types(self._types)

    @property
    def output_shapes(self) -> Any:
        """The static shapes of an element's components, in its structure."""
        return self._shapes

    @property
    def output_classes(self) -> Any:
        """The classes of an element's components, in its structure."""
        return classes_of(self._types)


def _structure(output_types: Any, output_shapes: Any, output_classes: Any) -> tuple[Any, Any]:
    types = map_structure(_type, output_types)
    if output_classes is not None:
        types = map_structure(
            lambda t, c: SparseSpec(t) if c is SparseTensor else t, types, output_classes
        )
    if output_shapes is None:
        return types, map_structure(lambda _: TensorShape(None), types)
    given = flatten_as(types, output_shapes, "output_shapes")
    return types, pack_as(types, [as_shape(s) for s in given])


def _type(given: Any) -> Any:
    return given if isinstance(given, DatasetSpec) else dtypes.as_dtype(given)


def _is_at_least(shape: TensorShape, wanted: TensorShape) -> bool:
    """True when `shape` says as much as `wanted` and does not contradict it."""
    if wanted.sizes is None:
        return True
    if shape.sizes is None or len(shape.sizes) != len(wanted.sizes):
        return False
    return all(w is None or w == s for s, w in zip(shape.sizes, wanted.sizes, strict=True))


def _attrs(dataset: Dataset) -> dict[str, Any]:
    return dataset._flat_spec()


def make_one_shot(dataset: Dataset) -> Iterator:
    """An iterator over `dataset` that starts by itself; the dataset becomes a function."""
    variant = dataset._variant_tensor
    try:
        factory = copy_by_value(f"_make_dataset_{next(_numbers)}", [variant])
    except ValueError as error:
        raise ValueError(
            f"{error} Failed to create a one-shot iterator for a dataset. `Dataset."
            "make_initializable_iterator()` is often preferred as it supports datasets that "
            "depend on placeholders and variables."
        ) from error
    with get_default_graph().colocate_with(variant):
        resource = make_tensor("OneShotIterator", dataset_factory=factory, **_attrs(dataset))
    return Iterator(resource, None, dataset._types, dataset._shapes)


def make_initializable(dataset: Dataset, shared_name: str | None = None) -> Iterator:
    """An iterator over `dataset` with an initializer."""
    variant = dataset._variant_tensor
    with get_default_graph().colocate_with(variant):
        resource = make_tensor(
            "IteratorV2", shared_name=shared_name or "", container="", **_attrs(dataset)
        )
        initializer = make_node("MakeIterator", variant, resource)
    return Iterator(resource, initializer, dataset._types, dataset._shapes)
