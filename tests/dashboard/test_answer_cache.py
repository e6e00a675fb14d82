from __future__ import annotations

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor

import flask
import pytest

from opscope.dashboard.answer_cache import LARGEST, AnswerCache
from opscope.dashboard.responses import install_conditions, install_validators
from opscope.dashboard.store import Store

ZIPPED = {"Accept-Encoding": "gzip"}


class Counted:
    """A server with one route, which counts how often it answers."""

    def __init__(self) -> None:
        self.store = Store("nowhere")
        self.made = 0
        self.size = 5000
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()
        server = flask.Flask("counted")
        install_conditions(server)
        self.cache = AnswerCache(self.store)
        self.cache.install(server)
        install_validators(server)

        @server.get("/data/plugin/x")
        def answer() -> flask.Response:
            self.made += 1
            self.begun.set()
            assert self.go_on.wait(10)
            if "wrong" in flask.request.args:
                flask.abort(404)
            return flask.Response(b"x" * self.size, mimetype="text/plain")

        self.server = server

    def get(self, query: str = "", **headers: str) -> flask.Response:
        return self.server.test_client().get(f"/data/plugin/x{query}", headers=headers)


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_a_question_is_answered_once_until_the_logdir_changes(counted: Counted) -> None:
    first, second = counted.get("?a=1", **ZIPPED), counted.get("?a=1", **ZIPPED)
    assert counted.made == 1
    assert gzip.decompress(first.data) == gzip.decompress(second.data) == b"x" * 5000
    assert first.headers["ETag"] == second.headers["ETag"]
    assert second.headers.getlist("Vary") == ["Accept-Encoding"]
    tag = {"If-None-Match": first.headers["ETag"]}
    known = counted.get("?a=1", **ZIPPED, **tag)
    assert (known.status_code, known.data, counted.made) == (304, b"", 1)
    assert counted.get("?a=1").data == b"x" * 5000
    assert counted.get("?a=2").status_code == 200
    assert counted.made == 3
    counted.store.generation += 1
    assert counted.get("?a=1", **tag).status_code == 304
    assert counted.made == 4


def test_who_asks_for_what_is_being_made_waits_for_it(counted: Counted) -> None:
    counted.go_on.clear()
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(counted.get, "?a=1") for _ in range(4)]
        assert counted.begun.wait(10)
        counted.go_on.set()
        assert {answer.result().status_code for answer in answers} == {200}
    assert counted.made == 1


def test_errors_and_large_answers_are_not_kept(counted: Counted) -> None:
    assert [counted.get("?wrong").status_code for _ in range(2)] == [404, 404]
    assert counted.made == 2
    counted.size = LARGEST + 1
    for _ in range(2):
        assert len(counted.get().data) == counted.size
    assert counted.made == 4


def test_what_is_kept_is_bounded(counted: Counted) -> None:
    counted.size = LARGEST
    for number in range(20):
        counted.get(f"?n={number}")
    assert counted.get("?n=19").status_code == 200
    assert counted.made == 20
    counted.get("?n=0")
    assert counted.made == 21
