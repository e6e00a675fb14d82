"""tf.app: the main function of a program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from absl import app
from absl.flags import Error

from opscope.runtime import flags

__all__ = ["flags", "run"]


def run(
    main: Callable[[list[str]], Any] | None = None, argv: Sequence[str] | None = None
) -> NoReturn:
    """Read the flags, call `main(argv)` with what is no flag, and end the program.

    main: the function `main` of the program itself when None. What it returns is the exit status.
    Flags that nobody defined are handed on; one that is wrong, --help and --helpfull end the
    program with an explanation.
    """

    def read(given: list[str]) -> list[str]:
        try:
            rest: list[str] = flags.FLAGS(given, known_only=True)
        except Error as error:
            print(f"FATAL Flags parsing error: {error}", file=sys.stderr)
            print("Pass --helpshort or --helpfull to see help on flags.", file=sys.stderr)
            sys.exit(1)
        return rest

    app.run(
        main or sys.modules["__main__"].main,
        None if argv is None else list(argv),
        flags_parser=read,
    )
    raise SystemExit
