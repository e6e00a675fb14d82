"""Ops for the one who looks on: assertions that stop the run, and values printed as they pass."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.binding import Binding
from opscope.runtime.cond import cond
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_node, make_tensor
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import no_op
from opscope.runtime.ops.elementwise import same_shape
from opscope.runtime.ops.scope import op_scope


def summarized(value: Any, limit: int) -> str:
    """The first `limit` elements of a value as TensorFlow prints them; all when negative."""
    if isinstance(value, bytes):
        return f"[{_element(value)}]"
    array = np.asarray(value)
    flat = array.reshape(-1)
    texts = [_element(v) for v in (flat if limit < 0 else flat[:limit])]
    cut = "..." if len(texts) < flat.size else ""
    return f"[{_rows(texts, array.shape, 0)}{cut}]"


def _rows(texts: list[str], shape: tuple[int, ...], start: int) -> str:
    """The elements from `start` on, rows in brackets; a row that is cut ends in dots."""
    if len(shape) < 2:
        return " ".join(texts[start : start + (shape[0] if shape else 1)])
    stride = math.prod(shape[1:])
    parts = []
    for first in range(start, start + shape[0] * stride, max(stride, 1)):
        if first >= len(texts):
            break
        is_cut = len(shape) == 2 and len(texts) < first + stride
        parts.append(f"[{_rows(texts, shape[1:], first)}{'...' if is_cut else ''}]")
    return "".join(parts)


def _element(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, np.floating):
        return f"{float(value):.17g}" if value.dtype == np.float64 else f"{float(value):.9g}"
    return str(value)


@op(
    "Assert",
    "condition: bool, data: T ->",
    "T: list(type) >= 1, summarize: int = 3",
    stateful=True,
    host_only=True,
)
def _assert(xp: Any, condition: Any, *data: Any, summarize: int) -> None:
    """InvalidArgumentError with the data unless the condition is true."""
    if not condition:
        shown = " ".join(summarized(d, summarize) for d in data)
        raise errors.InvalidArgumentError(None, None, f"assertion failed: {shown}")


def Assert(  # noqa: N802 - TensorFlow's name
    condition: Any, data: Any, summarize: int | None = None, name: str | None = None
) -> Operation:
    """An op that fails with the values of `data` unless `condition` is true when it runs.

    To be run before others, name it in `control_dependencies`.
    """
    with op_scope(name, "Assert", condition, *data):
        converted = [convert_to_tensor(d) for d in data]
        limit = 3 if summarize is None else summarize
        if all(t.dtype.base_dtype in (dtypes.string, dtypes.int32) for t in converted):
            return make_node("Assert", condition, list(data), summarize=limit)
        # As TensorFlow has it: what is shown is looked at only when the condition is false.
        guarded = cond(
            condition,
            no_op,
            lambda: make_node("Assert", condition, list(data), summarize=limit),
            name="AssertGuard",
        )
        made: Operation = guarded.op
        return made


@op(
    "Print",
    "input: T, data: U -> output: T",
    "T: type, U: list(type) >= 0, message: string = '', first_n: int = -1, summarize: int = 3",
    stateful=True,
    host_only=True,
    view_of=0,
)
def _print(xp: Any, value: Any, *data: Any) -> Any:
    """Return the input, and write other values to standard error."""
    return value


@_print.bind
def _(binding: Binding) -> Any:
    node = binding.node
    message = node.attrs["message"]
    limit = node.attrs["summarize"]
    left = binding.state(("print", node.name), lambda: [node.attrs["first_n"]])

    def kernel(value: Any, *data: Any) -> Any:
        if left[0]:
            left[0] -= left[0] > 0
            shown = "".join(summarized(d, limit) for d in data)
            print(f"{message}{shown}", file=sys.stderr)
        return value

    return kernel


_print.shape(same_shape)


@_print.gradient
def _(node: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad, *[None] * (len(node.inputs) - 1)]


def Print(  # noqa: N802 - TensorFlow's name
    input_: Any,
    data: Any,
    message: str | None = None,
    first_n: int | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Tensor:
    """`input_`; when it runs, `message` and the values of `data` go to standard error.

    first_n: how often at most. summarize: how many elements of each value, 3 by default.
    """
    return make_tensor(
        "Print",
        input_,
        list(data),
        message=message or "",
        first_n=-1 if first_n is None else first_n,
        summarize=3 if summarize is None else summarize,
        name=name,
    )
