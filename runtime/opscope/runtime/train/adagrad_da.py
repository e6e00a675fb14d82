"""AdaGrad with dual averaging (Duchi et al., 2011)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.basic import identity
from opscope.runtime.ops.cast import cast
from opscope.runtime.train.gradient_descent import cast_like
from opscope.runtime.train.optimizer import Optimizer
from opscope.runtime.train.update_op import update_op
from opscope.runtime.variables import Variable


class AdagradDAOptimizer(Optimizer):
    """Each weight from the sum of all gradients, as if every row had been seen in every step.

    global_step: the tensor or variable that counts the steps; the penalties grow with it.
    """

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ) -> None:
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError(
                "initial_gradient_squared_accumulator_value must be positive: "
                f"{initial_gradient_squared_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._global_step = global_step
        self._initial = initial_gradient_squared_accumulator_value
        self._l1 = l1_regularization_strength
        self._l2 = l2_regularization_strength
        self._rate: Tensor
        self._step: Tensor

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        for var in var_list:
            sizes, dtype = var.shape, var.dtype.base_dtype
            with var.graph.colocate_with(var.op):
                zeros = constant(0.0, dtype, sizes)
                filled = constant(self._initial, dtype, sizes)
            self._get_or_make_slot(var, zeros, "gradient_accumulator", self._name)
            self._get_or_make_slot(var, filled, "gradient_squared_accumulator", self._name)

    def _prepare(self) -> None:
        self._rate = convert_to_tensor(self._learning_rate, name="learning_rate")
        with get_default_graph().colocate_with(self._rate.op):
            self._step = identity(self._global_step) + 1

    def _apply(self, op_type: str, var: Variable, *grad: Tensor) -> Any:
        with var.graph.device(var.device):
            step = identity(self._step)
        return update_op(
            op_type,
            var,
            self.get_slot(var, "gradient_accumulator"),
            self.get_slot(var, "gradient_squared_accumulator"),
            *grad,
            cast_like(self._rate, var),
            cast(self._l1, var.dtype.base_dtype),
            cast(self._l2, var.dtype.base_dtype),
            step,
            use_locking=self._use_locking,
        )

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        return self._apply("ApplyAdagradDA", var, grad)

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        return self._apply("SparseApplyAdagradDA", var, grad.values, grad.indices)
