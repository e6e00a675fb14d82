"""Which variables have no value yet, as a tensor of names."""

from __future__ import annotations

from collections.abc import Sequence

from opscope.runtime import dtypes
from opscope.runtime.constant import constant
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_op
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.joining import stack
from opscope.runtime.ops.masking import boolean_mask
from opscope.runtime.variables import (
    Variable,
    global_variables,
    is_variable_initialized,
    local_variables,
)


def report_uninitialized_variables(
    var_list: Sequence[Variable] | None = None, name: str = "report_uninitialized_variables"
) -> Tensor:
    """A 1-D string tensor with the names of those variables that have no value.

    var_list None means all global and local variables.
    """
    if var_list is None:
        var_list = global_variables() + local_variables()
    graph = get_default_graph()
    with graph.name_scope(name):
        tests = [is_variable_initialized(v) for v in var_list]
        with graph.device("/cpu:0"):
            if not tests:
                return constant([], dtypes.string)
            missing = make_op("LogicalNot", stack(tests))
            return boolean_mask(constant([v.op.name for v in var_list]), missing)
