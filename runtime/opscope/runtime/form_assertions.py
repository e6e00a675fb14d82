"""Assertions on the rank, shape and type of tensors, checked as far as they are known at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from opscope.runtime import dtypes
from opscope.runtime.constant import constant_value, convert_to_tensor
from opscope.runtime.dtypes import DType
from opscope.runtime.graph import get_default_graph
from opscope.runtime.group import group, with_dependencies
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.basic import no_op
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import rank as rank_of
from opscope.runtime.ops.shape import shape as shape_of
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.value_assertions import message_prefix


def _as_tensor(x: Any) -> Any:
    return x if isinstance(x, SparseTensor) else convert_to_tensor(x, name="x")


def _shape_of(x: Any) -> Tensor:
    return x.dense_shape if isinstance(x, SparseTensor) else shape_of(x)


def _rank_tensor(x: Any) -> Tensor:
    if isinstance(x, SparseTensor):
        return make_tensor("Size", x.dense_shape, name="Rank")
    return rank_of(x)


def _label(x: Any) -> str:
    return "" if isinstance(x, SparseTensor) else x.name


def _checked_rank(
    x: Any,
    ranks: Sequence[Tensor],
    holds: Callable[[int, Sequence[int]], bool],
    condition_of: Callable[[Tensor], Tensor],
    wanted: str,
    data: Any,
    summarize: int | None,
    message: str | None,
) -> Operation:
    """An op that fails unless the rank holds; ValueError at once when that is known."""
    prefix = message_prefix(message)
    if data is None:
        text = f"Tensor {_label(x)} must have {wanted}"
        data = [prefix, text, *ranks, "Received shape: ", _shape_of(x)]
    for rank in ranks:
        assert_type(rank, dtypes.int32)
    known = [constant_value(r) for r in ranks]
    if any(k is not None and k.ndim for k in known):
        raise ValueError("Rank must be a scalar.")
    ndims = x.shape.ndims
    values = [int(k) for k in known if k is not None]
    if len(values) == len(ranks) and ndims is not None:
        if not holds(ndims, values):
            shown = tuple(values) if wanted.endswith("in") else values[0]
            raise ValueError(
                f"{prefix}Tensor {_label(x)} must have {wanted} {shown}"
                f".  Received rank {ndims}, shape {x.shape}"
            )
        return no_op(name="static_checks_determined_all_ok")
    condition = condition_of(_rank_tensor(x))
    for rank, value in zip(ranks, known, strict=True):
        if value is None:
            text = "Rank must be a scalar. Received rank: "
            scalar = assert_rank(rank, 0, data=[text, rank])
            condition = with_dependencies([scalar], condition)
    return Assert(condition, data, summarize=summarize)


def assert_rank(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Fail unless x has `rank` axes."""
    with op_scope(name, "assert_rank", x, rank, *(data or ())):
        value = _as_tensor(x)
        wanted = convert_to_tensor(rank, name="rank")
        return _checked_rank(
            value,
            [wanted],
            lambda ndims, ranks: ndims == ranks[0],
            lambda found: make_tensor("Equal", found, wanted),
            "rank",
            data,
            summarize,
            message,
        )


def assert_rank_at_least(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Fail unless x has `rank` axes or more."""
    with op_scope(name, "assert_rank_at_least", x, rank, *(data or ())):
        value = _as_tensor(x)
        least = convert_to_tensor(rank, name="rank")
        return _checked_rank(
            value,
            [least],
            lambda ndims, ranks: ndims >= ranks[0],
            lambda found: make_tensor("GreaterEqual", found, least),
            "rank at least",
            data,
            summarize,
            message,
        )


def assert_rank_in(
    x: Any,
    ranks: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Fail unless the number of axes of x is one of `ranks`."""
    with op_scope(name, "assert_rank_in", x, *ranks, *(data or ())):
        value = _as_tensor(x)
        allowed = [convert_to_tensor(r, name="rank") for r in ranks]

        def one_of(found: Tensor) -> Tensor:
            if not allowed:
                return convert_to_tensor(False)
            result = make_tensor("Equal", allowed[0], found)
            for other in allowed[1:]:
                result = make_tensor("LogicalOr", result, make_tensor("Equal", other, found))
            return result

        return _checked_rank(
            value,
            allowed,
            lambda ndims, known: ndims in known,
            one_of,
            "rank in",
            data,
            summarize,
            message,
        )


def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Tensor:
    """The tensor; ValueError unless it is known to be a scalar."""
    with op_scope(name, "assert_scalar", tensor) as scope:
        value = convert_to_tensor(tensor, name=scope)
        if value.shape.ndims != 0:
            raise ValueError(
                f"{message_prefix(message)}Expected scalar shape for {value.name}, "
                f"saw shape: {value.shape}."
            )
        return value


def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Operation:
    """TypeError unless x is of an integer type."""
    with op_scope(name, "assert_integer", x):
        value = convert_to_tensor(x, name="x")
        if not value.dtype.is_integer:
            raise TypeError(
                f'{message_prefix(message)}Expected "x" to be integer type.  Found: {value.name} '
                f"of dtype {value.dtype!r}"
            )
        return no_op("statically_determined_was_integer")


def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> Operation:
    """TypeError unless the tensor is of type `tf_type`."""
    wanted = dtypes.as_dtype(tf_type)
    with op_scope(name, "assert_type", tensor):
        is_sparse = isinstance(tensor, SparseTensor)
        value = tensor if is_sparse else convert_to_tensor(tensor, name="tensor")
        if value.dtype != wanted:
            raise TypeError(
                f"{message_prefix(message)}{getattr(value, 'name', 'tensor')} must be of type "
                f"{wanted!r}; got {value.dtype!r}"
            )
        return no_op("statically_determined_correct_type")


def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> DType:
    """The float type that all tensors have (float32 for none); ValueError when they differ."""
    wanted: DType | None = None if dtype is None else dtypes.as_dtype(dtype)
    first: Any = None
    for item in tensors or ():
        if item is None:
            continue
        found = item.dtype.base_dtype
        if wanted is None:
            wanted, first = found, item
        elif found is not wanted:
            source = f" as {getattr(first, 'name', first)}" if first is not None else ""
            raise ValueError(
                f"{getattr(item, 'name', item)}, type={found!r}, must be of the same type "
                f"({wanted!r}){source}."
            )
    if wanted is None:
        return dtypes.float32
    if not wanted.is_floating:
        raise ValueError(f"Expected floating point type, got {wanted!r}.")
    return wanted


def assert_proper_iterable(values: Any) -> None:
    """TypeError unless `values` is an iterable that is no tensor, array or text."""
    kinds = (Tensor, SparseTensor, np.ndarray, bytes, str)
    if isinstance(values, kinds):
        raise TypeError(
            f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}'
        )
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


