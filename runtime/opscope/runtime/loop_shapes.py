"""Shapes that go round loops: through merges, off stacks and out of TensorArrays.

The shape rules of these ops see one op at a time. What a loop's variable has in all rounds shows
when the body has been followed: a merge is taken to have the shape that comes into the loop, until
a round hands it another one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import ENTERS, EXITS, MERGES, NEXTS, SWITCHES, is_back_edge
from opscope.runtime.tensor_shape import TensorShape

# Through these a handle stays what it is.
_HANDS_ON = ENTERS | EXITS | SWITCHES | {"Identity", "TensorArrayGradV3"}
_MAKERS = frozenset({"StackV2", "TensorArrayV3"})
# The place of the value that is written; each row of a scattered one is an element.
_WRITES = {"TensorArrayWriteV3": 2, "TensorArrayScatterV3": 2}
_OTHER_WRITES = frozenset({"TensorArraySplitV3"})
_READS = frozenset({"TensorArrayReadV3", "TensorArrayGatherV3"})

# What a stack hands back is what one op put there: if that never changes, no stack is needed.
STACKED = frozenset({"StackPushV2", "StackPopV2"})

_UNKNOWN = TensorShape(None)

# What a handle stands for.
_Root = tuple[Operation, str | None]


class LoopShapes:
    """What is known of the shapes in the loops among some ops, while these are followed in order.

    known: the shapes of the tensors followed so far. weaker: for merges whose rounds differ, what
    they have in common; `are_settled` says whether one was added since, and all is to be followed
    anew.
    """

    def __init__(
        self,
        order: Sequence[Operation],
        known: Mapping[Tensor, TensorShape],
        weaker: dict[Tensor, TensorShape],
    ) -> None:
        self.known = known
        self.weaker = weaker
        self.are_settled = True
        self._merges = {
            op.inputs[i]: op.outputs[0]
            for op in order
            if op.type in MERGES
            for i in range(len(op.inputs))
            if is_back_edge(op, op.inputs[i].op)
        }
        self._assumed: dict[Tensor, TensorShape] = {}
        stacked = [op for op in order if op.type in STACKED]
        self._stacked = _by_handle(stacked)
        self._popped: set[_Root] = set()
        writes = [op for op in order if op.type in _WRITES or op.type in _OTHER_WRITES]
        self._written = _by_handle(writes)

    def of(self, op: Operation) -> TensorShape | None:
        """The shape of the first output, None where the op is none of those this is about."""
        if op.type in MERGES and op.outputs[0] in self._merges.values():
            return self._of_merge(op)
        if op.type == "StackPopV2":
            value = self.pushed(op)
            return None if value is None else self.known.get(value)
        return self._of_read(op) if op.type in _READS else None

    def pushed(self, op: Operation) -> Tensor | None:
        """What a push or pop in a loop finds on its stack; None unless one op alone puts it there.

        Outside of loops, stacks may be closed, or popped once too often: a stack that is reached
        from there by any op is left as it is.
        """
        stack = _root(op.inputs[0])
        ops = self._stacked.get(stack, ())
        pushes = [each for each in ops if each.type == "StackPushV2"]
        if len(pushes) != 1 or stack in self._popped:
            return None
        if not all(_enters(each.inputs[0]) for each in ops):
            return None
        if pushes[0].inputs[1] not in self.known:
            self._popped.add(stack)  # before it is known what will be pushed
            return None
        return pushes[0].inputs[1]

    def follow(self, op: Operation) -> None:
        """Note the shape that an op hands to the next round of its loop."""
        merged = self._merges.get(op.outputs[0]) if op.type in NEXTS else None
        if merged is None or merged not in self._assumed:
            return
        assumed = self._assumed[merged]
        common = _common(assumed, self.known[op.outputs[0]])
        if common.sizes != assumed.sizes:
            self.weaker[merged] = common
            self.are_settled = False

    def _of_merge(self, op: Operation) -> TensorShape:
        merged = op.outputs[0]
        shape = self.weaker.get(merged)
        if shape is None:
            entered = [t for t in op.inputs if not is_back_edge(op, t.op)]
            shape = self.known.get(entered[0], _UNKNOWN) if len(entered) == 1 else _UNKNOWN
        self._assumed[merged] = shape
        return shape

    def _of_read(self, op: Operation) -> TensorShape | None:
        array, source = _root(op.inputs[0])
        writes = [*self._written.get((array, None), ())]
        if source is not None:  # what was not written to is zeros of the shapes of the elements
            writes += self._written.get((array, source), ())
        element: TensorShape | None = None
        for write in writes:
            place = _WRITES.get(write.type)
            shape = _UNKNOWN if place is None else self.known.get(write.inputs[place], _UNKNOWN)
            if not shape.sizes and (shape.sizes is None or write.type == "TensorArrayScatterV3"):
                return None
            if write.type == "TensorArrayScatterV3":
                shape = TensorShape((shape.sizes or ())[1:])
            element = shape if element is None else _common(element, shape)
        if element is None or op.type == "TensorArrayReadV3":
            return element
        count = self.known.get(op.inputs[1], _UNKNOWN).sizes
        if element.sizes is None or not count or not count[0]:
            return None
        return TensorShape((count[0], *element.sizes))


def _root(handle: Tensor) -> _Root:
    """The op that made a stack or an array, and whose gradients the handle is of, if of any."""
    source: str | None = None
    op = handle.op
    while op.type in _HANDS_ON:
        if op.type == "TensorArrayGradV3":
            source = f"{source or ''}/{op.attrs['source']}"
        op = op.inputs[0].op
    return op, source


def _enters(handle: Tensor) -> bool:
    """Whether a handle comes into a loop on its way."""
    op = handle.op
    while op.type in _HANDS_ON:
        if op.type in ENTERS:
            return True
        op = op.inputs[0].op
    return False


def _by_handle(ops: Collection[Operation]) -> dict[_Root, list[Operation]]:
    """Ops by what they write to; none where that cannot be told of one of them."""
    found: dict[_Root, list[Operation]] = {}
    for op in ops:
        root = _root(op.inputs[0])
        if root[0].type not in _MAKERS:
            return {}
        found.setdefault(root, []).append(op)
    return found


def _common(one: TensorShape, other: TensorShape) -> TensorShape:
    """What two shapes have in common."""
    if one.sizes is None or other.sizes is None or len(one.sizes) != len(other.sizes):
        return _UNKNOWN
    pairs = zip(one.sizes, other.sizes, strict=True)
    return TensorShape([a if a == b else None for a, b in pairs])
