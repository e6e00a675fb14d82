"""What the loop that reads commands does next: run on, or leave."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunRequest:
    """The parsed `run` command: how the next session runs are executed and where to stop.

    The patterns are start-anchored regular expressions, AND-ed; they choose what is watched.
    With `profile` the run is traced instead of watched.
    """

    no_debug: bool = False
    times: int = 1
    till_filter_pass: str | None = None
    filter_exclude_node_names: str | None = None
    node_name_filter: str | None = None
    op_type_filter: str | None = None
    tensor_dtype_filter: str | None = None
    profile: bool = False


@dataclass(frozen=True)
class Exit:
    """Leave the debugger."""


EXIT = Exit()
"""The one value of Exit."""


@dataclass(frozen=True)
class Detach:
    """Let the program run on without the debugger, up to a step where one is given."""

    until_step: int | None = None


DETACH = Detach()
"""Detach for good."""


@dataclass(frozen=True)
class Step:
    """Step through the coming run, then let it run unwatched."""


STEP = Step()
"""The one value of Step."""
