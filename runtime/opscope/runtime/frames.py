"""Frames: which loop each op of a graph runs in, found from the Enter and Exit ops alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from opscope.runtime import errors
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import ENTERS, EXITS
from opscope.runtime.schedule import producers


@dataclass(frozen=True)
class Frame:
    """One loop, inside another or in the root frame (parent None)."""

    name: str
    parent: Frame | None = None
    depth: int = 0

    def ancestor(self, depth: int) -> Frame:
        """The frame around this one at `depth`."""
        frame = self
        while frame.depth > depth:
            assert frame.parent is not None
            frame = frame.parent
        return frame


ROOT = Frame("")


def common_frame(a: Frame, b: Frame) -> Frame:
    """The innermost frame that holds both."""
    depth = min(a.depth, b.depth)
    a, b = a.ancestor(depth), b.ancestor(depth)
    while a != b:
        assert a.parent is not None
        assert b.parent is not None
        a, b = a.parent, b.parent
    return a


def frames_of(order: Sequence[Operation], fed: Collection[Tensor]) -> dict[Operation, Frame]:
    """The frame each op runs in; Enter and Exit count to the loop they lead into or out of.

    order: each op after its producers, back edges left out. UnimplementedError names an op whose
    inputs come from two loops of which neither holds the other.
    """
    home: dict[Operation, Frame] = {}
    for op in order:
        deepest = ROOT
        for producer in producers(op, fed):
            frame = home.get(producer)
            if frame is None:  # the back edge of a loop
                continue
            if producer.type in EXITS and frame.parent is not None:  # None: its value is fed
                frame = frame.parent
            if frame.depth > deepest.depth:
                frame, deepest = deepest, frame
            if deepest.ancestor(frame.depth) != frame:
                raise errors.UnimplementedError(
                    op.node_def,
                    op,
                    f"{op.name} takes values from two loops, {deepest.name} and {frame.name}, "
                    "that are not inside each other; opscope runs structured loops only",
                )
        if op.type in ENTERS and producers(op, fed):
            deepest = Frame(op.attrs["frame_name"], deepest, deepest.depth + 1)
        elif op.type in EXITS and deepest is ROOT and producers(op, fed):
            raise errors.InvalidArgumentError(
                op.node_def, op, f"{op.name} leaves a loop, but is not in one"
            )
        home[op] = deepest
    return home
