"""The variables that ops of a graph write, read and written through the graph's own ops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from opscope.tfdbg.debug_tensor import Array
from opscope.tfdbg.stepper.closure import is_reference

VARIABLE_OPS = ("Variable", "VariableV2", "VarHandleOp")
"""The types of ops whose output is a variable."""

_REFERENCE_WRITERS = ("Assign", "Apply", "SparseApply", "Scatter", "StridedSliceAssign", "CountUp")
_READERS = frozenset(
    {
        *("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape"),
        *("VarIsInitializedOp", "Identity"),
    }
)
_SETTERS = ("Assign", "AssignVariableOp")


def written_variables(op: Any) -> list[Any]:
    """The tensors that name the variables an op writes: `v:0`; an op that may write counts."""
    if op.type.startswith(_REFERENCE_WRITERS) and any(map(is_reference, op.inputs)):
        named = [tensor for tensor in op.inputs if is_reference(tensor)]
    elif op.type not in _READERS:
        named = [tensor for tensor in op.inputs if tensor.dtype.name == "resource"]
    else:
        return []
    found = {tensor.name: tensor for tensor in map(_variable_behind, named) if tensor is not None}
    return list(found.values())


def _variable_behind(tensor: Any) -> Any | None:
    """The variable that a reference or handle came from; None for a queue, a table, an argument."""
    while tensor.op.type not in VARIABLE_OPS:
        # An op that writes a variable hands its reference on, as its first input.
        if not tensor.op.inputs or not (is_reference(tensor) or tensor.op.type == "Identity"):
            return None
        tensor = tensor.op.inputs[0]
    return tensor


class Variables:
    """Reads and sets variables of a session by the ops that its graph has for it."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def values(self, variables: Iterable[Any]) -> dict[str, Array]:
        """Copies of the values by name; what is not initialized or cannot be read is left out."""
        found = {}
        for variable in variables:
            reader = _reader(variable)
            if reader is not None:
                try:
                    found[variable.name] = np.array(self._session.run(reader))
                except Exception as error:  # each kind of session has its own
                    if type(error).__name__ != "FailedPreconditionError":
                        raise
        return found

    def set(self, values: Mapping[str, Array]) -> None:
        """Set variables by name; raises ValueError where the graph has no op to do it."""
        for name, value in values.items():
            variable = self._session.graph.as_graph_element(name)
            setters = [op for op in _consumers(variable) if op.type in _SETTERS]
            setters.sort(key=lambda op: len(op.control_inputs))
            if not setters:
                raise ValueError(f"{name} cannot be restored: the graph has no op that assigns it")
            self._session.run(setters[0], feed_dict={setters[0].inputs[1]: value})


def _consumers(variable: Any) -> list[Any]:
    return [op for op in variable.consumers() if op.inputs[0].name == variable.name]


def _reader(variable: Any) -> Any | None:
    if is_reference(variable):
        return variable
    readers = [op for op in _consumers(variable) if op.type == "ReadVariableOp"]
    plain = [op for op in readers if not op.control_inputs]
    return plain[0].outputs[0] if plain else None
