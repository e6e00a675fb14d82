"""Python functions as ops: `py_func`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.constant import as_array
from opscope.runtime.folding import host_scalar
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_op
from opscope.runtime.op_def import op
from opscope.runtime.python_function import PythonFunction, python_function

# What an exception of the function becomes, as in TensorFlow.
_KINDS: tuple[tuple[type[Exception], type[errors.OpError]], ...] = (
    (StopIteration, errors.OutOfRangeError),
    (MemoryError, errors.ResourceExhaustedError),
    (NotImplementedError, errors.UnimplementedError),
    (TypeError, errors.InvalidArgumentError),
    (ValueError, errors.InvalidArgumentError),
)
_SIGNATURE = "input: Tin -> output: Tout"
_ATTRS = "token: string, Tin: list(type) >= 0, Tout: list(type) >= 0"


def _call(token: str, inputs: tuple[Any, ...], types: tuple[dtypes.DType, ...]) -> Any:
    function = python_function(token)
    try:
        returned = function(*inputs)
    except errors.OpError:
        raise
    except Exception as error:
        kind = next((k for e, k in _KINDS if isinstance(error, e)), errors.UnknownError)
        raise kind(None, None, f"{type(error).__name__}: {error}") from error
    if not types:
        return None
    values = list(returned) if isinstance(returned, (list, tuple)) else [returned]
    if len(values) != len(types):
        raise errors.InvalidArgumentError(
            None, None, f"{token} returns {len(values)} values, but expects to see {len(types)}."
        )
    pairs = zip(values, types, strict=True)
    results = [_converted(value, dtype, i, token) for i, (value, dtype) in enumerate(pairs)]
    return results if len(results) > 1 else results[0]


def _converted(value: Any, dtype: dtypes.DType, index: int, token: str) -> Any:
    try:
        if dtype is dtypes.string:
            return host_scalar(as_array(value, dtype))
        array = np.asarray(value)
        if isinstance(value, (np.ndarray, np.generic)) and array.dtype != dtype.numpy_dtype:
            raise TypeError(f"it is {array.dtype.name}")
        return host_scalar(np.array(value, dtype.numpy_dtype, order="C"))
    except (TypeError, ValueError) as error:
        raise errors.InvalidArgumentError(
            None, None, f"value {index} that {token} returned does not fit {dtype.name}: {error}"
        ) from error


@op(
    "PyFunc",
    _SIGNATURE,
    _ATTRS,
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _py_func(xp: Any, *inputs: Any, token: str, Tout: Any) -> Any:  # noqa: N803
    """What a Python function of this process returns."""
    return _call(token, inputs, Tout)


@op("PyFuncStateless", _SIGNATURE, _ATTRS, host_only=True, not_differentiable=True)
def _py_func_stateless(xp: Any, *inputs: Any, token: str, Tout: Any) -> Any:  # noqa: N803
    """As PyFunc, with a function that has no effect and always returns the same."""
    return _call(token, inputs, Tout)


def py_func(
    func: Callable[..., Any],
    inp: Any,
    Tout: Any,  # noqa: N803
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """Tensors of the dtypes `Tout` with what `func` returns for the values of `inp`.

    `func` gets NumPy values, strings as bytes. A list of dtypes gives a list of tensors, one dtype
    a tensor, and an empty list the operation. Shapes are unknown. What `func` raises becomes an
    OpError. The function is not part of the GraphDef.
    """
    function = PythonFunction(func, get_default_graph())
    many = isinstance(Tout, (list, tuple))
    types = [dtypes.as_dtype(t) for t in (Tout if many else [Tout])]
    kind = "PyFunc" if stateful else "PyFuncStateless"
    made = make_op(kind, list(inp), token=function.token, Tout=types, name=name)
    return made if many or not types else made[0]


def numpy_function(
    func: Callable[..., Any],
    inp: Any,
    Tout: Any,  # noqa: N803
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """As `py_func`."""
    return py_func(func, inp, Tout, stateful, name)
