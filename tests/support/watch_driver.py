"""Types keys into `opscope watch` and shows what a terminal would show."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from app_driver import FakeTerminal
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from opscope.cli.live.app import WatchApp
from opscope.cli.live.browser import Browser
from opscope.cli.live.live_log import LiveLog
from opscope.cli.live.row import UNICODE, Glyphs
from opscope.cli.selection import Selection


class Expect(NamedTuple):
    """Wait until the screen shows a text, or no longer does."""

    text: str
    gone: bool = False


Step = str | Expect | Callable[[FakeTerminal], None]


class Watched(NamedTuple):
    """The rows after each `Expect`, the exit status, and the terminal as it was left."""

    pictures: list[list[str]]
    status: int
    terminal: FakeTerminal


def watch(
    path: Path,
    steps: Sequence[Step],
    *,
    columns: int = 80,
    rows: int = 24,
    interval: float = 0.05,
    depth: ColorDepth = ColorDepth.DEPTH_24_BIT,
    glyphs: Glyphs = UNICODE,
) -> Watched:
    """Do each step: keys to type, something to wait for, or a call; the last keys must quit."""
    terminal = FakeTerminal(columns, rows)
    pictures: list[list[str]] = []

    async def script() -> int:
        with create_pipe_input() as pipe:
            output = Vt100_Output(
                terminal,  # type: ignore[arg-type]
                terminal.size,
                term="xterm-256color",
                default_color_depth=depth,
                enable_cpr=False,
            )
            browser = Browser(LiveLog(str(path), Selection(None, None)))
            app = WatchApp(
                browser, interval, glyphs, terminal_input=pipe, terminal_output=output, depth=depth
            )
            app.application.ttimeoutlen = app.application.timeoutlen = 0.01
            drawn = asyncio.Event()
            app.application.after_render += lambda _: drawn.set()
            running = asyncio.ensure_future(app.run_async())
            for step in steps:
                if isinstance(step, str):
                    pipe.send_text(step)
                elif callable(step):
                    step(terminal)
                    app.application.invalidate()
                else:
                    await shows(step, drawn, running)
                    terminal.keep()
                    pictures.append(terminal.rows())
            return await asyncio.wait_for(running, 30)

    async def shows(step: Expect, drawn: asyncio.Event, running: asyncio.Future[int]) -> None:
        end = asyncio.get_running_loop().time() + 20
        while any(step.text in row for row in terminal.rows()) is step.gone:
            drawn.clear()
            waiting = asyncio.ensure_future(drawn.wait())
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=5)
            waiting.cancel()
            late = asyncio.get_running_loop().time() > end
            assert not late, f"{step} did not come:\n" + "\n".join(terminal.rows())
            if running.done():
                running.result()
                raise AssertionError(f"it ended before {step}")

    return Watched(pictures, asyncio.run(script()), terminal)
