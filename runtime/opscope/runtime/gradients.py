"""tf.gradients: ops that compute the derivatives of tensors, added to the graph.

The graph is walked backwards from `ys`; an op is differentiated once the gradients of all its
outputs are there. Nodes are named as TensorFlow names them: `gradients/NODE_grad/...`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from enum import Enum
from typing import Any

from opscope.runtime import (
    dtypes,
    flow_gradient,  # noqa: F401 - it gives Switch, Merge, Enter and Exit their gradients
    function_gradient,  # noqa: F401 - it gives calls and conditions of functions theirs
)
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.gradient_registry import gradient_rule
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.loop_gradients import (
    LoopGradients,
    is_exit,
    is_loop_switch,
    zeros_outside_loops,
)
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.filling import ones, zeros, zeros_like
from opscope.runtime.ops.joining import concat
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import shape

Gradient = Tensor | IndexedSlices


class AggregationMethod:
    """How several gradients of one tensor are added: all at once, or one after the other."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


class UnconnectedGradients(Enum):
    """What the gradient of what does not depend on the sources is: None, or zeros."""

    NONE = "none"
    ZERO = "zero"


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = "none",
) -> list[Any]:
    """The derivatives of the sum of `ys` with respect to each of `xs`.

    grad_ys: what flows into each y, ones where left out. gate_gradients: nothing uses a gradient
    of an op before all gradients of that op are there. stop_gradients: tensors taken as constant.
    Returns one Tensor or IndexedSlices per x; None where ys do not depend on it (zeros with
    unconnected_gradients="zero"). LookupError when an op on the way has no gradient.
    """
    y_list, x_list = _as_list(ys), _as_list(xs)
    stop_list = [] if stop_gradients is None else _as_list(stop_gradients)
    grad_list = [None] * len(y_list) if grad_ys is None else _as_list(grad_ys)
    if len(grad_list) != len(y_list):
        raise ValueError(f"Length mismatch. Passed {len(grad_list)} grad_ys for {len(y_list)} ys")
    if aggregation_method not in (None, 0, 1, 2):
        raise ValueError(f"Invalid `aggregation_method` specified {aggregation_method}.")
    try:
        unconnected = UnconnectedGradients(unconnected_gradients)
    except ValueError:
        raise ValueError(
            f"Unknown value for unconnected_gradients: '{unconnected_gradients}'"
        ) from None
    with op_scope(name, "gradients", *y_list, *x_list, *stop_list, *grad_list):
        get_default_graph().unique_name("uid")
        targets = [_target(y) for y in y_list]
        sources = [convert_to_tensor(x, as_ref=True) for x in x_list]
        stops = [convert_to_tensor(s) for s in stop_list]
        walk = _Backward(
            targets,
            sources,
            stops,
            colocate_gradients_with_ops,
            gate_gradients,
            aggregation_method or AggregationMethod.DEFAULT,
        )
        walk.run(grad_list)
        found = [walk.result(x) for x in sources]
        if unconnected is UnconnectedGradients.ZERO:
            found = [_zeros(x) if g is None else g for x, g in zip(sources, found, strict=True)]
    if walk.loops is not None:
        walk.loops.close_open_loops()
    return found


def _zeros(x: Tensor) -> Tensor:
    """Zeros like a tensor, or like the variable of a handle."""
    if x.dtype is not dtypes.resource or "dtype" not in x.op.attrs:
        return zeros_like(x)
    return zeros(make_tensor("VariableShape", x), x.op.attrs["dtype"])


def _as_list(values: Any) -> list[Any]:
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _target(y: Any) -> Tensor:
    if isinstance(y, IndexedSlices):
        return y.values
    return convert_to_tensor(y, name="y")


def is_trainable(dtype: dtypes.DType) -> bool:
    """True for the types that gradients flow through: floating and complex."""
    return dtype.is_floating or dtype.is_complex


