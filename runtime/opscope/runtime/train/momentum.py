"""Gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.train.gradient_descent import cast_like
from opscope.runtime.train.optimizer import Optimizer
from opscope.runtime.train.update_op import update_op
from opscope.runtime.variables import Variable


class MomentumOptimizer(Optimizer):
    """accumulation = momentum * accumulation + gradient; var -= learning_rate * accumulation.

    use_nesterov: follow the gradient as it will be after the step (Sutskever et al., 2013).
    """

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._use_nesterov = use_nesterov
        self._rate: Tensor
        self._decay: Tensor

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        rate = self._call_if_callable(self._learning_rate)
        self._rate = convert_to_tensor(rate, name="learning_rate")
        momentum = self._call_if_callable(self._momentum)
        self._decay = convert_to_tensor(momentum, name="momentum")

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        return update_op(
            "ApplyMomentum",
            var,
            self.get_slot(var, "momentum"),
            cast_like(self._rate, var),
            grad,
            cast_like(self._decay, var),
            use_locking=self._use_locking,
            use_nesterov=self._use_nesterov,
        )

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Operation:
        return update_op(
            "SparseApplyMomentum",
            var,
            self.get_slot(var, "momentum"),
            cast_like(self._rate, var),
            grad.values,
            grad.indices,
            cast_like(self._decay, var),
            use_locking=self._use_locking,
            use_nesterov=self._use_nesterov,
        )
