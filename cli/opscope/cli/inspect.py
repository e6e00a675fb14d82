"""Says what a logdir holds: its runs, their tags, how many points, and what is damaged."""

import argparse
import json
import sys
from dataclasses import asdict

from opscope.cli.selection import add_selection_arguments, selection
from opscope.events import Logdir, LogdirError, Problem, TagSummary, open_logdir

EXIT_NOTHING_READ = 1
EXIT_NO_LOGDIR = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare LOGDIR, --run, --tag and --json."""
    parser.add_argument(
        "logdir", metavar="LOGDIR", help="a folder of event files, one file, or a URL"
    )
    add_selection_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing but JSON")


def run(args: argparse.Namespace) -> int:
    """Print what the logdir holds; problems go to standard error.

    Returns 0, or 1 where no run could be read or is selected, or 2 where the logdir is missing or
    unreadable.
    """
    try:
        logdir = open_logdir(args.logdir)
    except LogdirError as error:
        print(f"opscope inspect: {error}", file=sys.stderr)
        if args.json:
            _print_json({}, [Problem(args.logdir, 0, str(error))])
        return EXIT_NO_LOGDIR
    selected = selection(args)
    held = {
        run: {tag: logdir.summary(run, tag) for tag in tags} for run, tags in selected.runs(logdir)
    }
    if args.json:
        _print_json(held, logdir.problems)
    else:
        print(table(held, logdir.dump_roots if selected.is_all else []), end="")
    for problem in logdir.problems:
        print(printable(str(problem)), file=sys.stderr)
    if held:
        return 0
    nothing = _nothing_read(logdir) if not logdir.runs() else "no run or tag is selected"
    print(f"opscope inspect: {nothing}", file=sys.stderr)
    return EXIT_NOTHING_READ


def _nothing_read(logdir: Logdir) -> str:
    if logdir.problems:
        return f"{logdir.path}: no event file in it could be read"
    if logdir.event_files:
        return f"{logdir.path}: all {len(logdir.event_files)} of its event files are empty"
    if logdir.dump_roots:
        return (
            f"{logdir.path}: no event files, but {len(logdir.dump_roots)} tfdbg dump(s): "
            f"see them with `opscope debug {logdir.path}`"
        )
    return f"{logdir.path}: no event files (files with `tfevents` in their names) in it"


def _print_json(held: dict[str, dict[str, TagSummary]], problems: list[Problem]) -> None:
    document = {
        "runs": {
            run: {tag: asdict(each) for tag, each in tags.items()} for run, tags in held.items()
        },
        "problems": [asdict(problem) for problem in problems],
    }
    print(json.dumps(document, indent=2))


def table(held: dict[str, dict[str, TagSummary]], dump_roots: list[str]) -> str:
    """The runs and their tags as aligned text, one tag a line."""
    lines: list[str] = []
    for run, tags in held.items():
        lines.append(f"run {printable(run)}: {_count(len(tags), 'tag')}")
        rows = [
            (printable(tag), summary.kind, _count(summary.count, "point"), _steps(summary))
            for tag, summary in tags.items()
        ]
        widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
        for tag, kind, count, steps in rows:
            line = f"  {tag:<{widths[0]}}  {kind:<{widths[1]}}  {count:>{widths[2]}}  {steps}"
            lines.append(line.rstrip())
    lines += [f"dump {printable(root)}" for root in dump_roots]
    return "".join(line + "\n" for line in lines)


def printable(text: str) -> str:
    """Text from a file, with what could steer a terminal or break a line written as escapes."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode()
        for char in text
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _steps(summary: TagSummary) -> str:
    if summary.first_step is None:
        return ""
    if summary.first_step == summary.last_step:
        return f"step {summary.first_step}"
    return f"steps {summary.first_step} to {summary.last_step}"
