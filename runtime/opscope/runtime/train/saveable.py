"""What a Saver saves: variables and other state by names, and how it is restored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opscope.runtime.constant import constant
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.make_op import make_op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.shape import reshape
from opscope.runtime.ops.shape import shape as shape_of
from opscope.runtime.partitioned_variable import PartitionedVariable
from opscope.runtime.variables import Variable

# What stands for several variables, or for the parts of one.
_SEVERAL = (list, tuple, PartitionedVariable)


@dataclass(frozen=True)
class SaveSpec:
    """One tensor of a checkpoint: what is saved, which slice of it ("" = all), under what name."""

    tensor: Tensor
    slice_spec: str
    name: str


class SaveableObject:
    """State that is saved as one or more tensors and restored by an operation of its own.

    op: what holds the state, a table for one. Make a subclass with `restore`, and put it into a
    Saver's var_list or into the collection GraphKeys.SAVEABLE_OBJECTS.
    """

    def __init__(self, op: Any, specs: Sequence[SaveSpec], name: str) -> None:
        self.op = op
        self.specs = list(specs)
        self.name = name

    @property
    def device(self) -> str:
        """Where the tensors are."""
        return self.specs[0].tensor.device

    def restore(
        self, restored_tensors: Sequence[Tensor], restored_shapes: Sequence[Any] | None
    ) -> Operation:
        """The operation that gives the state back, from one tensor for each of `specs`."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is restored")

    def restored(self, values: Sequence[Tensor], reshaped: bool) -> Operation:
        """The same; the shapes come along if `reshaped`."""
        shapes: list[Any] | None = None
        if reshaped:
            shapes = [
                t.shape if t.shape.is_fully_defined() else shape_of(t)
                for t in (spec.tensor for spec in self.specs)
            ]
        return self.restore(values, shapes)


@dataclass(frozen=True)
class Saveable:
    """A variable, its name in the checkpoint, and which slice of that tensor it is ("" = all)."""

    name: str
    variable: Any
    slice_spec: str = ""

    @property
    def specs(self) -> list[SaveSpec]:
        """The one tensor that is saved."""
        return [SaveSpec(self.tensor, self.slice_spec, self.name)]

    @property
    def device(self) -> str:
        """Where the variable is."""
        return self.op.device

    def restored(self, values: Sequence[Tensor], reshaped: bool) -> Operation:
        """An operation that gives the variable its value."""
        return self.restore(values[0], reshaped)

    @property
    def tensor(self) -> Tensor:
        """What is saved: the reference, or the value of a resource variable or of a part."""
        tensor: Tensor = (
            self.variable.value() if self.slice_spec else self.variable._as_graph_element()
        )
        return tensor

    @property
    def op(self) -> Operation:
        """The operation that holds the variable."""
        op: Operation = self.variable.op
        return op

    def restore(self, value: Tensor, reshaped: bool) -> Operation:
        """An operation that gives the variable a value, in its own shape if `reshaped`."""
        shape = self.variable.shape
        if reshaped:
            value = reshape(value, constant(shape.as_list()))
        reference = self.variable._ref()
        if reference.dtype.is_ref_dtype:
            made: Tensor = make_op(
                "Assign",
                reference,
                value,
                validate_shape=not reshaped and shape.is_fully_defined(),
                use_locking=True,
            )
            return made.op
        graph = self.op.graph
        with graph.device(self.variable.device):
            value = identity(value)
            value.set_shape(shape)
            assigned: Operation = make_op("AssignVariableOp", self.variable.handle, value)
        return assigned


def all_saveable_objects() -> list[Any]:
    """The global variables of the default graph and what is in its saveable objects."""
    graph = get_default_graph()
    return [
        *graph.get_collection(GraphKeys.GLOBAL_VARIABLES),
        *graph.get_collection(GraphKeys.SAVEABLE_OBJECTS),
    ]


def saveables_of(
    var_list: Iterable[Any] | Mapping[str, Any],
) -> list[Saveable | SaveableObject]:
    """The saveables for a list of variables, or a dict of name to variable or list of slices.

    They are in the order of their names. TypeError for what is no variable, ValueError for a name
    or a variable given twice.
    """
    named = var_list if isinstance(var_list, Mapping) else _by_own_name(var_list)
    seen: set[Any] = set()
    made: list[Saveable | SaveableObject] = []
    for name, value in sorted(named.items()):
        if not isinstance(name, str):
            raise TypeError(f"names_to_saveables must be a dict mapping string names, not {name!r}")
        parts = list(value) if isinstance(value, _SEVERAL) else [value]
        for variable in parts:
            _require_variable(variable)
            if variable.op in seen:
                raise ValueError(
                    f"The same saveable will be restored with two names: {variable.op.name}"
                )
            seen.add(variable.op)
            if isinstance(variable, SaveableObject):
                made.append(variable)
                continue
            info = getattr(variable, "save_slice_info", None)
            made.append(Saveable(name, variable, info.spec if info is not None else ""))
    return made


def _by_own_name(var_list: Iterable[Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for variable in _flat(var_list):
        _require_variable(variable)
        if isinstance(variable, SaveableObject):
            named[variable.name] = variable
            continue
        info = getattr(variable, "save_slice_info", None)
        name = variable.op.name if info is None else info.full_name
        if info is not None:
            named.setdefault(name, []).append(variable)
        elif name in named:
            if named[name] is not variable:
                raise ValueError(f"At least two variables have the same name: {name}")
        else:
            named[name] = variable
    return named


def _flat(items: Iterable[Any]) -> Sequence[Any]:
    flat: list[Any] = []
    for item in items:
        flat.extend(_flat(item) if isinstance(item, (*_SEVERAL, set)) else [item])
    return flat


def _require_variable(value: Any) -> None:
    if not isinstance(value, (Variable, SaveableObject)):
        raise TypeError(f"Variable to save is not a Variable: {value}")