# -- shapes by symbols ---------------------------------------------------------------------


def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Fail unless tensors have the shapes given with them, where one symbol is one size.

    shapes: a dict or pairs of a tensor and a sequence of sizes and symbols; None and "." allow any
    size, a leading "*" or ... any number of axes before. ValueError at once for what is known.
    """
    pairs = shapes.items() if isinstance(shapes, dict) else shapes
    prefix = message_prefix(message)
    with op_scope(name, "assert_shapes", *(data or ())):
        given = [
            (x if isinstance(x, SparseTensor) else convert_to_tensor(x), s)
            for x, s in pairs
            if s is not None
        ]
        forms = [(x, *_symbols(x, s, prefix), _sizes(x)) for x, s in given]
        ranks = [
            _rank_assertion(x, symbols, is_open, (data, summarize, message, name))
            for x, symbols, is_open, _ in forms
            if not (is_open and len(symbols) < 2)
        ]
        known: dict[Any, tuple[Any, Any, int]] = {}
        checks: list[Operation] = []
        for x, symbols, is_open, sizes in forms:
            for place, symbol in enumerate(symbols):
                if symbol is None or symbol == ".":
                    continue
                axis = place - len(symbols) if is_open else place
                with get_default_graph().control_dependencies(ranks):
                    size = sizes[axis]
                if not isinstance(symbol, int) and symbol not in known:
                    known[symbol] = (size, x, axis)
                    continue
                wanted, source = symbol, "Specified explicitly"
                if not isinstance(symbol, int):
                    wanted, other, where = known[symbol]
                    source = f"Specified by tensor {_label(other)} dimension {where}"
                check = _size_assertion(x, axis, (size, wanted), prefix, source, data, summarize)
                if check is not None:
                    checks.append(check)
    with get_default_graph().control_dependencies(ranks):
        return group(*checks)


def _symbols(x: Any, symbols: Any, prefix: str) -> tuple[tuple[Any, ...], bool]:
    """The sizes asked for, and whether any axes may stand before them."""
    if not hasattr(symbols, "__iter__"):
        raise ValueError(
            f"{prefix}Tensor {_label(x)}.  Specified shape must be an iterable.  An iterable has "
            f"the attribute `__iter__` or `__getitem__`.  Received specified shape: {symbols}"
        )
    listed = tuple(symbols)
    for place, symbol in enumerate(listed):
        if place and (symbol is ... or symbol == "*"):
            raise ValueError(
                f"{prefix}Tensor {_label(x)} specified shape index {place}.  Symbol `...` or `*` "
                "for a variable number of unspecified dimensions is only allowed as the first entry"
            )
    is_open = bool(listed) and (listed[0] is ... or listed[0] == "*")
    listed = listed[1:] if is_open else listed
    return listed or (1,), is_open


def _sizes(x: Any) -> Any:
    from opscope.runtime.cond import cond

    dynamic = _shape_of(x)
    if x.shape.ndims == 0:
        return (1,)
    if x.shape.ndims is not None:
        return [dynamic[i] if size is None else size for i, size in enumerate(x.shape.as_list())]
    is_scalar = make_tensor("Equal", _rank_tensor(x), 0)
    return cond(is_scalar, lambda: convert_to_tensor([1]), lambda: dynamic)


def _rank_assertion(x: Any, symbols: Any, is_open: bool, rest: Any) -> Operation:
    if is_open:
        return assert_rank_at_least(x, len(symbols), *rest)
    if len(symbols) == 1:
        return assert_rank_in(x, [0, 1], *rest)
    return assert_rank(x, len(symbols), *rest)


def _size_assertion(
    x: Any,
    axis: int,
    sizes: tuple[Any, Any],
    prefix: str,
    text: str,
    data: Any,
    summarize: int | None,
) -> Operation | None:
    found, wanted = sizes
    if isinstance(found, int) and isinstance(wanted, int):
        if found != wanted:
            raise ValueError(
                f"{prefix}{text}.  Tensor {_label(x)} dimension {axis} must have size {wanted}.  "
                f"Received size {found}, shape {x.shape}"
            )
        return None
    condition = make_tensor("Equal", convert_to_tensor(found), convert_to_tensor(wanted))
    shown = data or [
        prefix, text, f"Tensor {_label(x)} dimension", axis, "must have size", wanted,
        "Received shape: ", _shape_of(x),
    ]  # fmt: skip
    return Assert(condition, shown, summarize=summarize)
