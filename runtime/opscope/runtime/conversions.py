"""Functions by which objects of other classes become tensors."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.operation import Tensor

# (priority, place in the order of registration, types, function), the first to be asked first
_REGISTERED: list[tuple[float, int, Any, Callable[..., Any]]] = []


def register_tensor_conversion_function(
    base_type: Any, conversion_func: Callable[..., Any], priority: float = 100
) -> None:
    """Let objects of `base_type`, one type or several, become tensors by a function.

    conversion_func(value, dtype=None, name=None, as_ref=False) returns a tensor, or NotImplemented,
    when the next function is asked: those of a smaller priority first, then those registered first.
    TypeError unless these are types and a function.
    """
    types = base_type if isinstance(base_type, tuple) else (base_type,)
    if not all(isinstance(t, type) for t in types):
        raise TypeError(
            f"Argument `base_type` must be a type or a tuple of types. Obtained: {base_type}"
        )
    if not callable(conversion_func):
        raise TypeError(f"Argument `conversion_func` must be callable. Received {conversion_func}.")
    insort(_REGISTERED, (priority, len(_REGISTERED), types, conversion_func))


def converted(
    value: Any, dtype: dtypes.DType | None, name: str | None, preferred: Any, as_ref: bool
) -> Tensor | None:
    """What a registered function makes of `value`; None when there is no function for it.

    RuntimeError when it returns no tensor, or one of another dtype.
    """
    for _, _, types, function in _REGISTERED:
        if not isinstance(value, types):
            continue
        made = None
        if dtype is None and preferred is not None:
            try:
                made = function(value, dtype=dtypes.as_dtype(preferred), name=name, as_ref=as_ref)
            except (TypeError, ValueError):
                made = None
        if made is None:
            made = function(value, dtype=dtype, name=name, as_ref=as_ref)
        if made is NotImplemented:
            continue
        if not isinstance(made, Tensor):
            raise RuntimeError(
                f"{name or 'convert_to_tensor'}: Conversion function {function!r} for type "
                f"{types} returned non-Tensor: {made!r}"
            )
        if dtype is not None and not dtype.is_compatible_with(made.dtype):
            raise RuntimeError(
                f"{name or 'convert_to_tensor'}: Conversion function {function!r} for type {types} "
                f"returned incompatible dtype: requested = {dtype.name}, actual = {made.dtype.name}"
            )
        return made
    return None


def has_conversions() -> bool:
    """True once a function was registered."""
    return bool(_REGISTERED)
