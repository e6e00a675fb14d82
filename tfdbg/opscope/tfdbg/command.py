"""Commands by name: the registry, the words of a line, and their execution."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import importlib
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from opscope.events import EventsError
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command_line import CommandLineError, Redirect, parse_command_line
from opscope.tfdbg.screen import Screen, Span, error_screen, line, text_screen

CommandFunction = Callable[[Analysis, argparse.Namespace], Screen]
Completer = Callable[[Analysis], Iterable[str]]

HELP_COLUMNS = 80


class CommandError(ValueError):
    """What a user asked for cannot be done; the message is shown after `ERROR: `."""


class _ArgumentSyntaxError(ValueError):
    """The words do not fit the command's arguments."""


@dataclass(frozen=True)
class Argument:
    """One argument of a command, in argparse's words: `Argument("-f", "--filter", default="")`."""

    names: tuple[str, ...]
    options: dict[str, Any]

    def __init__(self, *names: str, **options: Any) -> None:
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "options", options)


class _Parser(argparse.ArgumentParser):
    """An argument parser that neither prints nor ends the program."""

    def error(self, message: str) -> NoReturn:
        raise _ArgumentSyntaxError(message)

    def print_help(self, file: object = None) -> NoReturn:
        raise _HelpInsteadError


class _HelpInsteadError(Exception):
    """The words hold -h."""


@dataclass(frozen=True)
class Command:
    """A command's names, arguments, and the function that answers it.

    `needs_dump` commands exist only where a run was watched, `needs_profile` commands where one
    was profiled, `needs_run_start` commands before a run, `needs_stepping` commands while one is
    stepped through. `completes` gives the words that may follow the command's name; `word_start`
    says where in the typed text such a word begins, where spaces do not tell.
    """

    name: str
    aliases: tuple[str, ...]
    arguments: tuple[Argument, ...]
    function: CommandFunction
    needs_dump: bool
    needs_session: bool
    completes: Completer | None
    needs_profile: bool = False
    word_start: Callable[[str], int] | None = None
    needs_run_start: bool = False
    needs_stepping: bool = False

    @property
    def summary(self) -> str:
        """What the command does: the docstring of its function as one line."""
        return " ".join((self.function.__doc__ or "").split())

    def parser(self, columns: int = HELP_COLUMNS) -> argparse.ArgumentParser:
        """A parser of the words behind the command's name; its help is so wide, with its indent."""
        parser = _Parser(
            prog=self.name,
            usage=argparse.SUPPRESS,
            description=self.summary,
            formatter_class=functools.partial(_HelpFormatter, width=max(columns - 2, 20)),
        )
        for argument in self.arguments:
            parser.add_argument(*argument.names, **argument.options)
        return parser

    def available(self, context: Analysis) -> bool:
        """True where the command can be answered."""
        if self.needs_dump and context.dump is None:
            return False
        after_run = context.dump is not None or context.profile is not None
        if self.needs_run_start and (after_run or context.session is None):
            return False
        if self.needs_profile and context.profile is None:
            return False
        return context.session is not None or not self.needs_session

    def help_lines(self, columns: int = HELP_COLUMNS) -> list[str]:
        """Name, aliases, what it does, arguments, in at most 80 columns."""
        lines = [self.name]
        if self.aliases:
            lines.append(f"  Aliases: {', '.join(self.aliases)}")
        lines.append("")
        text = self.parser(min(columns, HELP_COLUMNS)).format_help().rstrip()
        return lines + textwrap.indent(text, "  ").split("\n")


class _HelpFormatter(argparse.HelpFormatter):
    """Help at a given width: argparse would follow the terminal it happens to run in."""

    def __init__(self, prog: str, width: int) -> None:
        super().__init__(prog, width=width, max_help_position=24)


_COMMANDS: dict[str, Command] = {}
_STEPPER_COMMANDS: dict[str, Command] = {}  # and so is `lt`
_ALSO_STEPPING = ("config", "help", "history", "print_feed", "version")
_PROFILE_COMMANDS: dict[str, Command] = {}  # `print_source` is one command here and one there


def all_commands() -> dict[str, Command]:
    """Every command of a watched run by its name and by each of its aliases."""
    # Not at the top: the modules of the commands import this one to register themselves.
    importlib.import_module("opscope.tfdbg.commands")
    return _COMMANDS


def profile_commands() -> dict[str, Command]:
    """The commands of a profiled run by name and alias; they come before those of all_commands."""
    importlib.import_module("opscope.tfdbg.commands")
    return _PROFILE_COMMANDS


def stepper_commands() -> dict[str, Command]:
    """The commands while a run is stepped through, by name and alias; there are no others."""
    everywhere = all_commands()
    shared = {key: made for key, made in everywhere.items() if made.name in _ALSO_STEPPING}
    return shared | _STEPPER_COMMANDS


def find_command(context: Analysis, name: str) -> Command | None:
    """The command of this name or alias: the profiler's own after a profiled run."""
    if context.stepping is not None:
        return stepper_commands().get(name)
    of_profile = profile_commands().get(name)
    if of_profile is not None and (context.profile is not None or name not in all_commands()):
        return of_profile
    return all_commands().get(name)


