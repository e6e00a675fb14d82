"""Plain gradient descent."""

from __future__ import annotations

from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.make_op import make_op
from opscope.runtime.operation import Tensor
from opscope.runtime.ops import training  # noqa: F401 - it defines the op used here
from opscope.runtime.train.optimizer import Optimizer
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

    def _apply_dense(self, grad: Tensor, var: Variable) -> Tensor:
        made: Tensor = make_op(
            "ApplyGradientDescent",
            var,
            cast_like(self._rate, var),
            grad,
            use_locking=self._use_locking,
        )
        return made


def cast_like(value: Tensor, var: Variable) -> Tensor:
    """A hyperparameter in the dtype of the variable it is applied to."""
    wanted = var.dtype.base_dtype
    if value.dtype.base_dtype is wanted:
        return value
    made: Tensor = make_op("Cast", value, DstT=wanted)
    return made
