"""Expressions over dumped tensors: NumPy's functions, parsed and walked, never given to Python."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from opscope.tfdbg.debug_tensor import InconvertibleTensorProto
from opscope.tfdbg.expression_names import BUILTINS, METHODS, NUMPY, VALUE_ATTRIBUTES

_DEVICE_PART = r"/(?:job:[^/:]+|replica:\d+|task:\d+|device:\w+:\d+|(?:cpu|gpu|CPU|GPU):\d+)"
_TENSOR = re.compile(
    rf"(?:(?P<device>(?:{_DEVICE_PART})+):)?(?P<node>[^:\[\]`]+):(?P<slot>\d+)"
    r"(?::(?P<debug_op>[A-Za-z_]\w*(?:\([^()]*\))?))?(?:\[(?P<number>-?\d+)\])?"
)
_QUOTED = re.compile(r"`([^`]*)`")
_PLACEHOLDER = "_tensor_{}_"
_BITS = 4096  # numbers of Python grow without end where NumPy's do not

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, among: item in among,
    ast.NotIn: lambda item, among: item not in among,
}


class ExpressionError(ValueError):
    """The expression cannot be read, holds what is not allowed, or fails on these values."""


class TensorReference(NamedTuple):
    """A tensor as an expression names it, without backticks.

    `device` is empty where none was given; `number` says which of several dumps.
    """

    device: str
    node: str
    slot: int
    debug_op: str
    number: int

    @property
    def watch_key(self) -> str:
        """`NODE:SLOT:DEBUGOP`."""
        return f"{self.node}:{self.slot}:{self.debug_op}"


def parse_tensor_reference(text: str) -> TensorReference:
    """The parts of `[DEVICE:]NODE:SLOT[:DEBUGOP][[NUMBER]]`; raises ExpressionError.

    The debug op is DebugIdentity and the number 0 where they are left out.
    """
    found = _TENSOR.fullmatch(text.strip())
    if found is None:
        raise ExpressionError(
            "The debug tensor name in the to-be-evaluated expression is malformed: "
            f"'{text}'. Write `node:slot`, `node:slot:debug_op` or `/device:CPU:0:node:slot`, "
            "with [index] behind it for one of several dumps."
        )
    return TensorReference(
        found["device"] or "",
        found["node"],
        int(found["slot"]),
        found["debug_op"] or "DebugIdentity",
        int(found["number"] or 0),
    )


def evaluate(text: str, load: Callable[[TensorReference], object]) -> object:
    """The value of an expression; `load` gives the value of a tensor in backticks.

    Operators, comparisons, `a if b else c`, indexing, tuples, lists, a choice of Python's
    functions, of NumPy's (`np.`) and of methods without side effect are known; anything else
    is refused before anything is computed. Tensors cannot be written to. Raises ExpressionError.
    """
    references: list[TensorReference] = []

    def replaced(found: re.Match[str]) -> str:
        references.append(parse_tensor_reference(found[1]))
        return _PLACEHOLDER.format(len(references) - 1)

    python = _QUOTED.sub(replaced, text)
    if "`" in python:
        raise ExpressionError(f"No closing backtick in: {text}")
    try:
        tree = ast.parse(python.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ExpressionError(f"This is no expression: {reason}: {text[:200]}") from error
    names = {_PLACEHOLDER.format(at): reference for at, reference in enumerate(references)}
    walker = _Walker(names, load)
    try:
        walker.check(tree.body)
        with np.errstate(all="ignore"):
            return walker.value(tree.body)
    except ExpressionError:
        raise
    except RecursionError as error:
        raise ExpressionError("The expression is nested too deeply.") from error
    except Exception as error:  # NumPy may answer wrong shapes and dtypes with any of its errors
        reason = str(error) or "it failed"
        raise ExpressionError(f"{type(error).__name__}: {reason}") from error


class _Walker:
    """Checks and computes the nodes of one expression."""

    def __init__(
        self,
        tensors: Mapping[str, TensorReference],
        load: Callable[[TensorReference], object],
    ) -> None:
        self._tensors = tensors
        self._load = load
        self._loaded: dict[TensorReference, object] = {}

    # What is allowed, before anything is computed

    def check(self, node: ast.expr) -> None:
        """Raise ExpressionError for the first thing that is not in the language."""
        pending: list[ast.AST] = [node]
        while pending:
            current = pending.pop()
            pending += self._parts(current)

    def _parts(self, node: ast.AST) -> list[ast.AST]:
        match node:
            case ast.Name(id=name):
                if name not in BUILTINS and name not in self._tensors:
                    hint = "NumPy's functions begin with np." if name != "np" else "np what?"
                    raise ExpressionError(
                        f"The name {name} is not known here. Tensors stand in backticks; {hint}"
                    )
                return []
            case ast.Attribute():
                return self._attribute_parts(node)
            case ast.Call(func=ast.Attribute() as func) if _numpy_name(func) is None:
                if func.attr not in METHODS:
                    raise ExpressionError(f"The method .{func.attr}() is not allowed here.")
                return [func.value, *node.args, *self._keywords(node)]
            case ast.Call():
                return [node.func, *node.args, *self._keywords(node)]
            case ast.BinOp() | ast.UnaryOp() | ast.BoolOp() | ast.Compare():
                return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
            case ast.IfExp() | ast.Subscript() | ast.Slice() | ast.Tuple() | ast.List():
                return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
            case ast.Constant():
                return []
        raise ExpressionError(f"{_described(node)} is not allowed here.")

    def _attribute_parts(self, node: ast.Attribute) -> list[ast.AST]:
        name = _numpy_name(node)
        if name is not None:
            if name not in NUMPY:
                raise ExpressionError(
                    f"np.{name} is not available here; Tab behind np. lists what is."
                )
            return []
        if node.attr not in VALUE_ATTRIBUTES:
            known = ", ".join(f".{name}" for name in VALUE_ATTRIBUTES)
            raise ExpressionError(f".{node.attr} is not allowed here; allowed are {known}")
        return [node.value]

    def _keywords(self, node: ast.Call) -> list[ast.AST]:
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg == "out":
                raise ExpressionError("`**` and `out=` are not allowed here.")
        return [keyword.value for keyword in node.keywords]

    # Values

    def value(self, node: ast.expr) -> Any:
        """The value of a node that was checked."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return BUILTINS[name] if name in BUILTINS else self._tensor(self._tensors[name])
            case ast.Attribute():
                name_of_numpy = _numpy_name(node)
                if name_of_numpy is not None:
                    return NUMPY[name_of_numpy]
                return getattr(_array(self.value(node.value)), node.attr)
            case ast.Call():
                return self._called(node)
            case ast.BinOp():
                return _computed(node.op, self.value(node.left), self.value(node.right))
            case ast.UnaryOp():
                return _UNARY[type(node.op)](self.value(node.operand))
            case ast.BoolOp():
                return self._logic(node)
            case ast.Compare():
                return self._compared(node)
            case ast.IfExp():
                return self.value(node.body if self.value(node.test) else node.orelse)
            case ast.Subscript():
                return self.value(node.value)[self.value(node.slice)]
            case ast.Slice():
                ends = (node.lower, node.upper, node.step)
                return slice(*(None if end is None else self.value(end) for end in ends))
            case ast.Tuple():
                return tuple(self.value(item) for item in node.elts)
            case ast.List():
                return [self.value(item) for item in node.elts]
        raise ExpressionError(f"{_described(node)} is not allowed here.")

    def _tensor(self, reference: TensorReference) -> object:
        if reference not in self._loaded:
            value = self._load(reference)
            if isinstance(value, np.ndarray):
                value = value.view()
                value.flags.writeable = False
            self._loaded[reference] = value
        return self._loaded[reference]

    def _called(self, node: ast.Call) -> Any:
        func = node.func
        if isinstance(func, ast.Attribute) and _numpy_name(func) is None:
            called = getattr(_array(self.value(func.value)), func.attr)
        else:
            called = self.value(func)
        if not callable(called):
            raise ExpressionError(f"{ast.unparse(func)} is not a function.")
        positional = [self.value(argument) for argument in node.args]
        named = {keyword.arg or "": self.value(keyword.value) for keyword in node.keywords}
        for value in (*positional, *named.values()):
            _need_value(value)
        return called(*positional, **named)

    def _logic(self, node: ast.BoolOp) -> Any:
        stops_at = isinstance(node.op, ast.Or)
        result: Any = None
        for part in node.values:
            result = self.value(part)
            if bool(result) is stops_at:
                break
        return result

    def _compared(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        result: Any = True
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node)
            for side in (left, right):
                _need_value(side)
            result = _COMPARE[type(op)](left, right)
            if len(node.ops) > 1 and not result:
                break
            left = right
        return result


