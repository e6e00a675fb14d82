"""A variable whose nodes are in the graph already: what a VariableDef says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opscope.events.proto.variable_pb2 import SaveSliceInfoDef, VariableDef
from opscope.runtime.graph import get_default_graph
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
    """A variable of an imported graph."""

    def __init__(self, proto: VariableDef, import_scope: str | None = None) -> None:
        """Find the variable's nodes in the default graph; KeyError when one is missing."""
        if proto.is_resource:
            raise NotImplementedError(
                f"variable {proto.variable_name!r} is a resource variable, which opscope cannot "
                "import into a collection"
            )
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