class _Backward:
    """One walk from targets back to sources, and the gradients collected on the way."""

    def __init__(
        self,
        targets: Sequence[Tensor],
        sources: Sequence[Tensor],
        stops: Sequence[Tensor],
        colocate: bool,
        gate: bool,
        aggregation: int,
    ) -> None:
        self.targets = targets
        self.colocate = colocate
        self.gate = gate
        self.aggregation = aggregation
        self.collected: dict[Tensor, list[Gradient]] = {}
        self.summed: dict[Tensor, Gradient | None] = {}
        self.reachable = _ops_from(sources)
        self.sources = sources
        self.stops = stops
        self.loops: LoopGradients | None = None
        self.pending: dict[Operation, int] = {}
        self.frontier: set[Operation] = set()
        self.queue: deque[Operation] = deque()

    # -- the walk ----------------------------------------------------------------------------

    def run(self, grad_ys: Sequence[Any]) -> None:
        """Collect the gradients of every tensor on the way to the sources."""
        for i, (y, grad_y) in enumerate(zip(self.targets, grad_ys, strict=True)):
            with self._beside(y.op):
                # As given: it may be one that broadcasts to the shape of `y`.
                self.collected.setdefault(y, []).append(_initial_gradient(y, grad_y, i))
        self._count()
        asked = list(dict.fromkeys(y.op for y in self.targets))
        self.queue.extend(o for o in asked if self.pending.get(o) == 0 and o in self.reachable)
        if self.loops is not None:
            for left in self.loops.unused_exits(self.pending, self.queue):
                if is_trainable(left.dtype):
                    self._add(left, self.loops.zeros_for_exit(left))
                self.queue.append(left.op)
        while self.queue:
            op = self.queue.popleft()
            with self._beside(op), self._inside(op):
                for tensor, grad in zip(op.inputs, self._input_gradients(op), strict=True):
                    if grad is not None:
                        self._add(tensor, grad)
            for tensor in op.inputs:
                self._settle(tensor)

    def _count(self) -> None:
        """Find what lies between, and for each op how many uses of its outputs do."""
        between = _between(self.targets, self.reachable)
        for op in between:  # it grows by the other exits of a loop
            if is_exit(op):
                if self.loops is None:
                    self.loops = LoopGradients(op.graph)
                between.extend(e for e in self.loops.add(op) if e not in between)
        self.pending = counts = dict.fromkeys(between, 0)
        for op in between:
            for tensor in op.inputs:
                if tensor.op in counts:
                    counts[tensor.op] += 1
        source_ops = {x.op for x in self.sources}
        first = {o for o in source_ops if all(counts.get(i.op, 0) <= 0 for i in o.inputs)}
        self.frontier = first | {t.op for t in self.stops}

    def _settle(self, tensor: Tensor) -> None:
        """Note that one use of a tensor has given its gradient; queue its op when all have."""
        op = tensor.op
        left = self.pending[op] = self.pending.get(op, 0) - 1
        if left != 0 and not (left > 0 and self.loops is not None and is_loop_switch(op)):
            return
        state = self.loops.of(op) if self.loops is not None and is_exit(op) else None
        if self.loops is None or state is None:
            self.queue.append(op)
            return
        # A loop is gone back over once the gradients of all that leaves it are there.
        state.deferred_exits.append(tensor)
        state.pending_exits -= 1
        if state.pending_exits > 0:
            return
        used = [t for t in state.deferred_exits if self.collected.get(t)]
        state.unused_exits.extend(t for t in state.deferred_exits if t not in used)
        self.queue.extend(t.op for t in used)
        for unused in state.unused_exits:
            if used and is_trainable(unused.dtype):
                self._add(unused, self.loops.zeros_for_exit(unused))
            self.queue.append(unused.op)

    def result(self, x: Tensor) -> Any:
        """The gradient of a source, its parts added up."""
        if x in self.summed:
            return self.summed[x]
        return self._sum(x)

    def _add(self, tensor: Tensor, grad: Gradient) -> None:
        if isinstance(grad, Tensor) and tensor.dtype is not dtypes.resource:
            try:
                grad.set_shape(tensor.shape)
            except ValueError:
                raise ValueError(
                    "Incompatible shapes between op input and calculated input gradient. "
                    f"Tensor: {tensor.name}. Its shape: {tensor.shape}. "
                    f"Calculated gradient shape: {grad.shape}"
                ) from None
        self.collected.setdefault(tensor, []).append(grad)

    def _input_gradients(self, op: Operation) -> Sequence[Gradient | None]:
        nothing = [None] * len(op.inputs)
        with nullcontext() if self.loops is None else self.loops.beside(op, from_behind=True):
            out_grads: list[Any] = [self._sum(t) for t in op.outputs]
        for tensor, grad in zip(op.outputs, out_grads, strict=True):
            self.summed[tensor] = grad
        if op in self.frontier or all(g is None for g in out_grads):
            return nothing
        passes, rule = gradient_rule(op)
        if rule is None:
            if passes:
                return nothing
            raise LookupError(
                f"No gradient defined for operation '{op.name}' (op type: {op.type})"
                f"{_made_at(op)}. Every op between ys and xs needs one; "
                "tf.stop_gradient makes its input a constant."
            )
        for i, tensor in enumerate(op.outputs):
            if out_grads[i] is None and is_trainable(tensor.dtype):
                if self.loops is not None:
                    out_grads[i] = self.loops.zeros_for(op, i)
                else:
                    out_grads[i] = zeros_outside_loops(op, i)
        graph = op.graph
        # TensorFlow's own rules ask for whole tensors; only a few ops take rows apart.
        if op.type not in _TAKES_ROWS:
            out_grads = [
                convert_to_tensor(g) if isinstance(g, IndexedSlices) else g for g in out_grads
            ]
        with graph.name_scope(op.name + "_grad"):
            found = _as_list(rule(op, *out_grads))
            if len(found) != len(op.inputs):
                raise ValueError(
                    f"Num gradients {len(found)} generated for op {op.name} ({op.type}) "
                    f"do not match num inputs {len(op.inputs)}"
                )
            if self.gate and sum(g is not None for g in found) > 1:
                with graph.device(None), _no_colocation(graph):
                    return _gated(found)
        return found

    # -- sums --------------------------------------------------------------------------------

    def _sum(self, tensor: Tensor) -> Gradient | None:
        parts = self.collected.get(tensor, [])
        if len(parts) < 2:
            return parts[0] if parts else None
        if any(isinstance(p, IndexedSlices) for p in parts):
            return _joined_rows(parts)
        dense = [p for p in parts if isinstance(p, Tensor)]
        if self.aggregation != AggregationMethod.ADD_N:
            with tensor.graph.name_scope(tensor.op.name + "_gradient_sum"):
                total = dense[0]
                for part in dense[1:]:
                    total = make_tensor("AddN", [total, part])
                return total
        return _sum_over_devices(dense)

    def _inside(self, op: Operation) -> Any:
        return nullcontext() if self.loops is None else self.loops.beside(op)

    def _beside(self, op: Operation) -> Any:
        return op.graph.colocate_with(op) if self.colocate else nullcontext()


