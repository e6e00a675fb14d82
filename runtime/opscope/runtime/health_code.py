"""The generated code that takes a tensor's health summary as it is computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from opscope.events import health_summaries_of_numbers, health_summary
from opscope.runtime.operation import Operation, Tensor

if TYPE_CHECKING:
    from opscope.runtime.codegen import Generator
    from opscope.runtime.roots import Root

# The dtypes of scalars whose summaries are taken together, when somebody looks.
_LATE = frozenset({"float32", "float64", "int32", "int64"})

# The op types whose output has the elements of the first input, in another shape.
_SAME_ELEMENTS = frozenset({"ExpandDims", "Reshape", "Squeeze", "Transpose"})


class HealthCode:
    """Writes the lines that take summaries; `generator` writes the ops."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self._names: dict[Root, str] = {}

    def summary(self, tensor: Tensor, op: Operation, known: Any) -> str:
        """The name of a tensor's health summary; a value with several names is read once.

        A scalar, which no op writes to, stands for its own (`with_numbers`). known: a value that
        never changes, or None.
        """
        generator = self.generator
        content = generator.roots.content(tensor)
        # In blocks, what is seen under a pattern alone may be in a branch that did not run.
        is_settled = generator.flow is None or (
            content[0] != "slot" and generator.recorder.watch_wants_all
        )
        name = self._names.get(content) if is_settled else None
        if name is not None:
            return name
        if known is not None:
            name = generator.bind(health_summary(known), "c")
        else:
            # A name of its own: after an error, what it holds is a summary or nothing.
            name = generator.names.new_local()
            generator.text.add(f"{name} = {self._expression(tensor, op)}", op)
        self._names[content] = name
        return name

    def _expression(self, tensor: Tensor, op: Operation) -> str:
        generator = self.generator
        slot = generator.slot_names.get(tensor)
        value = generator.expressions[tensor] if slot is None else f"{slot}.value"
        home = generator.inputs.placement[op]
        if home.device_type != "CPU":
            return f"health({generator.bind(home.to_host, 'd')}({value}))"
        shapes = generator.inputs.known.shapes
        if shapes[tensor].ndims == 0 and tensor.dtype.base_dtype.name in _LATE:
            return value
        if slot is not None:
            return f"{slot}.health()"
        if op.type in _SAME_ELEMENTS and generator.flow is None and tensor not in generator.fed:
            source = self._names.get(generator.roots.content(op.inputs[0]))
            if source is not None and shapes[op.inputs[0]].ndims:
                return f"health_of_shape({source}, {value}.shape)"
        return f"health({value})"


def with_numbers(recorded: Mapping[int, Any]) -> dict[int, npt.NDArray[np.float64]]:
    """Summaries, and where there are scalars in their place, the summaries of these."""
    summaries = dict(recorded)
    numbers: defaultdict[type, list[int]] = defaultdict(list)
    for place, value in recorded.items():
        if isinstance(value, np.generic):
            numbers[value.__class__].append(place)
        elif value is None or not value.ndim:
            summaries[place] = health_summary(value)
    for places in numbers.values():
        found = health_summaries_of_numbers([recorded[place] for place in places])
        summaries.update(zip(places, found, strict=True))
    return summaries
