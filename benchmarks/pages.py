"""Time the pages of charts against TensorBoard's, both in the same Chromium, on the same logdirs.

    python -m benchmarks.pages [--logdirs small,v2,wide,histograms,charts] [--rounds 3]
        [--size 1] [--limit 120] [--peer .venv-interop/bin/python] [--alone] [--json]

The logdirs are those of `benchmarks.events`; `small` is one run of 20 tags, `charts` 200 tags of 10
runs with 5000 points each. Each round starts both dashboards, one after the other, with their
defaults; ratios are medians of the rounds' own ratios. A server has nothing cached.

first    s, from the command to the first chart that holds data. The page is opened when the server
         answers; TensorBoard's when it lists a run, since before that it stays empty
visible  s, from going to the address, of a server that has read everything and in a new browser
         profile, to the last chart in view that holds its data
charts   how many those are
zoom     ms, from the release of the mouse to the chart at full resolution; TensorBoard asks for
         nothing when it zooms: it has a sample of each curve
point    s, from the writing of a point to an answer in the page that holds it; TensorBoard's reload
         button is pressed every second, since its page reloads by itself every 30 s at most
heap     MB of JavaScript objects after a collection
server   MB that its processes hold at the end
grown    MB of that, beyond what they hold for `small`
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from benchmarks.chart_pages import Dashboard, Opscope, TensorBoard, started, wait_until_read
from benchmarks.environment import ROOT
from benchmarks.logdirs import LOGDIRS, event, generate, histogram, scalar
from benchmarks.processes import memory
from opscope.events.record import frame

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
SMALL, SMALL_SIZE = "small", 0.01
NAMES = (SMALL, "v2", "wide", "histograms", "charts")
FIGURES = ("first", "visible", "charts", "zoom", "point", "heap", "server", "grown")
UNITS = {
    "first": "s",
    "visible": "s",
    "zoom": "ms",
    "point": "s",
    "heap": "MB",
    "server": "MB",
    "grown": "MB",
}
AIMS = {"first": 0.7, "visible": 0.3, "grown": 0.3}
FAR_STEP = 10_000_000  # of the points that are appended

# Notes when the first chart holds data, and since when all those in view do, for a second.
WATCH = """
window.charts = { first: null, all: null, count: 0 };
(() => {
  const count = %s;
  let state = "", since = 0;
  const look = () => {
    const now = performance.timeOrigin + performance.now(), [there, drawn] = count();
    if (drawn) charts.first ??= now;
    if (state !== `${there} ${drawn}`) { state = `${there} ${drawn}`; since = now; }
    charts.count = there;
    if (there && there === drawn && now - since > 1000) charts.all = since;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
# Resolves to the milliseconds from the release of the mouse to a drawn chart with every point.
ZOOMED = """
() => new Promise((resolve) => {
  const { cards } = opscope.scalars.page.grid, element = document.querySelector(".scalar-card");
  const card = cards.get(element.dataset.key);
  let released = null;
  const note = () => { released = performance.now(); };
  addEventListener("pointerup", note, { capture: true, once: true });
  const asked = card.data;
  new MutationObserver((_, observer) => {
    const whole = card.data !== asked && card.data.series.every((series) => series.whole);
    if (released === null || !whole) return;
    observer.disconnect();
    resolve(performance.now() - released);
  }).observe(element, { attributeFilter: ["data-drawn"] });
})
"""


class Visit(NamedTuple):
    """What one dashboard took for one logdir; None where nothing came."""

    first: float | None = None
    visible: float | None = None
    charts: float | None = None
    zoom: float | None = None
    point: float | None = None
    heap: float | None = None
    server: float | None = None
    grown: float | None = None


def visit(browser: Browser, kind: Dashboard, logdir: Path, step: int, limit: float) -> Visit:
    """Start a dashboard, look at its first page twice, zoom, and wait for a point of that step."""
    found = Visit()
    with started(kind, logdir) as (url, process, command):
        try:
            with opened(browser, kind, url) as page:
                first = waited(page, "first", limit)
                found = found._replace(first=first / 1000 - command)
            wait_until_read(url, logdir, limit)
            with opened(browser, kind, url) as page:
                drawn = waited(page, "all", limit)
                origin, count = page.evaluate("() => [performance.timeOrigin, charts.count]")
                found = found._replace(visible=(drawn - origin) / 1000, charts=count)
                found = found._replace(zoom=zoom(page, kind), heap=heap(page))
                found = found._replace(point=new_point(page, kind, logdir, step, limit))
        except Error as error:
            print(f"# {kind.name}, {logdir.name}: {str(error).splitlines()[0]}", file=sys.stderr)
        return found._replace(server=memory(process, "VmRSS") / 1e6)


class opened:  # noqa: N801 - reads as a word in `with`
    """A tab of a new profile at the dashboard's first page."""

    def __init__(self, browser: Browser, kind: Dashboard, url: str) -> None:
        self._context: BrowserContext = browser.new_context(
            viewport={"width": 1600, "height": 1000}
        )
        self._watch, self._url = WATCH % kind.count, url

    def __enter__(self) -> Page:
        page = self._context.new_page()
        page.add_init_script(self._watch)
        page.goto(self._url + "/", wait_until="commit")
        return page

    def __exit__(self, *_: object) -> None:
        self._context.close()


def waited(page: Page, what: str, limit: float) -> float:
    """The moment (epoch, ms) that the page has noted; raises Error after `limit` seconds."""
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        page.wait_for_timeout(50)
        try:
            noted: float | None = page.evaluate(f"() => charts.{what}")
        except Error:  # between two documents
            continue
        if noted:
            return noted
    raise Error(f"no chart ({what}) within {limit:g} s")


def zoom(page: Page, kind: Dashboard) -> float | None:
    """Milliseconds until a twentieth of a curve is there in full; None where nothing is asked."""
    if not isinstance(kind, Opscope) or not page.locator(".scalar-card").count():
        return None
    page.evaluate(f"() => {{ window.zoomed = ({ZOOMED})(); return true; }}")
    box = page.locator(".scalar-card .plot").first.bounding_box()
    assert box
    left, top = box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + max(16, box["width"] * 0.04), top + 2, steps=4)
    page.mouse.up()
    took: float = page.evaluate("() => zoomed")
    return took


def heap(page: Page) -> float:
    """MB of JavaScript objects after a collection."""
    page.context.new_cdp_session(page).send("HeapProfiler.collectGarbage")
    return float(page.evaluate("() => performance.memory.usedJSHeapSize")) / 1e6


def new_point(page: Page, kind: Dashboard, logdir: Path, step: int, limit: float) -> float:
    """Seconds from writing a point of every tag of a run to an answer that holds it."""
    answers: list[Any] = []
    page.on("requestfinished", lambda request: answers.append(request))
    page.wait_for_timeout(500)
    path = min(logdir.rglob("*tfevents*"))
    before = path.stat().st_size
    append(path, logdir, step)
    start, pressed = time.perf_counter(), 0.0
    try:
        while (now := time.perf_counter()) < start + limit:
            if isinstance(kind, TensorBoard) and now - pressed > 1:
                page.locator("app-header-reload button").click()
                pressed = now
            page.wait_for_timeout(20)
            while answers:
                answer = answers.pop(0).response()
                if answer is not None and str(step) in answer.text():
                    page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
                    return time.perf_counter() - start
        raise Error(f"no new point within {limit:g} s")
    finally:
        with open(path, "r+b") as file:
            file.truncate(before)


def append(path: Path, logdir: Path, step: int) -> None:
    """Write one event for each tag of the run, in one piece."""
    tags = json.loads(Path(f"{logdir}.json").read_text())["last_steps"]
    generator = np.random.default_rng(step)
    of_histograms = logdir.name.startswith("histograms")
    written = b"".join(
        frame(
            event(
                time.time(),
                step,
                histogram("v2", tag, generator)
                if of_histograms
                else scalar("v1", tag, np.float32(0.5).tobytes()),
            )
        )
        for tag in tags
    )
    with open(path, "ab") as file:
        file.write(written)


def compare(
    browser: Browser, kinds: list[Dashboard], logdir: Path, rounds: int, limit: float
) -> dict[str, list[Visit]]:
    """The visits of each dashboard, which take turns."""
    visits: dict[str, list[Visit]] = {kind.name: [] for kind in kinds}
    for place in range(rounds):
        for kind in kinds:
            visits[kind.name].append(visit(browser, kind, logdir, FAR_STEP + place, limit))
    return visits


def table(
    visits: dict[str, list[Visit]], idle: dict[str, float]
) -> dict[str, dict[str, float | None]]:
    """Medians by dashboard, the ratio of the first to the second, and the aims.

    `idle`: MB that each server holds for a small logdir, taken off from what it holds here.
    """
    rows: dict[str, dict[str, float | None]] = {}
    grown = {
        name: [v._replace(grown=max(0.1, (v.server or 0) - idle[name])) for v in made]
        for name, made in visits.items()
    }
    for name, made in grown.items():
        rows[name] = {figure: _median([getattr(v, figure) for v in made]) for figure in FIGURES}
    if len(grown) == 2:
        ours, theirs = grown.values()
        rows["ratio"] = {
            figure: _median(
                [
                    _ratio(getattr(a, figure), getattr(b, figure))
                    for a, b in zip(ours, theirs, strict=True)
                ]
            )
            for figure in FIGURES
        }
        rows["aim"] = {figure: AIMS.get(figure) for figure in FIGURES}
    return rows


def _ratio(ours: float | None, theirs: float | None) -> float | None:
    return ours / theirs if ours is not None and theirs else None


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def main() -> None:
    """Measure the logdirs that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--logdirs", default=",".join(NAMES), help="names joined by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=float, default=1.0, help="of the logdirs (default 1)")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for a page to draw")
    parser.add_argument("--peer", type=Path, default=ROOT / ".venv-interop/bin/python")
    parser.add_argument("--alone", action="store_true", help="ours only")
    parser.add_argument("--folder", type=Path, help="where the logdirs are made and stay")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    args = parser.parse_args()
    names = [name for name in args.logdirs.split(",") if name]
    unknown = [name for name in names if name not in (SMALL, *LOGDIRS)]
    if unknown or args.rounds < 1 or not 0 < args.size <= 1:
        parser.error(f"unknown {unknown}: logdirs are {SMALL}, {', '.join(LOGDIRS)}; 0 < size <= 1")
    folder = args.folder or Path(tempfile.gettempdir()) / "opscope_logdirs"
    kinds: list[Dashboard] = [Opscope()] if args.alone else [Opscope(), TensorBoard(args.peer)]
    tables: dict[str, Any] = {}
    idle = dict.fromkeys((kind.name for kind in kinds), 0.0)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as copies:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        for name in [SMALL, *(name for name in names if name != SMALL)]:
            made = (
                generate("v2", folder, SMALL_SIZE)
                if name == SMALL
                else generate(name, folder, args.size)
            )
            logdir = Path(copies) / made.name  # points are appended to it
            shutil.copytree(made, logdir)
            shutil.copy(f"{made}.json", f"{logdir}.json")
            visits = compare(browser, kinds, logdir, args.rounds, args.limit)
            tables[name] = table(visits, idle)
            if name == SMALL:
                idle = {
                    each: _median([v.server for v in made]) or 0.0 for each, made in visits.items()
                }
            if not args.json:
                show(name, tables[name])
            shutil.rmtree(logdir)
        browser.close()
    if args.json:
        print(json.dumps(tables, indent=1))


def show(name: str, rows: dict[str, dict[str, float | None]]) -> None:
    """Print one logdir's figures."""
    print(f"{name:14}" + "".join(f"{f + ' ' + UNITS.get(f, ''):>12}" for f in FIGURES))
    for row, figures in rows.items():
        cells = ("-" if (value := figures[f]) is None else f"{value:.3g}" for f in FIGURES)
        print(f"  {row:12}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
