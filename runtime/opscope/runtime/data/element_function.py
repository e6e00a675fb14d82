"""Python functions of dataset elements, traced into graphs of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.data.element_spec import (
    as_components,
    as_element,
    flat_shapes,
    flat_types,
)
from opscope.runtime.data.structure import map_structure
from opscope.runtime.function_graph import GraphFunction, trace
from opscope.runtime.operation import Tensor
from opscope.runtime.sparse_tensor import SparseTensor, SparseTensorValue

_numbers = count()


def function_name(kind: str, function: Any) -> str:
    """A name for a traced function, as TensorFlow makes them."""
    label = re.sub(r"\W", "", getattr(function, "__name__", type(function).__name__))
    return f"__inference_Dataset_{kind}_{label}_{next(_numbers)}"


class ElementFunction:
    """A traced function, and the types and shapes of what it returns, in its structure.

    With `to_dataset`, it must return a Dataset, which is `result` then; else tensors.
    """

    def __init__(
        self,
        kind: str,
        function: Callable[..., Any],
        types: Any,
        shapes: Any,
        to_dataset: bool = False,
    ) -> None:
        """Trace `function` of one element of these types and shapes."""
        self.result: Any = None
        self.types: Any = None
        self.shapes: Any = None

        def body(*leaves: Tensor) -> Sequence[Tensor]:
            element = as_element(leaves, types, shapes)
            result = function(*element) if type(element) is tuple else function(element)
            if to_dataset:
                from opscope.runtime.data.dataset import Dataset

                if not isinstance(result, Dataset):
                    raise TypeError(
                        "The `map_func` argument must return a `Dataset` object. "
                        f"Got {type(result).__name__!r}."
                    )
                self.result = result
                return [result._variant_tensor]
            if isinstance(result, list):
                result = tuple(result)
            self.result = map_structure(_value, result)
            made, self.types, self.shapes = as_components(self.result)
            return made

        self.function: GraphFunction = trace(
            function_name(kind, function), body, flat_types(types), flat_shapes(types, shapes)
        )


def _value(value: Any) -> Any:
    from opscope.runtime.data.dataset import Dataset

    if value is None:
        raise TypeError("Unsupported return value from function passed to Dataset.map(): None.")
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    return value if isinstance(value, (SparseTensor, Dataset)) else convert_to_tensor(value)
