"""What is known before a run: shapes that follow from the fed ones, values that never change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from opscope.runtime.binding import Binding
from opscope.runtime.devices import Device
from opscope.runtime.kernels import bound_kernel
from opscope.runtime.loop_shapes import STACKED, LoopShapes
from opscope.runtime.op_def import find_op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.flow import EXITS, MERGES, NEXTS
from opscope.runtime.tensor_shape import Sizes, TensorShape

# A folded value lives as long as the plan; larger ones are computed in each run instead.
MAX_FOLDED_BYTES = 10 << 20

# Round a loop, or with the branch taken, these change though their inputs do not.
_CHANGES = MERGES | EXITS | NEXTS | {"LoopCond"}

# Their values follow from the shape of what they are given.
OF_SHAPE = frozenset({"Shape", "ShapeN", "Size", "Rank"})

# The attribute of a node that looks at its input, though the shape is known without.
KEEPS_ITS_INPUT = "_opscope_keeps_its_input"


class Nodes(dict[Operation, Operation]):
    """The stand-ins of ops; an op that needs none is its own."""

    def __missing__(self, op: Operation) -> Operation:
        return op


@dataclass(frozen=True)
class Known:
    """Values by tensor, and the shape of every tensor as far as it is known.

    nodes: for each op a stand-in whose inputs show those shapes, and folded values as constants,
    for templates and bind rules to look at.
    """

    values: dict[Tensor, Any] = field(default_factory=dict)
    shapes: dict[Tensor, TensorShape] = field(default_factory=dict)
    nodes: Nodes = field(default_factory=Nodes)


def fold(
    order: Sequence[Operation],
    fed_sizes: Mapping[Tensor, Sizes],
    placement: Mapping[Operation, Device],
) -> Known:
    """Follow shapes and values through the ops, in order.

    fed_sizes: the shape of each fed tensor. Folded are constants, the Shape, Size and Rank of known
    shapes, and stateless CPU ops all of whose inputs are folded. An op whose shapes do not fit, or
    whose kernel fails, is left to fail when it runs.
    """
    weaker: dict[Tensor, TensorShape] = {}
    while True:
        folder = _Folder(order, fed_sizes, placement, weaker)
        known = folder.fold(order)
        if folder.loops.are_settled:
            return known
        weaker = folder.loops.weaker


class _Folder:
    """Keeps, for each tensor, a stand-in that shape rules can look at instead of the real one."""

    def __init__(
        self,
        order: Sequence[Operation],
        fed_sizes: Mapping[Tensor, Sizes],
        placement: Mapping[Operation, Device],
        weaker: dict[Tensor, TensorShape],
    ) -> None:
        self.fed_sizes = fed_sizes
        self.placement = placement
        self.known = Known()
        self.stand_ins: dict[Tensor, Tensor] = {}
        self.loops = LoopShapes(order, self.known.shapes, weaker)

    def fold(self, order: Sequence[Operation]) -> Known:
        stand_ins, fed, shapes = self.stand_ins, self.fed_sizes, self.known.shapes
        for op in order:
            shadow = self._shadow(op)
            values = None if self._any_fed(op) else self._values(op, shadow)
            if shadow is op and values is None and fed.keys().isdisjoint(op.outputs):
                for tensor in op.outputs:
                    shapes[tensor] = tensor.shape
                self.loops.follow(op)
                continue
            self.known.nodes[op] = shadow
            for i, tensor in enumerate(op.outputs):
                if tensor in self.fed_sizes:
                    stand_in = tensor
                    if self.fed_sizes[tensor] != tensor.shape.sizes:
                        stand_in = Tensor(shadow, i, tensor.dtype)
                        stand_in.shape = TensorShape(self.fed_sizes[tensor])
                elif values is not None:
                    self.known.values[tensor] = values[i]
                    stand_in = _constant(tensor, values[i])
                else:
                    stand_in = shadow.outputs[i]
                if stand_in is not tensor:
                    stand_ins[tensor] = stand_in
                shapes[tensor] = stand_in.shape
            self.loops.follow(op)
        return self.known

    def _any_fed(self, op: Operation) -> bool:
        return not self.fed_sizes.keys().isdisjoint(op.outputs)

    def _shadow(self, op: Operation) -> Operation:
        """A copy of `op` on the stand-ins of its inputs, with the shapes that follow.

        The op itself when no input has a stand-in.
        """
        stand_ins = self.stand_ins
        in_loop = self.loops.of(op)
        if in_loop is None and (not stand_ins or stand_ins.keys().isdisjoint(op.inputs)):
            return op
        inputs = [self.stand_ins.get(t, t) for t in op.inputs]
        shadow = op.on_inputs(inputs)
        try:
            shadow.set_output_shapes()
            if in_loop is not None:
                shadow.outputs[0].shape = in_loop
            for made, original in zip(shadow.outputs, op.outputs, strict=True):
                made.shape = made.shape.merge_with(original.shape)
        except (ValueError, TypeError, IndexError):
            for made, original in zip(shadow.outputs, op.outputs, strict=True):
                made.shape = original.shape
        return shadow

    def _values(self, op: Operation, shadow: Operation) -> Sequence[Any] | None:
        op_type = op.definition.name
        if op_type == "Const":
            return [host_scalar(op.attrs["value"])]
        known = self.known.values
        if op_type in STACKED:
            pushed = self.loops.pushed(op)
            return [known[pushed]] if pushed in known else None
        if op_type not in OF_SHAPE:
            for tensor in op.inputs:
                if tensor not in known:
                    return None
        if op_type in OF_SHAPE:
            if KEEPS_ITS_INPUT in op.attrs:
                return None
            found = [_of_shape(op, tensor.shape) for tensor in shadow.inputs]
            return None if any(value is None for value in found) else found
        if op.definition.stateful or not op.inputs or op.controls or op_type in _CHANGES:
            return None
        if self.placement[op].device_type != "CPU":
            return None
        kernel = bound_kernel(Binding(op, np, "CPU", {}))
        try:
            with np.errstate(all="ignore"):
                result = kernel(*[self.known.values[t] for t in op.inputs])
        except Exception:  # the op raises the same, with its name, when it runs
            return None
        values: Sequence[Any] = result if len(op.outputs) > 1 else (result,)
        small = sum(getattr(v, "nbytes", 0) for v in values) <= MAX_FOLDED_BYTES
        return values if small else None


def _of_shape(op: Operation, shape: TensorShape) -> Any:
    """What an op says of a shape, None if that is not known."""
    scalar = op.outputs[0].dtype.as_numpy_dtype
    if op.type == "Rank":
        return None if shape.ndims is None else scalar(shape.ndims)
    if not shape.is_fully_defined():
        return None
    if op.type == "Size":
        return scalar(shape.num_elements())
    return np.array(shape.as_list(), scalar)


def _constant(tensor: Tensor, value: Any) -> Tensor:
    """A stand-in that looks like a constant of the value."""
    attrs = {"value": np.asarray(value), "dtype": tensor.dtype.base_dtype}
    op = Operation(tensor.graph, find_op("Const"), tensor.op.name, [], [], attrs)
    op.outputs[0].shape = TensorShape(np.shape(value))
    return op.outputs[0]


def host_scalar(array: Any) -> Any:
    """A 0-d array as the scalar that kernels expect, any other array as it is."""
    return array[()] if array.ndim == 0 else array
