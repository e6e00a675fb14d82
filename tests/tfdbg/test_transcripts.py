"""The commands print what TensorFlow's own debugger prints, except where
docs/tfdbg-differences.md says not."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tfdbg_data import transcript, transcript_links

from opscope.tfdbg import DebugDumpDir
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import execute
from opscope.tfdbg.screen import Screen

Opened = Callable[[str], DebugDumpDir]

# Each deliberate difference, by its heading in docs/tfdbg-differences.md.
DIFFERENT = {
    ("cf1", "li -r loop/while/Merge"): "trees",
    ("debugops", "lt"): "debug ops",
    ("debugops", "pt y:0"): "debug ops",
    ("debugops", "pt y:0:DebugNanCount"): "debug ops",
    ("debugops", "pt y:0:DebugNumericSummary"): "debug ops",
    ("debugops", "ni -d y"): "debug ops",
    ("mnist", "lt -s bogus"): "errors",
    ("mnist", "eval -a `nosuch:0`"): "errors",
    ("mnist", "ps dump_mnist.py"): "errors",
    ("mnist", "ls"): "errors",
}
NOT_OURS = ("help", "lt >")
COLUMNS = 120
RUNS = ("cf1", "uninit", "mnist")


def same(dumps: Path, name: str) -> dict[str, list[str]]:
    return {
        command: lines
        for command, lines in transcript(dumps, name).items()
        if not command.startswith(NOT_OURS) and (name, command) not in DIFFERENT
    }


@pytest.mark.parametrize("name", RUNS)
def test_the_rows_are_theirs(dumps: Path, opened: Opened, name: str) -> None:
    context = Analysis(opened(name), columns=COLUMNS)
    commands = same(dumps, name)
    for command, lines in commands.items():
        assert [row.text for row in execute(context, command).lines] == lines, command


@pytest.mark.parametrize("name", RUNS)
def test_the_links_are_theirs_but_for_the_number_of_the_dump(
    dumps: Path, opened: Opened, name: str
) -> None:
    """Ours lead to the row's own dump (D20), and keep the excluded nodes in the heads."""
    context = Analysis(opened(name), columns=COLUMNS)
    for command in same(dumps, name):
        theirs = transcript_links(dumps, name)[command]
        assert links(execute(context, command)) == [
            (row, start, end, re.sub(r" -n \d+$", "", link)) for row, start, end, link in theirs
        ], command


def links(screen: Screen) -> list[tuple[int, int, int, str]]:
    """Row, first and last column, and command of each link, as theirs would be."""
    found = []
    for row, text in enumerate(screen.lines):
        at = 0
        for span in text.spans:
            if span.link is not None:
                link = re.sub(r"^(p\w+ \S+) -n \d+$", r"\1", span.link)
                link = re.sub(r"^(list_tensors .*)-fenn \S+ (-s )", r"\1\2", link)
                found.append((row, at, at + len(span.text), link))
            at += len(span.text)
    return found


def test_debug_ops_are_said_and_come_in_the_order_of_time(dumps: Path, opened: Opened) -> None:
    context = Analysis(opened("debugops"), columns=COLUMNS)
    theirs = transcript(dumps, "debugops")

    def ours(command: str) -> list[str]:
        return [row.text for row in execute(context, command).lines]

    suffix = re.compile(r":Debug(NanCount|NumericSummary)$")
    assert [suffix.sub("", row) for row in ours("lt")] == theirs["lt"]
    assert sorted(ours("ni -d y")) == sorted(theirs["ni -d y"])
    number = re.compile(r"^#\d+ ")
    listed = sorted(number.sub("", row) for row in ours("pt y:0"))
    assert listed == sorted(number.sub("", row) for row in theirs["pt y:0"])
    for op in ("DebugNanCount", "DebugNumericSummary"):
        assert theirs[f"pt y:0:{op}"][0].startswith("Error occurred")
        assert ours(f"pt y:0:{op}")[0] == f'Tensor "y:0:{op}":'


def test_enough_was_compared(dumps: Path) -> None:
    assert sum(len(same(dumps, name)) for name in RUNS) >= 56


@pytest.mark.parametrize("key", [key for key, why in DIFFERENT.items() if why == "errors"])
def test_d14_an_error_is_their_message_on_one_line(
    dumps: Path, opened: Opened, key: tuple[str, str]
) -> None:
    name, command = key
    theirs = transcript(dumps, name)[command]
    assert theirs[0].startswith("Error occurred during handling of command: ")
    _, message = theirs[1].split(": ", 1)
    [row] = execute(Analysis(opened(name)), command).lines
    assert row.text.startswith(f"ERROR: {message}")


def test_a_redirected_list_is_theirs(tmp_path: Path, dumps: Path, opened: Opened) -> None:
    [(command, theirs)] = [
        entry for entry in transcript(dumps, "mnist").items() if entry[0].startswith("lt >")
    ]
    execute(Analysis(opened("mnist")), f"lt > {tmp_path}/lt")
    assert (tmp_path / "lt").read_text() == "".join(f"{row}\n" for row in theirs), command


def test_a_differing_tree_is_theirs_up_to_the_first_repetition(dumps: Path, opened: Opened) -> None:
    command = "li -r loop/while/Merge"
    theirs = transcript(dumps, "cf1")[command]
    ours = [row.text for row in execute(Analysis(opened("cf1")), command).lines]
    repeated = next(n for n, text in enumerate(ours) if text.endswith(" (shown above)"))
    assert ours[:repeated] == theirs[:repeated]
    assert ours[repeated].removesuffix(" (shown above)") == theirs[repeated]
    assert len(ours) < len(theirs) / 4
