"""Types lines into the debugger of a wrapped session and reads what it prints."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Transcript:
    """What was printed while a script was typed."""

    text: str = ""
    errors: str = ""
    results: list[object] = field(default_factory=list)

    def starts(self) -> list[int]:
        """The numbers of the runs before which the prompt came."""
        return [int(n) for n in re.findall(r"^--- run-start: run #(\d+):", self.text, re.M)]

    def ends(self) -> list[int]:
        """The numbers of the runs after which the prompt came."""
        return [int(n) for n in re.findall(r"^--- run-end: run #(\d+):", self.text, re.M)]


@contextmanager
def typing(*lines: str) -> Iterator[Transcript]:
    """Standard input holds these lines inside the block; output goes to the transcript."""
    transcript = Transcript()
    kept = sys.stdin, sys.stdout, sys.stderr
    out, err = io.StringIO(), io.StringIO()
    sys.stdin, sys.stdout, sys.stderr = io.StringIO("".join(f"{x}\n" for x in lines)), out, err
    try:
        yield transcript
    finally:
        sys.stdin, sys.stdout, sys.stderr = kept
        transcript.text, transcript.errors = out.getvalue(), err.getvalue()


def repeated(run: Callable[[], object], times: int, *lines: str) -> Transcript:
    """Call `run` so many times with the lines typed into its debugger."""
    results = []
    with typing(*lines) as transcript:
        for _ in range(times):
            results.append(run())
    transcript.results = results
    return transcript
