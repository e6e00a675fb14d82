"""Several scripts or styles as one file: a browser asks a server for six files at a time."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from pathlib import Path

import flask

KEEP = "public, max-age=31536000, immutable"


class Bundle:
    """Files of the assets folder, one after the other, at an address that tells what is in them."""

    def __init__(self, folder: Path, names: Iterable[str], ending: str) -> None:
        parts = [f"/* {name} */\n{(folder / name).read_text('utf-8')}" for name in names]
        # Each file ends its last statement, whatever the next one begins with.
        self.body = ("\n;\n" if ending == "js" else "\n").join(parts).encode()
        self._compressed = gzip.compress(self.body, compresslevel=9)
        self.media_type = {"js": "text/javascript", "css": "text/css"}[ending]
        self.version = hashlib.sha256(self.body).hexdigest()[:12]
        self.path = f"/assets/all.{ending}"

    @property
    def address(self) -> str:
        """Path and version, without the prefix of the server."""
        return f"{self.path}?v={self.version}"

    def install(self, server: flask.Flask) -> None:
        """Serve it; whoever asks for this version may keep it for good."""

        def answer() -> flask.Response:
            packed = flask.request.accept_encodings["gzip"] > 0
            body = self._compressed if packed else self.body
            response = flask.Response(body, mimetype=self.media_type)
            if packed:
                response.headers["Content-Encoding"] = "gzip"
            current = flask.request.args.get("v") == self.version
            response.headers["Cache-Control"] = KEEP if current else "no-cache"
            return response

        server.add_url_rule(self.path, f"bundle {self.path}", answer)
