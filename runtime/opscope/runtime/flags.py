"""Command-line flags (`tf.flags`): absl's, as TensorFlow has them.

`FLAGS` reads `sys.argv` at the first access to a value, where absl's own wants it read before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from absl import flags as _flags
from absl.flags import *  # noqa: F403 - all of it is the interface

# The flags that a module defines are its own, not this one's.
_flags.disclaim_key_flags()

# What old programs call the parameters.
_OLD_NAMES = {"flag_name": "name", "default_value": "default", "docstring": "help"}


def _also_by_old_names(define: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(define)
    def defined(*args: Any, **kwargs: Any) -> Any:
        return define(*args, **{_OLD_NAMES.get(key, key): value for key, value in kwargs.items()})

    return defined


DEFINE_string = _also_by_old_names(_flags.DEFINE_string)
DEFINE_boolean = DEFINE_bool = _also_by_old_names(_flags.DEFINE_boolean)
DEFINE_float = _also_by_old_names(_flags.DEFINE_float)
DEFINE_integer = _also_by_old_names(_flags.DEFINE_integer)


class ReadAtFirstAccess:
    """absl's FLAGS; `FLAGS.name` reads `sys.argv` if no command line was read before."""

    def __init__(self, wrapped: _flags.FlagValues) -> None:
        self.__dict__["_wrapped"] = wrapped

    def __getattr__(self, name: str) -> Any:
        wrapped = self.__dict__["_wrapped"]
        if name in wrapped and not wrapped.is_parsed():
            wrapped(sys.argv, known_only=True)
        return getattr(wrapped, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["_wrapped"], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.__dict__["_wrapped"], name)

    def __getitem__(self, name: str) -> Any:
        return self.__dict__["_wrapped"][name]

    def __setitem__(self, name: str, flag: Any) -> None:
        self.__dict__["_wrapped"][name] = flag

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__["_wrapped"]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__["_wrapped"])

    def __len__(self) -> int:
        return len(self.__dict__["_wrapped"])

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["_wrapped"])

    def __str__(self) -> str:
        return str(self.__dict__["_wrapped"])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Read a command line; returns what is no flag, the program's name first."""
        return self.__dict__["_wrapped"](*args, **kwargs)


FLAGS: Any = ReadAtFirstAccess(_flags.FLAGS)  # type: ignore[no-redef]
