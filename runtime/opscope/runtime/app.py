"""tf.app: the main function of a program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from opscope.runtime import flags

__all__ = ["flags", "run"]


def run(
    main: Callable[[list[str]], Any] | None = None, argv: Sequence[str] | None = None
) -> NoReturn:
    """Read the flags, call `main(argv)` with what is no flag, and end the program.

    main: the function `main` of the program itself when None. What it returns is the exit status.
    A flag that is wrong, --help and -h end the program with an explanation.
    """
    given = list(sys.argv if argv is None else argv)
    if any(item in ("--help", "-h", "--helpfull", "--helpshort") for item in given[1:]):
        print(f"usage: {given[0]} [flags]\n\n{flags.FLAGS.get_help()}")
        sys.exit(1)
    try:
        rest = flags.FLAGS(given, known_only=True)
    except flags.Error as error:
        print(f"FATAL Flags parsing error: {error}", file=sys.stderr)
        print("Pass --help to see help on flags.", file=sys.stderr)
        sys.exit(1)
    function = main or sys.modules["__main__"].main
    sys.exit(function(rest))
