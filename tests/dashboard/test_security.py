"""What somebody tries who should see nothing of a logdir, or whose log should do nothing."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browsing import watched_context
from run_writer import RunWriter

from opscope.dashboard.http_api import OPERATIONS
from opscope.dashboard.server import Server, open_server

Ask = Callable[..., tuple[int, bytes, http.client.HTTPMessage]]
SECRET = b"nobody may read this"
POSTS = [
    *(operation.path for operation in OPERATIONS if operation.method == "POST"),
    "/_dash-update-component",
]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Asks a server on a logdir with links that lead out of it; the path goes as it is written."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_bytes(SECRET)
    logdir = outside / "logs"
    with RunWriter(logdir / "train") as writer:
        writer.scalars("loss", [(0, 1.0)])
    (logdir / "train" / "link.txt").symlink_to(outside / "secret.txt")
    (logdir / "out").symlink_to(outside)
    server = open_server(logdir, port=0, path_prefix="/p")
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    server.store.wait()
    where = urlsplit(server.url)

    def asked(
        path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=20)
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.putheader("Content-Length", str(len(body or b"")))
        connection.endheaders(body)
        answer = connection.getresponse()
        found = answer.status, answer.read(), answer.headers
        connection.close()
        return found

    yield asked
    server.close()
    thread.join(timeout=5)


@pytest.mark.parametrize("place", ["/p/assets/", "/p/_dash-component-suites/dash/", "/p/", "/"])
@pytest.mark.parametrize(
    "way",
    [
        "../../../../../../../../../../etc/hostname",
        "..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fhostname",
        "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/hostname",
        "%252e%252e%252f%252e%252e%252fetc%252fhostname",
        "..\\..\\..\\..\\..\\..\\etc\\hostname",
        "/etc/hostname",
        "%2fetc%2fhostname",
        "....//....//....//etc/hostname",
        "%00../../etc/hostname",
    ],
)
def test_no_path_leads_to_the_files_of_this_machine(ask: Ask, place: str, way: str) -> None:
    status, body, _ = ask(place + way)
    assert status in (200, 302, 308, 400, 403, 404)
    assert Path("/etc/hostname").read_bytes() not in body or not body
    assert status != 200 or b"<!DOCTYPE html>" in body[:20]


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e%2fsecret.txt",
        "train%2f..%2f..%2fsecret.txt",
        "out%2fsecret.txt",
        "train%2flink.txt",
        "%2fetc%2fhostname",
        "train%2flink.txt%00.png",
        "file:%2f%2f%2fetc%2fhostname",
    ],
)
def test_no_name_leads_out_of_the_logdir(ask: Ask, name: str) -> None:
    status, body, _ = ask(f"/p/api/files/file?name={name}")
    assert status == 404
    assert SECRET not in body


@pytest.mark.parametrize(
    "path",
    ["/", "/scalars", "/data/runs", "/api/scalars/tags", "/assets/logo.svg", "/_dash-layout"],
)
def test_a_host_name_that_is_not_ours_gets_nothing(ask: Ask, path: str) -> None:
    for host in (
        "evil.example",
        "evil.example:6006",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "",
    ):
        status, body, _ = ask("/p" + path, Host=host)
        assert status == 403
        assert b"train" not in body


@pytest.mark.parametrize("path", POSTS)
def test_pages_of_other_sites_cannot_post(ask: Ask, path: str) -> None:
    form = {"Content_Type": "text/plain"}
    for more in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ):
        status, body, _ = ask("/p" + path, "POST", b"{}", **form, **more)
        assert (status, b"may not ask" in body) == (403, True)
    status, _, _ = ask("/p" + path, "POST", b"{}", **form)  # a program sends neither
    assert status != 403


def test_answers_stay_with_the_page_that_asked(ask: Ask) -> None:
    for path in ("/scalars", "/data/runs", "/api/scalars/tags", "/api/files/file?name=train"):
        status, _, headers = ask("/p" + path, Origin="https://evil.example")
        assert status in (200, 404)
        assert headers["Access-Control-Allow-Origin"] is None
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_other_methods_change_nothing(ask: Ask) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        assert ask("/p/api/problems", method)[0] in (400, 404, 405, 501)


NASTY = "<img src=x onerror=ran=1>"
PAGES = ("scalars", "distributions", "files")


playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect


@pytest.mark.browser
def test_names_of_a_log_are_words_on_every_page(
    tmp_path: Path, served: Callable[..., Server], browser: object
) -> None:
    name = NASTY.replace("/", "")
    with RunWriter(tmp_path / name) as writer:
        writer.scalars(f"{name}/{name}", [(0, 1.0), (1, 2.0)])
        writer.scalars('"><script>ran=2</script>', [(0, 1.0), (1, float("nan"))])
        writer.histograms(name, {0: [1.0, 2.0], 1: [2.0, 3.0]})
    server = served(tmp_path, window_title="</title><script>ran=3</script>")
    with watched_context(browser) as context:
        page = context.new_page()
        for path in PAGES:
            page.goto(f"{server.url}{path}?every=1")
            page.locator(".card").first.wait_for()
            expect(page.locator("body")).to_contain_text(name)
            assert page.evaluate("window.ran") is None
            assert page.locator("[onerror]").count() == 0
        assert page.title() == "</title><script>ran=3</script>"
