"""The text of a generated function: lines, the op each belongs to, and the blocks around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opscope.runtime.guards import Literal
from opscope.runtime.operation import Operation, Tensor

INDENT = "    "

# Python compiles functions of some hundred lines in half the time of one of many thousands.
PIECE = 1000


@dataclass
class _Block:
    """A loop body, or the whole function: the conditions open in it and those wanted next."""

    depth: int
    open: list[Literal] = field(default_factory=list)
    wanted: tuple[Literal, ...] = ()

    def __post_init__(self) -> None:
        """Settle the indent of lines without conditions."""
        self.indent = INDENT * self.depth


class SourceText:
    """Source lines, each with the op it belongs to; the first line is the `def`.

    Conditions are opened when a line is added, so that none stays without a line, and
    neighbours with the same conditions share them. predicates: the expression of each predicate.
    at_top: True where lines run in every run of the program, once.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.owners: list[Operation | None] = [None, None]
        self.predicates: dict[Tensor, str] = {}
        self.at_top = True
        self.next_cut = PIECE
        self._blocks = [_Block(1)]
        self.cuts: list[tuple[int, list[str]]] = []

    def add(self, line: str, owner: Operation | None) -> None:
        """Append a line under the wanted conditions."""
        block = self._blocks[-1]
        if not block.open and not block.wanted:
            self.lines.append(block.indent + line)
            self.owners.append(owner)
            return
        self._open_wanted(block)
        self.lines.append(INDENT * (block.depth + len(block.open)) + line)
        self.owners.append(owner)

    def want(self, guard: tuple[Literal, ...]) -> None:
        """Let the lines that follow run only when all of `guard` hold."""
        self._blocks[-1].wanted = guard
        self.at_top = len(self._blocks) == 1 and not guard

    @property
    def wanted(self) -> tuple[Literal, ...]:
        """The conditions of the next line in its block."""
        return self._blocks[-1].wanted

    @contextmanager
    def forever(self) -> Iterator[None]:
        """Lines added inside are the body of a `while True:`."""
        self.add("while True:", None)
        outer = self._blocks[-1]
        self._blocks.append(_Block(outer.depth + len(outer.open) + 1))
        self.at_top = False
        yield
        self._blocks.pop()
        self.at_top = len(self._blocks) == 1 and not outer.wanted

    def cut(self, live: list[str]) -> None:
        """Let the lines so far be a function of their own, which hands on these locals."""
        self.cuts.append((len(self.lines), live))
        self.next_cut = len(self.lines) + PIECE

    def _open_wanted(self, block: _Block) -> None:
        kept = 0
        for have, want in zip(block.open, block.wanted, strict=False):
            if have != want:
                break
            kept += 1
        del block.open[kept:]
        for literal in block.wanted[kept:]:
            tensor, value = literal
            test = self.predicates[tensor]
            indent = INDENT * (block.depth + len(block.open))
            self.lines.append(f"{indent}if {test}:" if value else f"{indent}if not {test}:")
            self.owners.append(None)
            block.open.append(literal)
