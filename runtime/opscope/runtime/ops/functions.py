"""The ops that call functions: calls, conditions and loops whose bodies are functions.

They have no kernels: a plan is made of the ops of the bodies (see `expansion`). A condition becomes
Switch and Merge, a loop Enter, Merge, Switch, NextIteration and Exit, so that they run as those
that `tf.cond` and `tf.while_loop` make.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.tensor_shape import TensorShape, unknown_shape

if TYPE_CHECKING:
    from opscope.runtime.expansion import Call
    from opscope.runtime.function_graph import GraphFunction

Results = tuple[list[Tensor], list[Operation]]
Side = Callable[[list[Tensor], Operation], Results]


def _written_out() -> NoReturn:
    raise AssertionError("a call is written out when the plan is made")


def _shapes(node: Operation) -> list[TensorShape]:
    """What `output_shapes` says; unknown shapes where it says nothing."""
    listed: Sequence[TensorShape] = node.attrs.get("output_shapes", ())
    if len(listed) == len(node.outputs):
        return list(listed)
    return [unknown_shape() for _ in node.outputs]


# -- calls ---------------------------------------------------------------------------------

_CALL = (
    "Tin: list(type), Tout: list(type), f: func, config: string = '', config_proto: string = '', "
    "executor_type: string = ''"
)


@op("PartitionedCall", "args: Tin -> output: Tout", _CALL)
def _call(xp: Any, *args: Any) -> Any:
    """What a function makes of the arguments."""
    _written_out()


@op("StatefulPartitionedCall", "args: Tin -> output: Tout", _CALL, stateful=True)
def _stateful_call(xp: Any, *args: Any) -> Any:
    """What a function with effects makes of the arguments."""
    _written_out()


def call_of(function: GraphFunction) -> Callable[[Call], Results]:
    """The rule that writes out a call of one function."""

    def expand(call: Call) -> Results:
        return call.inline(function, call.after_controls(call.inputs), call.roots)

    return expand


@_call.expand
@_stateful_call.expand
def _(call: Call) -> Results:
    return call_of(call.op.attrs["f"])(call)


_call.shape(_shapes)
_stateful_call.shape(_shapes)


# -- conditions ----------------------------------------------------------------------------


_AS_BOOL = {"bool", "float32", "float64", "int8", "int16", "int32", "int64", "uint8"}


@op("ToBool", "input: T -> output: bool", "T: type", host_only=True, not_differentiable=True)
def _to_bool(xp: Any, value: Any) -> Any:
    """False for zero, an empty string and an array without elements, else true."""
    if isinstance(value, bytes):
        return np.bool_(bool(value))
    if value.ndim:
        return np.bool_(value.size > 0)
    if value.dtype.name not in _AS_BOOL and value.dtype.kind not in "OSU":
        raise errors.InvalidArgumentError(
            None, None, f"{value.dtype} cannot be converted to a boolean"
        )
    return np.bool_(bool(value[()]))


@_to_bool.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape(())]


@op("FakeParam", "-> output: dtype", "dtype: type, shape: shape", not_differentiable=True)
def _fake_param(xp: Any, *, dtype: dtypes.DType, shape: TensorShape) -> Any:
    """Stand for a value that the other branch of a condition makes; nobody may read it."""
    sizes = [0 if size is None else size for size in shape.sizes or ()]
    return np.zeros(sizes, dtype.as_numpy_dtype)[()]


@_fake_param.shape
def _(node: Operation) -> list[TensorShape]:
    return [node.attrs["shape"]]


_IF = (
    "Tcond: type, Tin: list(type), Tout: list(type), then_branch: func, else_branch: func, "
    "output_shapes: list(shape) = []"
)


@op("If", "cond: Tcond, input: Tin -> output: Tout", _IF, stateful=True)
def _if(xp: Any, *values: Any) -> Any:
    """What one of two functions makes of the inputs."""
    _written_out()


@op("StatelessIf", "cond: Tcond, input: Tin -> output: Tout", _IF)
def _stateless_if(xp: Any, *values: Any) -> Any:
    """What one of two functions without effects makes of the inputs."""
    _written_out()


_if.shape(_shapes)
_stateless_if.shape(_shapes)


@_if.expand
@_stateless_if.expand
def _(call: Call) -> Results:
    condition, *inputs = call.after_controls(call.inputs)
    return _either(
        call,
        "",
        _truth(call, condition, "pred"),
        inputs,
        _branch(call, call.op.attrs["then_branch"], "then"),
        _branch(call, call.op.attrs["else_branch"], "else"),
    )


def _branch(call: Call, function: GraphFunction, part: str) -> Side:
    return lambda inputs, pivot: call.inline(function, inputs, [pivot], part)


def _truth(call: Call, value: Tensor, part: str) -> Tensor:
    if value.dtype.base_dtype is dtypes.bool:
        return value
    return call.node("ToBool", [value], part).outputs[0]


def _either(
    call: Call, part: str, test: Tensor, inputs: list[Tensor], then: Side, otherwise: Side
) -> Results:
    """The results of the side that `test` asks for, by Switch and Merge."""
    prefix = f"{part}/" if part else ""
    pivots = call.node("Switch", [test, test], f"{prefix}Switch").outputs
    switched = [
        call.node("Switch", [t, test], f"{prefix}Switch_{i}").outputs for i, t in enumerate(inputs)
    ]
    found: list[Results] = []
    done: list[Tensor] = []
    for value, side, name in ((0, otherwise, "switch_f"), (1, then, "switch_t")):
        pivot = call.node("Identity", [pivots[value]], f"{prefix}{name}")
        results, controls = side([s[value] for s in switched], pivot)
        found.append((results, controls))
        if controls:
            pivot = call.node("Identity", [pivots[value]], f"{prefix}{name}_done", controls)
        done.append(pivot.outputs[0])
    merged = [
        _merge(call, list(pair), f"{prefix}Merge_{i}")
        for i, pair in enumerate(zip(*(results for results, _ in found), strict=True))
    ]
    if not any(controls for _, controls in found):
        return merged, []
    return merged, [_merge(call, done, f"{prefix}done").op]


def _merge(call: Call, values: list[Tensor], part: str) -> Tensor:
    return call.node("Merge", values, part, N=len(values)).outputs[0]


_CASE = (
    "Tin: list(type), Tout: list(type), branches: list(func) >= 1, output_shapes: list(shape) = []"
)


@op("Case", "branch_index: int32, input: Tin -> output: Tout", _CASE, stateful=True)
def _case(xp: Any, *values: Any) -> Any:
    """What the function of that index makes of the inputs; the last for an index out of range."""
    _written_out()


@op("StatelessCase", "branch_index: int32, input: Tin -> output: Tout", _CASE)
def _stateless_case(xp: Any, *values: Any) -> Any:
    """What the function of that index makes of the inputs; the last for an index out of range."""
    _written_out()


_case.shape(_shapes)
_stateless_case.shape(_shapes)


@_case.expand
@_stateless_case.expand
def _(call: Call) -> Results:
    branches: Sequence[GraphFunction] = call.op.attrs["branches"]
    inputs = call.after_controls(call.inputs)

    def from_branch(place: int, inputs: list[Tensor], roots: list[Operation]) -> Results:
        """The results of the branches from `place` on; inputs: the index, and what they take."""
        name = f"branch{place}"
        if place == len(branches) - 1:
            return call.inline(branches[place], inputs[1:], roots, name)
        wanted = _number(call, place, f"{name}/index", roots)
        test = call.node("Equal", [inputs[0], wanted], f"{name}/chosen").outputs[0]
        return _either(
            call,
            name,
            test,
            inputs,
            lambda given, pivot: call.inline(branches[place], given[1:], [pivot], name),
            lambda given, pivot: from_branch(place + 1, given, [pivot]),
        )

    return from_branch(0, inputs, list(call.roots))


def _number(call: Call, value: int, part: str, controls: Sequence[Operation]) -> Tensor:
    made = call.node(
        "Const", [], part, controls, value=np.array(value, np.int32), dtype=dtypes.int32
    )
    return made.outputs[0]


# -- loops ---------------------------------------------------------------------------------

_WHILE = (
    "T: list(type), cond: func, body: func, output_shapes: list(shape) = [], "
    "parallel_iterations: int = 10"
)


@op("While", "input: T -> output: T", _WHILE, stateful=True)
def _while(xp: Any, *values: Any) -> Any:
    """What is left of the inputs after a function was applied as long as another says true."""
    _written_out()


@op("StatelessWhile", "input: T -> output: T", _WHILE)
def _stateless_while(xp: Any, *values: Any) -> Any:
    """What is left of the inputs after a function was applied as long as another says true."""
    _written_out()


_while.shape(_shapes)
_stateless_while.shape(_shapes)


@_while.expand
@_stateless_while.expand
def _(call: Call) -> Results:
    body: GraphFunction = call.op.attrs["body"]
    inputs = call.after_controls(call.inputs)
    stays = [result is given for result, given in zip(body.results, body.inputs, strict=True)]
    count = len(inputs)
    if all(stays):  # a loop needs something that goes round
        inputs.append(_number(call, 0, "round/start", call.roots))
        stays.append(False)
    frame = call.name
    entered = [
        call.node(
            "Enter",
            [t],
            f"Enter_{i}",
            frame_name=frame,
            is_constant=constant,
            parallel_iterations=call.op.attrs["parallel_iterations"],
        ).outputs[0]
        for i, (t, constant) in enumerate(zip(inputs, stays, strict=True))
    ]
    round_values = [
        e if constant else _merge(call, [e, e], f"Merge_{i}")
        for i, (e, constant) in enumerate(zip(entered, stays, strict=True))
    ]
    for value, output in zip(round_values, call.op.outputs, strict=False):
        if value.op.type == "Merge":  # the shape that holds in every round
            value.shape = output.shape
    merges = {i: v.op for i, v in enumerate(round_values) if not stays[i]}
    first = next(iter(merges.values()))
    (test,), waits = call.inline(call.op.attrs["cond"], round_values[:count], [first], "cond")
    test = _truth(call, test, "cond_pred")
    if waits:
        test = call.node("Identity", [test], "cond_done", waits).outputs[0]
    goes_on = call.node("LoopCond", [test], "LoopCond").outputs[0]
    switches = {
        i: call.node("Switch", [round_values[i], goes_on], f"Switch_{i}").outputs for i in merges
    }
    pivot = call.node("Identity", [next(iter(switches.values()))[1]], "body_pivot")
    # What stays is there in the last round too, in which the body must not run.
    given = [
        call.node("Identity", [value], f"body_input_{i}", [pivot]).outputs[0]
        if stays[i]
        else switches[i][1]
        for i, value in enumerate(round_values)
    ]
    results, effects = call.inline(body, given[:count], [pivot], "body")
    if len(given) > count:
        one = _number(call, 1, "round/one", [pivot])
        results.append(call.node("AddV2", [given[count], one], "round/add").outputs[0])
    if effects:
        i = next(iter(merges))
        results[i] = call.node("Identity", [results[i]], "body_done", effects).outputs[0]
    outputs = list(inputs)
    for i, merge in merges.items():
        back = call.node("NextIteration", [results[i]], f"NextIteration_{i}").outputs[0]
        merge.inputs = [entered[i], back]
        outputs[i] = call.node("Exit", [switches[i][0]], f"Exit_{i}").outputs[0]
    return outputs[:count], [outputs[i].op for i in merges]
