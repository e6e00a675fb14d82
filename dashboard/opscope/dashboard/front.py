"""What stands before the application: the path prefix, and who may ask under which name."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import orjson

from opscope.dashboard.wsgi import Environ, StartResponse, WSGIApplication

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
OWN_SITES = ("same-origin", "none")  # of Sec-Fetch-Site; "none" is the user's own doing


class Front:
    """A WSGI application that answers below `path_prefix` and refuses foreign host names.

    With `local_only`, a request must name this machine by a loopback name or an IP address in
    its `Host` header: otherwise any web page could read a logdir through a host name of its own
    that it points at 127.0.0.1 (DNS rebinding). What may change something (a POST) must come from
    a page of this server, where a browser says where it comes from, or from a program.
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
                "start it with --token to serve it under other names",
            )
        if environ["REQUEST_METHOD"] not in SAFE_METHODS:
            asked = environ.get("HTTP_X_FORWARDED_HOST", host)
            origin = environ.get("HTTP_ORIGIN")
            site = environ.get("HTTP_SEC_FETCH_SITE", "none")
            if site not in OWN_SITES or (
                origin is not None and origin.partition("://")[2] != asked
            ):
                told = f"{origin or 'a page of another site'} may not ask {asked}"
                return _refuse(start_response, "403 Forbidden", told)
        path = environ.get("PATH_INFO", "")
        if self.prefix:
            if path == self.prefix:
                query = environ.get("QUERY_STRING", "")
                address = self.prefix + "/" + (f"?{query}" if query else "")
                start_response("302 Found", [("Location", address), ("Content-Length", "0")])
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
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response(status, headers)
    return [body]
