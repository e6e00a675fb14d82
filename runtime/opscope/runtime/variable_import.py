"""A variable whose nodes are in the graph already: what a VariableDef says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opscope.events.proto.variable_pb2 import SaveSliceInfoDef, VariableDef
from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_node, make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variables import Variable


@dataclass(frozen=True)
class SaveSliceInfo:
    """Which part of a partitioned variable one variable is."""

    full_name: str
    full_shape: tuple[int, ...]
    var_offset: tuple[int, ...]
    var_shape: tuple[int, ...]

    @staticmethod
    def from_proto(proto: SaveSliceInfoDef) -> SaveSliceInfo:
        """What a SaveSliceInfoDef says."""
        return SaveSliceInfo(
            proto.full_name,
            tuple(proto.full_shape),
            tuple(proto.var_offset),
            tuple(proto.var_shape),
        )

    def to_proto(self) -> SaveSliceInfoDef:
        """As a VariableDef holds it."""
        return SaveSliceInfoDef(
            full_name=self.full_name,
            full_shape=self.full_shape,
            var_offset=self.var_offset,
            var_shape=self.var_shape,
        )

    @property
    def spec(self) -> str:
        """The part in the words of SaveV2 and RestoreV2: "6 2 0,3:0,2"."""
        sizes = " ".join(map(str, self.full_shape))
        extents = zip(self.var_offset, self.var_shape, strict=True)
        return f"{sizes} {':'.join(f'{start},{length}' for start, length in extents)}"


class ImportedVariable(Variable):
    """A variable of an imported graph that is a reference."""

    def __init__(self, proto: VariableDef, import_scope: str | None = None) -> None:
        """Find the variable's nodes in the default graph; KeyError when one is missing."""
        graph = get_default_graph()
        scope = f"{import_scope}/" if import_scope else ""

        def found(name: str) -> Any:
            return graph.as_graph_element(scope + name)

        self.trainable = proto.trainable
        self.constraint: Callable[[Any], Any] | None = None
        self._ref_tensor = found(proto.variable_name)
        self._snapshot = found(proto.snapshot_name)
        self._initializer = found(proto.initializer_name)
        initial = proto.initial_value_name
        self._initial_value = found(initial) if initial else self._initializer.inputs[1]
        self.save_slice_info: SaveSliceInfo | None = None
        if proto.HasField("save_slice_info_def"):
            self.save_slice_info = SaveSliceInfo.from_proto(proto.save_slice_info_def)

    def to_proto(self) -> VariableDef:
        """The names of the variable's nodes and its slice."""
        proto = super().to_proto()
        if self.save_slice_info is not None:
            proto.save_slice_info_def.CopyFrom(self.save_slice_info.to_proto())
        return proto


class ImportedResourceVariable(ImportedVariable):
    """A variable of an imported graph that lies behind a handle."""

    @property
    def handle(self) -> Tensor:
        """The output of the VarHandleOp."""
        return self._ref_tensor

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of the value."""
        dtype: dtypes.DType = self.op.attrs["dtype"]
        return dtype

    @property
    def shape(self) -> TensorShape:
        """The static shape of the value."""
        shape: TensorShape = self.op.attrs["shape"]
        return shape

    def _as_tensor(self, as_ref: bool) -> Tensor:
        return self._snapshot

    def _as_graph_element(self) -> Tensor:
        return self._snapshot

    def eval(self, session: Any = None) -> Any:
        """The value in `session` or the default session."""
        return self._snapshot.eval(session=session)

    def read_value(self) -> Tensor:
        """A new node that reads the value, for use under control dependencies."""
        return make_tensor("ReadVariableOp", self.handle, dtype=self.dtype, name="Read")

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Give a new value; the tensor is the value after it (or the Operation)."""
        return self._written("AssignVariableOp", value, name, read_value)

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add to the value; the tensor is the value after it (or the Operation)."""
        return self._written("AssignAddVariableOp", delta, name, read_value)

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract from the value; the tensor is the value after it (or the Operation)."""
        return self._written("AssignSubVariableOp", delta, name, read_value)

    def _written(self, op_type: str, value: Any, name: str | None, read_value: bool) -> Any:
        converted = convert_to_tensor(value, self.dtype)
        written = make_node(op_type, self.handle, converted, name=name)
        if not read_value:
            return written
        with self.graph.control_dependencies([written]):
            return self.read_value()

    def to_proto(self) -> VariableDef:
        """The names of the variable's nodes and its slice."""
        proto = super().to_proto()
        proto.is_resource = True
        return proto


def imported_variable(proto: VariableDef, import_scope: str | None = None) -> ImportedVariable:
    """The variable that a VariableDef describes; KeyError when a node of it is missing."""
    kind = ImportedResourceVariable if proto.is_resource else ImportedVariable
    return kind(proto, import_scope)
