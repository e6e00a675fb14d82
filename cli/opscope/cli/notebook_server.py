"""Dashboards that a notebook has started: processes of their own, which end with it."""

from __future__ import annotations

import atexit
import os
import secrets
import shlex
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from opscope.cli.dashboard import WITH_INPUT

HEIGHT = 800
PROXY_VARIABLE = "OPSCOPE_PROXY_URL"
PORT_MARK = "%PORT%"
PATIENCE = 60.0  # seconds until a dashboard listens, on a busy machine
LINES_KEPT = 40


class NotebookError(Exception):
    """A dashboard cannot be started or found; the message says why."""


class NotebookServer:
    """A dashboard that runs: its `port`, its `address` on this machine, its `arguments`.

    `frame_address` is where a browser finds it, through a proxy where there is one.
    """

    def __init__(
        self, arguments: Sequence[str], proxy: str | None, environment: Mapping[str, str]
    ) -> None:
        self.arguments = tuple(arguments)
        self._told: deque[str] = deque(maxlen=LINES_KEPT)
        self._listens = threading.Event()
        self.port = _asked_port(arguments) or _free_port()
        words = ["dashboard", *arguments]
        if _asked_port(arguments) is None:
            words += ["--port", str(self.port)]
        more = dict(environment)
        prefix, query = "", ""
        if proxy is not None:
            address = proxy.replace(PORT_MARK, str(self.port))
            prefix = urlsplit(address).path.rstrip("/")
            token = secrets.token_urlsafe(16)
            words += ["--token", *(["--path_prefix", prefix] if prefix else [])]
            more["OPSCOPE_TOKEN"] = token
            query = f"?token={token}"
            self.frame_address = f"{address.rstrip('/')}/{query}"
        self.address = f"http://localhost:{self.port}{prefix}/"
        if proxy is None:
            self.frame_address = self.address
        self._process = subprocess.Popen(
            [sys.executable, "-m", "opscope.cli", *words, WITH_INPUT],
            env=more,
            stdin=subprocess.PIPE,  # closed by whatever ends this process: then it ends, too
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._listen, name="opscope-notebook", daemon=True).start()
        if not self._listens.wait(PATIENCE) or not self.is_running:
            self.stop()
            told = "\n".join(self._told) or f"no answer within {PATIENCE:g} s"
            raise NotebookError(told)

    def __str__(self) -> str:
        return f"port {self.port}: opscope dashboard {shlex.join(self.arguments)}"

    @property
    def is_running(self) -> bool:
        """Whether its process still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._told.append(line.rstrip())
                if " at http" in line:
                    self._listens.set()
        self._process.wait()
        self._listens.set()  # it has ended: nobody needs to wait any longer


class NotebookServers:
    """The dashboards of one kernel, by their arguments."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._servers: dict[tuple[str, ...], NotebookServer] = {}
        atexit.register(self.stop)

    def get(self, arguments: Sequence[str]) -> NotebookServer:
        """The dashboard with these arguments, started unless it runs."""
        proxy = self._environment.get(PROXY_VARIABLE) or None
        if proxy is not None and PORT_MARK not in proxy:
            raise NotebookError(f"{PROXY_VARIABLE} is {proxy!r}, without {PORT_MARK} in it")
        key = (os.getcwd(), proxy or "", *arguments)  # a relative logdir is another one elsewhere
        known = self._servers.pop(key, None)
        if known is None or not known.is_running:
            known = NotebookServer(arguments, proxy, self._environment)
        self._servers[key] = known  # the last one is the newest
        return known

    def at(self, port: int | None) -> NotebookServer:
        """The one that listens at a port; without one the one that was asked for last."""
        running = self.running()
        if not running:
            raise NotebookError("no dashboard runs; start one by %opscope --logdir DIR")
        if port is None:
            return running[-1]
        for server in running:
            if server.port == port:
                return server
        ports = ", ".join(str(server.port) for server in running)
        raise NotebookError(f"no dashboard runs at port {port}; there are those at {ports}")

    def running(self) -> list[NotebookServer]:
        """Those that still run, the one that was asked for last at the end."""
        return [server for server in self._servers.values() if server.is_running]

    def stop(self) -> None:
        """End all."""
        for server in self.running():
            server.stop()
        self._servers.clear()


def _asked_port(arguments: Sequence[str]) -> int | None:
    """The port that the arguments name; None where they leave it open."""
    text = ""
    for place, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name == "--port":
            text = value if equals else "".join(arguments[place + 1 : place + 2])
    if not text or text == "0":
        return None
    if not text.isdecimal():
        raise NotebookError(f"--port {text}: a port is a number")
    return int(text)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
