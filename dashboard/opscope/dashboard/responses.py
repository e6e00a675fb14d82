"""Answers to plain requests: JSON with numpy in it, errors as JSON, ETag and gzip."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any

import flask
import orjson
from werkzeug.exceptions import HTTPException

SMALLEST_WORTH_COMPRESSING = 1024  # bytes
COMPRESSIBLE = ("application/json", "application/javascript", "text/", "image/svg+xml")
DATA = ("/data/", "/api/")
STATIC = ("/_dash-component-suites/", "/assets/")
KEPT_COMPRESSED = 64  # static files, the largest of which take 0.2 s to compress


def json_response(value: Any, status: int = 200) -> flask.Response:
    """A JSON answer; numpy arrays are written as they are (NaN as null)."""
    body = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    return flask.Response(body, status=status, mimetype="application/json")


def error_response(status: int, message: str) -> flask.Response:
    """An error as JSON: `{"error": message}`."""
    return json_response({"error": message}, status)


def blob_response(data: bytes, media_type: str | None, file_name: str = "") -> flask.Response:
    """Bytes of a log: they are never a page, whatever they hold.

    With a `file_name` the browser saves them; without a `media_type` they are just bytes.
    """
    response = flask.Response(data, mimetype=media_type or "application/octet-stream")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if file_name:
        response.headers.set("Content-Disposition", "attachment", filename=file_name)
    return response


def stream_response(pieces: Iterable[bytes], size: int, file_name: str) -> flask.Response:
    """A file of `size` bytes to be saved, sent piece by piece: it may be larger than memory."""
    response = flask.Response(pieces, mimetype="application/octet-stream", direct_passthrough=True)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Length"] = str(size)
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    return response


def required(name: str) -> str:
    """The query argument of that name; without it the request ends with a 400 that says so."""
    value = flask.request.args.get(name)
    if value is None:
        flask.abort(error_response(400, f"the query needs {name}=..., as in ?{name}=VALUE"))
    return value


def whole_number(name: str, default: int | None, low: int, high: int) -> int:
    """A whole number of the query within [low, high]; else the request ends with a 400.

    A `default` of None means that the query must have it.
    """
    text = flask.request.args.get(name)
    if text is None and default is not None:
        return default
    text = required(name)
    try:
        number = int(text)
    except ValueError:
        flask.abort(error_response(400, f"{name} is a whole number, not {text[:40]!r}"))
    if not low <= number <= high:
        flask.abort(error_response(400, f"{low} <= {name} <= {high}"))
    return number


def install_errors(server: flask.Flask) -> None:
    """Answer errors below /data/ and /api/ as JSON."""

    @server.before_request
    def unknown() -> flask.Response | None:
        # Dash answers every other path with its page, which here would look like data.
        path, rule = flask.request.path, flask.request.url_rule
        if path.startswith(DATA) and (rule is None or rule.rule == "/<path:path>"):
            return error_response(404, f"{path} not found")
        return None

    @server.errorhandler(HTTPException)
    def as_json(error: HTTPException) -> Any:
        if error.response is not None or not flask.request.path.startswith(DATA):
            return error.get_response() if error.response is None else error.response
        return error_response(error.code or 500, error.description or error.name)


def install_conditions(server: flask.Flask) -> None:
    """Answer with 304 who has the answer already. To be installed first: it has the last word."""

    @server.after_request
    def condition(response: flask.Response) -> flask.Response:
        streamed = response.headers.get("Cache-Control") == "no-store"
        if flask.request.method == "GET" and response.status_code == 200 and not streamed:
            response.make_conditional(flask.request)
        return response


def install_validators(server: flask.Flask) -> None:
    """Give every cacheable answer an ETag and, where the browser takes it, gzip."""
    compressed: OrderedDict[str, bytes] = OrderedDict()
    lock = Lock()

    def gzipped(tag: str, body: bytes, static: bool) -> bytes:
        if not static:
            return gzip.compress(body, compresslevel=1)
        with lock:
            if tag not in compressed:
                compressed[tag] = gzip.compress(body, compresslevel=6)
                while len(compressed) > KEPT_COMPRESSED:
                    compressed.popitem(last=False)
            return compressed[tag]

    @server.after_request
    def validate(response: flask.Response) -> flask.Response:
        request = flask.request
        if response.status_code != 200 or request.method not in ("GET", "HEAD", "POST"):
            return response
        if response.headers.get("Cache-Control") == "no-store":
            return response  # sent piece by piece
        response.direct_passthrough = False
        body = response.get_data()
        if request.method == "GET":
            tag = response.get_etag()[0] or hashlib.blake2b(body, digest_size=12).hexdigest()
            response.set_etag(tag)
            if "Cache-Control" not in response.headers:
                response.headers["Cache-Control"] = "no-cache"
        else:
            tag = ""
        if (
            len(body) >= SMALLEST_WORTH_COMPRESSING
            and (response.mimetype or "").startswith(COMPRESSIBLE)
            and "Content-Encoding" not in response.headers
            and request.accept_encodings["gzip"] > 0
        ):
            static = request.path.startswith(STATIC)
            response.set_data(gzipped(tag, body, static and bool(tag)))
            response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        return response


def install_policy(server: flask.Flask, inline_scripts: Sequence[str]) -> None:
    """Let the browser load nothing that this server does not serve.

    `inline_scripts` are the hashes of the scripts inside the page, as Dash gives them.
    """
    policy = "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self'", *inline_scripts]),
            "style-src 'self' 'unsafe-inline'",  # style attributes: colours of runs
            "img-src 'self' data: blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )

    @server.after_request
    def protect(response: flask.Response) -> flask.Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        # No other site may put an answer into its page, or learn an address from a link.
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Referrer-Policy"] = "same-origin"
        if response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = policy
        return response
