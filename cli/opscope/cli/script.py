"""A Python script or module run in this process as Python itself would run it."""

from __future__ import annotations

import builtins
import io
import runpy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Protocol

EXIT_FAILURE = 1
EXIT_INTERRUPTED = 130


class ScriptError(ValueError):
    """There is nothing that can be run."""


class Ending(Protocol):
    """Who is told how a script ended, and may say what that means."""

    def ended_by(self, error: BaseException) -> int | None:
        """The exit status where it was ended on purpose; None where the error is its own."""

    @property
    def stopped(self) -> int | None:
        """The exit status where it was to be ended, whatever it did then."""


class Script:
    """`words` are a file and its arguments, or with `is_module` a module's name and its own.

    A folder or an archive with a `__main__.py` is a script, too. ScriptError where the file is
    missing or no Python.
    """

    def __init__(self, words: Sequence[str], is_module: bool) -> None:
        self._name, *self._arguments = words
        self._is_module = is_module
        self._code: CodeType | None = None
        path = Path(self._name).absolute()
        self._path = str(path)
        self._is_package = not is_module and (path.is_dir() or path.suffix in (".zip", ".pyz"))
        if is_module or self._is_package:
            return
        try:
            with io.open_code(self._path) as file:
                source = file.read()
        except OSError as error:
            raise ScriptError(f"{self._name}: {error.strerror or error}") from error
        try:
            self._code = compile(source, self._path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            raise ScriptError(f"{self._name} is no Python: {error}") from error

    @contextmanager
    def as_main(self) -> Iterator[None]:
        """`sys.argv` and `sys.path` are the script's inside the block, and ours again behind it."""
        kept = sys.argv[:], sys.path[:], sys.modules["__main__"]
        first = str(Path.cwd()) if self._is_module else str(Path(self._name).resolve().parent)
        if not self._is_package:
            # The first entry is where `opscope` itself was started from; Python has none besides.
            of_opscope = ("", str(Path.cwd()), str(Path(sys.argv[0]).resolve().parent))
            sys.path[:] = [first, *(sys.path[1:] if sys.path[0] in of_opscope else sys.path)]
        sys.argv[:] = [self._name, *self._arguments]
        try:
            yield
        finally:
            sys.argv[:], sys.path[:], sys.modules["__main__"] = kept

    def run(self, ending: Ending) -> int:
        """Run to the end; the exit status. A SystemExit of the script's own is raised."""
        try:
            self._execute()
        except SystemExit as leaving:
            status = ending.ended_by(leaving)
            if status is None:
                raise
            return status
        except BaseException as error:
            status = ending.ended_by(error)
            if status is not None:
                return status
            sys.excepthook(type(error), error, error.__traceback__)
            return EXIT_INTERRUPTED if isinstance(error, KeyboardInterrupt) else EXIT_FAILURE
        finally:
            sys.stdout.flush()
        return ending.stopped or 0

    def _execute(self) -> None:
        if self._is_module:
            runpy.run_module(self._name, run_name="__main__", alter_sys=True)
            return
        if self._code is None:
            runpy.run_path(self._name, run_name="__main__")
            return
        main = ModuleType("__main__")
        main.__dict__.update(
            __file__=self._path,
            __builtins__=builtins,
            __cached__=None,
            __loader__=SourceFileLoader("__main__", self._path),
        )
        sys.modules["__main__"] = main
        exec(self._code, main.__dict__)


def outermost_code() -> CodeType:
    """The function that every frame of a script lies under."""
    return Script._execute.__code__
