from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest

from opscope.cli.main import main
from opscope.dashboard.front import host_name, is_local_name
from opscope.dashboard.server import Server, ServerError, listen, open_server

ROOT = Path(__file__).parents[2]
PORTIONS = ("events", "runtime", "tfdbg", "dashboard", "cli")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in PORTIONS)}


def get(address: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_serves_below_its_prefix(logdir: Path, served: Callable[..., Server]) -> None:
    url = served(logdir, path_prefix="x/y/").url
    assert url.endswith("/x/y/")
    assert json.loads(get(url + "data/runs")[1]) == ["test", "train"]
    assert '"requests_pathname_prefix":"\\u002fx\\u002fy\\u002f"' in get(url + "scalars")[1]
    status, said = get(url.replace("/x/y/", "/data/runs"))
    assert (status, "/x/y/" in said) == (404, True)


def test_a_logdir_may_be_a_url(logdir: Path, served: Callable[..., Server]) -> None:
    memory = fsspec.filesystem("memory")
    for path in logdir.rglob("*tfevents*"):
        memory.pipe(f"/served/{path.relative_to(logdir).as_posix()}", path.read_bytes())
    url = served("memory://served").url
    assert json.loads(get(url + "data/runs")[1]) == ["test", "train"]
    assert get(url + "scalars")[0] == 200
    memory.rm("/served", recursive=True)


def test_only_names_of_this_machine_are_answered(
    logdir: Path, served: Callable[..., Server]
) -> None:
    url = served(logdir).url
    assert get(url + "data/runs", Host="evil.example")[0] == 403
    assert get(url + "data/runs", Host="127.0.0.1:1")[0] == 200


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
    ],
)
def test_which_names_are_local(name: str, local: bool) -> None:
    assert is_local_name(name) is local


def test_host_names_lose_their_ports() -> None:
    assert [host_name(h) for h in ("a:80", "a", "[::1]:80")] == ["a", "a", "::1"]


def test_a_busy_port_that_was_asked_for_is_an_error(logdir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=rf"127\.0\.0\.1:{port} is in use"):
            open_server(logdir, port=port)


def test_a_busy_default_port_moves_on() -> None:
    first = listen(None, False, None)
    second = listen(None, False, None)
    with first, second:
        assert second.getsockname()[1] > first.getsockname()[1] >= 6006


@pytest.mark.parametrize("port", [70000, -1])
def test_a_number_that_is_no_port_is_an_error(port: int) -> None:
    with pytest.raises(ServerError, match="0 to 65535"):
        listen(None, False, port)


def test_a_missing_logdir_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = tmp_path / "gone"
    assert main(["dashboard", "--logdir", str(gone), "--port", "0"]) == 2
    assert f"no such logdir: {gone}" in capsys.readouterr().err


def test_the_command_says_where_it_is_and_ends_cleanly(tmp_path: Path) -> None:
    words = ["--logdir", str(tmp_path), "--port=0", "--path-prefix", "/p", "--reload_interval=0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "opscope.cli", "dashboard", *words],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline(), process.stdout.readline()]
    address = next(line for line in lines if " at http" in line)
    assert address.endswith("/p/ (Press CTRL+C to quit)\n")
    assert any("holds no event files yet" in line for line in lines)
    assert get(address.split(" at ")[1].split()[0] + "data/runs") == (200, "[]")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 0
