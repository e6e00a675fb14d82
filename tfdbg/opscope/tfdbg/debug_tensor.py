"""One dumped tensor: where it comes from, when it was computed, and its value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from opscope import events
from opscope.events.dump_folder import DumpEntry, DumpFolder, NoArray, dumped_value
from opscope.events.dump_name import device_name, parse_tensor_path
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.tensor_pb2 import TensorProto

Array = npt.NDArray[np.generic]


class InconvertibleTensorProto:
    """The value of a tensor that is no array: uninitialized, or of a dtype without one."""

    holds_inf_or_nan = False
    """True where it is known that the value, which is not here, holds such."""

    def __init__(self, tensor_proto: TensorProto, initialized: bool = True) -> None:
        self.proto = tensor_proto
        self.initialized = initialized

    def __str__(self) -> str:
        head = "" if self.initialized else "Uninitialized tensor:\n"
        return head + str(self.proto)


TensorValue = Array | InconvertibleTensorProto


def load_tensor_from_event(event: Event) -> TensorValue:
    """The tensor in a dump's event: an array, or an InconvertibleTensorProto.

    Raises ValueError where the event holds no tensor or a damaged one.
    """
    if not event.summary.value:
        raise ValueError("This event holds no tensor: its summary has no value.")
    return _tensor_value(dumped_value(event.summary.value[0].tensor))


def _tensor_value(value: Array | NoArray) -> TensorValue:
    if isinstance(value, NoArray):
        return InconvertibleTensorProto(value.proto, value.initialized)
    return value


def load_tensor_from_event_file(event_file_path: str | Path) -> TensorValue:
    """The tensor in a dump file, which is one bare serialized Event."""
    with open(event_file_path, "rb", buffering=0) as file:
        return load_tensor_from_event(Event.FromString(file.read()))


class DebugTensorDatum:
    """One dump of one output of one node by one debug op.

    `DebugTensorDatum(dump_root, rel_path)` names a file below the dump's root, whose name ends
    in `_SLOT_DEBUGOP_MICROSECONDS[-K]`; raises ValueError where it does not. `from_memory` holds
    the value itself.
    """

    is_surely_finite = False
    """True where the dump says that no element is infinite or NaN."""

    _packed: tuple[DumpFolder, DumpEntry] | None = None

    def __init__(self, dump_root: str | Path, debug_dump_rel_path: str | Path) -> None:
        path = Path(debug_dump_rel_path)
        name = parse_tensor_path(path.parts[1:]) if len(path.parts) > 1 else None
        if name is None:
            raise ValueError(
                f"Dump file path does not conform to the naming pattern: {debug_dump_rel_path}"
            )
        entry = DumpEntry(device_name(path.parts[0]), *name, str(Path(dump_root) / path))
        self._set(entry, None)

    @classmethod
    def from_entry(cls, entry: DumpEntry, folder: DumpFolder) -> DebugTensorDatum:
        """The datum of an entry of a dump; of a packed one, knowing perhaps that it is finite."""
        made = cls.__new__(cls)
        made._set(entry, None)
        if entry.offset >= 0:
            made._packed = folder, entry
            if folder.finite(entry):
                made.is_surely_finite = True
        return made

    @classmethod
    def from_memory(
        cls,
        device_name: str,
        node_name: str,
        output_slot: int,
        timestamp: int,
        value: Array | np.generic | InconvertibleTensorProto | None,
        debug_op: str = "DebugIdentity",
    ) -> DebugTensorDatum:
        """A datum that holds its array by reference; None is an uninitialized tensor."""
        made = cls.__new__(cls)
        entry = DumpEntry(device_name, node_name, output_slot, debug_op, timestamp, 0, "")
        if value is None:
            value = InconvertibleTensorProto(TensorProto(), initialized=False)
        elif not isinstance(value, InconvertibleTensorProto):
            # A scalar becomes an array of rank 0, which is what a dump's file gives.
            value = np.asarray(value)
        made._set(entry, value)
        return made

    def _set(self, entry: DumpEntry, value: TensorValue | None) -> None:
        path: str | None
        (
            self.device_name,
            self.node_name,
            self.output_slot,
            self.debug_op,
            self.timestamp,  # microseconds since 1970
            self.collision,  # tells apart dumps of one tensor in one microsecond
            path,
            _,
            self._size,
        ) = entry
        self.file_path = path or None  # None: the value is held in memory
        self._value = value

    @property
    def is_in_own_file(self) -> bool:
        """True where a file holds this value and nothing else."""
        return self._value is None and self._packed is None

    @property
    def extended_timestamp(self) -> str:
        """The timestamp, with `-K` behind it for the K-th dump of the same microsecond."""
        return f"{self.timestamp}-{self.collision}" if self.collision else str(self.timestamp)

    @property
    def order(self) -> tuple[int, int]:
        """The key that sorts dumps in time, over all devices of a run."""
        return self.timestamp, self.collision

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
        """Bytes of the dump's file, in a packed dump or in memory; None where the file is gone."""
        if self.file_path is None:
            return self._value.nbytes if isinstance(self._value, np.ndarray) else 0
        if self._size >= 0:
            return self._size
        try:
            return Path(self.file_path).stat().st_size
        except OSError:
            return None

    def get_tensor(self) -> TensorValue:
        """The value; a dump's file is read anew each time.

        Raises ValueError, with the file's name, where the file is damaged, OSError where it is
        gone.
        """
        if self._value is not None:
            return self._value
        if self._packed is not None:
            folder, entry = self._packed
            return _tensor_value(folder.load(entry))
        assert self.file_path is not None, "a datum has a value or a file"
        return _loaded(self.file_path)

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
    if datum.debug_op.partition("(")[0] == "DebugNumericSummary":
        return False
    if isinstance(tensor, InconvertibleTensorProto):
        return tensor.holds_inf_or_nan
    return isinstance(tensor, np.ndarray | np.generic) and events.has_inf_or_nan(tensor)


def _loaded(path: str) -> TensorValue:
    try:
        return load_tensor_from_event_file(path)
    except (ValueError, DecodeError) as error:
        raise ValueError(f"{path}: {error}") from error
