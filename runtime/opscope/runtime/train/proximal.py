"""Gradient steps followed by a shrinking of the weights (Duchi and Singer, 2009)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.train.optimizer import Optimizer
from opscope.runtime.train.update_op import update_op
from opscope.runtime.variables import Variable


class ProximalGradientDescentOptimizer(Optimizer):
    """Gradient descent, then the weights shrunk by the L1 and divided by the L2 penalty."""

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(use_locking, name)
        self._given = {
            "learning_rate": learning_rate,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
        }
        self._tensors: list[Tensor] = []

    def _prepare(self) -> None:
        self._tensors = [convert_to_tensor(v, name=name) for name, v in self._given.items()]

    def _apply(self, op_type: str, var: Variable, *grad: Tensor) -> Operation:
        state = [var, *self._tensors, *grad]
        return update_op(op_type, *state, use_locking=self._use_locking)

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        return self._apply("ApplyProximalGradientDescent", var, grad)

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        return self._apply("SparseApplyProximalGradientDescent", var, grad.values, grad.indices)


class ProximalAdagradOptimizer(Optimizer):
    """AdaGrad, then the weights shrunk by the L1 and divided by the L2 penalty."""

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._initial = initial_accumulator_value
        self._given = {
            "learning_rate": learning_rate,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
        }
        self._tensors: list[Tensor] = []

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        for var in var_list:
            with var.graph.colocate_with(var.op):
                filled = constant(self._initial, var.dtype.base_dtype, var.shape)
            self._get_or_make_slot(var, filled, "accumulator", self._name)

    def _prepare(self) -> None:
        self._tensors = [convert_to_tensor(v, name=name) for name, v in self._given.items()]

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        state = [var, self.get_slot(var, "accumulator"), *self._tensors, grad]
        return update_op("ApplyProximalAdagrad", *state, use_locking=self._use_locking)

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        state = [var, self.get_slot(var, "accumulator"), *self._tensors]
        return update_op(
            "SparseApplyProximalAdagrad",
            *state,
            grad.values,
            grad.indices,
            use_locking=self._use_locking,
        )