def _numpy_name(node: ast.Attribute) -> str | None:
    """`linalg.norm` of `np.linalg.norm`; None where the attribute is not one of np's."""
    parts = [node.attr]
    value = node.value
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    is_numpy = isinstance(value, ast.Name) and value.id in ("np", "numpy")
    return ".".join(reversed(parts)) if is_numpy else None


def _array(value: Any) -> Any:
    _need_value(value)
    return value if isinstance(value, np.ndarray | np.generic) else np.asarray(value)


def _need_value(value: Any) -> None:
    if isinstance(value, InconvertibleTensorProto):
        why = "its dtype has no array" if value.initialized else "it is not initialized"
        raise ExpressionError(f"A tensor of the expression has no elements: {why}")


def _computed(op: ast.operator, left: Any, right: Any) -> Any:
    for side in (left, right):
        _need_value(side)
        if isinstance(side, str | bytes | list | tuple) and not isinstance(op, ast.Add):
            other = right if side is left else left
            if not isinstance(other, np.ndarray):
                raise ExpressionError(f"{type(side).__name__} has no {type(op).__name__} here.")
    if isinstance(left, int) and isinstance(right, int):
        _check_size(op, left, right)
    return _BINARY[type(op)](left, right)


def _check_size(op: ast.operator, left: int, right: int) -> None:
    """Raise ExpressionError where whole numbers would grow past any use."""
    bits = left.bit_length()
    if isinstance(op, ast.Pow):
        bits *= max(right, 0)
    elif isinstance(op, ast.LShift):
        bits += max(right, 0)
    elif isinstance(op, ast.Mult):
        bits += right.bit_length()
    if bits > _BITS:
        raise ExpressionError("The result is a whole number with more than 1,000 digits.")


def _described(node: ast.AST) -> str:
    if isinstance(node, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp):
        return "A lambda or comprehension"
    return f"`{ast.unparse(node)}`" if isinstance(node, ast.expr) else type(node).__name__
