"""A layout class: scalar events of one length that have their numbers at the same places.

In a class, bytes are of three sorts: those of the numbers, which always differ; those of the tags,
which name the series; and the rest, which protobuf puts there. A *template* is a record of the
class with its numbers zeroed: it stands for one tag. The CRC residual of a record (see
`crc_residual`) is its template's CRC, so one number at once checks the record and names its tag.
It says nothing of a fault in the other bytes, which did not enter it: they are compared.

A *skeleton* is a template with its tag zeroed too. Records of new tags are recognized by it, with a
CRC over all their bytes but the skeleton's own, and become templates without being parsed.
"""

import google_crc32c
import numpy as np
import numpy.typing as npt

from opscope.events.crc_residual import Contribution, UInt8s, UInt32s
from opscope.events.event_shape import EventShape
from opscope.events.value_names import NO_NAME, Form, Int32s, ValueNames

_TEMPLATES = 1024  # in one layout; records of further tags are recognized by the skeleton
_SKELETONS = 64
_CONTINUES = 0x80  # the bit of a varint's byte that more bytes follow
_HASH = 2654435769

UInt64s = npt.NDArray[np.uint64]


def row_size(length: int) -> int:
    """How many bytes a row of records has: the data, its CRC, and padding to whole words."""
    return (length + 11) & ~7


