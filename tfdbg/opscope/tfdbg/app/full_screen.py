"""The full-screen app: its layout, and running it without a trace on the user's process."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prompt_toolkit.application import Application, get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.layout import (
    ConditionalContainer,
    Dimension,
    Float,
    FloatContainer,
    HSplit,
    Layout,
    VSplit,
    Window,
)
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.styles import DynamicStyle

from opscope.tfdbg.action import DETACH
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.answer import answer
from opscope.tfdbg.app import controls
from opscope.tfdbg.app.command_history import FILE, CommandHistory
from opscope.tfdbg.app.interrupt import interruptible
from opscope.tfdbg.app.keys import key_bindings
from opscope.tfdbg.app.palette import color_depth, style_for
from opscope.tfdbg.app.terminal import Completions, Executor, Terminal
from opscope.tfdbg.command import completions
from opscope.tfdbg.screen import Screen

PROMPT = "tfdbg> "

_one_at_a_time = threading.Lock()


def run_app(
    context: Analysis,
    title: str,
    init_command: str,
    *,
    kind: str = "offline",
    history_path: Path | None = None,
    terminal_input: Input | None = None,
    terminal_output: Output | None = None,
) -> object:
    """Show the full screen until the user leaves it, and return what is to be done next.

    The action is a RunRequest, EXIT or DETACH. `kind` colours the title: start, end, hit, error
    or offline. Only one screen is shown at a time; other threads wait. Signal handlers and the
    terminal's mode are as before when this returns.
    """
    history = CommandHistory(Path(FILE).expanduser() if history_path is None else history_path)

    def execute(text: str, columns: int) -> Screen:
        asked = dataclasses.replace(context, columns=columns, history=history.commands, fitted=True)
        return answer(asked, text)

    app = build_app(
        execute,
        lambda text: completions(context, text),
        title,
        init_command,
        kind=kind,
        history=history,
        mouse_mode=lambda: context.settings.mouse_mode,
        terminal_input=terminal_input,
        terminal_output=terminal_output,
        depth=color_depth(os.environ),
    )
    with _one_at_a_time, _signals_kept():
        return _run(app)


def build_app(
    execute: Executor,
    completed_by: Completions,
    title: str,
    init_command: str,
    *,
    kind: str = "offline",
    history: CommandHistory,
    mouse_mode: Callable[[], bool] = lambda: True,
    terminal_input: Input | None = None,
    terminal_output: Output | None = None,
    depth: ColorDepth | None = None,
) -> Application[object]:
    """The app, not yet running; its result is the action.

    `mouse_mode` is asked at the start and after each command; no `depth` is that of the output.
    """
    terminal = Terminal(
        execute, completed_by, lambda action: get_app().exit(result=action), history, mouse_mode
    )
    command = Buffer(multiline=False)
    keys = key_bindings(terminal, command, lambda: get_app().exit(result=DETACH))
    app: Application[object] = Application(
        layout=Layout(_layout(terminal, command, title, kind), focused_element=command),
        key_bindings=keys,
        style=DynamicStyle(lambda: style_for(app.color_depth)),
        full_screen=True,
        color_depth=depth,
        mouse_support=Condition(lambda: terminal.mouse),
        input=terminal_input,
        output=terminal_output,
    )

    def draw() -> None:
        if app.render_counter:
            app.renderer.render(app, app.layout)

    app.ttimeoutlen = 0.05
    app.timeoutlen = 0.1
    terminal.columns = _output_columns(app)
    app.pre_run_callables.append(lambda: terminal.run(init_command))
    terminal.before_work = draw
    terminal.interruptible = lambda: interruptible(app.input)
    app.before_render += lambda _: setattr(terminal, "columns", _output_columns(app))
    return app


def _output_columns(app: Application[object]) -> int:
    return max(app.output.get_size().columns - 2, 20)


def _layout(terminal: Terminal, command: Buffer, title: str, kind: str) -> FloatContainer:
    def text(fragments: object, style: str = "", height: object = 1) -> Window:
        return Window(
            FormattedTextControl(fragments),  # type: ignore[arg-type]
            height=height,  # type: ignore[arg-type]
            style=style,
            dont_extend_height=True,
        )

    leave = "leave" if kind == "offline" else "detach"
    has_menu = Condition(lambda: bool(terminal.view.screen.menu))
    has_toast = Condition(lambda: terminal.toast is not None)

    def menu_height() -> Dimension:
        size = get_app().output.get_size()
        needed = len(controls.menu_rows(terminal.view.screen.menu, size.columns))
        return Dimension.exact(min(needed, max(size.rows // 6, 1)))  # the answer comes first

    output = VSplit(
        [
            Window(controls.OutputControl(terminal), height=Dimension(min=1)),
            Window(width=1),
            Window(controls.ScrollBarControl(terminal), width=1),
        ]
    )
    command_line = Window(
        BufferControl(command, input_processors=[BeforeInput(PROMPT, "class:prompt")]),
        height=Dimension(min=1, max=2),
        wrap_lines=True,
        dont_extend_height=True,
    )
    rows = HSplit(
        [
            text(lambda: controls.title_bar(title, kind)),
            text(lambda: controls.navigation_bar(terminal), "class:bar"),
            ConditionalContainer(
                text(lambda: controls.menu_bar(terminal), height=menu_height), has_menu
            ),
            output,
            text(lambda: controls.status_bar(terminal, leave), "class:bar"),
            command_line,
        ]
    )

    def toast() -> StyleAndTextTuples:
        return controls.toast_lines(terminal, get_app().output.get_size().columns)

    def toast_height() -> Dimension:
        return Dimension(max=max(get_app().output.get_size().rows // 2, 1))

    over = ConditionalContainer(
        Window(FormattedTextControl(toast), height=toast_height, dont_extend_height=True),
        has_toast,
    )
    return FloatContainer(rows, [Float(over, left=0, right=0, bottom=2)])


def _run(app: Application[object]) -> object:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run_here(app)
    # A notebook's loop runs in this thread and loops do not nest: another thread takes the app.
    results: list[object] = []
    errors: list[BaseException] = []

    def in_thread() -> None:
        try:
            results.append(_run_here(app))
        except BaseException as error:  # handed to the thread that waits
            errors.append(error)

    thread = threading.Thread(target=in_thread, name="tfdbg-screen")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _run_here(app: Application[object]) -> object:
    def fail(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if app.is_running and not app.is_done:
            app.exit(exception=context.get("exception") or RuntimeError(context["message"]))

    # A loop factory keeps asyncio from replacing the event loop that the user may have set.
    try:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.get_loop().set_exception_handler(fail)
            return runner.run(app.run_async(set_exception_handler=False))
    except EOFError:
        return DETACH
    finally:
        app.renderer.reset(leave_alternate_screen=True)  # also where the first picture failed


@contextmanager
def _signals_kept() -> Iterator[None]:
    """The signal handlers and the wakeup descriptor of the program, put back at the end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [signal.SIGINT]
    if hasattr(signal, "SIGWINCH"):
        numbers.append(signal.SIGWINCH)
    handlers = {number: signal.getsignal(number) for number in numbers}
    wakeup = signal.set_wakeup_fd(-1)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            if handler is not None:  # None: set outside of Python, which cannot be put back
                signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
