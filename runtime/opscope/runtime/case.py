"""tf.case and tf.switch_case: one of several functions, by predicates or by an index."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.cond import cond
from opscope.runtime.constant import constant
from opscope.runtime.graph import get_default_graph
from opscope.runtime.math import cast, equal, less_equal, reduce_sum
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.joining import stack

Function = Callable[[], Any]
Pair = tuple[Any, Function]


def case(
    pred_fn_pairs: Any,
    default: Function | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """What the function beside the first predicate that holds returns, else what `default` does.

    pred_fn_pairs: (bool scalar, function) pairs, or a dict of them, which is taken in the order of
    the predicates' names unless it is an OrderedDict. InvalidArgumentError when none holds and
    there is no default, or, if exclusive, when several hold.
    """
    pairs = _pairs(pred_fn_pairs)
    if default is not None and not callable(default):
        raise TypeError("default must be callable")
    graph = get_default_graph()
    with graph.name_scope(name):
        if default is None:
            default = partial(_last_one, pairs)
            pairs = pairs[:-1]
        build = default
        for pred, function in reversed(pairs):
            build = partial(cond, pred, function, build, strict=strict)
        checks = []
        if exclusive:
            preds = [pred for pred, _ in pairs]
            checks.append(_at_most(1, preds, "Input error: exclusive=True"))
        with graph.control_dependencies(checks):
            return build()


def _pairs(given: Any) -> list[Pair]:
    if not isinstance(given, (list, tuple, Mapping)):
        raise TypeError(f"'pred_fn_pairs' must be a list, tuple, or dict. Received: {type(given)}")
    if isinstance(given, OrderedDict):
        given = list(given.items())
    elif isinstance(given, Mapping):
        given = sorted(given.items(), key=lambda item: item[0].name)
    if not given:
        raise ValueError("'pred_fn_pairs' must not be empty")
    for pair in given:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"Each entry in 'pred_fn_pairs' must be a 2-tuple. Received {pair}.")
        pred, function = pair
        if not isinstance(pred, Tensor):
            raise TypeError(f"pred must be a Tensor, got: {pred}")
        if pred.dtype.base_dtype is not dtypes.bool:
            raise TypeError(f"pred must be Tensor of type bool: {pred.name}")
        if not callable(function):
            raise TypeError(f"fn for pred {pred.name} must be callable.")
    return list(given)


def _last_one(pairs: Sequence[Pair]) -> Any:
    """The last function where there is no default: it fails unless its predicate alone holds."""
    preds = [pred for pred, _ in pairs]
    last, function = pairs[-1]
    none = ("Input error: None of conditions evaluated as True:", stack(preds, name="preds_c"))
    others = (
        f"Implementation error: selected default action #{len(pairs) - 1} was called, but some of "
        "other predicates are True: "
    )
    with get_default_graph().control_dependencies(
        [_at_most(0, preds[:-1], others), Assert(last, list(none))]
    ):
        return function()


def _at_most(n: int, preds: Sequence[Tensor], message: str) -> Operation:
    """An op that fails when more than `n` predicates hold."""
    together = stack(preds, name="preds_c")
    count = reduce_sum(cast(together, dtypes.int32), name="num_true_conds")
    condition = less_equal(count, constant(n, name="n_true_conds"))
    names = ", ".join(pred.name for pred in preds)
    what = f"{message}: more than {n} conditions ({names}) evaluated as True:"
    return Assert(condition, [what, together], summarize=len(preds))


def switch_case(
    branch_index: Tensor,
    branch_fns: Any,
    default: Function | None = None,
    name: str = "switch_case",
) -> Any:
    """What the function at `branch_index` returns; `default`, or else the last, beyond them.

    branch_fns: functions, (number, function) pairs or a dict of them, numbered from 0 without gaps.
    They stand in the graph as conditionals one in another, and not as TensorFlow's `Case` op, whose
    branches are not nodes of the graph.
    """
    functions = _by_number(branch_index, branch_fns)
    if default is not None:
        functions.append(default)
    with get_default_graph().name_scope(name):
        *first, build = functions
        for number, function in reversed(list(enumerate(first))):
            build = partial(_choose, branch_index, number, function, build)
        return build()


def _choose(index: Tensor, number: int, function: Function, otherwise: Function) -> Any:
    return cond(equal(index, number), function, otherwise, strict=True)


def _by_number(index: Any, given: Any) -> list[Function]:
    if not isinstance(index, Tensor):
        raise TypeError(f"'branch_index' must be a Tensor, got {type(index)}")
    if not index.dtype.is_integer:
        raise TypeError(f"'branch_index' must be an integer Tensor, got {index.dtype}")
    if not given:
        raise ValueError("Must provide at least one item in 'branch_fns'")
    if not isinstance(given, (list, tuple, Mapping)):
        raise TypeError("'branch_fns' must be a list, tuple, or dict")
    pairs = list(given.items()) if isinstance(given, Mapping) else list(given)
    if all(callable(item) for item in pairs):
        pairs = list(enumerate(pairs))
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"Each entry in 'branch_fns' must be a 2-tuple. Received {pair}.")
        number, function = pair
        if not isinstance(number, int):
            raise TypeError(f"key must be a Python `int`, got {type(number)}")
        if not callable(function):
            raise TypeError(f"fn for key {number} must be callable.")
    numbers = sorted(number for number, _ in pairs)
    if numbers != list(range(len(pairs))):
        raise ValueError(
            f"branch indices (keys) must form contiguous range of [0 to {len(pairs)}) but found "
            f"{{{','.join(map(str, numbers))}}}"
        )
    return [function for _, function in sorted(pairs, key=lambda pair: pair[0])]
