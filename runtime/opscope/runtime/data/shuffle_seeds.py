"""The seeds of a shuffle as tensors."""

from __future__ import annotations

from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.math import equal, logical_and
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.comparison import where_v2
from opscope.runtime.ops.random import get_seed


def shuffle_seeds(seed: Any) -> tuple[Tensor, Tensor]:
    """The two seeds as tensors, never both 0 when one was asked for."""
    first, second = get_seed(0 if isinstance(seed, Tensor) else seed)
    if (first, second) == (0, 0):
        return constant(0, dtypes.int64, name="seed"), constant(0, dtypes.int64, name="seed2")
    one = convert_to_tensor(first, dtypes.int64, name="seed")
    with get_default_graph().name_scope("seed2") as scope:
        two = convert_to_tensor(seed if isinstance(seed, Tensor) else second, dtypes.int64)
        both_zero = logical_and(
            equal(one, constant(0, dtypes.int64, name="Equal/y")),
            equal(two, constant(0, dtypes.int64, name="Equal_1/y")),
        )
        largest = constant(2**31 - 1, dtypes.int64)
        return one, where_v2(both_zero, largest, two, name=scope)
