"""Adadelta (Zeiler, 2012)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.operation import Tensor
from opscope.runtime.train.gradient_descent import cast_like
from opscope.runtime.train.optimizer import Optimizer
from opscope.runtime.train.update_op import update_op
from opscope.runtime.variables import Variable


class AdadeltaOptimizer(Optimizer):
    """Steps of the size of past updates, over the size of past gradients.

    The paper's form has learning_rate 1.0.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(use_locking, name)
        self._given = {"lr": learning_rate, "rho": rho, "epsilon": epsilon}
        self._tensors: list[Tensor] = []

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)

    def _prepare(self) -> None:
        self._tensors = [
            convert_to_tensor(self._call_if_callable(value), name=name)
            for name, value in self._given.items()
        ]

    def _state(self, var: Variable) -> list[Any]:
        slots = [self.get_slot(var, "accum"), self.get_slot(var, "accum_update")]
        return [var, *slots, *(cast_like(t, var) for t in self._tensors)]

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        return update_op("ApplyAdadelta", *self._state(var), grad, use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        return update_op(
            "SparseApplyAdadelta",
            *self._state(var),
            grad.values,
            grad.indices,
            use_locking=self._use_locking,
        )
