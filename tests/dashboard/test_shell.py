from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dash import html

from opscope.dashboard.app import create_app
from opscope.dashboard.page import Page
from opscope.dashboard.pages import shell
from opscope.dashboard.store import Store
from opscope.events import EventFileWriter, Logdir, open_logdir
from opscope.events.proto.event_pb2 import Event


def page(path: str, order: int, data: bool) -> Page:
    return Page(path, path[1:].title(), "graph", order, lambda _: data, lambda _: html.Div(path))


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path, reload_interval=0) as store:
        store.wait()
        yield store


def test_the_root_goes_to_the_first_page_that_has_data(empty: Store) -> None:
    pages = [page("/b", 2, True), page("/a", 1, False), page("/c", 3, True)]
    client = create_app(empty, pages=pages, path_prefix="/x/").server.test_client()
    answer = client.get("/?run=train")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/x/b?run=train")


def test_an_empty_logdir_says_so_and_keeps_the_root(empty: Store) -> None:
    pages = [page("/a", 1, False)]
    assert create_app(empty, pages=pages).server.test_client().get("/").status_code == 200
    assert shell.view(empty, pages, "/").key == "empty /"


def test_an_unreadable_logdir_is_told_on_the_page(tmp_path: Path) -> None:
    with Store(tmp_path / "gone", reload_interval=0) as store:
        store.wait()
        assert "gone" in (store.error or "")
        assert shell.view(store, [page("/a", 1, True)], "/a").key == f"error {store.error}"
        answer = create_app(store).server.test_client().get("/api/scalars/tags")
        assert (answer.status_code, "gone" in answer.json["error"]) == (503, True)


def test_a_logdir_that_vanishes_and_comes_back(tmp_path: Path) -> None:
    logdir = tmp_path / "logs"
    logdir.mkdir()
    with Store(logdir, reload_interval=0) as store:
        store.wait()
        logdir.rmdir()
        before = store.generation
        assert store.reload()
        assert str(logdir) in (store.error or "")
        logdir.mkdir()
        assert store.reload()
        assert (store.error, store.generation) == (None, before + 2)
        assert not store.reload()


def test_what_is_read_is_told(logdir: Path) -> None:
    news: list[str] = []
    with Store(logdir, reload_interval=0, tell=news.append, clock=lambda: 0.0):
        pass
    assert news == ["read 2 runs in 0.0 s"]


def test_a_long_first_reading_says_what_it_reads(logdir: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(path: Path, progress: Callable[[int, int], None]) -> Logdir:
        progress(2_000_000, 10_000_000)
        begun.set()
        go_on.wait(30)
        return open_logdir(path)

    with Store(logdir, reload_interval=0, opener=slow) as store:
        begun.wait(30)
        view = shell.view(store, [page("/a", 1, True)], "/a")
        assert (view.key, store.loaded) == ("loading", False)
        assert "2.0 of 10.0 MB" in str(view.draw())
        told = create_app(store).server.test_client().get("/api/generation").json
        assert (told["loaded"], told["read"]) == (False, [2_000_000, 10_000_000])
        go_on.set()
        store.wait()
        assert shell.view(store, [page("/a", 1, True)], "/a").key == "/a"


def test_damaged_places_are_told(logdir: Path) -> None:
    file = next((logdir / "test").iterdir())
    data = bytearray(file.read_bytes())
    data[-6] ^= 1
    file.write_bytes(data)
    news: list[str] = []
    with Store(logdir, reload_interval=0, tell=news.append, clock=lambda: 0.0) as store:
        store.wait()
        client = create_app(store).server.test_client()
        assert client.get("/api/generation").json["problems"] == 1
        (problem,) = client.get("/api/problems").json
    assert problem["file"] == str(file)
    assert "CRC" in problem["message"]
    assert "1 damaged place, first" in news[0]


def test_a_half_written_record_is_no_damage_until_it_stays(logdir: Path) -> None:
    file = next((logdir / "test").iterdir())
    with Store(logdir, reload_interval=0) as store:
        store.wait()
        with file.open("ab") as more:
            more.write(b"\x20\0\0")
        store.reload()
        assert store.problems == []
        store.reload()
        assert [problem.file for problem in store.problems] == [str(file)]


def test_a_graph_is_read_once_per_generation(logdir: Path) -> None:
    writer = EventFileWriter(str(logdir / "train"))
    writer.add_event(Event(wall_time=1.0, graph_def=b"\x22\x02\x08\x01"))
    writer.close()
    with Store(logdir, reload_interval=0) as store:
        first = store.graph("train")
        assert store.graph("train") is first


def test_pages_and_their_callbacks_are_not_shared_between_applications(empty: Store) -> None:
    one = create_app(empty, pages=[page("/a", 1, True)])
    two = create_app(empty, pages=[page("/b", 1, True)])
    assert len(one.callback_map) == len(two.callback_map) == 1


def test_heavy_answers_are_compressed_and_validated(empty: Store) -> None:
    client = create_app(empty, pages=[]).server.test_client()
    first = client.get("/assets/shell.css", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    again = client.get("/assets/shell.css", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_no_asset_names_another_machine() -> None:
    from opscope.dashboard.app import ASSETS

    for file in ASSETS.glob("*.*"):
        text = file.read_text().replace("http://www.w3.org/", "")
        assert "http:" not in text.replace("http%3A//www.w3.org/", "")
        assert "https:" not in text


def test_scripts_and_styles_come_as_one_file_each_and_are_kept(empty: Store) -> None:
    client = create_app(empty, pages=[]).server.test_client()
    html = client.get("/").get_data(as_text=True)
    for kind, part in (("js", "window.opscope = "), ("css", "@font-face")):
        [address] = re.findall(rf'"(/assets/all\.{kind}\?v=\w+)"', html)
        plain = client.get(address)
        assert part in plain.get_data(as_text=True)
        assert "immutable" in plain.headers["Cache-Control"]
        packed = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed.get_data()) == plain.get_data()
        assert client.get(f"/assets/all.{kind}?v=old").headers["Cache-Control"] == "no-cache"
