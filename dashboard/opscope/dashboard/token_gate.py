"""Who knows the token gets in: by its header, by the address once, and by a cookie after that."""

from __future__ import annotations

import hashlib
import hmac
import html
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode

import orjson

from opscope.dashboard.wsgi import Environ, StartResponse, WSGIApplication

LEAST_LENGTH = 8
DATA = ("/data/", "/api/")
PARAMETER = "token"
COOKIE = "opscope"
YEAR = 365 * 86400

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>opscope: a token is needed</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
main {{ max-width: 34rem; margin: 15vh auto; padding: 0 1rem }}
input, button {{ font: inherit; padding: .35rem .6rem }}
</style></head>
<body><main><h1>{title}</h1><p>{told}</p>
<form method="get">{kept}
<label>Token <input type="password" name="token" autocomplete="off" autofocus
 required></label> <button>Open</button></form></main></body></html>"""
NO_TOKEN = (
    "A token is needed",
    (
        "This dashboard was started with <code>--token</code>. Whoever started it knows the token, "
        "or the whole address with it: the server's console shows it."
    ),
)
WRONG_TOKEN = (
    "This is not the token",
    (
        "The token in the address is not the one that this dashboard was started with; tokens that "
        "the server makes itself change with every start."
    ),
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"


class TokenGate:
    """A WSGI application that lets a request through to another one where it knows the token.

    A program sends `Authorization: Bearer TOKEN`. A browser opens any address with `?token=TOKEN`
    once: it gets an HttpOnly cookie, from which the token cannot be computed, and is sent to the
    address without it. Everybody else gets 401. `path` is what the cookie is for, `port` tells the
    cookies of several servers on one machine apart: browsers do not.
    """

    def __init__(self, application: WSGIApplication, token: str, path: str, port: int) -> None:
        self._application = application
        self._token = token.encode()
        self._path = path
        self._cookie = f"{COOKIE}-{port}"
        # A token that is guessed by hand deserves no second copy in the browser's files.
        key = hashlib.scrypt(self._token, salt=b"opscope cookie", n=2**14, r=8, p=1)
        self._proof = key.hex().encode()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        query = environ.get("QUERY_STRING", "")
        given = self._given(query)
        if given is not None:
            if not self._is_token(given):
                return self._refuse(environ, start_response, WRONG_TOKEN)
            rest = [(name, value) for name, value in parse_qsl(query, True) if name != PARAMETER]
            environ = {**environ, "QUERY_STRING": urlencode(rest)}
            if self._wants_page(environ):
                return self._send_on(environ, start_response)
            return self._application(environ, start_response)
        scheme, _, bearer = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() == "bearer":
            if self._is_token(bearer.strip()):
                return self._application(environ, start_response)
            return self._refuse(environ, start_response, WRONG_TOKEN)
        if self._has_cookie(environ.get("HTTP_COOKIE", "")):
            return self._application(environ, start_response)
        return self._refuse(environ, start_response, NO_TOKEN)

    def _given(self, query: str) -> str | None:
        if PARAMETER not in query:
            return None
        return dict(parse_qsl(query, keep_blank_values=True)).get(PARAMETER)

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "surrogateescape"), self._token)

    def _has_cookie(self, header: str) -> bool:
        try:
            morsel = SimpleCookie(header).get(self._cookie)
        except CookieError:
            return False
        # A header is bytes, which WSGI hands over as Latin-1.
        return morsel is not None and hmac.compare_digest(
            morsel.value.encode("latin-1", "replace"), self._proof
        )

    def _wants_page(self, environ: Environ) -> bool:
        is_data = environ.get("PATH_INFO", "").startswith(DATA)
        return environ["REQUEST_METHOD"] in ("GET", "HEAD") and not is_data

    def _send_on(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        # Quoted anew: a path that begins with two slashes would be another host's address.
        path = quote(environ.get("PATH_INFO", "").encode("latin-1")).lstrip("/")
        query = environ["QUERY_STRING"]
        cookie = (
            f"{self._cookie}={self._proof.decode()}; Path={self._path}; Max-Age={YEAR}; "
            "HttpOnly; SameSite=Lax"
        )
        if environ.get("HTTP_X_FORWARDED_PROTO", environ.get("wsgi.url_scheme")) == "https":
            cookie += "; Secure"
        headers = [
            ("Location", self._path + path + (f"?{query}" if query else "")),
            ("Set-Cookie", cookie),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),  # the address that is left holds the token
            ("Content-Length", "0"),
        ]
        start_response("303 See Other", headers)
        return [b""]

    def _refuse(
        self, environ: Environ, start_response: StartResponse, why: tuple[str, str]
    ) -> list[bytes]:
        title, told = why
        if self._wants_page(environ):
            # A form's GET replaces the whole query, of which the page wants the rest.
            rest = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
            kept = "".join(
                f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
                for name, value in rest
                if name != PARAMETER
            )
            kind, body = (
                "text/html; charset=utf-8",
                PAGE.format(title=title, told=told, kept=kept).encode(),
            )
        else:
            said = f"{title}: send it as Authorization: Bearer TOKEN, or as ?token=TOKEN"
            kind, body = "application/json", orjson.dumps({"error": said})
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("WWW-Authenticate", 'Bearer realm="opscope"'),
            ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
        ]
        start_response("401 Unauthorized", headers)
        return [body] if environ["REQUEST_METHOD"] != "HEAD" else [b""]