def command(
    name: str,
    *aliases: str,
    arguments: Sequence[Argument] = (),
    needs_dump: bool = False,
    needs_session: bool = False,
    needs_run_start: bool = False,
    needs_stepping: bool = False,
    needs_profile: bool = False,
    completes: Completer | None = None,
    word_start: Callable[[str], int] | None = None,
) -> Callable[[CommandFunction], CommandFunction]:
    """Make the decorated function the command `name`; its docstring is its help.

    Raises ValueError where a name is taken.
    """

    def define(function: CommandFunction) -> CommandFunction:
        made = Command(
            name,
            aliases,
            tuple(arguments),
            function,
            needs_dump,
            needs_session,
            completes,
            needs_profile,
            word_start,
            needs_run_start,
            needs_stepping,
        )
        table = _PROFILE_COMMANDS if needs_profile else _COMMANDS
        if needs_stepping:
            table = _STEPPER_COMMANDS
        for key in (name, *aliases):
            if key in table:
                raise ValueError(f"command {key!r} is already defined by {table[key].name}")
        table.update(dict.fromkeys((name, *aliases), made))
        return function

    return define


def available_commands(context: Analysis) -> list[Command]:
    """The commands that can be answered here, by name."""
    everything = {**all_commands(), **profile_commands()} if context.profile else all_commands()
    if context.stepping is not None:
        everything = stepper_commands()
    found = {made.name: made for made in everything.values() if made.available(context)}
    return [found[name] for name in sorted(found)]


def execute(context: Analysis, text: str) -> Screen:
    """The screen that answers a typed line; what a user did wrong is a screen with ok False.

    An empty line gives an empty screen. A redirection writes the plain text to its file and
    says so in the last row.
    """
    try:
        typed = parse_command_line(text)
    except CommandLineError as error:
        return error_screen(str(error))
    if not typed.words:
        return Screen()
    if typed.redirect is None:
        return _answer(context, typed.words)
    screen = _answer(dataclasses.replace(context, fitted=False), typed.words)  # names whole
    return screen + _write(screen, typed.redirect)


def _answer(context: Analysis, words: tuple[str, ...]) -> Screen:
    found = find_command(context, words[0])
    if found is None:
        return error_screen(f'Invalid command prefix "{words[0]}"')
    if not found.available(context):
        missing = "no run was watched" if found.needs_dump else "no session is being debugged"
        if found.needs_run_start and context.session is not None:
            missing = "it belongs to the screen before a run"
        if found.needs_profile:
            missing = "no run was profiled (run -p)"
        return error_screen(f"{found.name} is not available here: {missing}")
    try:
        arguments = found.parser().parse_args(words[1:])
    except _HelpInsteadError:
        return text_screen(found.help_lines(context.columns))
    except _ArgumentSyntaxError as error:
        return _syntax_error(words[0], str(error))
    try:
        return found.function(context, arguments)
    except KeyError as error:
        return error_screen(str(error.args[0]) if error.args else "not found")
    except (ValueError, LookupError, OSError, EventsError) as error:
        return error_screen(str(error))


def _syntax_error(name: str, reason: str) -> Screen:
    return Screen(
        (
            line(Span(f"Syntax error for command: {name}", "error")),
            line("For help, do ", Span(f'"help {name}"', link=f"help {name}")),
        ),
        data={"error": f"Syntax error for command: {name}: {reason}"},
        ok=False,
    )


def _write(screen: Screen, redirect: Redirect) -> Screen:
    try:
        with Path(redirect.path).expanduser().open("a" if redirect.append else "w") as file:
            file.writelines(row.text + "\n" for row in screen.lines)
    except OSError as error:
        return error_screen(f"Failed to write output to {redirect.path}: {error.strerror}")
    return Screen((line(f"Wrote output to {redirect.path}"),))


def compile_pattern(text: str, flag: str) -> re.Pattern[str]:
    """The regular expression given with `flag`; raises CommandError where it is none."""
    try:
        return re.compile(text)
    except re.error as error:
        raise CommandError(f"{flag}: invalid regular expression {text!r}: {error}") from error


def completed_command_names(context: Analysis) -> list[str]:
    """The names and aliases of the commands that can be answered here."""
    return [key for made in available_commands(context) for key in (made.name, *made.aliases)]


def completions(context: Analysis, text: str) -> list[str]:
    """The words that may stand where the last word of `text` is being typed, sorted."""
    words = text.split()
    last = "" if not words or text[-1].isspace() else words[-1]
    if len(words) == 0 or (len(words) == 1 and last):
        return sorted(key for key in completed_command_names(context) if key.startswith(last))
    found = find_command(context, words[0])
    if found is None or found.completes is None or not found.available(context):
        return []
    start = found.word_start(last) if found.word_start is not None else 0
    head, typed = last[:start], last[start:]
    return sorted({head + word for word in found.completes(context) if word.startswith(typed)})
