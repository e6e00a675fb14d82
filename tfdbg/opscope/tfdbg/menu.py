"""The clickable words above an answer: where one may go from here."""

from __future__ import annotations

from opscope.tfdbg.screen import Span


def list_menu() -> tuple[Span, ...]:
    """Above a list of tensors."""
    return _menu(None, "list_tensors")


def node_menu(node_name: str, current: str) -> tuple[Span, ...]:
    """Above what is said of one node; `current` is the command that is shown."""
    return _menu(node_name, current)


def _menu(node_name: str | None, current: str) -> tuple[Span, ...]:
    links = {
        "list_tensors": "lt",
        "node_info": f"node_info -a -d -t {node_name}",
        "print_tensor": f"print_tensor {node_name}",
        "list_inputs": f"list_inputs -c -r -x {node_name}",
        "list_outputs": f"list_outputs -c -r -x {node_name}",
        "run_info": "run_info",
        "help": "help",
    }
    without_node = {"list_tensors", "run_info", "help"}
    return tuple(
        Span(name, link=None if name == current or not (node_name or name in without_node) else to)
        for name, to in links.items()
    )
