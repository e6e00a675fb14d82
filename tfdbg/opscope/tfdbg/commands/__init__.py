"""The commands of the debugger: importing this package registers all of them."""

from opscope.tfdbg.commands import exit as exit_command
from opscope.tfdbg.commands import help as help_command
from opscope.tfdbg.commands import list_tensors, node_info, node_tree, run

__all__ = ["exit_command", "help_command", "list_tensors", "node_info", "node_tree", "run"]
