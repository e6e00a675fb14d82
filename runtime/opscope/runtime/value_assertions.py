"""Assertions on the values of tensors: checked while the graph is built where they are known.

Each returns an op that fails with InvalidArgumentError when it runs and the assertion does not
hold; name it in `control_dependencies`. What follows from constants fails at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import errors
from opscope.runtime.constant import constant_value, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.group import with_dependencies
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.basic import no_op
from opscope.runtime.ops.reduction import reduce_all
from opscope.runtime.ops.scope import op_scope

Comparison = Callable[..., Operation]


def message_prefix(message: str | None) -> str:
    """The caller's message as the beginning of ours."""
    return f"{message}.  " if message else ""


def _text(item: Any) -> str:
    if not isinstance(item, Tensor):
        return str(item)
    known = constant_value(item)
    return str(item) if known is None else str(known)


def _compared(
    sign: str,
    default: str,
    op_type: str,
    holds: Callable[[Any, Any], Any],
    pair: tuple[Any, Any],
    data: Any,
    summarize: int | None,
    message: str | None,
    name: str | None,
) -> Operation:
    with op_scope(name, default, *pair, *(data or ())):
        left = convert_to_tensor(pair[0], name="x")
        right = convert_to_tensor(pair[1], name="y")
        if data is None:
            data = [
                f"Condition x {sign} y did not hold element-wise:",
                f"x ({left.name}) = ",
                left,
                f"y ({right.name}) = ",
                right,
            ]
        if message is not None:
            data = [message, *data]
        condition = reduce_all(make_tensor(op_type, left, right))
        known = constant_value(left), constant_value(right)
        if known[0] is not None and known[1] is not None and not np.all(holds(*known)):
            raise errors.InvalidArgumentError(None, None, "\n".join(map(_text, data)))
        return Assert(condition, data, summarize=summarize)


def _comparison(
    default: str, sign: str, op_type: str, holds: Callable[[Any, Any], Any], doc: str
) -> Comparison:
    def function(
        x: Any,
        y: Any,
        data: Any = None,
        summarize: int | None = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Operation:
        return _compared(sign, default, op_type, holds, (x, y), data, summarize, message, name)

    function.__name__ = function.__qualname__ = default
    function.__doc__ = doc
    return function


assert_none_equal = _comparison(
    "assert_none_equal", "!=", "NotEqual", np.not_equal, "Fail where x equals y."
)
assert_less = _comparison("assert_less", "<", "Less", np.less, "Fail unless x < y everywhere.")
assert_less_equal = _comparison(
    "assert_less_equal", "<=", "LessEqual", np.less_equal, "Fail unless x <= y everywhere."
)
assert_greater = _comparison(
    "assert_greater", ">", "Greater", np.greater, "Fail unless x > y everywhere."
)
assert_greater_equal = _comparison(
    "assert_greater_equal", ">=", "GreaterEqual", np.greater_equal, "Fail unless x >= y everywhere."
)


def assert_equal(
    x: Any,
    y: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Fail unless x == y everywhere."""
    with op_scope(name, "assert_equal", x, y, *(data or ())):
        if x is y:
            return no_op()
    return _compared(
        "==", "assert_equal", "Equal", np.equal, (x, y), data, summarize, message, name
    )


def _against_zero(
    default: str, sign: str, comparison: Comparison, zero_first: bool, doc: str
) -> Comparison:
    def function(
        x: Any,
        data: Any = None,
        summarize: int | None = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Operation:
        with op_scope(name, default, x, *(data or ())):
            value = convert_to_tensor(x, name="x")
            if data is None:
                condition = f"Condition x {sign} 0 did not hold element-wise:"
                shown = f"x ({value.name}) = "
                # TensorFlow writes these two as one text for this condition alone.
                texts = [condition + shown] if sign == "<=" else [condition, shown]
                data = [message_prefix(message), *texts, value]
            zero = convert_to_tensor(0, value.dtype)
            pair = (zero, value) if zero_first else (value, zero)
            return comparison(*pair, data=data, summarize=summarize)

    function.__name__ = function.__qualname__ = default
    function.__doc__ = doc
    return function


assert_negative = _against_zero(
    "assert_negative", "<", assert_less, False, "Fail unless x < 0 everywhere."
)
assert_positive = _against_zero(
    "assert_positive", ">", assert_less, True, "Fail unless x > 0 everywhere."
)
assert_non_negative = _against_zero(
    "assert_non_negative", ">=", assert_less_equal, True, "Fail unless x >= 0 everywhere."
)
assert_non_positive = _against_zero(
    "assert_non_positive", "<=", assert_less_equal, False, "Fail unless x <= 0 everywhere."
)


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Fail unless |x - y| < atol + rtol * |y| everywhere; both are 10 epsilon by default."""
    from opscope.runtime.math import abs as magnitude

    with op_scope(name, "assert_near", x, y, rtol, atol, *(data or ())):
        left = convert_to_tensor(x, name="x")
        right = convert_to_tensor(y, left.dtype, name="y")
        kind = left.dtype.real_dtype
        epsilon = np.finfo(kind.as_numpy_dtype).eps
        relative = convert_to_tensor(10 * epsilon if rtol is None else rtol, kind, name="rtol")
        absolute = convert_to_tensor(10 * epsilon if atol is None else atol, kind, name="atol")
        if data is None:
            data = [
                message_prefix(message),
                f"x and y not equal to tolerance rtol = {relative}, atol = {absolute}",
                f"x ({left.name}) = ",
                left,
                f"y ({right.name}) = ",
                right,
            ]
        tolerance = absolute + relative * magnitude(right)
        difference = magnitude(left - right)
        condition = reduce_all(make_tensor("Less", difference, tolerance))
        return Assert(condition, data, summarize=summarize)


def verify_tensor_all_finite(
    t: Any = None,
    msg: str | None = None,
    name: str | None = None,
    x: Any = None,
    message: str | None = None,
) -> Tensor:
    """The tensor, to be had only when all of it is finite; x and message are the newer names."""
    value = t if x is None else x
    text = msg if message is None else message
    with op_scope(name, "VerifyFinite", value):
        tensor = convert_to_tensor(value, name="x")
        with get_default_graph().colocate_with(tensor):
            checked = make_tensor("CheckNumerics", tensor, message=text)
            return with_dependencies([checked], tensor)
