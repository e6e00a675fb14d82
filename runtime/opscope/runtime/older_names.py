"""Functions under the names that programs written for early versions use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.folding import KEEPS_ITS_INPUT
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.group import group
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.basic import no_op
from opscope.runtime.ops.joining import stack
from opscope.runtime.ops.scope import op_scope as op_name_scope
from opscope.runtime.scopes import name_scope
from opscope.runtime.variable_scope import Initial, Reuse, VariableScope, variable_scope
from opscope.runtime.variables import (
    Variable,
    global_variables,
    global_variables_initializer,
    local_variables,
    local_variables_initializer,
    variables_initializer,
)

all_variables = global_variables
initialize_all_variables = global_variables_initializer
initialize_local_variables = local_variables_initializer
initialize_variables = variables_initializer


def tables_initializer(name: str = "init_all_tables") -> Operation:
    """An operation that fills every lookup table of the default graph."""
    initializers = get_default_graph().get_collection(GraphKeys.TABLE_INITIALIZERS)
    return group(*initializers, name=name) if initializers else no_op(name=name)


initialize_all_tables = tables_initializer


def assert_variables_initialized(var_list: Sequence[Variable] | None = None) -> Tensor | None:
    """The ranks of variables: FailedPreconditionError when one has no value; None without any.

    var_list None means all global and local variables. `report_uninitialized_variables` names
    them instead.
    """
    variables = global_variables() + local_variables() if var_list is None else list(var_list)
    ranks = [_rank_of_value(variable) for variable in variables]
    if len(ranks) > 1:
        return stack(ranks)
    return ranks[0] if ranks else None


def _rank_of_value(variable: Variable) -> Tensor:
    """The rank of a variable's value, which is read although its rank is known without."""
    graph = variable.graph
    with graph.colocate_with(variable.op), op_name_scope(None, "Rank", variable) as scope:
        value = convert_to_tensor(variable)
        made = make_tensor("Rank", value, name=scope)
    made.op.attrs = {**made.op.attrs, KEEPS_ITS_INPUT: True}
    return made


def no_regularizer(_: Any) -> None:
    """A regularizer that regularizes nothing, where the variable scope has one that does."""


def op_scope(
    values: Iterable[Any], name: str | None, default_name: str | None = None
) -> AbstractContextManager[str]:
    """As `name_scope`, with its arguments in another order."""
    return name_scope(name, default_name=default_name, values=values)


@contextmanager
def variable_op_scope(
    values: Sequence[Any],
    name_or_scope: str | VariableScope | None,
    default_name: str | None = None,
    initializer: Initial | None = None,
    regularizer: Callable[[Tensor], Tensor | None] | None = None,
    reuse: Reuse = None,
    dtype: Any = None,
    constraint: Callable[[Tensor], Tensor] | None = None,
    *,
    caching_device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    use_resource: bool | None = None,
) -> Iterator[VariableScope]:
    """As `variable_scope`, with its arguments in another order."""
    with variable_scope(
        name_or_scope,
        default_name=default_name,
        values=values,
        initializer=initializer,
        regularizer=regularizer,
        reuse=reuse,
        dtype=dtype,
        constraint=constraint,
        caching_device=caching_device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        use_resource=use_resource,
    ) as scope:
        yield scope
