"""The ops that steer values: which branch they go into, and round which loop.

The executor turns them into `if` and `while` (flow_code.py); their kernels serve constants only.
Frames are TensorFlow 1's: `Enter` brings a value into a loop, `Exit` out of it, `NextIteration`
into the next round, `Merge` takes whichever input is alive, `Switch` hands its input to one of two
outputs and leaves the other dead.
"""

from __future__ import annotations

from typing import Any

from opscope.runtime.op_def import OpDef, op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape

ENTERS = frozenset({"Enter", "RefEnter"})
EXITS = frozenset({"Exit", "RefExit"})
MERGES = frozenset({"Merge", "RefMerge"})
NEXTS = frozenset({"NextIteration", "RefNextIteration"})
SWITCHES = frozenset({"Switch", "RefSwitch"})
FLOW = ENTERS | EXITS | MERGES | NEXTS | SWITCHES | {"LoopCond"}

# What keeps values between the ops of a run, outside of the plan's locals.
KEEPS_VALUES = frozenset({"StackV2", "TensorArrayV3"})


def _same_shape(node: Operation) -> list[TensorShape]:
    return [node.inputs[0].shape]


def _define(name: str, signature: str, attrs: str, doc: str, ref: bool) -> OpDef:
    def kernel(xp: Any, data: Any) -> Any:
        return data

    kernel.__doc__ = doc
    if ref:
        name, signature = f"Ref{name}", signature.replace(": T", ": Ref(T)")
    made = op(name, signature, attrs, view_of=0)(kernel)
    made.shape(_same_shape)
    return made


_FRAME = "T: type, frame_name: string, is_constant: bool = false, parallel_iterations: int = 10"

enter, ref_enter = (
    _define("Enter", "data: T -> output: T", _FRAME, "Bring a value into a loop.", ref)
    for ref in (False, True)
)
exit_, ref_exit = (
    _define("Exit", "data: T -> output: T", "T: type", "Bring a value out of a loop.", ref)
    for ref in (False, True)
)
next_iteration, ref_next_iteration = (
    _define(
        "NextIteration", "data: T -> output: T", "T: type", "Hand a value to the next round.", ref
    )
    for ref in (False, True)
)


@op("LoopCond", "input: bool -> output: bool", not_differentiable=True)
def loop_cond(xp: Any, input: Any) -> Any:  # noqa: A002 - TensorFlow's name
    """Say whether a loop goes on."""
    return input


loop_cond.shape(_same_shape)


def _both(xp: Any, data: Any, pred: Any) -> Any:
    """Hand a value to the second output when `pred` holds, else to the first."""
    return data, data


def _switch_shape(node: Operation) -> list[TensorShape]:
    pred = node.inputs[1].shape
    if pred.ndims not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {pred.ndims}")
    return [node.inputs[0].shape] * 2


switch = op(
    "Switch", "data: T, pred: bool -> output_false: T, output_true: T", "T: type", view_of=0
)(_both)
ref_switch = op(
    "RefSwitch",
    "data: Ref(T), pred: bool -> output_false: Ref(T), output_true: Ref(T)",
    "T: type",
    view_of=0,
    allows_uninitialized=True,
)(_both)
for _definition in (switch, ref_switch):
    _definition.shape(_switch_shape)


def _first(xp: Any, inputs: Any) -> Any:
    """Return the input that is alive, and its index."""
    return inputs, 0


def _merge_shape(node: Operation) -> list[TensorShape]:
    """What the shapes of all inputs have in common."""
    shapes = [t.shape for t in node.inputs]
    common = shapes[0]
    for shape in shapes[1:]:
        if common.sizes is None or shape.sizes is None or common.ndims != shape.ndims:
            common = TensorShape(None)
            break
        pairs = zip(common.sizes, shape.sizes, strict=True)
        common = TensorShape([a if a == b else None for a, b in pairs])
    return [common, TensorShape(())]


merge = op(
    "Merge", "inputs: N * T -> output: T, value_index: int32", "T: type, N: int >= 1", view_of=0
)(_first)
ref_merge = op(
    "RefMerge",
    "inputs: N * Ref(T) -> output: Ref(T), value_index: int32",
    "T: type, N: int >= 1",
    view_of=0,
)(_first)
for _definition in (merge, ref_merge):
    _definition.shape(_merge_shape)


@op("RefIdentity", "input: Ref(T) -> output: Ref(T)", "T: type", view_of=0)
def ref_identity(xp: Any, input: Any) -> Any:  # noqa: A002 - TensorFlow's name
    """Return the reference."""
    return input


ref_identity.shape(_same_shape)


@op("ControlTrigger", "->", stateful=True, template="None")
def control_trigger(xp: Any) -> None:
    """Do nothing once the control inputs are there, dead or alive."""


def is_back_edge(reader: Operation, producer: Operation) -> bool:
    """True for the edge that closes a loop: from `NextIteration` to `Merge`."""
    return reader.type in MERGES and producer.type in NEXTS
