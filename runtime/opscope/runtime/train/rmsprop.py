"""RMSProp (Tieleman and Hinton, 2012)."""

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


class RMSPropOptimizer(Optimizer):
    """Steps divided by the root of a running mean of squared gradients, with momentum.

    centered: divide by the running standard deviation instead.
    """

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._decay = decay
        self._momentum = momentum
        self._epsilon = epsilon
        self._centered = centered
        self._tensors: dict[str, Tensor] = {}

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            self._get_or_make_slot_with_initializer(
                var, initializers.Ones(dtype), var.shape, dtype, "rms", self._name
            )
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        for name, value in (
            ("learning_rate", self._learning_rate),
            ("decay", self._decay),
            ("momentum", self._momentum),
            ("epsilon", self._epsilon),
        ):
            self._tensors[name] = convert_to_tensor(self._call_if_callable(value), name=name)

    def _apply(self, prefix: str, var: Variable, *grad: Tensor) -> Operation:
        slots = [self.get_slot(var, "rms"), self.get_slot(var, "momentum")]
        if self._centered:
            slots.insert(0, self.get_slot(var, "mg"))
        return update_op(
            f"{prefix}Apply{'Centered' if self._centered else ''}RMSProp",
            var,
            *slots,
            *(cast_like(tensor, var) for tensor in self._tensors.values()),
            *grad,
            use_locking=self._use_locking,
        )

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        return self._apply("", var, grad)

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Operation:
        return self._apply("Sparse", var, grad.values, grad.indices)
