"""docs/debugging.md is run from its first block to its last, and shows what it says."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs/debugging.md"
LAUNCHERS = {"opscope": '{python} -m opscope.cli "$@"', "python": '{python} "$@"'}


class Block(NamedTuple):
    """A fenced block: its language and its lines."""

    language: str
    text: str


def blocks() -> list[Block]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE.read_text(), flags=re.M | re.S)
    return [Block(*each) for each in found]


class Call(NamedTuple):
    """A command, what is typed into it, and what it shows."""

    command: str
    typed: str
    expected: str


def calls(text: str) -> list[Call]:
    """The commands behind `$ ` with the lines below each."""
    found = []
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, rest = part.partition("\n")
        typed = ""
        if command.endswith(" <<'END'"):
            command = command.removesuffix(" <<'END'")
            typed, _, rest = rest.partition("END\n")
        found.append(Call(command, typed, rest))
    return found


def shows(output: str, expected: str) -> bool:
    """Whether the output is the expected text: `...` is any text, alone on a line any lines."""
    pattern = ""
    for row in expected.strip().split("\n"):
        if row == "...":
            pattern += "(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in row.split("...")) + "\n"
    return re.fullmatch(pattern, output.strip() + "\n") is not None


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Commands named `opscope` and `python`, and no home directory to find settings in."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, command in LAUNCHERS.items():
        words = command.format(python=shlex.quote(sys.executable))
        (programs / name).write_text(f"#!/bin/sh\nexec {words}\n")
        (programs / name).chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "HOME": str(tmp_path),
        "COLUMNS": "80",
        "TERM": "dumb",
    }


def change(folder: Path, text: str) -> None:
    """Make the second file of a diff from the first: its `-` lines become its `+` lines."""
    head, *lines = text.rstrip("\n").split("\n")
    _, source, target = head.split()
    old = "".join(line[1:] + "\n" for line in lines if line.startswith("-"))
    new = "".join(line[1:] + "\n" for line in lines if line.startswith("+"))
    whole = (folder / source).read_text()
    assert whole.count(old) == 1
    (folder / target).write_text(whole.replace(old, new))


@pytest.mark.long
def test_every_block_of_the_guide(tmp_path: Path, environment: dict[str, str]) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    for block in blocks():
        if block.language == "python":
            name = block.text.split("\n", 1)[0].removeprefix("# ")
            (folder / name).write_text(block.text)
        elif block.language == "diff":
            change(folder, block.text)
        else:
            assert block.language == "console", f"a block that no test runs: {block}"
            for call in calls(block.text):
                done = subprocess.run(
                    ["sh", "-c", f"exec 2>&1; {call.command}"],
                    cwd=folder,
                    env=environment,
                    input=call.typed,
                    capture_output=True,
                    text=True,
                    timeout=120,
                )
                assert shows(done.stdout, call.expected), f"{call.command}\n{done.stdout}"