class Layout:
    """One class: its templates and skeletons, and the rows that are known by them."""

    def __init__(self, length: int, shape: EventShape, names: ValueNames):
        self.length = length
        self.shape = shape
        self._names = names
        slots = [shape.wall_time, *([shape.step] if shape.step else [])]
        slots += [value.number for value in shape.values]
        self._variable = [column for slot in slots for column in slot.columns]
        mask = np.zeros(row_size(length), np.uint8)
        mask[:length] = 255
        mask[self._variable] = 0
        for slot in slots:
            if slot.is_varint:
                mask[slot.columns] = _CONTINUES
        self._mask = mask.view(np.uint64)
        # Only events of one value have new tags recognized: one tag, one form, one place.
        value = shape.values[0]
        self._tag = range(value.tag_at, value.tag_at + value.tag_size)
        self._is_open = len(shape.values) == 1 and value.tag_size > 0
        mask = mask.copy()
        mask[self._tag.start : self._tag.stop] = 0
        self._skeleton_mask = mask.view(np.uint64)
        self._of_numbers = Contribution(self._variable, length)
        self._of_tag = Contribution(self._tag, length)
        self._skeletons: list[tuple[UInt64s, int, Form]] = []
        self._template_words: list[UInt64s] = []
        self._template_names: list[Int32s] = []
        self._numbers: dict[int, int] = {}  # residual -> template

    @property
    def values(self) -> int:
        """How many summary values each of these events has."""
        return len(self.shape.values)

    def learn(self, data: bytes, forms: list[Form], tags: list[bytes]) -> bool:
        """Take in an intact record of this class; whether records like it are known from now on."""
        row = np.zeros(row_size(self.length), np.uint8)
        row[: self.length] = np.frombuffer(data, np.uint8)
        if self._is_open and len(self._skeletons) < _SKELETONS:
            words = row.view(np.uint64) & self._skeleton_mask
            if any((words == known).all() for known, _, _ in self._skeletons):
                return False  # it was known, and something else must have been wrong
            self._skeletons.append((words, self._crc_without(data, tag=True), forms[0]))
        residual = self._crc_without(data, tag=False)
        if residual in self._numbers or len(self._numbers) >= _TEMPLATES:
            return self._is_open
        names = [self._names.number(*each) for each in zip(forms, tags, strict=True)]
        words = row.view(np.uint64) & self._mask
        self._add(np.array([residual], np.uint32), words[None], np.array([names], np.int32))
        return True

    def _crc_without(self, data: bytes, tag: bool) -> int:
        zeroed = bytearray(data)
        for column in [*self._variable, *(self._tag if tag else ())]:
            zeroed[column] = 0
        return int(google_crc32c.value(bytes(zeroed)))

    def names(self, rows: UInt8s, crc: UInt32s) -> Int32s:
        """The names of each row's values, int32[n, values]; NO_NAME for rows of another sort.

        `rows` is uint8[n, row_size]; `crc` the unmasked CRCs that the records carry, uint32[n].
        """
        residual = crc.copy()
        self._of_numbers.take_out(residual, rows)
        words = rows.view(np.uint64)
        if not self._numbers:
            names = np.full((len(rows), self.values), NO_NAME, np.int32)
            known = np.zeros(len(rows), np.bool_)
        else:
            template = self._slots.take((residual * self._factor) >> self._shift, mode="wrap")
            known = self._residuals.take(template, mode="wrap") == residual
            known &= ~self._differ(words, template)
            names = self._name_rows.take(template, axis=0, mode="wrap")
            if known.all():
                return names
            names[~known] = NO_NAME
        if self._is_open:
            rest = np.flatnonzero(~known)
            names[rest, 0] = self._names_of_new(rows[rest], words[rest], residual[rest])
        return names

    def _differ(self, words: UInt64s, template: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
        """Whether a row's constant bytes are not those of its template."""
        difference: UInt64s | None = None
        for column, mask, constant in self._columns:
            found = words[:, column] ^ constant.take(template, mode="wrap")
            if mask is not None:
                found &= mask
            difference = found if difference is None else difference | found
        assert difference is not None
        differ: npt.NDArray[np.bool_] = difference != 0
        return differ

    def _names_of_new(self, rows: UInt8s, words: UInt64s, residual: UInt32s) -> Int32s:
        names = np.full(len(rows), NO_NAME, np.int32)
        crc = residual.copy()
        self._of_tag.take_out(crc, rows)
        for skeleton, skeleton_crc, form in self._skeletons:
            alike = np.flatnonzero(crc == np.uint32(skeleton_crc))
            different = (words[alike] & self._skeleton_mask) != skeleton
            alike = alike[~different.any(axis=1)]
            if not len(alike):
                continue
            tags = rows[alike, self._tag.start : self._tag.stop]
            size = len(self._tag)
            tag_list = np.ascontiguousarray(tags).view(f"V{size}").ravel().tolist()
            names[alike] = self._names.number_all(form, tag_list)
            room = _TEMPLATES - len(self._numbers)
            if room > 0:
                _, first = np.unique(names[alike], return_index=True)
                first = alike[first]
                first = first[names[first] != NO_NAME][:room]
                self._add(residual[first], words[first] & self._mask, names[first, None])
        return names

    def _add(self, residuals: UInt32s, words: UInt64s, names: Int32s) -> None:
        for residual, row, name in zip(residuals.tolist(), words, names, strict=True):
            if residual not in self._numbers:  # else: two templates of one CRC, the first stays
                self._numbers[residual] = len(self._template_words)
                self._template_words.append(row)
                self._template_names.append(name)
        self._index()

    def _index(self) -> None:
        self._residuals = np.array(list(self._numbers), np.uint32)
        self._name_rows = np.array(self._template_names)
        templates = np.array(self._template_words)
        whole = 2**64 - 1
        self._columns = [
            (
                column,
                None if int(mask) == whole else mask,
                np.ascontiguousarray(templates[:, column]),
            )
            for column, mask in enumerate(self._mask)
            if mask
        ]
        # A multiplication that sends each residual to a slot of its own: no collisions to resolve.
        bits, factor = max(8, 2 * len(self._numbers).bit_length() - 3), _HASH
        while True:
            places = (self._residuals * np.uint32(factor)) >> np.uint32(32 - bits)
            if len(np.unique(places)) == len(places):
                break
            factor = (factor * 1664525 + 1013904223) & 0xFFFFFFFF | 1
            bits = min(bits + (factor & 0x70 == 0), 20)
        self._factor, self._shift = np.uint32(factor), np.uint32(32 - bits)
        self._slots = np.zeros(1 << bits, np.int16)
        self._slots[places] = np.arange(len(places))
