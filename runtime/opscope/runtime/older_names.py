"""Functions under the names that programs written for early versions use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.group import group
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.ops.assertion import Assert
from opscope.runtime.ops.basic import no_op
from opscope.runtime.scopes import name_scope
from opscope.runtime.variable_scope import Initial, Reuse, VariableScope, variable_scope
from opscope.runtime.variables import (
    Variable,
    global_variables,
    global_variables_initializer,
    is_variable_initialized,
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


def assert_variables_initialized(var_list: Sequence[Variable] | None = None) -> Operation | None:
    """An operation that fails when a variable has no value; None when there is no variable.

    var_list None means all global and local variables. `report_uninitialized_variables` names
    them instead. The error is an InvalidArgumentError; TensorFlow reads the variables for their
    ranks and so raises FailedPreconditionError, but here a rank is known without reading.
    """
    variables = global_variables() + local_variables() if var_list is None else list(var_list)
    checks = [
        Assert(is_variable_initialized(v), [f"Attempting to use uninitialized value {v.op.name}"])
        for v in variables
    ]
    return group(*checks) if checks else None


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
    ) as scope:
        yield scope
