"""One dumped tensor: where it comes from, when it was computed, and its value."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from opscope.events.proto import types_pb2
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.tensor_pb2 import TensorProto

_DEVICE_PREFIX = "_tfdbg_device_"
_SUMMARY_OP = "DebugNumericSummary"


class InconvertibleTensorProto:
    """The value of a tensor that is no array: uninitialized, or of a dtype without one."""

    def __init__(self, tensor_proto: TensorProto, initialized: bool = True) -> None:
        self.proto = tensor_proto
        self.initialized = initialized

    def __str__(self) -> str:
        head = "" if self.initialized else "Uninitialized tensor:\n"
        return head + str(self.proto)


TensorValue = np.ndarray | np.generic | InconvertibleTensorProto


def load_tensor_from_event(event: Event) -> TensorValue:
    """The tensor in a dump's event: an array, or an InconvertibleTensorProto.

    A tensor with elements to hold but no content was not initialized when it was dumped.
    """
    proto = event.summary.value[0].tensor
    if proto.dtype in (types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT):
        return InconvertibleTensorProto(proto)
    empty = any(dim.size == 0 for dim in proto.tensor_shape.dim)
    content = proto.tensor_content or any(
        field.is_repeated and field.name.endswith("_val") for field, _ in proto.ListFields()
    )
    if not content and not empty:
        return InconvertibleTensorProto(proto, initialized=False)
    from opscope.events.tensor_proto import make_ndarray

    return make_ndarray(proto)


def load_tensor_from_event_file(event_file_path: str | Path) -> TensorValue:
    """The tensor in a dump file, which is one bare serialized Event."""
    return load_tensor_from_event(Event.FromString(Path(event_file_path).read_bytes()))


def device_directory(device_name: str) -> str:
    """The name of a device's folder in a dump: `/` becomes `,` and `:` becomes `_`."""
    return _DEVICE_PREFIX + device_name.replace("/", ",").replace(":", "_")


def device_name_of(directory: str) -> str:
    """The device whose folder has this name; raises ValueError where it is no device folder."""
    if not directory.startswith(_DEVICE_PREFIX):
        raise ValueError(f"{directory} is not the folder of a device: no {_DEVICE_PREFIX}")
    parts = directory.removeprefix(_DEVICE_PREFIX).split(",")
    parts = [part.replace("device_", "device:", 1) for part in parts]
    return "/".join(part.replace("_", ":", 1) for part in parts)


class DebugTensorDatum:
    """One dump of one output of one node by one debug op.

    `DebugTensorDatum(dump_root, rel_path)` names a file below the dump's root, whose name ends
    in `_SLOT_DEBUGOP_MICROSECONDS[-K]`; raises ValueError where it does not.
    `DebugTensorDatum.from_memory` holds the value itself.
    """

    device_name: str
    node_name: str
    output_slot: int
    debug_op: str
    timestamp: int
    """Microseconds since 1970."""
    file_path: str | None
    """The dump's file; None where the value is held in memory."""

    def __init__(self, dump_root: str | Path, debug_dump_rel_path: str | Path) -> None:
        path = Path(debug_dump_rel_path)
        parts = path.name.rsplit("_", 3)
        stamp, _, collision = parts[-1].partition("-")
        if len(parts) != 4 or not (
            parts[1].isdigit() and stamp.isdigit() and (collision or "0").isdigit()
        ):
            raise ValueError(
                f"Dump file path does not conform to the naming pattern: {debug_dump_rel_path}"
            )
        base, slot, debug_op, _ = parts
        self.device_name = device_name_of(path.parts[0])
        self.node_name = "/".join((*path.parts[1:-1], base))
        self.output_slot = int(slot)
        self.debug_op = debug_op
        self.timestamp = int(stamp)
        self._collision = int(collision or 0)
        self.file_path = str(Path(dump_root) / path)
        self._value: TensorValue | None = None

    @classmethod
    def from_memory(
        cls,
        device_name: str,
        node_name: str,
        output_slot: int,
        timestamp: int,
        value: np.ndarray | np.generic | None,
        debug_op: str = "DebugIdentity",
    ) -> DebugTensorDatum:
        """A datum that holds its value by reference; None is an uninitialized tensor."""
        made = cls.__new__(cls)
        made.device_name = device_name
        made.node_name = node_name
        made.output_slot = output_slot
        made.debug_op = debug_op
        made.timestamp = timestamp
        made._collision = 0
        made.file_path = None
        made._value = (
            InconvertibleTensorProto(TensorProto(), initialized=False) if value is None else value
        )
        return made

    @property
    def extended_timestamp(self) -> str:
        """The timestamp, with `-K` behind it for the K-th dump of the same microsecond."""
        return f"{self.timestamp}-{self._collision}" if self._collision else str(self.timestamp)

    @property
    def order(self) -> tuple[int, int]:
        """The key that sorts dumps in time, over all devices of a run."""
        return self.timestamp, self._collision

    @property
    def tensor_name(self) -> str:
        """`NODE:SLOT`."""
        return f"{self.node_name}:{self.output_slot}"

    @property
    def watch_key(self) -> str:
        """`NODE:SLOT:DEBUGOP`."""
        return f"{self.tensor_name}:{self.debug_op}"

    @property
    def dump_size_bytes(self) -> int | None:
        """The size of the dump's file, or of the value in memory; None where the file is gone."""
        if self.file_path is None:
            return self._value.nbytes if isinstance(self._value, np.ndarray | np.generic) else 0
        try:
            return Path(self.file_path).stat().st_size
        except OSError:
            return None

    def get_tensor(self) -> TensorValue:
        """The value; a dump's file is read anew each time."""
        if self._value is not None:
            return self._value
        if self.file_path is None:
            raise LookupError(f"{self} has neither a value nor a file")
        return load_tensor_from_event_file(self.file_path)

    def __str__(self) -> str:
        return (
            f"{{DebugTensorDatum ({self.device_name}) {self.tensor_name} "
            f"@ {self.debug_op} @ {self.timestamp}}}"
        )

    __repr__ = __str__


def has_inf_or_nan(datum: DebugTensorDatum, tensor: object) -> bool:
    """True where the tensor holds an infinity or a NaN, in any float or complex dtype.

    False for what is no array, and for the numbers of DebugNumericSummary, which hold both by
    design.
    """
    if datum.debug_op.partition("(")[0] == _SUMMARY_OP:
        return False
    from opscope.events.health import has_inf_or_nan as array_has_inf_or_nan

    return isinstance(tensor, np.ndarray | np.generic) and array_has_inf_or_nan(tensor)
