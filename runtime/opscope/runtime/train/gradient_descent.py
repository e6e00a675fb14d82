"""Plain gradient descent."""

from __future__ import annotations

from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.make_op import make_node
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops import training  # noqa: F401 - it defines the op used here
from opscope.runtime.ops.cast import cast
from opscope.runtime.train.optimizer import Optimizer
from opscope.runtime.train.update_op import update_op
from opscope.runtime.variables import Variable


class GradientDescentOptimizer(Optimizer):
    """var -= learning_rate * gradient; the rate is a number, a tensor or a function."""

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._rate: Tensor

    def _prepare(self) -> None:
        rate = self._call_if_callable(self._learning_rate)
        self._rate = convert_to_tensor(rate, name="learning_rate")

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        return update_op(
            "ApplyGradientDescent",
            var,
            cast_like(self._rate, var),
            grad,
            use_locking=self._use_locking,
        )

    def _apply_sparse_duplicate_indices(self, grad: IndexedSlices, var: Variable) -> Operation:
        step = grad.values * cast_like(self._rate, var)
        return make_node("ScatterSub", var, grad.indices, step, use_locking=self._use_locking)

    def _resource_apply_sparse_duplicate_indices(
        self, grad: Tensor, var: Variable, indices: Tensor
    ) -> Operation:
        step = -grad * cast_like(self._rate, var)
        return make_node("ResourceScatterAdd", var._ref(), indices, step)


def cast_like(value: Any, var: Variable) -> Tensor:
    """A hyperparameter, or a variable's value, in the dtype of the variable it is applied to."""
    return cast(value, var.dtype.base_dtype)
