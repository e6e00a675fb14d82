"""The op that a SavedModel runs when it is loaded."""

from __future__ import annotations

from opscope.runtime.graph import get_default_graph
from opscope.runtime.group import group
from opscope.runtime.older_names import tables_initializer
from opscope.runtime.operation import Operation
from opscope.runtime.variables import global_variables_initializer, local_variables_initializer


def main_op_with_restore(restore_op_name: Operation | str) -> Operation:
    """Runs an operation, or the one of that name, after all that `main_op` initializes."""
    graph = get_default_graph()
    with graph.control_dependencies([main_op()]):
        return group(graph.as_graph_element(restore_op_name))


def main_op() -> Operation:
    """Initializes global and local variables and tables."""
    return group(
        global_variables_initializer(), local_variables_initializer(), tables_initializer()
    )
