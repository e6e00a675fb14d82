"""Follow the regularized leader (McMahan et al., 2013, "Ad click prediction")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.math import maximum
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.filling import ones
from opscope.runtime.train.gradient_descent import cast_like
from opscope.runtime.train.optimizer import Optimizer
from opscope.runtime.train.update_op import update_op
from opscope.runtime.variables import Variable


class FtrlOptimizer(Optimizer):
    """Each weight at the least of all gradients so far plus L1 and L2 penalties.

    l2_shrinkage_regularization_strength: a penalty on the weights' size, added to the gradient.
    beta: what is added to the root of the accumulator, as in the paper.
    """

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float | None = None,
    ) -> None:
        super().__init__(use_locking, name)
        if learning_rate_power > 0.0:
            raise ValueError(
                f"learning_rate_power {learning_rate_power:f} needs to be negative or zero"
            )
        for option, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0.0:
                raise ValueError(f"{option} {value:f} needs to be positive or zero")
        self._learning_rate = learning_rate
        self._power = learning_rate_power
        self._initial = initial_accumulator_value
        self._l1 = l1_regularization_strength
        self._l2 = l2_regularization_strength
        self._shrinkage = l2_shrinkage_regularization_strength
        self._beta = 0.0 if beta is None else beta
        self._accum_name = accum_name or name
        self._linear_name = linear_name or name
        self._tensors: list[Tensor] = []

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        def initial(shape: Any, dtype: Any = None) -> Tensor:
            filled: Tensor = ones(shape, dtype) * self._initial
            return filled

        for var in var_list:
            dtype = var.dtype.base_dtype
            self._get_or_make_slot_with_initializer(
                var, initial, var.shape, dtype, "accum", self._accum_name
            )
            self._zeros_slot(var, "linear", self._linear_name)

    def _prepare(self) -> None:
        rate = convert_to_tensor(self._learning_rate, name="learning_rate")
        l1 = convert_to_tensor(self._l1, name="l1_regularization_strength")
        # Beta is folded into the L2 penalty: the ops have no argument for it.
        l2 = self._l2 + self._beta / (2.0 * maximum(self._learning_rate, 1e-36))
        convert_to_tensor(self._beta, name="beta")
        shrinkage = convert_to_tensor(self._shrinkage, name="l2_shrinkage_regularization_strength")
        power = convert_to_tensor(self._power, name="learning_rate_power")
        self._tensors = [rate, l1, l2, power]
        if self._shrinkage > 0.0:
            self._tensors.insert(3, shrinkage)

    def _apply(self, prefix: str, var: Variable, *grad: Tensor) -> Any:
        return update_op(
            f"{prefix}ApplyFtrl{'V2' if self._shrinkage > 0.0 else ''}",
            var,
            self.get_slot(var, "accum"),
            self.get_slot(var, "linear"),
            *grad,
            *(cast_like(tensor, var) for tensor in self._tensors),
            use_locking=self._use_locking,
        )

    def _apply_dense(self, grad: Tensor, var: Variable) -> Any:
        return self._apply("", var, grad)

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Any:
        return self._apply("Sparse", var, grad.values, grad.indices)
