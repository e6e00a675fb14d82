"""The records of a packed dump as the index names them, checked: one by one, or all at once."""

from collections.abc import Sequence
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, NamedTuple

from opscope.events.dump_folder import DumpEntry
from opscope.events.health import SUMMARY_SIZE

_FORMS = frozenset({"raw", "proto", "none"})
_MAX_RANK = 254
_INT = frozenset({int})
_STR = frozenset({str})
_KNOWN_OR_NOT = frozenset({bool, type(None)})
_IN_EACH = itemgetter("device", "node", "slot", "op", "time", "form", "dtype", "shape")


class PackedRecord(NamedTuple):
    """A record's place, its kind, the bytes of its payload, and what it says of itself."""

    offset: int
    kind: int
    stored_size: int
    meta: dict[str, Any]


def index_records(rows: Any) -> list[PackedRecord]:
    """The records of an index, their places, kinds and sizes checked.

    ValueError or TypeError where it is no index; what the records say of themselves is not looked
    at.
    """
    records = list(map(PackedRecord._make, rows))
    if not all(are_counts(column) for column in list(zip(*records, strict=True))[:3]):
        raise ValueError("a row that is no place, kind, size and description of a record")
    return records


def tensor_entry(record: PackedRecord, path: str) -> DumpEntry:
    """A tensor's entry; ValueError, KeyError, TypeError or OverflowError for a damaged record."""
    meta = record.meta
    shape, form = meta["shape"], meta["form"]
    device, node, op = meta["device"], meta["node"], meta["op"]
    if form not in _FORMS or len(shape) > _MAX_RANK:
        raise ValueError(f"a tensor of form {form!r} with {len(shape)} dimensions")
    if type(shape) is not list or not are_counts(shape):
        raise ValueError(f"shape {shape}")
    if not type(device) is type(node) is type(op) is str:
        raise ValueError(f"names {device!r}, {node!r}, {op!r}")
    numbers = (record.offset, record.stored_size, meta["slot"], meta["time"], meta["dtype"])
    if not are_counts((*numbers, meta.get("same", 0))):
        raise ValueError(f"numbers {numbers}")
    if type(meta.get("finite")) not in _KNOWN_OR_NOT:
        raise ValueError(f"finite {meta['finite']!r}")
    if meta.get("health") is not None:
        _check_health(meta["health"], SUMMARY_SIZE + len(shape))
    offset, size, slot, time, _ = numbers
    return DumpEntry(device, node, slot, op, time, 0, path, offset, size)


def tensor_entries(records: Sequence[PackedRecord], path: str) -> list[DumpEntry] | None:
    """The entries of tensors, checked column by column; None to have each looked at by itself."""
    metas = [record.meta for record in records]
    try:
        columns = list(zip(*map(_IN_EACH, metas), strict=True))
        if not columns or any("health" in meta for meta in metas):
            return None
        devices, nodes, slots, ops, times, forms, dtypes, shapes = columns
        same = [meta["same"] for meta in metas if "same" in meta]
        sound = (
            all(_STR.issuperset(map(type, names)) for names in (devices, nodes, ops))
            and all(map(are_counts, (slots, times, dtypes, same)))
            and {list}.issuperset(map(type, shapes))
            and max(map(len, shapes)) <= _MAX_RANK
            and are_counts(list(chain.from_iterable(shapes)))
            and _FORMS.issuperset(forms)
            and _KNOWN_OR_NOT.issuperset({type(meta.get("finite")) for meta in metas})
        )
    except (KeyError, TypeError):
        return None
    if not sound:
        return None
    offsets, _, sizes, _ = zip(*records, strict=True)
    rows = zip(devices, nodes, slots, ops, times, repeat(0), repeat(path), offsets, sizes)
    return list(map(DumpEntry._make, rows))


def are_counts(numbers: Sequence[Any]) -> bool:
    """True for whole numbers of 0 and more."""
    return not numbers or (_INT.issuperset(map(type, numbers)) and min(numbers) >= 0)


def _check_health(numbers: Any, size: int) -> None:
    if type(numbers) is not list or len(numbers) != size:
        raise ValueError(f"a health summary that is no list of {size} numbers")
    if not {float, int}.issuperset(map(type, numbers)):
        raise ValueError("a health summary of other things than numbers")
    list(map(float, numbers))  # OverflowError for an integer that no float64 holds
