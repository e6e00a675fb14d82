"""Whose memory each tensor has, and whose very value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opscope.runtime.operation import Tensor

# Whose memory (or whose very content) a tensor has: a variable's at one version, a constant's, a
# feed's, a local's that is one of several values, or a tensor's own: ("own", tensor).
Root = tuple[Any, ...]


class Roots:
    """The root of each tensor; most have memory of their own, and nothing is noted of them."""

    def __init__(self) -> None:
        self._roots: dict[Tensor, Root] = {}
        self._contents: dict[Tensor, Root] = {}
        self._by_root: dict[Root, list[Tensor]] = {}

    def of(self, tensor: Tensor) -> Root:
        """Whose memory a tensor has."""
        return self._roots.get(tensor) or ("own", tensor)

    def content(self, tensor: Tensor) -> Root:
        """Whose value a tensor has: all of it, in the same order."""
        return self._contents.get(tensor) or self.of(tensor)

    def put(self, tensor: Tensor, root: Root) -> None:
        """Note whose memory a tensor has, all of it."""
        self._roots[tensor] = root
        self._contents.pop(tensor, None)
        self._by_root.setdefault(root, []).append(tensor)

    def put_view(self, tensor: Tensor, root: Root) -> None:
        """Note whose memory a tensor has, part of it or in other order."""
        self.put(tensor, root)
        self._contents[tensor] = ("own", tensor)

    def put_content(self, tensor: Tensor, source: Tensor) -> None:
        """Note that a tensor has the value of `source`."""
        self._contents[tensor] = self.content(source)

    def sharers(self, root: Root) -> Iterator[Tensor]:
        """The tensors that have this memory, the one whose own it is first."""
        if root[0] == "own":
            yield root[1]
        yield from self._by_root.get(root, ())
