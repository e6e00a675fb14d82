"""The commands of the debugger: importing this package registers all of them."""

from opscope.tfdbg.commands import (
    config,
    detach,
    history,
    list_profile,
    list_source,
    list_tensors,
    node_info,
    node_tree,
    origin,
    print_feed,
    print_source,
    print_tensor,
    profile_source,
    run,
    run_info,
    stepper,
    version,
)
from opscope.tfdbg.commands import eval as eval_command
from opscope.tfdbg.commands import exit as exit_command
from opscope.tfdbg.commands import help as help_command

__all__ = [
    "config",
    "detach",
    "eval_command",
    "exit_command",
    "help_command",
    "history",
    "list_profile",
    "list_source",
    "list_tensors",
    "node_info",
    "node_tree",
    "origin",
    "print_feed",
    "print_source",
    "print_tensor",
    "profile_source",
    "run",
    "run_info",
    "stepper",
    "version",
]
