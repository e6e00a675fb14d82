"""Who gets in where a token is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from opscope.cli.main import main
from opscope.dashboard.front import Front
from opscope.dashboard.server import ServerError, open_server, serve
from opscope.dashboard.token_gate import TokenGate

TOKEN = "correct-horse"


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')}".encode()]


@pytest.fixture
def client() -> Client:
    return Client(Front(TokenGate(application, TOKEN, "/x/", 6006), "/x", local_only=False))


def test_a_program_sends_a_header(client: Client) -> None:
    for given, status in ((f"Bearer {TOKEN}", 200), ("Bearer wrong-one", 401), ("Basic a", 401)):
        answer = client.get("/x/data/runs", headers={"Authorization": given})
        assert answer.status_code == status
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in answer.json["error"]


def test_a_program_may_put_it_into_the_address(client: Client) -> None:
    answer = client.get(f"/x/data/runs?a=1&token={TOKEN}&a=2")
    assert (answer.status_code, answer.text) == (200, "/data/runs?a=1&a=2")
    assert "Set-Cookie" not in answer.headers


def test_a_browser_gets_a_cookie_once_and_an_address_without_the_token(client: Client) -> None:
    assert client.get("/x/scalars").status_code == 401
    answer = client.get(f"/x/scalars?run=a%26b&token={TOKEN}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/x/scalars?run=a%26b")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("opscope-6006=")
    assert TOKEN not in cookie
    assert {"HttpOnly", "SameSite=Lax", "Path=/x/"} <= set(cookie.split("; "))
    assert client.get("/x/scalars").status_code == 200
    assert client.post("/x/api/scalars/table").status_code == 200


def test_without_it_there_is_a_page_that_asks_for_it(client: Client) -> None:
    for address in ("/x/", "/x/assets/shell.css", "/x/?token=wrong-one", "/x?token=wrong-one"):
        answer = client.get(address, follow_redirects=True)
        assert (answer.status_code, answer.mimetype) == (401, "text/html")
        assert ("not the token" in answer.text) == ("wrong" in address)
        assert 'name="token"' in answer.text
        assert "script" not in answer.headers["Content-Security-Policy"]


def test_the_page_that_asks_keeps_the_rest_of_the_address(client: Client) -> None:
    asked = client.get("/x/scalars?run=a&run=%22%3E%3Cscript%3E&token=wrong-one").text
    assert '<input type="hidden" name="run" value="a">' in asked
    assert 'value="&quot;&gt;&lt;script&gt;"' in asked
    assert "wrong-one" not in asked
    assert "<script" not in asked


@pytest.mark.parametrize("cookie", ["opscope-6006=", "opscope-6006=x", "a\x01=\xff", "=;=", ""])
def test_other_cookies_do_not_count(client: Client, cookie: str) -> None:
    assert client.get("/x/", headers={"Cookie": cookie}).status_code == 401


def test_the_way_on_leads_to_no_other_host(client: Client) -> None:
    answer = client.get(f"/x//evil.example/%0d%0aa?token={TOKEN}")
    assert answer.headers["Location"] == "/x/evil.example/%0D%0Aa"


@pytest.mark.parametrize("reach", [{"bind_all": True}, {"host": "0.0.0.0"}])
def test_who_is_reachable_needs_a_token(logdir: Path, reach: dict[str, Any]) -> None:
    with pytest.raises(ServerError, match="--token"):
        open_server(logdir, port=0, **reach)
    for more in ({"token": TOKEN}, {"insecure": True}):
        open_server(logdir, port=0, **reach, **more).close()


@pytest.mark.parametrize("token", ["short", "spaces around ", "unprintable\n\n", "ümlauts-in-it"])
def test_a_token_must_be_one(logdir: Path, token: str) -> None:
    with pytest.raises(ServerError, match="token"):
        open_server(logdir, port=0, token=token)


def test_an_empty_token_is_made_up_and_said(logdir: Path) -> None:
    said: list[str] = []

    def hear(line: str) -> None:
        said.append(line)
        if " at http" in line:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        serve(logdir, token="", port=0, say=hear)
    assert len(said[-1].partition("?token=")[2].split()[0]) >= 20


def test_the_command_needs_one_logdir_or_spec(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboard"]) == main(["dashboard", "--logdir=a", "--logdir-spec=b:c"]) == 2
    assert "--logdir_spec NAME:DIR" in capsys.readouterr().err


def test_the_command_inspects(logdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboard", f"--logdir_spec=a:{logdir},b:{logdir}/test", "--inspect"]) == 0
    assert "a/train" in capsys.readouterr().out
    assert main(["dashboard", "--version"]) == 0
    assert capsys.readouterr().out.startswith("opscope ")
