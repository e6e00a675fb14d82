"""The ops of a plan as the interpreter sees them: what each waits for, whom its values go to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.binding import Binding
from opscope.runtime.devices import Device, needs_copy
from opscope.runtime.folding import OF_SHAPE, Known, host_scalar
from opscope.runtime.kernels import bound_kernel
from opscope.runtime.operation import Operation, Tensor, tensors_by_argument
from opscope.runtime.ops.flow import ENTERS, EXITS, MERGES, NEXTS, SWITCHES
from opscope.runtime.schedule import is_fed
from opscope.runtime.variable_slot import VariableSlot

# What an op does with its values, where that is not calling its kernel.
_KINDS = {
    **dict.fromkeys(SWITCHES, "switch"),
    **dict.fromkeys(MERGES, "merge"),
    **dict.fromkeys(ENTERS, "enter"),
    **dict.fromkeys(EXITS, "exit"),
    **dict.fromkeys(NEXTS, "next"),
    **dict.fromkeys(("VariableV2", "VarHandleOp"), "variable"),
    **dict.fromkeys(("NoOp", "ControlTrigger"), "nothing"),
    "LoopCond": "pass",
    "RefIdentity": "pass",
    "Const": "constant",
    "Placeholder": "unfed",
}


@dataclass(eq=False)
class Node:
    """One op.

    waits_for: how many data and control inputs come from other nodes; `given` are those that are
    fed. edges: for each output the nodes and inputs it goes to. movers: for each input what brings
    it from where it is made to this device.
    """

    op: Operation
    rank: int
    kind: str
    device: Device
    updates: bool
    given: dict[int, Tensor]
    data_inputs: int
    control_inputs: int
    takes_slot: tuple[bool, ...]
    movers: tuple[Callable[[Any], Any] | None, ...]
    value_outputs: tuple[int, ...]
    edges: list[tuple[int, Node, int]] = field(default_factory=list)
    control_edges: list[Node] = field(default_factory=list)
    value: Any = None  # of a constant or a variable
    kernel: Callable[..., Any] | None = None

    @property
    def is_constant_enter(self) -> bool:
        """True for the Enter of a value that every round of its loop gets."""
        return self.kind == "enter" and bool(self.op.attrs["is_constant"])


class TokenGraph:
    """The nodes of a plan.

    enters: the number of Enter ops that lead into each frame. roots: what waits for nothing. Of
    what is known before the run only shapes are used: kernels are chosen by them, as in generated
    code.
    """

    def __init__(
        self,
        order: Sequence[Operation],
        fed: Collection[Tensor],
        placement: Mapping[Operation, Device],
        known: Known,
        slot: Callable[[Operation], VariableSlot],
        session_state: dict[Any, Any],
    ) -> None:
        self._placement = placement
        self._known = known
        self._state = session_state
        self._fed = fed
        nodes = {op: self._node(op, rank) for rank, op in enumerate(order)}
        self.nodes = list(nodes.values())
        self.enters: dict[str, int] = {}
        for node in self.nodes:
            self._connect(node, nodes)
            if node.kind == "enter":
                name = node.op.attrs["frame_name"]
                self.enters[name] = self.enters.get(name, 0) + 1
            elif node.kind == "variable":
                node.value = slot(node.op)
            elif node.kind == "constant":
                node.value = node.device.from_host(host_scalar(node.op.attrs["value"]))
            elif node.kind == "kernel":
                node.kernel = self._kernel(node)
            elif node.kind == "shape":
                node.value = node.device.from_host(known.values[node.op.outputs[0]])
        for node in self.nodes:
            if (
                node.kind == "unfed"
                and node.edges
                and all(e[1].kind == "shape" for e in node.edges)
            ):
                node.kind = "unread"
        self.roots = [n for n in self.nodes if not n.data_inputs and not n.control_inputs]

    def _node(self, op: Operation, rank: int) -> Node:
        kind = _KINDS.get(op.type, "kernel")
        if is_fed(op, self._fed):
            kind = "fed"
        elif op.type in OF_SHAPE and len(op.outputs) == 1 and op.outputs[0] in self._known.values:
            kind = "shape"
        takes_slot = [
            arg.is_ref or tensor.dtype is dtypes.resource
            for arg, tensors in tensors_by_argument(op)
            for tensor in tensors
        ]
        return Node(
            op,
            rank,
            kind,
            self._placement[op],
            bool(op.definition.updates),
            {i: t for i, t in enumerate(op.inputs) if t in self._fed},
            0,
            0,
            tuple(takes_slot),
            tuple(self._mover(tensor, op) for tensor in op.inputs),
            tuple(i for i, t in enumerate(op.outputs) if not t.dtype.is_ref_dtype),
        )

    def _mover(self, tensor: Tensor, reader: Operation) -> Callable[[Any], Any] | None:
        home = None if tensor in self._fed else self._placement.get(tensor.op)
        device = self._placement[reader]
        if not needs_copy(home, device):
            return None

        def move(value: Any) -> Any:
            return device.from_host(value if home is None else home.to_host(value))

        return move

    def _connect(self, node: Node, nodes: Mapping[Operation, Node]) -> None:
        if node.kind == "fed":
            return
        for index, tensor in enumerate(node.op.inputs):
            if index not in node.given:
                nodes[tensor.op].edges.append((tensor.value_index, node, index))
                node.data_inputs += 1
        for control in node.op.control_inputs:
            nodes[control].control_edges.append(node)
            node.control_inputs += 1

    def _kernel(self, node: Node) -> Callable[..., Any]:
        """The kernel, bound now: what it keeps in the session is made under the session's lock."""
        device = node.device
        seen = self._known.nodes[node.op]
        return bound_kernel(Binding(seen, device.xp, device.device_type, self._state))
