"""Adam (Kingma and Ba, 2014)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import get_default_graph
from opscope.runtime.group import group
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.make_op import make_node
from opscope.runtime.math import sqrt
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.scattering import scatter_add
from opscope.runtime.train.gradient_descent import cast_like
from opscope.runtime.train.optimizer import Optimizer
from opscope.runtime.train.update_op import update_op
from opscope.runtime.variables import Variable, assign, assign_sub


class AdamOptimizer(Optimizer):
    """Steps scaled by running means of the gradient and of its square.

    lr_t = learning_rate * sqrt(1 - beta2^t) / (1 - beta1^t); var -= lr_t * m / (sqrt(v) + epsilon).
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr = learning_rate
        self._beta1 = beta1
        self._beta2 = beta2
        self._epsilon = epsilon
        self._tensors: dict[str, Tensor] = {}

    def _get_beta_accumulators(self) -> tuple[Variable, Variable]:
        graph = get_default_graph()
        return (
            self._get_non_slot_variable("beta1_power", graph),
            self._get_non_slot_variable("beta2_power", graph),
        )

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        # Every process must choose the same home for these: the first variable by name.
        first = min(var_list, key=lambda v: v.name)
        for name, value in (("beta1_power", self._beta1), ("beta2_power", self._beta2)):
            self._create_non_slot_variable(self._call_if_callable(value), name, first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _prepare(self) -> None:
        for name, value in (
            ("learning_rate", self._lr),
            ("beta1", self._beta1),
            ("beta2", self._beta2),
            ("epsilon", self._epsilon),
        ):
            self._tensors[name] = convert_to_tensor(self._call_if_callable(value), name=name)

    def _apply_dense(self, grad: Tensor, var: Variable) -> Operation:
        powers = [cast_like(power, var) for power in self._get_beta_accumulators()]
        parameters = [cast_like(tensor, var) for tensor in self._tensors.values()]
        return update_op(
            "ApplyAdam",
            var,
            self.get_slot(var, "m"),
            self.get_slot(var, "v"),
            *powers,
            *parameters,
            grad,
            use_locking=self._use_locking,
        )

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Operation:
        return self._apply_rows(
            grad.values,
            var,
            grad.indices,
            lambda slot, indices, rows: scatter_add(
                slot, indices, rows, use_locking=self._use_locking
            ),
        )

    def _resource_apply_sparse(self, grad: Tensor, var: Variable, indices: Tensor) -> Operation:
        def add(slot: Variable, indices: Tensor, rows: Tensor) -> Tensor:
            added = make_node("ResourceScatterAdd", slot._ref(), indices, rows)
            with var.graph.control_dependencies([added]):
                return slot.value()

        return self._apply_rows(grad, var, indices, add)

    def _apply_rows(
        self,
        grad: Tensor,
        var: Variable,
        indices: Tensor,
        add: Callable[[Variable, Tensor, Tensor], Tensor],
    ) -> Operation:
        """The update from the gradient of some rows: all others go on by their momentum."""
        beta1_power, beta2_power = (cast_like(p, var) for p in self._get_beta_accumulators())
        rate, beta1, beta2, epsilon = (cast_like(t, var) for t in self._tensors.values())
        alpha = rate * sqrt(1 - beta2_power) / (1 - beta1_power)

        def moment(name: str, rows: Tensor, beta: Tensor) -> Tensor:
            slot = self.get_slot(var, name)
            assert slot is not None
            decayed = assign(slot, slot * beta, use_locking=self._use_locking)
            with var.graph.control_dependencies([decayed]):
                return add(slot, indices, rows)

        mean = moment("m", grad * (1 - beta1), beta1)
        square = moment("v", grad * grad * (1 - beta2), beta2)
        root = sqrt(square)
        moved = assign_sub(var, alpha * mean / (root + epsilon), use_locking=self._use_locking)
        return group(moved, mean, square)

    def _finish(self, update_ops: list[Operation], name_scope: str) -> Operation:
        graph = update_ops[0].graph
        beta1_power, beta2_power = self._get_beta_accumulators()
        with graph.control_dependencies(update_ops), graph.colocate_with(beta1_power.op):
            advanced = []
            for power, beta in ((beta1_power, "beta1"), (beta2_power, "beta2")):
                value = power * self._tensors[beta]
                advanced.append(power.assign(value, use_locking=self._use_locking))
        return group(*update_ops, *advanced, name=name_scope)
