"""What each key does."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.keys import Keys

from opscope.tfdbg.app.terminal import Terminal


def key_bindings(terminal: Terminal, command: Buffer, detach: Callable[[], None]) -> KeyBindings:
    """The keys of the whole app; other keys edit the command line as readline does."""
    keys = KeyBindings()
    _add_scrolling(keys, terminal)
    _add_history(keys, terminal, command)
    _add_links(keys, terminal, command)

    @keys.add("c-c")
    @keys.add(Keys.SIGINT)
    def _(event: KeyPressEvent) -> None:
        """Ctrl-C drops what is typed; on an empty line it lets the program run on."""
        if command.text:
            command.reset()
        else:
            detach()

    @keys.add("c-d")
    def _(event: KeyPressEvent) -> None:
        """Ctrl-D deletes the character at the cursor; on an empty line it detaches."""
        if command.text:
            command.delete()
        else:
            detach()

    return keys


def _add_scrolling(keys: KeyBindings, terminal: Terminal) -> None:
    def scroll(*names: str, move: Callable[[], None]) -> None:
        def handle(event: KeyPressEvent) -> None:
            move()

        for name in names:
            keys.add(name)(handle)

    scroll("pageup", move=lambda: terminal.view.page(-1))
    scroll("pagedown", move=lambda: terminal.view.page(1))
    scroll("home", move=lambda: terminal.view.scroll_to(0))
    scroll("end", move=lambda: terminal.view.scroll_to(terminal.view.last_top))
    scroll("s-up", "c-up", move=lambda: terminal.view.scroll_by(-1))
    scroll("s-down", "c-down", move=lambda: terminal.view.scroll_by(1))

    @keys.add("escape", "left")
    def _(event: KeyPressEvent) -> None:
        terminal.back()

    @keys.add("escape", "right")
    def _(event: KeyPressEvent) -> None:
        terminal.forward()


def _add_history(keys: KeyBindings, terminal: Terminal, command: Buffer) -> None:
    recalled: list[str | None] = [None]  # what Up or Down put on the line

    def recall(text: str | None) -> None:
        if text is not None:
            command.text = text
            command.cursor_position = len(text)
        recalled[0] = command.text

    def begin() -> None:
        if command.text != recalled[0]:
            terminal.history.start(command.text)

    @keys.add("up")
    def _(event: KeyPressEvent) -> None:
        begin()
        recall(terminal.history.older())

    @keys.add("down")
    def _(event: KeyPressEvent) -> None:
        begin()
        recall(terminal.history.newer())

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        text = command.text
        recalled[0] = None
        command.reset()
        terminal.enter(text)


def _add_links(keys: KeyBindings, terminal: Terminal, command: Buffer) -> None:
    choosing = Condition(lambda: terminal.view.link is not None)

    def choose(step: int) -> None:
        terminal.toast = None
        if not terminal.view.move_link(step):
            terminal.info("no further link on this screen")

    @keys.add("tab", filter=~choosing)
    def _(event: KeyPressEvent) -> None:
        if command.document.is_cursor_at_the_end:
            command.text = terminal.tab(command.text)
            command.cursor_position = len(command.text)

    @keys.add("s-tab", filter=~choosing)
    @keys.add("tab", filter=choosing)
    @keys.add("down", filter=choosing)
    def _(event: KeyPressEvent) -> None:
        choose(1)

    @keys.add("s-tab", filter=choosing)
    @keys.add("up", filter=choosing)
    def _(event: KeyPressEvent) -> None:
        choose(-1)

    @keys.add("enter", filter=choosing)
    def _(event: KeyPressEvent) -> None:
        chosen = terminal.view.link_command
        terminal.view.link = None
        if chosen is not None:
            terminal.run(chosen)

    @keys.add("escape", filter=choosing)
    def _(event: KeyPressEvent) -> None:
        terminal.view.link = None
        terminal.toast = None

    @keys.add(Keys.Any, filter=choosing)
    def _(event: KeyPressEvent) -> None:
        """Typing goes back to the command line."""
        terminal.view.link = None
        terminal.toast = None
        if event.data.isprintable():
            command.insert_text(event.data)
