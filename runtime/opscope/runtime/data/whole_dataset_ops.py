"""Op types of values that a whole dataset is walked through for: reduce, the one element, size."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.binding import Binding
from opscope.runtime.data.elements import Element, Elements, Traversal, inherited_state
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape, scalar

_TYPES = "output_types: list(type) >= 1, output_shapes: list(shape) >= 1"
_META = "metadata: string = ''"
_OTHERS = "other_arguments: Targuments"


def _no_session(xp: Any, *inputs: Any) -> Any:
    raise errors.InternalError(None, None, "a dataset is walked through in a session")


def _element(values: Element) -> Any:
    return values if len(values) > 1 else values[0]


@op(
    "ReduceDataset",
    f"input_dataset: variant, initial_state: Tstate, {_OTHERS} -> components: output_types",
    "f: func, Tstate: list(type) >= 1, Targuments: list(type) >= 0, "
    f"{_TYPES}, use_inter_op_parallelism: bool = true, {_META}",
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _reduce(xp: Any, source: Elements, *rest: Any) -> Any:
    """All elements folded into a state by a function."""
    return _no_session(xp)


@_reduce.bind
def _(binding: Binding) -> Any:
    function, count = binding.attrs["f"], len(binding.attrs["Tstate"])

    def kernel(source: Elements, *rest: Any) -> Any:
        traversal = Traversal(inherited_state(binding.session_state))
        try:
            step = traversal.function(function, rest[count:])
            state = rest[:count]
            for element in source.iterate(traversal):
                state = step(*state, *element)
        finally:
            traversal.close()
        return _element(tuple(state))

    return kernel


@op(
    "DatasetToSingleElement",
    "dataset: variant -> components: output_types",
    f"{_TYPES}, {_META}",
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _single(xp: Any, source: Elements) -> Any:
    """The one element of a dataset; InvalidArgumentError when it has another number."""
    return _no_session(xp)


@_single.bind
def _(binding: Binding) -> Any:
    def kernel(source: Elements) -> Any:
        traversal = Traversal(inherited_state(binding.session_state))
        try:
            found = list(islice(source.iterate(traversal), 2))
        finally:
            traversal.close()
        if len(found) != 1:
            what = "had more than one element" if found else "was empty"
            raise errors.InvalidArgumentError(None, None, f"Dataset {what}.")
        return _element(found[0])

    return kernel


@op(
    "DatasetCardinality",
    "input_dataset: variant -> cardinality: int64",
    "cardinality_options: string = ''",
    host_only=True,
    not_differentiable=True,
)
def _cardinality(xp: Any, source: Elements) -> Any:
    """The number of elements; -1 for no end, -2 where it is not known without looking."""
    return np.int64(source.size)


@_reduce.shape
def _(node: Operation) -> list[TensorShape]:
    return list(node.attrs["output_shapes"])


@_single.shape
def _(node: Operation) -> list[TensorShape]:
    return list(node.attrs["output_shapes"])


@_cardinality.shape
def _(node: Operation) -> list[TensorShape]:
    return [scalar()]
