"""Time the graph page against TensorBoard's, both in the same Chromium, on the same logdirs.

    python -m benchmarks.graph [--graphs ResNet50,chain-1k] [--rounds 3] [--limit 120]
        [--peer .venv-interop/bin/python] [--logdir NAME=PATH=SCOPE ...] [--json]

Each visit has a server and a browser tab of its own; the pages take turns, and ratios are medians
of the rounds' own ratios. First view: from going to the address, of a server that answers, to the
first nodes in the page. Expand: from the double click to nodes inside the scope. Search: from the
last key to the first hit. Pan: median distance of two frames while the mouse drags. Task: longest
on the page's main thread, from the first view to the last measure. A page that draws nothing
within the limit counts as that limit, and its ratio is an upper bound.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.sync_api import Browser, Error, Page, sync_playwright

from benchmarks.environment import ROOT
from benchmarks.graph_pages import GraphPage, Opscope, TensorBoard, serving
from benchmarks.graph_sources import BUILT, GENERATED, expandable, make
from benchmarks.processes import memory

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
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
    """MB of JavaScript objects after a collection."""
    server: float | None = None
    """MB, the most the server held."""


def visit(browser: Browser, kind: GraphPage, logdir: Path, scope: str, limit: float) -> Visit:
    """Open the page, expand a scope, search, and drag."""
    with serving(kind, logdir) as (url, process):
        context = browser.new_context(viewport={"width": 1600, "height": 1000})
        page = context.new_page()
        page.add_init_script(WATCH_TASKS)
        page.set_default_timeout(limit * 1000)
        found = Visit()
        try:
            start = time.perf_counter()
            page.goto(url + kind.address, wait_until="commit")
            page.locator(kind.drawn).first.wait_for(state="attached")
            found = found._replace(first=time.perf_counter() - start)
            page.wait_for_timeout(1500)
            if scope:
                found = found._replace(expand=expand(page, kind, scope))
            found = found._replace(search=search(page, kind, "op|grad"))
            found = found._replace(pan=pan(page))
        except Error as error:
            print(f"# {kind.name}, {logdir.name}: {str(error).splitlines()[0]}", file=sys.stderr)
        try:
            page.set_default_timeout(20_000)
            protocol = context.new_cdp_session(page)
            protocol.send("HeapProfiler.collectGarbage")
            heap = page.evaluate("() => performance.memory.usedJSHeapSize") / 1e6
            task = page.evaluate("() => Math.max(0, ...longTasks)")
            found = found._replace(task=task, heap=heap)
        except Error as error:
            print(f"# {kind.name}, {logdir.name}: {str(error).splitlines()[0]}", file=sys.stderr)
        found = found._replace(server=memory(process) / 1e6)
        context.close()
        return found


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
    """Milliseconds from the last key to the first hit."""
    box = page.locator(kind.search).first
    box.click()
    box.fill(text[:-1])
    page.wait_for_timeout(700)
    start = time.perf_counter()
    box.press(text[-1])
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


def compare(
    browser: Browser, pages: list[GraphPage], logdir: Path, scope: str, rounds: int, limit: float
) -> dict[str, dict[str, float | None]]:
    """Medians of each page, and the medians of the rounds' ratios of the first to the second."""
    visits: dict[str, list[Visit]] = {kind.name: [] for kind in pages}
    for _ in range(rounds):
        for kind in pages:
            visits[kind.name].append(visit(browser, kind, logdir, scope, limit))
    table: dict[str, dict[str, float | None]] = {
        name: {figure: _median([getattr(v, figure) for v in made]) for figure in FIGURES}
        for name, made in visits.items()
    }
    if len(pages) == 2:
        pairs = list(zip(*visits.values(), strict=True))
        missing = {"first": limit, "expand": limit * 1000}
        table["ratio"] = {
            figure: _median(
                [
                    _ratio(getattr(a, figure), getattr(b, figure), missing.get(figure))
                    for a, b in pairs
                ]
            )
            for figure in FIGURES
        }
    return table


def _ratio(ours: float | None, theirs: float | None, missing: float | None) -> float | None:
    theirs = missing if theirs is None else theirs
    return ours / theirs if ours is not None and theirs else None


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def main() -> None:
    """Measure the graphs that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.graph", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    names = (*BUILT, *GENERATED)
    parser.add_argument("--graphs", default=",".join(names), help="names joined by commas")
    parser.add_argument("--logdir", action="append", default=[], metavar="NAME=PATH=SCOPE")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for a page to draw")
    parser.add_argument("--peer", type=Path, default=ROOT / ".venv-interop/bin/python")
    parser.add_argument("--alone", action="store_true", help="ours only")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "opscope-graphs"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    args = parser.parse_args()
    pages: list[GraphPage] = [Opscope()] if args.alone else [Opscope(), TensorBoard(args.peer)]
    chosen = [name for name in args.graphs.split(",") if name]
    if unknown := [name for name in chosen if name not in names]:
        parser.error(f"unknown {unknown}: graphs are {', '.join(names)}")
    sources = [re.split("=", each, maxsplit=2) for each in args.logdir]
    tables = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        for name in chosen:
            sources.append([name, make(name, args.folder, args.peer), expandable(name)])
        for name, logdir, scope in sources:
            table = compare(browser, pages, Path(logdir), scope, args.rounds, args.limit)
            tables[name] = table
            if not args.json:
                show(name, table)
        browser.close()
    if args.json:
        print(json.dumps(tables, indent=1))


def show(name: str, table: dict[str, dict[str, float | None]]) -> None:
    """Print one graph's figures."""
    print(f"{name:16}" + "".join(f"{f + ' ' + UNITS.get(f, 'ms'):>12}" for f in FIGURES))
    for row, figures in table.items():
        cells = ("-" if (value := figures[f]) is None else f"{value:.3g}" for f in FIGURES)
        print(f"  {row:14}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
