"""AdaGrad (Duchi et al., 2011)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime import initializers
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.train.gradient_descent import cast_like
from opscope.runtime.train.optimizer import Optimizer
from opscope.runtime.train.update_op import update_op
from opscope.runtime.variables import Variable


class AdagradOptimizer(Optimizer):
    """Steps divided by the root of the sum of all squared gradients so far."""

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial = initial_accumulator_value
        self._rate: Tensor

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            self._get_or_make_slot_with_initializer(
                var,
                initializers.Constant(self._initial, dtype=dtype),
                var.shape,
                dtype,
                "accumulator",
                self._name,
            )

    def _prepare(self) -> None:
        rate = self._call_if_callable(self._learning_rate)
        self._rate = convert_to_tensor(rate, name="learning_rate")

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        return update_op(
            "ApplyAdagrad",
            var,
            self.get_slot(var, "accumulator"),
            cast_like(self._rate, var),
            grad,
            use_locking=self._use_locking,
        )

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Operation:
        return update_op(
            "SparseApplyAdagrad",
            var,
            self.get_slot(var, "accumulator"),
            cast_like(self._rate, var),
            grad.values,
            grad.indices,
            use_locking=self._use_locking,
        )
