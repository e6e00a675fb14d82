"""One visit of a graph page in a browser: what somebody does there, and how long it takes."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.sync_api import Error, Page, Playwright

from benchmarks.graph_pages import GraphPage, serving
from benchmarks.processes import memory

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--enable-precise-memory-info",
    "--no-first-run",
    "--disable-sync",
]
STEP_S = 30
"""Seconds for what comes after the first view."""
WATCH_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => list.getEntries().forEach((e) => longTasks.push(e.duration)))
    .observe({ type: "longtask", buffered: true });
"""
WATCH_FRAMES = """
() => { window.frames_ = []; let last = performance.now();
  const tick = (now) => { frames_.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick); }
"""
FIGURES = ("first", "expand", "search", "pan", "task", "heap", "server")
UNITS = {"first": "s", "heap": "MB", "server": "MB"}


class Visit(NamedTuple):
    """What one visit of a page took; None where nothing came."""

    first: float | None = None
    """Seconds."""
    expand: float | None = None
    """Milliseconds, as are search, pan and task."""
    search: float | None = None
    pan: float | None = None
    task: float | None = None
    heap: float | None = None
    """MB of JavaScript objects after a collection, more than before the first view."""
    server: float | None = None
    """MB that the server has held at most, more than before the first view."""


def visit(playwright: Playwright, kind: GraphPage, logdir: Path, scope: str, limit: float) -> Visit:
    """Open the page in a browser of its own, expand a scope, search, and drag."""
    found = Visit()
    try:
        with serving(kind, logdir) as (url, process), _tab(playwright, kind) as page:
            before = memory(process)
            page.add_init_script(WATCH_TASKS)
            page.set_default_timeout(limit * 1000)
            empty = _heap(page)
            start = time.perf_counter()
            page.goto(url + kind.address(logdir), wait_until="commit")
            page.locator(kind.drawn).first.wait_for(state="attached")
            found = found._replace(first=time.perf_counter() - start)
            page.wait_for_timeout(1500)
            page.set_default_timeout(min(limit, STEP_S) * 1000)
            if scope:
                try:
                    found = found._replace(expand=expand(page, kind, scope))
                except Error as error:
                    print(f"# {kind.name}, {logdir.name}: {scope}: {error}", file=sys.stderr)
            if kind.search:
                found = found._replace(search=search(page, kind, "op|grad"))
            found = found._replace(pan=pan(page))
            task = page.evaluate("() => Math.max(0, ...longTasks)")
            grown = (memory(process) - before) / 1e6
            found = found._replace(task=task, heap=_heap(page) - empty, server=grown)
    except (Error, RuntimeError) as error:
        what = "drew nothing" if found.first is None else "stopped after its first view"
        reason = str(error).splitlines()[0]
        print(f"# {kind.name}, {logdir.name}: {what}: {reason}", file=sys.stderr)
    return found


@contextmanager
def _tab(playwright: Playwright, kind: GraphPage) -> Iterator[Page]:
    """A tab in a browser of its own: one that hangs is ended with it."""
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=[*CHROMIUM_FLAGS, *kind.flags]
    )
    try:
        yield browser.new_page(viewport={"width": 1600, "height": 1000})
    finally:
        browser.close()


def _heap(page: Page) -> float:
    """MB of JavaScript objects after a collection."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("HeapProfiler.collectGarbage")
    size: float = page.evaluate("() => performance.memory.usedJSHeapSize")
    protocol.detach()
    return size / 1e6


def expand(page: Page, kind: GraphPage, scope: str) -> float:
    """Milliseconds from the double click on a scope to nodes inside it; opens those around it."""
    parts = scope.split("/")
    took = 0.0
    for depth in range(1, len(parts) + 1):
        name = "/".join(parts[:depth])
        kind.node(page, name).wait_for(state="attached")
        page.wait_for_timeout(600)
        start = time.perf_counter()
        kind.node(page, name).dblclick(force=True)
        kind.inside(page, name).wait_for(state="attached")
        took = (time.perf_counter() - start) * 1000
    page.wait_for_timeout(1000)
    return took


def search(page: Page, kind: GraphPage, text: str) -> float:
    """Milliseconds from a text, given after one that finds nothing, to the first hit."""
    box = page.locator(kind.search).first
    box.click()
    box.fill("no such name")
    page.wait_for_timeout(700)
    start = time.perf_counter()
    box.fill(text)
    page.locator(kind.hits).first.wait_for(state="visible")
    took = (time.perf_counter() - start) * 1000
    box.fill("")
    page.keyboard.press("Escape")
    return took


def pan(page: Page) -> float:
    """Median milliseconds between frames while the mouse drags the picture."""
    page.evaluate(WATCH_FRAMES)
    page.mouse.move(800, 900)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(800 + 6 * (step % 20), 900 - 5 * (step % 30))
    page.mouse.up()
    frames: list[float] = page.evaluate("() => frames_.slice(1)")
    return median(frames)
