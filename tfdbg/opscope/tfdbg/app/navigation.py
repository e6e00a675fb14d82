"""The screens that were shown, and the way back to them."""

from __future__ import annotations

from opscope.tfdbg.app.view import View

LIMIT = 100
"""Screens that are kept; the oldest goes first."""


class Navigation:
    """The views in the order in which their commands were given; one of them is current."""

    def __init__(self) -> None:
        self._views: list[View] = []
        self._place = -1

    @property
    def current(self) -> View | None:
        """The view that is shown, with its own scroll position."""
        return self._views[self._place] if self._views else None

    def add(self, view: View) -> None:
        """Show a new view; what lay forward of the current one is dropped."""
        self._views = [*self._views[: self._place + 1], view][-LIMIT:]
        self._place = len(self._views) - 1

    @property
    def behind(self) -> int:
        """How many screens newer than the current one there are."""
        return len(self._views) - 1 - self._place

    @property
    def has_previous(self) -> bool:
        """True where `back` has somewhere to go."""
        return self._place > 0

    def back(self) -> bool:
        """Show the screen before; False at the oldest."""
        if not self.has_previous:
            return False
        self._place -= 1
        return True

    def forward(self) -> bool:
        """Show the screen after; False at the latest."""
        if not self.behind:
            return False
        self._place += 1
        return True
