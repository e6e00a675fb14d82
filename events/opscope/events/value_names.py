"""The tags of summary values, numbered, each with the form in which it was met."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from opscope.events.series import Plugin

Int32s = npt.NDArray[np.int32]

NO_NAME = -1


class Form(NamedTuple):
    """What a value says besides its tag: the field that holds it, the plugin if it names one.

    `is_number` tells whether the rows carry the value itself, or where it lies.
    """

    field: str
    plugin: Plugin | None
    is_number: bool

    @property
    def is_plain(self) -> bool:
        """Whether values of this form are scalars whatever else is said of their tag."""
        return self.plugin is None and self.field == "simple_value"


class ValueNames:
    """A number for each (form, tag), the same in all runs, so that rows carry an int32 each."""

    def __init__(self) -> None:
        self.tags: list[str] = []
        self.forms: list[Form] = []
        self._numbers: dict[Form, dict[bytes, int]] = {}

    def number(self, form: Form, tag: bytes) -> int:
        """The number of a tag in a form; NO_NAME where the tag is not UTF-8."""
        return int(self.number_all(form, [tag])[0])

    def number_all(self, form: Form, tags: list[bytes]) -> Int32s:
        """The number of each tag: int32[n]."""
        known = self._numbers.setdefault(form, {})
        new = [tag for tag in dict.fromkeys(tags) if tag not in known]
        if new:
            self._add(form, known, new)
        return np.array([known[tag] for tag in tags], np.int32)

    def _add(self, form: Form, known: dict[bytes, int], new: list[bytes]) -> None:
        try:
            decoded = [tag.decode() for tag in new]
        except UnicodeDecodeError:
            if len(new) > 1:
                for tag in new:
                    self._add(form, known, [tag])
            else:
                known[new[0]] = NO_NAME
            return
        known.update(zip(new, range(len(self.tags), len(self.tags) + len(new)), strict=True))
        self.tags.extend(decoded)
        self.forms.extend([form] * len(new))
