"""Which runs and tags of a logdir a command is about."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import NamedTuple

from opscope.events import Logdir


class Selection(NamedTuple):
    """Regular expressions that may match anywhere in a name; None matches every name."""

    run: re.Pattern[str] | None
    tag: re.Pattern[str] | None

    @property
    def is_all(self) -> bool:
        """Whether everything is selected."""
        return self.run is None and self.tag is None

    def runs(self, logdir: Logdir) -> Iterator[tuple[str, list[str]]]:
        """The selected runs with their selected tags; none without a tag, unless all are wanted."""
        for run in logdir.runs():
            if self.run is None or self.run.search(run):
                tags = [tag for tag in logdir.tags(run) if self.tag is None or self.tag.search(tag)]
                if tags or self.tag is None:
                    yield run, tags


def add_selection_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare --run and --tag."""
    for name in ("run", "tag"):
        parser.add_argument(
            f"--{name}",
            type=_pattern,
            metavar="REGEX",
            help=f"only {name}s in whose names this regular expression matches somewhere",
        )


def selection(args: argparse.Namespace) -> Selection:
    """What --run and --tag select."""
    return Selection(args.run, args.tag)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error
