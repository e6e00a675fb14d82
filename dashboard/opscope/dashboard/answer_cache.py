"""Answers that several clients ask for are made once, until the logdir has changed."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock, RLock

import flask

from opscope.dashboard.store import Store

MOST_BYTES = 16 << 20
LARGEST = 1 << 20  # of one answer: larger ones would put out all others
# What depends on nothing but the address and what was read of the logdir.
KEPT = (
    *("/data/plugin/", "/data/runs", "/api/scalars/", "/api/histograms/", "/api/distributions"),
    *("/api/images/", "/api/text/", "/api/pr_curves/", "/api/hparams/"),
)
STRIPES = 64
Key = tuple[str, str, bool]
Kept = tuple[bytes, list[tuple[str, str]]]


class AnswerCache:
    """Keeps the last answers to GETs of the paths `KEPT`, compressed as they were sent.

    They are forgotten when the store's generation rises. Who asks for what is being made waits for
    it. Safe for several threads.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._generation = -1
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self._making = [RLock() for _ in range(STRIPES)]

    def install(self, server: flask.Flask) -> None:
        """Answer from what is kept. Call it before what compresses answers is installed."""

        @server.before_request
        def look() -> flask.Response | None:
            request = flask.request
            if request.method != "GET" or not request.path.startswith(KEPT):
                return None
            packed = request.accept_encodings["gzip"] > 0
            key = request.path, request.query_string.decode("latin-1"), packed
            flask.g.generation = self._store.generation
            making = self._making[hash(key) % STRIPES]
            making.acquire()
            flask.g.making = making
            kept = self._find(key, flask.g.generation)
            if kept is None:
                flask.g.key = key
                return None
            let_go()
            body, headers = kept
            return flask.Response(body, headers=headers)

        # Runs last of those that see the answer: after it was compressed.
        @server.after_request
        def keep(response: flask.Response) -> flask.Response:
            key = flask.g.pop("key", None)
            if key is not None and response.status_code == 200 and not response.is_streamed:
                self._keep(key, flask.g.generation, response)
            let_go()
            return response

        @server.teardown_request
        def leave(_: BaseException | None) -> None:
            let_go()

        def let_go() -> None:
            making = flask.g.pop("making", None)
            if making is not None:
                making.release()

    def _find(self, key: Key, generation: int) -> Kept | None:
        with self._lock:
            if generation != self._generation:
                self._kept.clear()
                self._bytes, self._generation = 0, generation
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: Key, generation: int, response: flask.Response) -> None:
        body = response.get_data()
        if len(body) > LARGEST:
            return
        with self._lock:
            if generation != self._generation or key in self._kept:
                return
            self._kept[key] = body, list(response.headers.items())
            self._bytes += len(body)
            while self._bytes > MOST_BYTES:
                _, (old, _) = self._kept.popitem(last=False)
                self._bytes -= len(old)
