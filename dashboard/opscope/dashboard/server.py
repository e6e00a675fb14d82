"""The dashboard on a port: one production WSGI server in this process."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opscope.dashboard.front import Front
from opscope.dashboard.heap import keep_together
from opscope.dashboard.own_version import own_version
from opscope.dashboard.store import Store
from opscope.dashboard.token_gate import LEAST_LENGTH, PARAMETER, TokenGate
from opscope.dashboard.wsgi import WSGIApplication
from opscope.events import LogdirSpec
from opscope.events.file_access import is_url

DEFAULT_PORT = 6006  # TensorBoard's
PORTS_TRIED = 100
THREADS = 8
SWITCH_S = 0.001  # a small answer does not wait 5 ms, time and again, for a thread that computes
LEAVE_S = 5


class ServerError(Exception):
    """The dashboard cannot be served: the logdir is missing or the port is taken."""


class Server:
    """A dashboard that listens on `url`; `run()` serves until Ctrl-C, `close()` ends it."""

    def __init__(self, store: Store, listener: socket.socket, url: str, front: Front) -> None:
        from waitress.server import create_server  # slow to import, and only needed here

        # A browser asks for all its charts at once: a short queue is no news.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self.store = store
        self.url = url
        self._listener = listener
        self._server: Any = create_server(
            front,
            sockets=[listener],
            threads=THREADS,
            ident="opscope",
            clear_untrusted_proxy_headers=False,
        )
        self._serving = threading.Event()
        self._left = threading.Event()

    def run(self) -> None:
        """Serve; returns after Ctrl-C, SystemExit or `close()`."""
        self._serving.set()
        try:
            self._server.run()
        finally:
            self._left.set()
            self.store.close()

    def close(self) -> None:
        """Stop listening and reading; answers under way are given up."""
        self.store.close()
        if self._serving.is_set() and not self._left.is_set():
            self._server.trigger.pull_trigger(self._leave)
            self._left.wait(LEAVE_S)
        self._server.task_dispatcher.shutdown(timeout=1)
        self._server.close()

    def _leave(self) -> None:
        """End the loop that serves, called by itself: nobody waits on what is closed afterwards."""
        for channel in list(self._server.active_channels.values()):
            channel.close()
        self._server._map.clear()


def open_server(
    logdir: str | Path | LogdirSpec,
    *,
    host: str | None = None,
    bind_all: bool = False,
    port: int | None = None,
    path_prefix: str = "",
    reload_interval: float | None = None,
    window_title: str = "opscope",
    token: str | None = None,
    insecure: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Server:
    """Listen, and begin to read the logdir in the background.

    `port` None takes 6006 or the next free one; 0 any free one; another number that one or none.
    Without `host` the server is reachable from this machine only, and answers only under names
    that are this machine's. To be reachable from others it takes a `token`, which everybody must
    know who asks, or `insecure`. `tell` gets one line of news at a time (what was read, what could
    not be). Raises `ServerError`.
    """
    logdir = _checked(logdir)
    if token is not None:
        _check_token(token)
    prefix = "/" + path_prefix.strip("/") if path_prefix.strip("/") else ""
    listener = listen(host, bind_all, port)
    if token is None and not insecure and not _is_loopback(listener):
        listener.close()
        raise ServerError(
            "who can reach this port could read the whole logdir: add --token, which everybody "
            "needs who looks at it, or --insecure to let everybody"
        )
    from opscope.dashboard.app import create_app  # a second of imports; errors above come first

    store = Store(logdir, reload_interval=reload_interval, tell=tell).start()
    application: WSGIApplication = create_app(
        store, path_prefix=prefix, window_title=window_title
    ).server
    if token is not None:
        application = TokenGate(application, token, prefix + "/", listener.getsockname()[1])
    front = Front(application, prefix, local_only=token is None and not insecure)
    return Server(store, listener, _url(listener, host, bind_all, prefix), front)


def _checked(logdir: str | Path | LogdirSpec) -> str | Path | LogdirSpec:
    """The logdir, whose folders exist; whether a URL does takes time to find out."""
    if isinstance(logdir, LogdirSpec):
        for part in logdir.parts:
            if not is_url(part.path):
                _existing(Path(part.path))
        return logdir
    return logdir if is_url(logdir) else _existing(Path(logdir).expanduser())


def _check_token(token: str) -> None:
    if len(token) < LEAST_LENGTH:
        raise ServerError(f"a token has at least {LEAST_LENGTH} characters: others are guessed")
    if not (token.isascii() and token.isprintable()) or token != token.strip():
        raise ServerError("a token is of printable ASCII characters, without spaces around it")


def _is_loopback(listener: socket.socket) -> bool:
    name = listener.getsockname()[0]
    return ipaddress.ip_address(name.partition("%")[0]).is_loopback


def _existing(folder: Path) -> Path:
    if not folder.exists():
        raise ServerError(
            f"no such logdir: {folder}; a training that shall be followed from its start needs "
            f"the folder first (mkdir -p {folder})"
        )
    if not os.access(folder, os.R_OK):
        raise ServerError(f"the logdir {folder} may not be read by this user")
    return folder


def serve(
    logdir: str | Path | LogdirSpec,
    *,
    token: str | None = None,
    insecure: bool = False,
    say: Callable[[str], None] = print,
    **settings: Any,
) -> None:
    """Serve a logdir until Ctrl-C; `say` gets the address first. Settings as for `open_server`.

    An empty `token` stands for one that is made now and said with the address.
    """
    keep_together()
    sys.setswitchinterval(SWITCH_S)
    made = secrets.token_urlsafe(16) if token == "" else None
    server = open_server(logdir, token=made or token, insecure=insecure, tell=say, **settings)
    if insecure and token is None:
        say("--insecure: everybody who can reach this port can read the logdir")
    address = server.url + (f"?{PARAMETER}={made}" if made else "")
    say(f"opscope {own_version()} at {address} (Press CTRL+C to quit)")
    server.run()


def listen(host: str | None, bind_all: bool, port: int | None) -> socket.socket:
    """A bound TCP socket; raises `ServerError` where the port or the host cannot be had."""
    if port is not None and not 0 <= port <= 65535:
        raise ServerError(f"{port} is not a port: ports are 0 to 65535")
    name = "" if bind_all else host or "127.0.0.1"
    if port is not None:
        return _bind(name, port)
    for candidate in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED):
        try:
            return _bind(name, candidate)
        except PortBusyError:
            continue
    raise ServerError(
        f"ports {DEFAULT_PORT} to {DEFAULT_PORT + PORTS_TRIED - 1} are all in use; "
        "choose one with --port, or --port 0 for any free one"
    )


class PortBusyError(ServerError):
    """Somebody else listens on the port."""


def _bind(name: str, port: int) -> socket.socket:
    where = f"{name or 'this machine'}:{port}"
    try:
        if not name and socket.has_dualstack_ipv6():
            return socket.create_server(
                ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128
            )
        family, _, _, _, address = socket.getaddrinfo(
            name or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=128)
    except socket.gaierror as error:
        raise ServerError(f"no such host: {name!r} ({error.strerror})") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortBusyError(
                f"{where} is in use by another program; choose another with --port, "
                "or --port 0 for any free one"
            ) from error
        raise ServerError(f"cannot listen on {where}: {error.strerror or error}") from error


def _url(listener: socket.socket, host: str | None, bind_all: bool, prefix: str) -> str:
    port = listener.getsockname()[1]
    name = socket.gethostname() if bind_all else host or "localhost"
    return f"http://{f'[{name}]' if ':' in name else name}:{port}{prefix}/"
