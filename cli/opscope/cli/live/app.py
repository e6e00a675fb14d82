"""`opscope watch` on a terminal: keys, the reading thread, and drawing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.styles import DynamicStyle, Style

from opscope.cli.live.browser import Browser
from opscope.cli.live.palette import RICH, SIXTEEN
from opscope.cli.live.row import Glyphs
from opscope.cli.live.window import window
from opscope.tfdbg.app.palette import color_depth

QUIT, INTERRUPTED = 0, 130
REST = 9  # so many times longer than a look took nothing is read afterwards


class WatchApp:
    """A browser on a terminal; `run` returns the exit status."""

    def __init__(
        self,
        browser: Browser,
        interval: float,
        glyphs: Glyphs,
        *,
        terminal_input: Input | None = None,
        terminal_output: Output | None = None,
        depth: ColorDepth | None = None,
    ) -> None:
        self._browser = browser
        self._interval = interval
        self._glyphs = glyphs
        self._worker = ThreadPoolExecutor(1, "watch-reader")
        self._wake = asyncio.Event()
        self._now = False
        self.application: Application[int] = Application(
            layout=Layout(
                Window(FormattedTextControl(self._text, show_cursor=False), always_hide_cursor=True)
            ),
            key_bindings=self._keys(),
            style=DynamicStyle(self._style),
            full_screen=True,
            color_depth=depth or color_depth(os.environ),
            input=terminal_input,
            output=terminal_output,
        )
        self.application.ttimeoutlen = 0.05
        self.application.timeoutlen = 0.1

    def run(self) -> int:
        """Show the screen until the user leaves it; LogdirError where there is no logdir."""
        try:
            return asyncio.run(self.run_async())
        except EOFError:
            return QUIT

    async def run_async(self) -> int:
        """As `run`, in a loop that runs already."""
        reading = asyncio.ensure_future(self._follow())
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(signal.SIGTERM, self._leave, 128 + signal.SIGTERM)
        try:
            return await self.application.run_async(set_exception_handler=False)
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
            self._worker.shutdown(wait=False, cancel_futures=True)

    def _leave(self, status: int) -> None:
        if self.application.is_running and not self.application.is_done:
            self.application.exit(result=status)

    # Reading

    async def _follow(self) -> None:
        try:
            await self._read_on()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # told to the user by who runs the app
            if self.application.is_running and not self.application.is_done:
                self.application.exit(exception=error)

    async def _read_on(self) -> None:
        """Reload every `interval` seconds, fetch what pictures ask for, and let time pass."""
        loop = asyncio.get_running_loop()
        log = self._browser.log

        async def work(task: Callable[[], bool]) -> bool:
            answer: Awaitable[bool] = loop.run_in_executor(self._worker, task)
            return await answer

        next_reload = loop.time()
        while True:
            if self._now or loop.time() >= next_reload:
                self._now = False
                began = loop.time()
                await work(log.reload)
                # Of a large logdir a look takes its time: a tenth of it at most goes there.
                pause = max(self._interval, REST * (loop.time() - began))
                next_reload = loop.time() + (pause if self._interval > 0 else float("inf"))
                self.application.invalidate()
                await asyncio.sleep(0)
            if log.wanting and await work(log.fetch):
                self.application.invalidate()
                await asyncio.sleep(0.02)  # the picture may ask for more
                continue
            left = max(min(next_reload - loop.time(), 1.0), 0.01)
            # Unlike `wait_for`, which Python 3.11 lets swallow it, this hears of being cancelled.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._wake.wait()
            if not self._wake.is_set():
                self.application.invalidate()  # seconds pass on the screen, too
            self._wake.clear()

    # Drawing

    def _text(self) -> StyleAndTextTuples:
        size = self.application.output.get_size()
        rows = window(self._browser, size.columns, size.rows, self._glyphs)
        found: StyleAndTextTuples = []
        for number, row in enumerate(rows):
            found += [("", "\n")] if number else []
            found += row
        if self._browser.log.wanting:
            self._wake.set()
        return found

    def _style(self) -> Style:
        depth = self.application.color_depth
        few = depth in (ColorDepth.DEPTH_1_BIT, ColorDepth.DEPTH_4_BIT)
        return Style.from_dict(dict(SIXTEEN if few else RICH))

    # Keys

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        browser = self._browser
        typing = Condition(lambda: browser.typing is not None)

        def on(*names: str, when: Condition = ~typing) -> Callable[[Callable[[], None]], None]:  # type: ignore[assignment]
            def bind(action: Callable[[], None]) -> None:
                def handle(_event: KeyPressEvent) -> None:
                    action()

                for name in names:
                    keys.add(name, filter=when, eager=name == "escape")(handle)

            return bind

        def change(**choices: object) -> None:
            browser.view = replace(browser.view, **choices)  # type: ignore[arg-type]

        on("q")(lambda: self._leave(QUIT))
        for name in ("c-c", "<sigint>"):
            keys.add(name)(lambda _event: self._leave(INTERRUPTED))
        on("up", "k")(lambda: browser.move(-browser.across if browser.grid else -1))
        on("down", "j")(lambda: browser.move(browser.across if browser.grid else 1))
        on("pageup")(lambda: browser.move(-browser.page))
        on("pagedown")(lambda: browser.move(browser.page))
        on("home")(lambda: browser.move_to_end(False))
        on("end")(lambda: browser.move_to_end(True))
        on("{")(lambda: browser.move_run(-1))
        on("}")(lambda: browser.move_run(1))
        on(" ")(browser.mark)
        on("u")(browser.marks.clear)
        on("a")(browser.toggle_all_runs)
        on("g")(lambda: setattr(browser, "grid", not browser.grid))
        on("enter")(lambda: setattr(browser, "grid", False))
        on("tab")(lambda: setattr(browser, "hides_list", not browser.hides_list))
        on("+", "=")(lambda: browser.zoom(0.5))
        on("-")(lambda: browser.zoom(2.0))
        on("0")(lambda: change(zoom=None))
        on("left")(lambda: browser.move(-1) if browser.grid else browser.pan(-0.25))
        on("right")(lambda: browser.move(1) if browser.grid else browser.pan(0.25))
        on("x")(lambda: setattr(browser, "view", browser.view.next_axis()))
        on("l")(lambda: change(log=not browser.view.log))
        on("o")(lambda: change(robust=not browser.view.robust))
        on("[")(lambda: setattr(browser, "view", browser.view.smoothed(-1)))
        on("]")(lambda: setattr(browser, "view", browser.view.smoothed(1)))
        on("h")(lambda: change(heat=not browser.view.heat))
        on("n")(lambda: setattr(browser, "scroll", browser.scroll + 5))
        on("p")(lambda: setattr(browser, "scroll", max(browser.scroll - 5, 0)))
        on("r")(self._reload_now)
        on("?")(lambda: setattr(browser, "help", not browser.help))
        on("!")(lambda: setattr(browser, "damage", not browser.damage))
        on("escape")(browser.escape)
        on("/")(browser.start_typing)
        on("escape", when=typing)(lambda: browser.end_typing(False))
        on("enter", when=typing)(lambda: browser.end_typing(True))
        on("backspace", when=typing)(browser.rub_out)
        on("c-u", when=typing)(lambda: browser.clear_typing())

        @keys.add(Keys.Any, filter=typing)
        def _(event: KeyPressEvent) -> None:
            for char in event.data:
                if char.isprintable():
                    browser.type(char)

        return keys

    def _reload_now(self) -> None:
        self._now = True
        self._wake.set()


def run_app(browser: Browser, interval: float, glyphs: Glyphs) -> int:
    """Show a browser on this terminal until the user leaves; the exit status.

    Raises LogdirError where the logdir cannot be read at all.
    """
    return WatchApp(browser, interval, glyphs).run()
