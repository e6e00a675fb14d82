"""An argument parser that takes flags with hyphens or underscores."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


class FlagParser(argparse.ArgumentParser):
    """An `ArgumentParser` for which `--path-prefix` and `--path_prefix` are one flag.

    TensorBoard's flags have underscores, most other programs' have hyphens; a user should not have
    to know which of them a flag came from. Abbreviated flags are refused, so that a new flag never
    changes what an old command line means. Sub-parsers made from this one behave alike.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    # argparse declares this method in overloads by the type of the namespace; passed through as is.
    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> Any:
        """Parse `args`, each flag first spelt the way it was declared."""
        spelt = None if args is None else [self._declared(argument) for argument in args]
        return super().parse_known_args(spelt, namespace)

    def _declared(self, argument: str) -> str:
        flag, equals, value = argument.partition("=")
        if not flag.startswith("--") or flag in self._option_string_actions:
            return argument
        folded = flag[2:].replace("_", "-")
        for declared in self._option_string_actions:
            if declared.startswith("--") and declared[2:].replace("_", "-") == folded:
                return declared + equals + value
        return argument