# Identity passes rows on as they are, and so does a read.
_TAKES_ROWS = frozenset({"Identity", "PlaceholderWithDefault", "ReadVariableOp"})


def _made_at(op: Operation) -> str:
    frames = op.traceback
    if not frames:
        return ""
    file, line, function, _ = frames[-1]
    return f", made at {file}:{line} in {function}"


def _ops_from(sources: Iterable[Tensor]) -> set[Operation]:
    """The ops that the sources reach through trainable tensors, those of the sources included.

    A handle of a variable carries its gradient.
    """
    reached: set[Operation] = set()
    queue = deque(dict.fromkeys(t.op for t in sources))
    while queue:
        op = queue.popleft()
        if op in reached:
            continue
        reached.add(op)
        for output in op.outputs:
            if is_trainable(output.dtype) or output.dtype is dtypes.resource:
                queue.extend(output.consumers())
    return reached


def _between(targets: Sequence[Tensor], reachable: set[Operation]) -> list[Operation]:
    """The ops between sources and targets, those of the targets first."""
    between: dict[Operation, None] = {}
    queue = deque(t.op for t in targets if t.op in reachable)
    while queue:
        op = queue.popleft()
        if op in between:
            continue
        between[op] = None
        queue.extend(t.op for t in op.inputs if t.op in reachable)
    return list(between)


def _initial_gradient(y: Tensor, grad_y: Any, i: int) -> Gradient:
    if grad_y is None:
        if y.dtype.is_complex:
            raise TypeError(f"Gradients of complex tensors ({y}) must set grad_ys")
        if not (y.dtype.is_floating or y.dtype.is_integer):
            raise TypeError(
                f"Tensor {y} with type {y.dtype.name} must be numeric to have a gradient"
            )
        return ones(shape(y), y.dtype.base_dtype, name=f"grad_ys_{i}")
    if isinstance(grad_y, IndexedSlices):
        return grad_y
    given = convert_to_tensor(grad_y, y.dtype.base_dtype, name="grad_y")
    return identity(given, name=f"grad_ys_{i}")


def _sum_over_devices(parts: list[Tensor]) -> Tensor:
    """The sum of the parts: first those of one device, beside the first of them."""
    by_device: dict[str, list[Tensor]] = {}
    for part in parts:
        by_device.setdefault(part.device, []).append(part)
    sums = []
    for device in sorted(by_device):
        members = by_device[device]
        with members[0].graph.colocate_with(members[0].op, ignore_existing=True):
            sums.append(members[0] if len(members) == 1 else make_tensor("AddN", members))
    return sums[0] if len(sums) == 1 else make_tensor("AddN", sums)


def _joined_rows(parts: Sequence[Gradient]) -> Gradient:
    """Rows of several gradients in one; a whole tensor among them makes the sum whole."""
    rows = [p for p in parts if isinstance(p, IndexedSlices)]
    if len(rows) < len(parts):
        graph = parts[0].graph
        with graph.name_scope("AddN") as scope:
            whole = [
                p if isinstance(p, Tensor) else p.dense(f"inputs_{i}") for i, p in enumerate(parts)
            ]
            return make_tensor("AddN", whole, name=scope)
    values = concat([r.values for r in rows], 0)
    indices = concat([r.indices for r in rows], 0)
    return IndexedSlices(values, indices, rows[0].dense_shape)


@contextmanager
def _no_colocation(graph: Graph) -> Iterator[None]:
    previous = graph._colocation_stack
    graph._colocation_stack = []
    try:
        yield
    finally:
        graph._colocation_stack = previous


def _gated(grads: Sequence[Gradient | None]) -> list[Any]:
    """The gradients, none of which is there before all are (nodes `tuple/control_dependency`)."""
    from opscope.runtime.group import tuple as tuple_of

    return list(tuple_of(list(grads)))
