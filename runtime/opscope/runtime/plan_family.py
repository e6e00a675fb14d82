"""The plans of one set of fetches and feeds: one for each combination of fed shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opscope.runtime.feed import Feed
from opscope.runtime.plan import Plan
from opscope.runtime.tensor_shape import Sizes

# Beyond this many combinations of shapes one plan for any shape serves the rest.
MAX_SHAPES = 16

MakePlan = Callable[[Sequence[Sizes]], Plan]


class PlanFamily:
    """Finds or makes the plan for fed values. `make` gets the shape of each fed tensor."""

    __slots__ = ("_by_shapes", "_fixed", "_general", "_make", "_needs_shapes", "feeds")

    def __init__(self, feeds: tuple[Feed, ...], make: MakePlan) -> None:
        self.feeds = feeds
        self._make = make
        self._by_shapes: dict[tuple[Sizes, ...], Plan] = {}
        self._general: Plan | None = None
        self._fixed: Plan | None = None
        self._needs_shapes = not all(f.tensor.shape.is_fully_defined() for f in feeds)

    def plan(self, values: Sequence[Any]) -> Plan:
        """The plan for these fed values."""
        if self._fixed is not None:
            return self._fixed
        if not self._needs_shapes:
            self._fixed = self._make([f.sizes for f in self.feeds])
            return self._fixed
        shapes = tuple([getattr(v, "shape", ()) for v in values])
        found = self._by_shapes.get(shapes)
        if found is not None:
            return found
        if len(self._by_shapes) < MAX_SHAPES:
            found = self._by_shapes[shapes] = self._make(shapes)
            return found
        if self._general is None:
            self._general = self._make([f.sizes for f in self.feeds])
        return self._general
