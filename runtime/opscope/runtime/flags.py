"""Command-line flags (`tf.flags`): defined anywhere, read as attributes of `FLAGS`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


class Error(Exception):
    """What is wrong with a flag."""


class DuplicateFlagError(Error):
    """A flag of this name exists."""


class IllegalFlagValueError(Error):
    """The value given for a flag cannot be one."""


class UnrecognizedFlagError(Error):
    """There is no such flag."""


class UnparsedFlagAccessError(Error):
    """A flag was read before the command line was."""


@dataclass
class Flag:
    """One flag: its value now, how text becomes a value, and what it means."""

    name: str
    default: Any
    help: str
    parse: Callable[[str], Any]
    is_bool: bool = False
    value: Any = None
    present: int = 0
    required: bool = False
    validator: Callable[[Any], bool] | None = None
    message: str = ""

    def set(self, text: str) -> None:
        """Take a value from the command line."""
        try:
            self.value = self.parse(text)
        except (ValueError, TypeError) as error:
            raise IllegalFlagValueError(f"flag --{self.name}={text}: {error}") from error
        self.present += 1


class FlagValues:
    """All flags; `FLAGS.name` is a value, read from `sys.argv` at the first access."""

    def __init__(self) -> None:
        self.__dict__["_flags"] = {}
        self.__dict__["_parsed"] = False

    def define(self, flag: Flag) -> None:
        """Add a flag; DuplicateFlagError when it exists."""
        flags: dict[str, Flag] = self.__dict__["_flags"]
        if flag.name in flags:
            raise DuplicateFlagError(f"The flag {flag.name!r} is defined twice.")
        flag.value = flag.default
        flags[flag.name] = flag

    def __call__(self, argv: Sequence[str], known_only: bool = False) -> list[str]:
        """Read a command line; returns what is no flag, the program's name first.

        UnrecognizedFlagError for an unknown flag, unless `known_only`: then it is returned too.
        """
        rest = [argv[0]] if argv else []
        items = iter(argv[1:])
        for item in items:
            if item == "--":
                rest.extend(items)
                break
            if not item.startswith("-") or item == "-":
                rest.append(item)
                continue
            if not self._take(item.lstrip("-"), items):
                if not known_only:
                    raise UnrecognizedFlagError(f"Unknown command line flag {item!r}")
                rest.append(item)
        self.__dict__["_parsed"] = True
        self._check()
        return rest

    def _take(self, text: str, items: Iterator[str]) -> bool:
        name, equals, value = text.partition("=")
        name = name.replace("-", "_")
        flags: dict[str, Flag] = self.__dict__["_flags"]
        flag = flags.get(name)
        if flag is None and name.startswith("no"):
            flag = flags.get(name[2:])
            if flag is None or not flag.is_bool:
                return False
            flag.set("false")
            return True
        if flag is None:
            return False
        if equals:
            flag.set(value)
        elif flag.is_bool:
            flag.set("true")
        else:
            try:
                flag.set(next(items))
            except StopIteration:
                raise Error(f"Missing value for flag --{name}") from None
        return True

    def _check(self) -> None:
        flags: dict[str, Flag] = self.__dict__["_flags"]
        for flag in flags.values():
            if flag.required and flag.value is None:
                raise IllegalFlagValueError(
                    f"flag --{flag.name}=None: Flag --{flag.name} must have "
                    "a value other than None."
                )
            if flag.validator is not None and not flag.validator(flag.value):
                raise IllegalFlagValueError(f"flag --{flag.name}={flag.value}: {flag.message}")

    def __getattr__(self, name: str) -> Any:
        flags: dict[str, Flag] = self.__dict__["_flags"]
        if name not in flags:
            raise AttributeError(f"there is no flag --{name}")
        if not self.__dict__["_parsed"]:
            self(sys.argv, known_only=True)
        return flags[name].value

    def __setattr__(self, name: str, value: Any) -> None:
        flags: dict[str, Flag] = self.__dict__["_flags"]
        if name not in flags:
            raise AttributeError(f"there is no flag --{name}")
        flags[name].value = value

    def __delattr__(self, name: str) -> None:
        del self.__dict__["_flags"][name]

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__["_flags"]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.__dict__["_flags"]))

    def __getitem__(self, name: str) -> Flag:
        flag: Flag = self.__dict__["_flags"][name]
        return flag

    def __dir__(self) -> list[str]:
        return sorted(self.__dict__["_flags"])

    def flag_values_dict(self) -> dict[str, Any]:
        """The values by name."""
        return {name: self[name].value for name in self}

    def is_parsed(self) -> bool:
        """True when a command line was read."""
        return bool(self.__dict__["_parsed"])

    def mark_as_parsed(self) -> None:
        """Let the defaults count as read."""
        self.__dict__["_parsed"] = True

    def unparse_flags(self) -> None:
        """Read the command line again at the next access, into the defaults."""
        for name in self:
            self[name].value = self[name].default
        self.__dict__["_parsed"] = False

    def get_help(self) -> str:
        """What each flag means."""
        lines = []
        for name in self:
            flag = self[name]
            prefix = "--[no]" if flag.is_bool else "--"
            lines.append(f"  {prefix}{name}: {flag.help} (default: {flag.default!r})")
        return "\n".join(lines)

    def main_module_help(self) -> str:
        """What each flag means."""
        return self.get_help()


FLAGS = FlagValues()


def _boolean(text: str) -> bool:
    value = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}.get(
        text.lower()
    )
    if value is None:
        raise ValueError("Non-boolean argument to boolean flag")
    return value


def _define(
    name: str, default: Any, help_text: str, parse: Callable[[str], Any], is_bool: bool = False
) -> None:
    value = parse(default) if isinstance(default, str) else default
    FLAGS.define(Flag(name, value, help_text or "", parse, is_bool))


def DEFINE_string(name: str, default: Any, help: str = "", **unused: Any) -> None:  # noqa: A002, N802
    """Define a flag whose value is text."""
    _define(name, default, help, str)


def DEFINE_integer(name: str, default: Any, help: str = "", **unused: Any) -> None:  # noqa: A002, N802
    """Define a flag whose value is a whole number, in any of Python's notations."""
    _define(name, default, help, lambda text: int(text, 0))


