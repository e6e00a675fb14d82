"""Which part of a partitioned variable one variable is."""

from __future__ import annotations

from dataclasses import dataclass

from opscope.events.proto.variable_pb2 import SaveSliceInfoDef


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
