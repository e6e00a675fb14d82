"""What all optimizers share: gradients, slots, and the order of updates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.gradients import gradients
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.group import group
from opscope.runtime.group import tuple as gate
from opscope.runtime.indexed_slices import IndexedSlices
from opscope.runtime.make_op import make_node, make_op
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.gathering import unsorted_segment_sum
from opscope.runtime.ops.shape import shape
from opscope.runtime.train.slot_creator import (
    create_slot,
    create_slot_with_initializer,
    create_zeros_slot,
)
from opscope.runtime.variables import Variable, assign_add, trainable_variables

GradientAndVariable = tuple[Tensor | IndexedSlices | None, Variable]


class Optimizer:
    """The base of the optimizers.

    A subclass makes its slots in `_create_slots`, its hyperparameters' tensors in `_prepare`, and
    the update of one variable in `_apply_dense` and that of some of its rows in `_apply_sparse`;
    `_finish` may add what comes after all updates. A subclass that updates with `update_op` does so
    for resource variables too; one that does not has `_resource_apply_dense` and
    `_resource_apply_sparse` for them.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[Operation, Variable]] = {}
        self._non_slot: dict[tuple[str, Graph], Variable] = {}

    def get_name(self) -> str:
        """The name that the update ops get by default."""
        return self._name

    def minimize(
        self,
        loss: Tensor,
        global_step: Variable | None = None,
        var_list: Iterable[Variable] | None = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Tensor | None = None,
    ) -> Operation:
        """An operation that changes the variables one step against the gradient of `loss`.

        global_step is incremented after the updates. ValueError when no variable has a gradient.
        """
        pairs = self.compute_gradients(
            loss,
            var_list,
            gate_gradients,
            aggregation_method,
            colocate_gradients_with_ops,
            grad_loss,
        )
        if all(g is None for g, _ in pairs):
            names = ", ".join(v.name for _, v in pairs)
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not "
                f"support gradients, between variables [{names}] and loss {loss}."
            )
        return self.apply_gradients(pairs, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss: Tensor,
        var_list: Iterable[Variable] | None = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Tensor | None = None,
    ) -> list[GradientAndVariable]:
        """Pairs (gradient or None, variable) for `loss`; var_list None means all trainable ones."""
        if gate_gradients not in (self.GATE_NONE, self.GATE_OP, self.GATE_GRAPH):
            raise ValueError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, "
                f"Optimizer.GATE_GRAPH.  Not {gate_gradients}"
            )
        self._check_dtypes([loss] if grad_loss is None else [loss, grad_loss])
        variables = list(trainable_variables() if var_list is None else _flat(var_list))
        if not variables:
            raise ValueError("No variables to optimize.")
        for variable in variables:
            if not isinstance(variable, Variable):
                raise TypeError(f"Argument is not a variable: {variable!r}")
        grads = gradients(
            loss,
            [v._ref() for v in variables],
            grad_ys=grad_loss,
            gate_gradients=gate_gradients == self.GATE_OP,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            aggregation_method=aggregation_method,
        )
        if gate_gradients == self.GATE_GRAPH:
            grads = _gated(grads)
        pairs = list(zip(grads, variables, strict=True))
        self._check_dtypes([v for g, v in pairs if g is not None])
        return pairs

    def apply_gradients(
        self,
        grads_and_vars: Iterable[GradientAndVariable],
        global_step: Any = None,
        name: str | None = None,
    ) -> Operation:
        """An operation that applies gradients; pairs without a gradient are left out.

        global_step is incremented after the updates.
        """
        given = list(grads_and_vars)
        if not given:
            raise ValueError("No variables provided.")
        pairs = [(g, v) for g, v in given if g is not None]
        if not pairs:
            raise ValueError(
                f"No gradients provided for any variable: {[v.name for _, v in given]}."
            )
        graph = pairs[0][1].graph
        with graph.as_default():
            # Slots are made once, so they must not depend on what surrounds this call.
            with graph.control_dependencies(None):
                self._create_slots([v for _, v in pairs])
            with graph.name_scope(name or self._name) as scope:
                self._prepare()
                updates = [self._update(graph, g, v) for g, v in pairs]
                made = self._finished(graph, updates, global_step, scope)
        train_ops = graph.get_collection_ref(GraphKeys.TRAIN_OP)
        if made not in train_ops:
            train_ops.append(made)
        return made

    def _update(self, graph: Graph, grad: Tensor | IndexedSlices, variable: Variable) -> Operation:
        with graph.name_scope("update_" + variable.op.name), graph.colocate_with(variable.op):
            if isinstance(grad, IndexedSlices):
                if variable.constraint is not None:
                    raise RuntimeError("Cannot use a constraint function on a sparse variable.")
                return _operation(self._update_rows(grad, variable))
            is_resource = hasattr(variable, "handle")
            apply = self._resource_apply_dense if is_resource else self._apply_dense
            update = apply(grad, variable)
            if variable.constraint is None:
                return _operation(update)
            with graph.control_dependencies([update]):
                source: Any = variable if is_resource else variable.read_value()
                return _operation(variable.assign(variable.constraint(source)))

    def _update_rows(self, grad: IndexedSlices, variable: Variable) -> Any:
        if hasattr(variable, "handle"):
            return self._resource_apply_sparse_duplicate_indices(
                grad.values, variable, grad.indices
            )
        return self._apply_sparse_duplicate_indices(grad, variable)

    def _finished(
        self, graph: Graph, updates: list[Operation], global_step: Any, scope: str
    ) -> Operation:
        if global_step is None:
            return self._finish(updates, scope)
        done = self._finish(updates, "update")
        with graph.control_dependencies([done]), graph.colocate_with(global_step.op):
            if hasattr(global_step, "handle"):
                one = convert_to_tensor(1, global_step.dtype)
                return make_node("AssignAddVariableOp", global_step.handle, one, name=scope)
            return _operation(assign_add(global_step, 1, name=scope))

    # -- slots -----------------------------------------------------------------------------

    def get_slot(self, var: Variable, name: str) -> Variable | None:
        """The slot of a variable, or None."""
        return self._slots.get(name, {}).get(var.op)

    def get_slot_names(self) -> list[str]:
        """The names of the slots, sorted."""
        return sorted(self._slots)

    def variables(self) -> list[Variable]:
        """What the optimizer keeps: slots and its own variables in the default graph."""
        graph = get_default_graph()
        kept = [v for slots in self._slots.values() for v in slots.values()]
        kept += self._non_slot.values()
        return sorted((v for v in kept if v.graph is graph), key=lambda v: v.name)

    def _zeros_slot(self, var: Variable, slot_name: str, op_name: str) -> Variable:
        slots = self._slots.setdefault(slot_name, {})
        if var.op not in slots:
            slots[var.op] = create_zeros_slot(var, op_name)
        return slots[var.op]

    def _get_or_make_slot(
        self, var: Variable, value: Any, slot_name: str, op_name: str
    ) -> Variable:
        slots = self._slots.setdefault(slot_name, {})
        if var.op not in slots:
            slots[var.op] = create_slot(var, value, op_name)
        return slots[var.op]

    def _get_or_make_slot_with_initializer(
        self,
        var: Variable,
        initializer: Callable[..., Tensor],
        shape: Any,
        dtype: Any,
        slot_name: str,
        op_name: str,
    ) -> Variable:
        slots = self._slots.setdefault(slot_name, {})
        if var.op not in slots:
            slots[var.op] = create_slot_with_initializer(var, initializer, shape, dtype, op_name)
        return slots[var.op]

    def _create_non_slot_variable(
        self, initial_value: Any, name: str, colocate_with: Variable
    ) -> Variable:
        graph = colocate_with.graph
        key = (name, graph)
        if key not in self._non_slot:
            with graph.colocate_with(colocate_with.op):
                self._non_slot[key] = Variable(
                    initial_value,
                    name=name,
                    trainable=False,
                    use_resource=hasattr(colocate_with, "handle"),
                )
        return self._non_slot[key]

    def _get_non_slot_variable(self, name: str, graph: Graph) -> Variable:
        return self._non_slot[name, graph]

    # -- what a subclass says --------------------------------------------------------------

    def _valid_dtypes(self) -> set[dtypes.DType]:
        return {dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64}

    def _check_dtypes(self, tensors: Sequence[Any]) -> None:
        valid = self._valid_dtypes()
        for tensor in tensors:
            dtype = tensor.dtype.base_dtype
            if dtype not in valid:
                names = ", ".join(sorted(d.name for d in valid))
                raise ValueError(f"Invalid type {dtype.name} for {tensor.name}, expected: {names}.")

    def _create_slots(self, var_list: Sequence[Variable]) -> None:
        """Make the slots of the variables, once."""

    def _prepare(self) -> None:
        """Make the tensors of the hyperparameters."""

    def _apply_dense(self, grad: Tensor, var: Variable) -> Tensor | Operation:
        """The update of one variable."""
        raise NotImplementedError

    def _resource_apply_dense(self, grad: Tensor, var: Variable) -> Tensor | Operation:
        """The update of one resource variable."""
        return self._apply_dense(grad, var)

    def _apply_sparse(self, grad: IndexedSlices, var: Variable) -> Tensor | Operation:
        """The update of rows of a variable; no index comes twice."""
        if grad.dense_shape is None:
            whole = convert_to_tensor(var.shape.as_list(), dtypes.int32)
            grad = IndexedSlices(grad.values, grad.indices, whole)
        return self._apply_dense(convert_to_tensor(grad), var)

    def _resource_apply_sparse(
        self, grad: Tensor, var: Variable, indices: Tensor
    ) -> Tensor | Operation:
        """The update of rows of a resource variable; no index comes twice."""
        return self._apply_sparse(IndexedSlices(grad, indices), var)

    def _apply_sparse_duplicate_indices(
        self, grad: IndexedSlices, var: Variable
    ) -> Tensor | Operation:
        """The update of rows of a variable, of which some may come several times."""
        summed, unique = _without_duplicates(grad.values, grad.indices)
        return self._apply_sparse(IndexedSlices(summed, unique, grad.dense_shape), var)

    def _resource_apply_sparse_duplicate_indices(
        self, grad: Tensor, var: Variable, indices: Tensor
    ) -> Tensor | Operation:
        """The update of rows of a resource variable, of which some may come several times."""
        summed, unique = _without_duplicates(grad, indices)
        return self._resource_apply_sparse(summed, var, unique)

    def _finish(self, update_ops: list[Operation], name_scope: str) -> Operation:
        """The operation that stands for all updates; name_scope is its name."""
        return group(*update_ops, name=name_scope)

    @staticmethod
    def _call_if_callable(param: Any) -> Any:
        return param() if callable(param) else param


def _operation(element: Any) -> Operation:
    made: Operation = element if isinstance(element, Operation) else element.op
    return made


def _without_duplicates(values: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Rows and their indices, the rows of one index added up."""
    unique, places = make_op("Unique", indices)
    return unsorted_segment_sum(values, places, shape(unique)[0]), unique


def _flat(var_list: Any) -> list[Any]:
    if isinstance(var_list, Variable):
        return [var_list]
    return [
        v for item in var_list for v in (_flat(item) if isinstance(item, (list, tuple)) else [item])
    ]


def _gated(grads: list[Any]) -> list[Any]:
    """Each gradient, to be had only when all of them are."""
    gated = iter(gate([g for g in grads if g is not None]))
    return [None if g is None else next(gated) for g in grads]
