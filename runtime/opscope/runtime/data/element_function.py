"""Python functions of dataset elements, traced into graphs of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.data.structure import flatten, map_structure, pack_as
from opscope.runtime.function_graph import GraphFunction, trace
from opscope.runtime.operation import Tensor

_numbers = count()


def function_name(kind: str, function: Any) -> str:
    """A name for a traced function, as TensorFlow makes them."""
    label = re.sub(r"\W", "", getattr(function, "__name__", type(function).__name__))
    return f"__inference_Dataset_{kind}_{label}_{next(_numbers)}"


class ElementFunction:
    """A traced function and the structure of what it returns.

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
        self.result: Any = None

        def body(*leaves: Tensor) -> Sequence[Tensor]:
            element = pack_as(types, leaves)
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
            self.result = map_structure(_tensor, result)
            return flatten(self.result)

        self.function: GraphFunction = trace(
            function_name(kind, function), body, flatten(types), flatten(shapes)
        )

    @property
    def types(self) -> Any:
        """The dtypes of the result, in its structure."""
        return map_structure(lambda t: t.dtype.base_dtype, self.result)

    @property
    def shapes(self) -> Any:
        """The static shapes of the result, in its structure."""
        return map_structure(lambda t: t.shape, self.result)


def _tensor(value: Any) -> Tensor:
    if value is None:
        raise TypeError("Unsupported return value from function passed to Dataset.map(): None.")
    return convert_to_tensor(value)