def DEFINE_float(name: str, default: Any, help: str = "", **unused: Any) -> None:  # noqa: A002, N802
    """Define a flag whose value is a number."""
    _define(name, None if default is None else float(default), help, float)


def DEFINE_boolean(name: str, default: Any, help: str = "", **unused: Any) -> None:  # noqa: A002, N802
    """Define a flag that is on (--name) or off (--noname)."""
    _define(name, default, help, _boolean, is_bool=True)


DEFINE_bool = DEFINE_boolean


def DEFINE_enum(  # noqa: N802
    name: str,
    default: Any,
    enum_values: Sequence[str],
    help: str = "",  # noqa: A002
    **unused: Any,
) -> None:
    """Define a flag whose value is one of several."""

    def parse(text: str) -> str:
        if text not in enum_values:
            raise ValueError(f"value should be one of <{'|'.join(enum_values)}>")
        return text

    _define(name, default, f"<{'|'.join(enum_values)}>: {help}", parse)


def DEFINE_list(name: str, default: Any, help: str = "", **unused: Any) -> None:  # noqa: A002, N802
    """Define a flag whose value is a list, separated by commas on the command line."""
    _define(name, default, help, lambda t: [i.strip() for i in t.split(",")] if t else [])


def DEFINE_multi_string(name: str, default: Any, help: str = "", **unused: Any) -> None:  # noqa: A002, N802
    """Define a flag that may be given several times; its value is the list."""
    given: list[str] = []

    def parse(text: str) -> list[str]:
        given.append(text)
        return list(given)

    FLAGS.define(Flag(name, [default] if isinstance(default, str) else default, help, parse))


def DEFINE_alias(name: str, original_name: str, **unused: Any) -> None:  # noqa: N802
    """Define another name for a flag."""
    FLAGS.__dict__["_flags"][name] = FLAGS[original_name]


def mark_flag_as_required(name: str, **unused: Any) -> None:
    """Let the command line be refused without a value for a flag."""
    FLAGS[name].required = True


def mark_flags_as_required(names: Sequence[str], **unused: Any) -> None:
    """Let the command line be refused without a value for each of several flags."""
    for name in names:
        mark_flag_as_required(name)


def register_validator(
    name: str,
    checker: Callable[[Any], bool],
    message: str = "Flag validation failed",
    **unused: Any,
) -> None:
    """Let the command line be refused, with a message, unless `checker(value)` is true."""
    FLAGS[name].validator, FLAGS[name].message = checker, message
