"""The commands of the debugger: importing this package registers all of them."""

from opscope.tfdbg.commands import (
    detach,
    list_tensors,
    node_info,
    node_tree,
    origin,
    print_feed,
    print_tensor,
    run,
    run_info,
    stepper,
)
from opscope.tfdbg.commands import exit as exit_command
from opscope.tfdbg.commands import help as help_command

__all__ = [
    "detach",
    "exit_command",
    "help_command",
    "list_tensors",
    "node_info",
    "node_tree",
    "origin",
    "print_feed",
    "print_tensor",
    "run",
    "run_info",
    "stepper",
]
