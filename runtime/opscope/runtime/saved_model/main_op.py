"""The op that a SavedModel runs when it is loaded."""

from __future__ import annotations

from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.group import group
from opscope.runtime.operation import Operation
from opscope.runtime.variables import global_variables_initializer, local_variables_initializer


def main_op() -> Operation:
    """Initializes global and local variables and tables."""
    tables = get_default_graph().get_collection(GraphKeys.TABLE_INITIALIZERS)
    return group(global_variables_initializer(), local_variables_initializer(), *tables)
