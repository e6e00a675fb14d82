from __future__ import annotations

from pathlib import Path
from typing import Any

from dash import html

from opscope.dashboard.app import create_app
from opscope.dashboard.page import Page
from opscope.dashboard.pages import shell
from opscope.dashboard.store import Store


class NoRuns:
    def runs(self) -> list[str]:
        return []

    def reload(self) -> None:
        pass


def page(path: str, order: int, data: bool) -> Page:
    return Page(path, path[1:].title(), "graph", order, lambda _: data, lambda _: html.Div(path))


def opened(tmp_path: Path, logdir: Any = None) -> Store:
    store = Store(tmp_path, reload_interval=0, open_logdir=lambda _: logdir or NoRuns()).start()
    store.wait()
    return store


def test_the_root_goes_to_the_first_page_that_has_data(tmp_path: Path) -> None:
    pages = [page("/b", 2, True), page("/a", 1, False), page("/c", 3, True)]
    client = create_app(opened(tmp_path), pages=pages, path_prefix="/x/").server.test_client()
    answer = client.get("/?run=train")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/x/b?run=train")


def test_an_empty_logdir_says_so_and_keeps_the_root(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert (
        create_app(store, pages=[page("/a", 1, False)]).server.test_client().get("/").status_code
        == 200
    )
    assert shell.view(store, [page("/a", 1, False)], "/").key == "empty /"


def test_an_unreadable_logdir_is_told_on_the_page(tmp_path: Path) -> None:
    def fails(_: Path) -> Any:
        raise OSError("no such disk")

    store = Store(tmp_path, reload_interval=0, open_logdir=fails).start()
    store.wait()
    assert shell.view(store, [page("/a", 1, True)], "/a").key == "error no such disk"


def test_pages_and_their_callbacks_are_not_shared_between_applications(tmp_path: Path) -> None:
    one = create_app(opened(tmp_path), pages=[page("/a", 1, True)])
    two = create_app(opened(tmp_path), pages=[page("/b", 1, True)])
    assert len(one.callback_map) == len(two.callback_map) == 1


def test_heavy_answers_are_compressed_and_validated(tmp_path: Path) -> None:
    client = create_app(opened(tmp_path), pages=[]).server.test_client()
    first = client.get("/assets/shell.css", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    again = client.get("/assets/shell.css", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_no_asset_names_another_machine() -> None:
    from opscope.dashboard.app import ASSETS

    for file in ASSETS.iterdir():
        text = file.read_text().replace("http://www.w3.org/", "")
        assert "http:" not in text.replace("http%3A//www.w3.org/", "")
        assert "https:" not in text
