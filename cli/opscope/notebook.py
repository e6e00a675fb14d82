"""The dashboard inside a notebook: `%load_ext opscope.notebook`, then `%opscope --logdir DIR`.

    %opscope --logdir DIR [--height 800] [flags of `opscope dashboard`]
    %opscope                 says which dashboards run

or as functions: `opscope.notebook.start("--logdir DIR")`, `display(port, height)`, `list()`. A
dashboard is a process of its own, so that a training in the notebook does not slow it down; equal
arguments show the one that runs already, and all end with the kernel. Where a browser reaches the
machine through a proxy only, `OPSCOPE_PROXY_URL` is how, `%PORT%` being the port (for JupyterHub
`/user/NAME/proxy/absolute/%PORT%/`); the dashboard then takes a token that the frame knows.
"""

from __future__ import annotations

import builtins
import shlex
from collections.abc import Sequence
from typing import Any

from opscope.cli.notebook_server import HEIGHT, NotebookError, NotebookServer, NotebookServers

__all__ = ["NotebookError", "display", "list", "load_ipython_extension", "start"]

_servers = NotebookServers()


def load_ipython_extension(shell: Any) -> None:
    """Add the magic `%opscope` to a shell; IPython calls this for `%load_ext`."""
    shell.register_magic_function(_magic, "line", "opscope")


def start(arguments: str | Sequence[str], height: int = HEIGHT) -> NotebookServer:
    """Serve a logdir, or find the dashboard that does, and show it in a frame of so many pixels.

    `arguments` are those of `opscope dashboard`, as one line or as words. Raises NotebookError
    where it cannot be served.
    """
    words = shlex.split(arguments) if isinstance(arguments, str) else [*arguments]
    server = _servers.get(words)
    _show(server, height)
    return server


def display(port: int | None = None, height: int = HEIGHT) -> None:
    """Show a dashboard that runs: the one at a port, or the one started last."""
    _show(_servers.at(port), height)


def list() -> builtins.list[NotebookServer]:  # noqa: A001 - as tensorboard.notebook has it
    """The dashboards that this kernel has started and that still run; prints them, too."""
    running = _servers.running()
    for server in running:
        print(server)
    if not running:
        print("no dashboard runs; start one by %opscope --logdir DIR")
    return running


def _magic(line: str) -> None:
    """Show a logdir: %opscope --logdir DIR [--height PIXELS] [flags of `opscope dashboard`]."""
    words, height = shlex.split(line), HEIGHT
    if "--height" in words:
        place = words.index("--height")
        try:
            height = int(words[place + 1])
        except (IndexError, ValueError):
            print("--height takes a number of pixels")
            return
        del words[place : place + 2]
    if not words:
        list()
        return
    try:
        start(words, height)
    except NotebookError as error:
        print(error)  # a traceback would hide what it says


def _show(server: NotebookServer, height: int) -> None:
    try:
        from IPython.display import IFrame
        from IPython.display import display as show
    except ImportError as error:
        raise NotebookError(
            "a notebook needs IPython, which is not installed: pip install 'opscope[notebook]'"
        ) from error
    show(IFrame(server.frame_address, width="100%", height=height))
