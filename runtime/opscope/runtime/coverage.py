"""Which tensors a check need not test, because their infs and nans show in one that it does test.

Two rules, by op type. `a + b` is inf or nan wherever a or b is: if the sum is clean, so were both
(`OpDef.carries`). And `tanh(a)` is finite wherever a is: if a is clean, so is the result
(`STAYS_FINITE`). What a hit means is looked up after the run, in the values themselves
(execution.py), or by running it again (replay.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from opscope.runtime import dtypes
from opscope.runtime.flow_schedule import Item, Loop
from opscope.runtime.guards import Guard
from opscope.runtime.operation import Operation, Tensor, tensors_by_argument
from opscope.runtime.ops.flow import ENTERS, EXITS, MERGES, NEXTS, SWITCHES
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.watch import is_handle

_TYPES = (dtypes.float32, dtypes.float64)

STAYS_FINITE = frozenset(
    {
        "Abs",
        "BroadcastTo",
        "Ceil",
        "ConcatV2",
        "Cos",
        "Diag",
        "DiagPart",
        "Elu",
        "ExpandDims",
        "Floor",
        "GatherNd",
        "GatherV2",
        "Maximum",
        "Minimum",
        "MirrorPad",
        "Neg",
        "Pack",
        "Pad",
        "Relu",
        "Relu6",
        "Relu6Grad",
        "ReluGrad",
        "Reshape",
        "ReverseV2",
        "Rint",
        "Round",
        "Select",
        "SelectV2",
        "Sigmoid",
        "Sign",
        "Sin",
        "Slice",
        "Softsign",
        "Split",
        "SplitV",
        "Squeeze",
        "StridedSlice",
        "Tanh",
        "Tile",
        "Transpose",
        "Unpack",
    }
)
"""The op types whose outputs are finite where all inputs are, in every dtype of real numbers."""

# Values go into a stack and come out as they are; each of a run's stacks is filled in that run.
_STACKS = frozenset({"StackPopV2", "StackPushV2"})

_JOINS = frozenset({"ConcatV2", "Pack"})

# The op types whose output is empty only where what they carry is.
_EMPTY_OF_EMPTY = frozenset(
    {"Abs", "AddN", "ConcatV2", "ExpandDims", "L2Loss", "Mean", "Neg", "Pack", "Reshape", "Square"}
    | {"Squeeze", "Sum", "Transpose"}
)

_HAND_ON = ENTERS | EXITS | NEXTS | SWITCHES


@dataclass
class Blocks:
    """Where the ops of a program with loops and branches stand.

    home: the loop and the part of it that an op's line is in. guards: under which conditions in
    there it runs; choices: under which a Merge takes each of its inputs.
    """

    home: dict[Operation, tuple[Loop | None, str]] = field(default_factory=dict)
    guards: dict[Operation, Guard] = field(default_factory=dict)
    choices: dict[Operation, Sequence[Guard]] = field(default_factory=dict)

    @classmethod
    def of(cls, items: Sequence[Item]) -> Blocks:
        """The blocks of nested items."""
        blocks = cls()
        blocks._add(items, None, "body")
        return blocks

    def _add(self, items: Sequence[Item], loop: Loop | None, part: str) -> None:
        for item in items:
            if not isinstance(item, Loop):
                self.home[item.op] = loop, part
                self.guards[item.op] = item.guard
                self.choices[item.op] = item.choices
                continue
            self._add(item.condition, item, "condition")
            self._add(item.body, item, "body")


@dataclass(frozen=True)
class Source:
    """Where the value of a tensor that only hands it on was computed.

    back: the loop merge through which it comes from the round before.
    """

    tensor: Tensor
    back: Operation | None = None


class Coverage:
    """Finds the tensors that are not tested.

    given: fed and folded tensors. hands_on: True for an op whose output is its input. items: the
    blocks of a program that, after a hit, runs again to find out what is bad.

    covered: the tensors not tested. ends: the loop merges that are tested once the loop is done.
    """

    def __init__(
        self,
        order: Sequence[Operation],
        active: Collection[Operation],
        common: Mapping[Operation, Operation],
        given: Collection[Tensor],
        shapes: Mapping[Tensor, TensorShape],
        hands_on: Callable[[Operation], bool],
        items: Sequence[Item] | None,
    ) -> None:
        self._active = active
        self._common = common
        self._given = given
        self._shapes = shapes
        self._hands_on = hands_on
        self._blocks = None if items is None else Blocks.of(items)
        self._updates_before = _updates_before(order)
        self.covered: set[Tensor] = set()
        self.ends: set[Operation] = set()
        self._derived: set[Tensor] = set()
        # What an update in place reads is tested itself, so that it is known to be moderate.
        self._read_by_updates: set[Tensor] = set()
        for op in order if items is None else ():
            if op in active and op.definition.updates:
                for tensor in op.inputs:
                    self._read_by_updates.update(s.tensor for s in self._sources(tensor))
        for op in reversed(order):
            if op not in active or op in common or op.definition.updates or not op.outputs:
                continue
            if op.type != "IdentityN" and not hands_on(op):
                self._cover(op)
        self.covered |= self._derived
        self.covered -= self._read_by_updates

    def _cover(self, op: Operation) -> None:
        """Leave out what is tested by the output of `op`, or the output where its inputs are.

        What follows from its inputs carries nothing: else one would answer for the other.
        """
        carries = bool(op.definition.carries) and self._carries(op.outputs[0])
        is_tested = carries and (
            op.outputs[0] in self.covered
            or op.outputs[0] in self._read_by_updates
            or self._joins_many(op)
        )
        stays_finite = op.type in STAYS_FINITE or (op.type in _STACKS and self._blocks is not None)
        if stays_finite and not is_tested:
            self._derived.update(
                t for t in op.outputs if t not in self._given and not t.dtype.is_complex
            )
            return
        if not carries:
            return
        output = op.outputs[0]
        for arg, tensors in tensors_by_argument(op):
            if arg.name not in op.definition.carries:
                continue
            for tensor in tensors:
                for source in self._sources(tensor):
                    is_needed = source.tensor in self._read_by_updates
                    if not is_needed and self._is_carried(source, op, output):
                        self.covered.add(source.tensor)
                        if source.back is not None:
                            self.ends.add(source.back)

    def _carries(self, output: Tensor) -> bool:
        return output not in self._given and output.dtype in _TYPES

    def _joins_many(self, op: Operation) -> bool:
        """True where testing the whole saves the test of several parts."""
        sources = [source.tensor for t in op.inputs for source in self._sources(t)]
        tested = {
            t
            for t in sources
            if t not in self._given
            and t.dtype in _TYPES
            and t.op.type not in STAYS_FINITE
            and t.op.type not in _STACKS
        }
        return op.type in _JOINS and len(tested) > 1

    def _is_carried(self, source: Source, op: Operation, output: Tensor) -> bool:
        """True when `op` runs whenever the source's op did, and on its value."""
        tensor = source.tensor
        if tensor.dtype is not output.dtype:
            return False
        is_sure = op.type in _EMPTY_OF_EMPTY
        if not is_sure and not _has_elements(self._shapes[output], self._shapes[tensor]):
            return False
        blocks = self._blocks
        if blocks is None:
            # The next update may overwrite values as long as nothing was found.
            before = self._updates_before
            return tensor.op in before and before[tensor.op] == before[op]
        here, there = blocks.home.get(op), blocks.home.get(tensor.op)
        if here is None or there is None or tensor in self._given:
            return False
        if source.back is None:
            return here == there and _implies(blocks.guards[tensor.op], blocks.guards[op])
        loop = there[0]
        return (
            loop is not None
            and here[0] is loop
            and there[1] == "body"
            and source.back in loop.merges
            and blocks.guards[op] == ()
        )

    def _sources(self, tensor: Tensor) -> list[Source]:
        """Where the value of a tensor comes from, as far as it does so whenever it is computed."""
        return [
            source
            for source, conditions in self._origins(tensor, None, [], set())
            if all(_implies(self._guard(source.tensor.op), guard) for guard in conditions)
        ]

    def _guard(self, op: Operation) -> Guard:
        return () if self._blocks is None else self._blocks.guards.get(op)

    def _origins(
        self, tensor: Tensor, back: Operation | None, conditions: list[Guard], seen: set[Operation]
    ) -> Iterator[tuple[Source, list[Guard]]]:
        """What a tensor is another name of, each with the conditions of the Merges in between."""
        while tensor not in self._given:
            op = tensor.op
            if op in self._common:
                tensor = self._common[op].outputs[tensor.value_index]
            elif op.type in MERGES and self._blocks is not None:
                if tensor.value_index == 0 and op not in seen:
                    yield from self._merged(op, back, conditions, {*seen, op})
                return
            elif self._blocks is not None and op.type == "StackPushV2":
                tensor = op.inputs[1]
            elif op.type == "IdentityN":
                tensor = op.inputs[tensor.value_index]
            elif op.type in _HAND_ON or self._hands_on(op):
                source = op.inputs[0]
                if source.dtype.is_ref_dtype or is_handle(source):
                    break
                tensor = source
            else:
                break
        yield Source(tensor, back), conditions

    def _merged(
        self, op: Operation, back: Operation | None, conditions: list[Guard], seen: set[Operation]
    ) -> Iterator[tuple[Source, list[Guard]]]:
        assert self._blocks is not None
        choices = self._blocks.choices.get(op, ())
        for i, tensor in enumerate(op.inputs):
            if tensor.op.type in NEXTS:
                # One round back, no more; and what held in one round need not in another.
                if back is None and not any(conditions):
                    yield from self._origins(tensor, op, conditions, seen)
            elif i < len(choices):
                yield from self._origins(tensor, back, [*conditions, choices[i]], seen)


def _updates_before(order: Sequence[Operation]) -> dict[Operation, int]:
    """How many ops that update variables come before each op."""
    before: dict[Operation, int] = {}
    count = 0
    for op in order:
        before[op] = count
        count += bool(op.definition.updates)
    return before


def _implies(guard: Guard, wanted: Guard) -> bool:
    """True when what runs under `guard` runs only where `wanted` holds."""
    return guard is not None and wanted is not None and set(wanted) <= set(guard)


def _has_elements(output: TensorShape, carried: TensorShape) -> bool:
    """False where the output may be empty and the input not: [1] and [0] broadcast to [0]."""
    sizes = output.sizes
    if sizes is None or None in sizes:
        return False
    return carried.sizes == sizes or prod(sizes) > 0  # type: ignore[arg-type]
