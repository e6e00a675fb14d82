"""What somebody took out of a picture by hand, moved to its side or brought back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from opscope.dashboard.graph.hierarchy import Hierarchy

Items = frozenset[int]
NONE: Items = frozenset()


@dataclass(frozen=True)
class Choices:
    """Items `hidden`; items drawn at the side (`aside`) or in the flow (`main`) whatever they are.

    With `isolated` items, nothing is drawn but them, what is in them, and the scopes around them
    (`around`, the root among them). With `lr`, flow runs from left to right.
    """

    hidden: Items = NONE
    isolated: Items = NONE
    around: Items = NONE
    aside: Items = NONE
    main: Items = NONE
    lr: bool = False

    @classmethod
    def named(
        cls,
        hierarchy: Hierarchy,
        hidden: Iterable[str] = (),
        isolated: Iterable[str] = (),
        aside: Iterable[str] = (),
        main: Iterable[str] = (),
        lr: bool = False,
    ) -> Choices:
        """Choices by full names; names that the graph does not have are ignored."""

        def found(names: Iterable[str]) -> Items:
            items = (hierarchy.find(name) for name in names)
            return frozenset(item for item in items if item is not None)

        alone = found(isolated)
        around = {0} if alone else set()
        for item in alone:
            above = hierarchy.ancestors(item)
            # What lies in something isolated is drawn with it, beside all else that does.
            around.update(() if alone.intersection(above) else above)
        return cls(found(hidden), alone, frozenset(around - alone), found(aside), found(main), lr)

    def showing(self, hierarchy: Hierarchy, item: int) -> Choices:
        """These choices with an item and what is around it drawn."""
        path = {item, *hierarchy.ancestors(item)}
        alone = self.isolated
        if alone and not path & alone:
            alone = alone | {item}
        around = self.around | (NONE if path & self.isolated else path - alone) if alone else NONE
        return replace(self, hidden=self.hidden - path, isolated=alone, around=around)

    def drawn(self, scope: int, items: list[int]) -> list[int]:
        """Those of a scope's children that are drawn."""
        if scope in self.around:
            kept = self.around | self.isolated
            items = [item for item in items if item in kept]
        return [item for item in items if item not in self.hidden] if self.hidden else items


NOTHING = Choices()
