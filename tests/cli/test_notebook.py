"""The notebook extension in a real IPython shell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from run_writer import RunWriter

from opscope import notebook
from opscope.cli.notebook_server import NotebookError, NotebookServer, NotebookServers

pytest.importorskip("IPython")

ROOT = Path(__file__).parents[2]
PORTIONS = ("events", "runtime", "tfdbg", "dashboard", "cli")


@pytest.fixture(scope="module", autouse=True)
def on_the_path() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(str(ROOT / name) for name in PORTIONS))
        yield


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    with RunWriter(tmp_path / "logs" / "train") as writer:
        writer.scalars("loss", [(0, 1.0)])
    return tmp_path / "logs"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from IPython.core.interactiveshell import InteractiveShell

    servers = NotebookServers()
    monkeypatch.setattr(notebook, "_servers", servers)
    yield InteractiveShell.instance()
    servers.stop()
    InteractiveShell.clear_instance()


def get(address: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(address, headers=headers)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_magic_shows_a_frame_and_starts_each_logdir_once(shell: Any, logdir: Path) -> None:
    from IPython.utils.capture import capture_output

    shell.run_line_magic("load_ext", "opscope.notebook")
    with capture_output() as first:
        shell.run_cell(f"%opscope --logdir '{logdir}' --height 500")
    (frame,) = first.outputs
    (server,) = notebook._servers.running()
    assert f'src="{server.address}"' in frame.data["text/html"]
    assert 'height="500"' in frame.data["text/html"]
    assert get(server.address + "data/runs") == (200, '["train"]')
    with capture_output() as second:
        shell.run_cell(f"%opscope --logdir '{logdir}'")
        shell.run_cell("%opscope")
        shell.run_cell("from opscope import notebook\nnotebook.display(height=300)")
        shell.run_cell("notebook.display(port=1)")
    assert len(notebook._servers.running()) == 1
    assert second.stdout.startswith(f"port {server.port}: opscope dashboard --logdir")
    assert "no dashboard runs at port 1" in second.stdout + second.stderr
    assert [server.address in frame.data["text/html"] for frame in second.outputs] == [True, True]
    server.stop()
    assert notebook.list() == []


def test_what_cannot_be_served_says_why(shell: Any, tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="no such logdir"):
        notebook.start(["--logdir", str(tmp_path / "gone")])
    with pytest.raises(NotebookError, match="--port x"):
        notebook.start("--logdir a --port x")
    with pytest.raises(NotebookError, match="no dashboard runs"):
        notebook.display()


@pytest.mark.long
def test_behind_a_proxy_it_takes_the_proxys_path_and_a_token(logdir: Path) -> None:
    proxy = "https://hub.example/user/me/proxy/absolute/%PORT%/"
    servers = NotebookServers({**os.environ, "OPSCOPE_PROXY_URL": proxy})
    try:
        server = servers.get(["--logdir", str(logdir)])
        outside = f"https://hub.example/user/me/proxy/absolute/{server.port}/"
        assert server.frame_address.startswith(outside + "?token=")
        here = server.frame_address.replace(
            "https://hub.example", f"http://localhost:{server.port}"
        )
        assert get(here.split("?")[0])[0] == 401
        assert get(here, Host="hub.example")[0] in (200, 401)
        assert "<title>opscope" in get(here)[1]
    finally:
        servers.stop()
    with pytest.raises(NotebookError, match="%PORT%"):
        NotebookServers({"OPSCOPE_PROXY_URL": "/proxy/"}).get([])


@pytest.mark.long
def test_it_ends_with_the_kernel_even_where_that_is_killed(logdir: Path) -> None:
    program = (
        "import sys, time; from opscope.cli.notebook_server import NotebookServers\n"
        "server = NotebookServers().get(['--logdir', sys.argv[1]])\n"
        "print(server._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(logdir)], stdout=subprocess.PIPE, text=True
    ) as kernel:
        assert kernel.stdout is not None
        server = os.pidfd_open(int(kernel.stdout.readline()))
        kernel.send_signal(signal.SIGKILL)
    import select

    assert select.select([server], [], [], 20)[0], "the dashboard outlives its kernel"
    os.close(server)


def test_ipython_is_loaded_when_it_is_used() -> None:
    code = (
        "import sys, opscope.notebook; sys.exit('IPython' in sys.modules or 'dash' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_servers_say_what_they_show(logdir: Path) -> None:
    server = NotebookServer.__new__(NotebookServer)
    server.port, server.arguments = 6006, ("--logdir", "my logs")
    assert str(server) == "port 6006: opscope dashboard --logdir 'my logs'"
