"""Python's operators on tensors: `a + b`, `-a`, `a[...]`, and the same for variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.indexing import get_item
from opscope.runtime.ops.matmul import matmul
from opscope.runtime.ops.scope import op_scope

# Integers are divided as floats of this type.
_QUOTIENT_TYPES = {
    "uint8": dtypes.float32,
    "int8": dtypes.float32,
    "uint16": dtypes.float32,
    "int16": dtypes.float32,
    "int32": dtypes.float64,
    "int64": dtypes.float64,
    "uint32": dtypes.float64,
    "uint64": dtypes.float64,
}


def add(x: Any, y: Any, name: str | None = "Add") -> Tensor:
    """`x + y`, element by element; strings are joined."""
    with op_scope(name, "Add", x, y) as scope:
        left, right = operands(x, y)
        is_text = left.dtype.base_dtype is dtypes.string
        return make_tensor("Add" if is_text else "AddV2", left, right, name=scope)


def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` as Python 3 divides: integers give floats."""
    with op_scope(name, "truediv", x, y) as scope:
        left, right = operands(x, y)
        if left.dtype.base_dtype is not right.dtype.base_dtype:
            raise TypeError(
                f"`x` and `y` must have the same dtype, got {left.dtype!r} != {right.dtype!r}."
            )
        as_float = _QUOTIENT_TYPES.get(left.dtype.base_dtype.name)
        if as_float is not None:
            left = make_tensor("Cast", left, DstT=as_float)
            right = make_tensor("Cast", right, DstT=as_float)
        return make_tensor("RealDiv", left, right, name=scope)


def operands(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors; a Python value takes the dtype of the tensor beside it."""
    if isinstance(x, Tensor) or hasattr(x, "_as_tensor"):
        left = convert_to_tensor(x, name="x")
        return left, _like(y, left, "y")
    if isinstance(y, Tensor) or hasattr(y, "_as_tensor"):
        right = convert_to_tensor(y, name="y")
        return _like(x, right, "x"), right
    left = convert_to_tensor(x, name="x")
    return left, convert_to_tensor(y, left.dtype.base_dtype, name="y")


def _like(value: Any, other: Tensor, name: str) -> Tensor:
    if isinstance(value, Tensor):
        return value
    return convert_to_tensor(value, other.dtype.base_dtype, name=name)


def _plain(op_type: str) -> Callable[[Any, Any, str | None], Tensor]:
    return lambda x, y, name: make_tensor(op_type, x, y, name=name)


def logical_xor(x: Any, y: Any, name: str | None = "LogicalXor") -> Tensor:
    """True where one of x and y is, but not both."""
    with op_scope(name, "LogicalXor", x, y) as scope:
        either = make_tensor("LogicalOr", x, y)
        not_both = make_tensor("LogicalNot", make_tensor("LogicalAnd", x, y))
        return make_tensor("LogicalAnd", either, not_both, name=scope)


# operator -> (default name of the node, function of (x, y, name))
_BINARY: Mapping[str, tuple[str, Callable[[Any, Any, str | None], Tensor]]] = {
    "add": ("add", add),
    "sub": ("sub", _plain("Sub")),
    "mul": ("mul", _plain("Mul")),
    "truediv": ("truediv", truediv),
    "floordiv": ("floordiv", _plain("FloorDiv")),
    "mod": ("mod", _plain("FloorMod")),
    "pow": ("pow", _plain("Pow")),
    "matmul": ("matmul", lambda x, y, name: matmul(x, y, name=name)),
    "and": ("and", _plain("LogicalAnd")),
    "or": ("or", _plain("LogicalOr")),
    "xor": ("xor", logical_xor),
}
_COMPARISONS = {"lt": "Less", "le": "LessEqual", "gt": "Greater", "ge": "GreaterEqual"}
_UNARY = {"neg": "Neg", "abs": "Abs", "invert": "LogicalNot"}


# Between two tensors these make one op, named like their scope.
_SINGLE = {"sub": "Sub", "mul": "Mul"}


def _operator(name: str, function: Callable[[Any, Any, str | None], Tensor]) -> Any:
    single = _SINGLE.get(name)

    def apply(self: Any, other: Any) -> Tensor:
        if self.__class__ is Tensor and other.__class__ is Tensor:
            if single is not None:
                return make_tensor(single, self, other, name=name)
            if name == "add" and self.dtype.base_dtype is not dtypes.string:
                return make_tensor("AddV2", self, other, name=name)
        tensor = convert_to_tensor(self)  # a variable is read beside the scope, not inside
        with op_scope(None, name, tensor, other) as scope:
            return function(tensor, _like(_as_given(other), tensor, "y"), scope)

    return apply


def _reflected(name: str, function: Callable[[Any, Any, str | None], Tensor]) -> Any:
    def apply(self: Any, other: Any) -> Tensor:
        tensor = convert_to_tensor(self)
        with op_scope(None, name, tensor, other) as scope:
            return function(_like(_as_given(other), tensor, "x"), tensor, scope)

    return apply


def _as_given(value: Any) -> Any:
    convert = getattr(value, "_as_tensor", None)
    return value if convert is None else convert(False)


def _comparison(op_type: str) -> Any:
    return lambda self, other: make_tensor(op_type, convert_to_tensor(self), other)


def _unary(op_type: str) -> Any:
    return lambda self: make_tensor(op_type, convert_to_tensor(self))


def _operators() -> dict[str, Callable[..., Tensor]]:
    table: dict[str, Callable[..., Tensor]] = {"__getitem__": get_item}
    for key, (name, function) in _BINARY.items():
        table[f"__{key}__"] = _operator(name, function)
        table[f"__r{key}__"] = _reflected(name, function)
    for key, op_type in _COMPARISONS.items():
        table[f"__{key}__"] = _comparison(op_type)
    for key, op_type in _UNARY.items():
        table[f"__{key}__"] = _unary(op_type)
    return table


# What Python calls for each operator; a class with `_as_tensor` can take them over.
OPERATORS: Mapping[str, Callable[..., Tensor]] = _operators()


def install(cls: type) -> None:
    """Give a class Python's operators; its objects are tensors or have `_as_tensor`."""
    for name, function in OPERATORS.items():
        setattr(cls, name, function)


install(Tensor)
