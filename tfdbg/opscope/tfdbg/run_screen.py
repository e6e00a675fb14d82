"""What the debugger says before a run, after it, and when an op failed."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from opscope.tfdbg.screen import Line, Screen, Span, line
from opscope.tfdbg.session_run import SessionRun

_WORDMARK = r"""
  ___   ___  ___   ___  ___   ___  ___
 / _ \ | _ \/ __| / __|/ _ \ | _ \| __|
| (_) ||  _/\__ \| (__| (_) ||  _/| _|
 \___/ |_|  |___/ \___|\___/ |_|  |___|
"""
_RULE = "=" * 38
_ERROR_RULE = "-" * 38

RUN_MENU = (
    Span("run", link="run"),
    Span("invoke_stepper", link="invoke_stepper"),
    Span("exit", link="exit"),
)
"""The menu above the run-start screen."""


def run_start_title(run: SessionRun) -> str:
    """The title of the screen before a run."""
    return f"run-start: {run.description}"


def run_end_title(run: SessionRun, profiled: bool = False) -> str:
    """The title of the screen after a run."""
    return f"run-end{' (profiler mode)' if profiled else ''}: {run.description}"


def stepper_title(run: SessionRun) -> str:
    """The title of the node stepper's screen."""
    return f"Node Stepper: {run.description}"


def run_start_screen(run: SessionRun, filter_names: Iterable[str], stepping: bool = True) -> Screen:
    """What is about to be run, and the commands to run it with; the wordmark before run 1.

    `stepping` says that the run is still to come, so that it can be stepped through.
    """
    lines = _wordmark() if run.run_call_count == 1 else []
    lines += [line(_RULE), *_call(run), line(_RULE), line(), *_choices(filter_names, stepping)]
    data = {
        "run_call_count": run.run_call_count,
        "fetches": list(run.fetches),
        "feeds": list(run.feeds),
        "filters": list(filter_names),
    }
    menu = RUN_MENU if stepping else tuple(s for s in RUN_MENU if s.text != "invoke_stepper")
    return Screen(tuple(lines), data=data, menu=menu)


def run_error_screen(op_name: str | None, error_type: str, details: str) -> Screen:
    """Which op failed in a run, why, and the commands that look at it."""
    lines = [
        line(_ERROR_RULE),
        line(Span("!!! An error occurred during the run !!!", "error")),
        line(),
    ]
    if op_name is None:
        lines.append(
            line(
                Span(
                    "WARNING: Cannot determine the name of the op that caused the error.",
                    "warning",
                )
            )
        )
    else:
        lines.append(line("You may use the following commands to debug:"))
        for command, meaning in (
            (f"ni -a -d -t {op_name}", "Inspect information about the failing op."),
            (f"li -r {op_name}", "List inputs to the failing op, recursively."),
            ("lt", "List all tensors dumped during the failing run() call."),
        ):
            lines += [line("  ", Span(command, "bold", command), ":"), line(f"    {meaning}")]
    lines += [
        line(),
        line(f"Op name:    {op_name}"),
        line(f"Error type: {error_type}"),
        line(),
        line("Details:"),
        *(line(text) for text in details.split("\n")),
        line(),
        line(_ERROR_RULE),
        line(),
    ]
    data = {"op": op_name, "error_type": error_type, "details": details}
    return Screen(tuple(lines), data=data)


def package_version() -> str:
    """The version of opscope that is installed."""
    try:
        return version("opscope")
    except PackageNotFoundError:
        return "(not installed)"


def _wordmark() -> list[Line]:
    rows = [line(Span(text, "heading")) for text in _WORDMARK.strip("\n").split("\n")]
    last = line(*rows[-1].spans, f"   opscope version: {package_version()}")
    return [*rows[:-1], last, line()]


def _call(run: SessionRun) -> list[Line]:
    if run.is_callable_runner:
        return [line("Running a runner returned by Session.make_callable()")]
    feeds = [line("  ", Span(name, "tensor", f"pf '{name}'")) for name in run.feeds]
    return [
        line(f"Session.run() call #{run.run_call_count}:"),
        line(),
        line("Fetch(es):"),
        *(line(f"  {name}") for name in run.fetches),
        line(),
        line("Feed dict:"),
        *(feeds or [line("  (Empty)")]),
    ]


def _choices(filter_names: Iterable[str], stepping: bool) -> list[Line]:
    filters = [line("        * ", Span(name, "bold", f"run -f {name}")) for name in filter_names]
    stepper = [
        line("  ", Span("invoke_stepper", "bold", "invoke_stepper"), ":"),
        line(
            "    Step through the run node by node, put the variables back, then execute run() "
            "without debug tensor-watching"
        ),
    ]
    return [
        line("Select one of the following commands to proceed ---->"),
        line("  ", Span("run", "bold", "run"), ":"),
        line("    Execute the run() call with debug tensor-watching"),
        line("  ", Span("run -n", "bold", "run -n"), ":"),
        line("    Execute the run() call without debug tensor-watching"),
        line("  ", Span("run -t <T>", "bold"), ":"),
        line(
            "    Execute run() calls (T - 1) times without debugging, then execute run() once "
            "more with debugging and drop back to the CLI"
        ),
        line("  ", Span("run -f <filter_name>", "bold"), ":"),
        line(
            "    Keep executing run() calls until a dumped tensor passes a given, registered "
            "filter (conditional breakpoint mode)"
        ),
        line("    Registered filter(s):"),
        *(filters or [line("        (None)")]),
        *(stepper if stepping else []),
        line(),
        line("For more details, see ", Span("help", "bold", "help"), "."),
    ]
