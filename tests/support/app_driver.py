"""Types keys into the full-screen app and shows what a terminal would show after each."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyte
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from opscope.tfdbg.app import build_app
from opscope.tfdbg.app.command_history import CommandHistory
from opscope.tfdbg.app.terminal import Completions, Executor

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
PAGE_UP, PAGE_DOWN, HOME, END = "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"
SHIFT_TAB, SHIFT_DOWN, SHIFT_UP, ALT_LEFT = "\x1b[Z", "\x1b[1;2B", "\x1b[1;2A", "\x1b[1;3D"
CTRL_C, CTRL_D = "\x03", "\x04"


def click(column: int, row: int) -> str:
    """Press and release of the left button; both counted from 0."""
    return f"\x1b[<0;{column + 1};{row + 1}M\x1b[<0;{column + 1};{row + 1}m"


def wheel(down: bool, row: int = 10) -> str:
    return f"\x1b[<{65 if down else 64};10;{row}M"


class FakeTerminal:
    """A terminal of `columns` by `rows` that keeps what is drawn on it."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self.kept: dict[int, Any] = {}

    def write(self, text: str) -> int:
        self._stream.feed(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("no file")

    @property
    def encoding(self) -> str:
        return "utf-8"

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)

    def size(self) -> Size:
        return Size(rows=self.screen.lines, columns=self.screen.columns)

    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display]

    def keep(self) -> None:
        """Hold on to the looks of the cells: pyte has no alternate screen to come back from."""
        cells = self.screen.buffer
        self.kept = {row: copy.copy(cells[row]) for row in range(self.screen.lines)}

    def styled(self, row: int, attribute: str) -> str:
        """The characters of a row that have an attribute, such as underscore or reverse."""
        cells = self.kept[row]
        return "".join(
            cells[column].data
            for column in range(self.screen.columns)
            if getattr(cells[column], attribute) not in (False, "default")
        )

    def buffer_colour(self, row: int, ground: str) -> str:
        """The colour of a row's first cell, `fg` or `bg`."""
        return str(getattr(self.kept[row][0], ground))


class Shown:
    """What the terminal showed after each thing done; [0] is the first picture."""

    def __init__(self) -> None:
        self.pictures: list[list[str]] = []
        self.action: object = None
        self.terminal: FakeTerminal

    def __getitem__(self, number: int) -> list[str]:
        return self.pictures[number]

    @property
    def last(self) -> list[str]:
        return self.pictures[-1]

    def status(self, number: int) -> str:
        """The status line: the row above the prompt."""
        rows = self.pictures[number]
        prompt = max(place for place, row in enumerate(rows) if row.startswith("tfdbg>"))
        return rows[prompt - 1]


Step = str | Callable[[FakeTerminal], None]


def drive(
    execute: Executor,
    steps: Sequence[Step],
    *,
    completions: Completions = lambda text: (),
    title: str = "run-end: run #1",
    init_command: str = "lt",
    kind: str = "end",
    columns: int = 80,
    rows: int = 24,
    history: Path | None = None,
    depth: ColorDepth = ColorDepth.DEPTH_24_BIT,
    mouse_mode: Callable[[], bool] = lambda: True,
) -> Shown:
    """Do each step and keep the picture after it; then leave with Ctrl-D if still there.

    A step is keys to type, or a function of the terminal (a resize).
    """
    terminal = FakeTerminal(columns, rows)
    shown = Shown()
    shown.terminal = terminal
    with create_pipe_input() as pipe:
        output = Vt100_Output(
            terminal,  # type: ignore[arg-type]
            terminal.size,
            term="xterm-256color",
            default_color_depth=depth,
            enable_cpr=False,
        )
        app = build_app(
            execute,
            completions,
            title,
            init_command,
            kind=kind,
            mouse_mode=mouse_mode,
            history=CommandHistory(history or Path("/nonexistent/history")),
            terminal_input=pipe,
            terminal_output=output,
        )
        app.ttimeoutlen = app.timeoutlen = 0.01

        async def script() -> object:
            drawn = asyncio.Event()
            app.after_render += lambda _: drawn.set()
            running = asyncio.ensure_future(app.run_async(set_exception_handler=False))

            async def picture() -> None:
                waiting = asyncio.ensure_future(drawn.wait())
                some = {running, waiting}
                done, _ = await asyncio.wait(some, return_when=asyncio.FIRST_COMPLETED, timeout=5)
                waiting.cancel()
                assert done, f"nothing drawn after step {len(shown.pictures)}"
                shown.pictures.append(terminal.rows())
                terminal.keep()

            await picture()
            for step in steps:
                if running.done():
                    break
                drawn.clear()
                if callable(step):
                    step(terminal)
                    app.invalidate()
                else:
                    pipe.send_text(step)
                await picture()
            if not running.done():
                pipe.send_text("\x01\x0b" + CTRL_D)
            return await asyncio.wait_for(running, 20)

        shown.action = asyncio.run(script())
    return shown
