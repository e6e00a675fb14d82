"""`opscope watch` on a terminal: what keys do, what following shows, and how it ends."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from app_driver import CTRL_C, DOWN, LEFT, UP, FakeTerminal
from prompt_toolkit.output import ColorDepth
from pty_program import PtyProgram
from run_writer import RunWriter
from watch_driver import Expect, watch

from opscope.cli.live.row import ASCII
from opscope.events import LogdirError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    for run, factor in (("eval", 2), ("train", 1)):
        writer = RunWriter(tmp_path / run)
        writer.scalars("accuracy", [(step, step / 10) for step in range(10)])
        writer.scalars("loss", [(step, factor * (10 - step)) for step in range(10)])
        writer.histograms("weights", {0: [0, 1, 1], 5: [0, 1, 2]})
        writer.close()
    return tmp_path


def picture(log: Path, *steps, **more) -> list[str]:
    """The last picture that was waited for."""
    return watch(log, [*steps, "q"], **more).pictures[-1]


def test_the_first_curve_is_shown_with_its_list(log: Path) -> None:
    rows = picture(log, Expect("accuracy  0.9 @9  min 0 @0"))
    assert rows[0].startswith(" opscope watch ")
    assert "ago" in rows[0]
    assert rows[1].startswith("eval ")
    assert rows[2].startswith("> accuracy")
    assert rows[-1].startswith(" step")
    assert rows[-1].endswith("? help  q quit")


def test_the_cursor_goes_from_run_to_run(log: Path) -> None:
    assert "> loss" in picture(log, Expect("accuracy  0.9"), DOWN, Expect("loss  2 @9"))[3]
    picture(log, Expect("accuracy  0.9"), DOWN, "}", Expect("loss  1 @9"), UP, Expect("y  0.9"))


def test_the_filter_is_typed_and_taken_back(log: Path) -> None:
    steps = [Expect("accuracy"), "/", "train.l(", Expect("no regular expression yet")]
    rows = picture(log, *steps, "\x7f\r", Expect("/train.l/"))
    assert sum("loss" in row[:24] for row in rows) == 1
    assert not any("accuracy" in row for row in rows)
    picture(log, Expect("accuracy"), "/nothing\r", Expect("the filter leaves nothing"))
    picture(log, Expect("accuracy"), "/nothing", Expect("leaves"), "\x1b", Expect("accuracy"))


def test_marked_curves_are_drawn_together(log: Path) -> None:
    rows = picture(log, Expect("accuracy  0.9"), " ", " ", Expect("2 marked"))
    assert any(row[:24].startswith("● accuracy") for row in rows)
    assert any("a ━" in row for row in rows)
    assert any("b ━" in row for row in rows)
    picture(
        log, Expect("accuracy  0.9"), " ", Expect("1 marked"), "u", Expect("1 marked", gone=True)
    )


def test_all_runs_of_a_tag_are_one_line(log: Path) -> None:
    rows = picture(log, Expect("accuracy  0.9"), DOWN, "a", Expect("b ━ train"))
    assert any(row.startswith("> loss") and "2 runs" in row for row in rows)
    assert "a ━ eval" in rows[1]


def test_a_grid_of_small_charts_fills_the_window(log: Path) -> None:
    rows = picture(log, Expect("accuracy"), "g", Expect("train loss 1"), Expect("weights  2"))
    assert rows[1].startswith("eval accuracy 0.9")
    picture(log, Expect("accuracy"), "g", Expect("train loss 1"), DOWN, "\r", Expect("> "))


def test_axes_log_smoothing_and_zoom_are_told(log: Path) -> None:
    keys = [Expect("accuracy  0.9"), "x", Expect("relative"), "x", Expect("wall"), "l", "]]"]
    picture(log, *keys, Expect("wall · smooth 0.6 · log y"))
    rows = picture(log, Expect("accuracy  0.9"), "+", Expect("zoom, follows"))
    assert "5" in rows[-2].split()
    assert "0" not in rows[-2].split()
    picture(
        log, Expect("accuracy  0.9"), "+" + LEFT, Expect("· zoom"), "0", Expect("zoom", gone=True)
    )


def test_histograms_as_ridge_and_as_map(log: Path) -> None:
    down = DOWN + DOWN
    rows = picture(log, Expect("accuracy  0.9"), down, Expect("weights  2 histograms, step 5"))
    assert any("█" in row for row in rows)
    picture(log, Expect("accuracy"), down, Expect("2 histograms"), "h", Expect("└─"))


def test_help_and_back(log: Path) -> None:
    picture(log, Expect("accuracy"), "?", Expect("filter runs and tags"), "?", Expect("> accuracy"))


def test_a_growing_log_is_followed(log: Path) -> None:
    writer = RunWriter(log / "train")

    def write(_: FakeTerminal) -> None:
        writer.scalars("loss", [(10, float("nan"))])

    def appear(_: FakeTerminal) -> None:
        RunWriter(log / "late").scalars("speed", [(1, 5.0)])

    steps = [
        Expect("accuracy  0.9"),
        DOWN,
        "}",
        Expect("loss  1 @9"),
        write,
        Expect("1 NaN from @10"),
    ]
    rows = picture(log, *steps, appear, Expect("speed"))
    assert "live, " in rows[0]
    writer.close()


def test_damage_is_told_below_and_listed(log: Path) -> None:
    (file,) = (log / "train").iterdir()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    picture(log, Expect("CRC mismatch"), "!", Expect("Damage: 1"))


def test_a_log_that_goes_away_is_told_and_stays_on_screen(log: Path) -> None:
    def remove(_: FakeTerminal) -> None:
        shutil.rmtree(log)

    rows = picture(log, Expect("accuracy  0.9"), remove, Expect("! "))
    assert any("> accuracy" in row for row in rows)


def test_an_empty_log_waits_for_its_first_run(tmp_path: Path) -> None:
    def begin(_: FakeTerminal) -> None:
        RunWriter(tmp_path / "run").scalars("speed", [(1, 5.0)])

    picture(tmp_path, Expect("no event files yet"), begin, Expect("speed  5 @1"))


def test_a_missing_log_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LogdirError):
        watch(tmp_path / "none", [])


def test_health_says_what_went_bad_and_which_command_shows_it() -> None:
    steps = [Expect("accuracy"), "\x1b[H", Expect("44 of 155 tensors are bad")]
    rows = picture(ROOT / "sample_logs/demo", *steps, columns=120, rows=40)
    assert any("first cross_entropy/Log:0  1 -inf of 1000" in row for row in rows)
    assert any("opscope debug " in row for row in rows)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 20), (45, 12), (22, 5), (10, 3)])
def test_every_size_can_be_drawn_and_changed_to(log: Path, size: tuple[int, int]) -> None:
    def resize(terminal: FakeTerminal) -> None:
        terminal.resize(*size)

    there = "quit" if size[0] >= 20 else "too"
    rows = picture(log, Expect("accuracy  0.9"), resize, "g", "g", Expect(there))
    assert len(rows) == size[1]


@pytest.mark.parametrize(
    "depth", [ColorDepth.DEPTH_1_BIT, ColorDepth.DEPTH_4_BIT, ColorDepth.DEPTH_8_BIT]
)
def test_few_colours_are_enough(log: Path, depth: ColorDepth) -> None:
    done = watch(log, [Expect("accuracy  0.9"), "a", Expect("b ━ train"), "q"], depth=depth)
    coloured = {
        cell.fg
        for row in done.terminal.kept.values()
        for cell in row.values()
        if cell.fg != "default"
    }
    assert bool(coloured) is (depth is not ColorDepth.DEPTH_1_BIT)


def test_plain_letters_where_the_terminal_has_no_others(log: Path) -> None:
    rows = picture(log, Expect("accuracy  0.9"), glyphs=ASCII)
    assert "".join(rows).isascii()


def test_ctrl_c_ends_it_with_its_status(log: Path) -> None:
    assert watch(log, [Expect("accuracy"), CTRL_C]).status == 130
    assert watch(log, [Expect("accuracy"), "q"]).status == 0


PROGRAM = """
import sys
from opscope.cli.main import main
status = main(["watch", {log!r}])
print("STATUS", status, flush=True)
input()
"""


@pytest.mark.parametrize("end", ["q", "c-c", "sigterm"])
def test_the_terminal_is_given_back(log: Path, end: str) -> None:
    program = PtyProgram(PROGRAM.format(log=str(log)))
    program.expect("accuracy  0.9")
    if end == "sigterm":
        os.kill(program.pid, signal.SIGTERM)
    else:
        program.type("\x03" if end == "c-c" else "q")
    program.expect(f"STATUS {dict(zip(('q', 'c-c', 'sigterm'), (0, 130, 143), strict=True))[end]}")
    assert b"\x1b[?1049l" in program.seen
    program.type("\r")
    assert program.finish() == 0
