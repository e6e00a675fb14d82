"""What stands before the application: the path prefix, and who may ask under which name."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

import orjson

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGIApplication = Callable[[Environ, StartResponse], Iterable[bytes]]


class Front:
    """A WSGI application that answers below `path_prefix` and refuses foreign host names.

    With `local_only`, a request must name this machine by a loopback name or an IP address in
    its `Host` header: otherwise any web page could read a logdir through a host name of its own
    that it points at 127.0.0.1 (DNS rebinding). `Origin`, where a browser sends one, must be the
    host that was asked.
    """

    def __init__(
        self, application: WSGIApplication, path_prefix: str = "", local_only: bool = True
    ) -> None:
        self.application = application
        self.prefix = path_prefix.rstrip("/")
        self.local_only = local_only

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        host = environ.get("HTTP_HOST", "")
        if self.local_only and not is_local_name(host_name(host)):
            return _refuse(
                start_response,
                "403 Forbidden",
                f"this server answers only under localhost or an IP address, not {host!r}; "
                "start it with --host or --bind_all to serve it under other names",
            )
        origin = environ.get("HTTP_ORIGIN", "null")
        if origin != "null" and environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            asked_from = origin.partition("://")[2]
            if asked_from != environ.get("HTTP_X_FORWARDED_HOST", host):
                return _refuse(start_response, "403 Forbidden", f"{origin} may not ask {host}")
        path = environ.get("PATH_INFO", "")
        if self.prefix:
            if path == self.prefix:
                start_response("302 Found", [("Location", self.prefix + "/")])
                return [b""]
            if not path.startswith(self.prefix + "/"):
                return _refuse(
                    start_response, "404 Not Found", f"everything is below {self.prefix}/"
                )
            environ = {**environ, "PATH_INFO": path[len(self.prefix) :]}
        return self.application(environ, start_response)


def host_name(host: str) -> str:
    """The name in a `Host` header, without its port: "[::1]:80" gives "::1"."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def is_local_name(name: str) -> bool:
    """Whether a name cannot be pointed elsewhere by a foreign name server."""
    if name.rstrip(".").lower() == "localhost" or name.lower().endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refuse(start_response: StartResponse, status: str, message: str) -> list[bytes]:
    body = orjson.dumps({"error": message})
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]
