"""A browser tab that tells when a script fails or asks something outside this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 20_000  # a busy machine draws slowly


@contextmanager
def watched_context(browser: Any, **settings: Any) -> Iterator[Any]:
    """A browser context; afterwards nothing may have gone wrong or left this machine."""
    context = browser.new_context(**settings)
    context.set_default_timeout(PATIENCE_MS)
    wrong: list[str] = []
    outside: list[str] = []

    def note(request: Any) -> None:
        address = urlsplit(request.url)
        inside = address.hostname in ("localhost", "127.0.0.1")
        if not inside and address.scheme not in ("data", "blob"):
            outside.append(request.url)

    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda said: said.type == "error" and wrong.append(said.text))
    context.on("request", note)
    yield context
    context.close()
    assert not wrong, f"errors in the page: {wrong}"
    assert not outside, f"asked outside: {outside}"


def graph_ready(page: Any) -> None:
    """Wait until the graph page has drawn; an awaited promise alone has no time limit."""
    page.evaluate(
        """patience => Promise.race([
            window.opscope.graph.ready,
            new Promise((_, fail) => setTimeout(() => fail(new Error("not drawn")), patience)),
        ])""",
        PATIENCE_MS,
    )


def node(page: Any, name: str) -> Any:
    """The drawn node of a graph."""
    return page.locator(f'[data-id="{name}"]')


def state(page: Any) -> dict[str, list[str]]:
    """The words of the page's address."""
    return parse_qs(urlsplit(page.url).query)


def visible(page: Any) -> set[str]:
    """Names drawn on the graph page."""
    return set(page.evaluate("window.opscope.graph.visible()"))
