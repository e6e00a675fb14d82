"""Follow a training of ten steps a second live: in the browser, and by `opscope watch`.

    python -m benchmarks.live [--seconds 120] [--only page|terminal] [--json]

A process writes steps to a new logdir (five scalars each, each tenth a histogram). Meanwhile the
dashboard's page shows their charts in Chromium; then, of a second training, `opscope watch` in a
terminal of 120 columns and 30 rows. `delay` is, for each step, the time from its being in the file
to the first picture that shows it: to a chart drawn with it, or to its number on the screen; a
picture that shows several new steps counts for each. Memory is what the processes hold once the
first seconds are over and at the end: the server, the page's JavaScript objects after a collection,
the terminal program. TensorBoard is not part of it: its page reads anew every 30 s at most.
"""

import argparse
import bisect
import json
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page, sync_playwright

from benchmarks.chart_pages import Opscope, environment, started
from benchmarks.live_terminal import Terminal
from benchmarks.live_training import STEPS_PER_SECOND
from benchmarks.processes import memory

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
WAYS = ("page", "terminal")
SETTLED = 15.0  # seconds until what is made once is there: caches, compiled scripts
# Notes each picture of the chart of steps: when, and the last step in it.
WATCH = """
() => {
  window.pictures = [];
  const element = document.querySelector('.scalar-card[data-tag="step"]');
  const card = opscope.scalars.page.grid.cards.get(element.dataset.key);
  const note = () => pictures.push([Date.now() / 1000, card.data.series[0].step.at(-1)]);
  note();
  new MutationObserver(note).observe(element, { attributeFilter: ["data-drawn"] });
}
"""


class Following(NamedTuple):
    """How one program followed: seconds of delay of the steps, MB held early and at the end."""

    steps: int
    missed: int
    median: float
    p95: float
    most: float
    memory_early: float
    memory_end: float
    heap_early: float | None = None
    heap_end: float | None = None


def delays(written: dict[int, float], pictures: list[tuple[float, int]]) -> list[float | None]:
    """For each step the time until a picture that has it; None where none came.

    pictures: when, and the last step in it.
    """
    shown: list[tuple[int, float]] = []  # with ever higher steps
    for when, last in pictures:
        if not shown or last > shown[-1][0]:
            shown.append((last, when))
    steps = [last for last, _ in shown]
    found: list[float | None] = []
    for step, when in sorted(written.items()):
        place = bisect.bisect_left(steps, step)
        found.append(shown[place][1] - when if place < len(shown) else None)
    return found


def summary(
    written: dict[int, float], pictures: list[tuple[float, int]], **held: float | None
) -> Following:
    """The figures of one program; steps of its start, before the first picture, do not count."""
    first = min((when for when, _ in pictures), default=0.0)
    of_time = {step: when for step, when in written.items() if when >= first}
    found = delays(of_time, pictures)
    known = sorted(delay for delay in found if delay is not None)
    if not known:
        raise RuntimeError("no picture showed a step: was the time too short?")
    at = lambda share: known[min(len(known) - 1, int(share * len(known)))]  # noqa: E731
    figures = (at(0.5), at(0.95), known[-1])
    return Following(len(known), len(found) - len(known), *figures, **held)  # type: ignore[arg-type]


def heap(page: Page) -> float:
    """MB of JavaScript objects after a collection."""
    page.context.new_cdp_session(page).send("HeapProfiler.collectGarbage")
    return float(page.evaluate("() => performance.memory.usedJSHeapSize")) / 1e6


def follow(logdir: Path, seconds: float, way: str) -> dict[str, Following]:
    """Train for some seconds, and let the page or the terminal program look on."""
    with ExitStack() as stack:
        training = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.live_training", str(logdir / "train"), str(seconds)],
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.callback(training.kill)
        while not list(logdir.rglob("*tfevents*")):
            time.sleep(0.05)
        begin = time.time()
        page = terminal = None
        early: dict[str, float] = {}
        if way == "page":
            url, server, _ = stack.enter_context(started(Opscope(), logdir))
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
            )
            page = browser.new_page(viewport={"width": 1600, "height": 1000})
            page.goto(url + "/scalars")
            page.locator('.scalar-card[data-tag="step"][data-drawn]').wait_for(state="attached")
            page.evaluate(WATCH)
        if way == "terminal":
            command = [sys.executable, "-m", "opscope.cli", "watch", str(logdir), "--tag", "^step$"]
            terminal = stack.enter_context(Terminal(command, environment()))
        while training.poll() is None:
            if terminal:
                terminal.look(0.02)
            if page:
                page.wait_for_timeout(20 if terminal else 100)
            if not early and time.time() - begin > min(SETTLED, seconds / 2):
                early = {
                    **(
                        {"server": memory(server, "VmRSS") / 1e6, "heap": heap(page)}
                        if page
                        else {}
                    ),
                    **({"terminal": memory(terminal.pid, "VmRSS") / 1e6} if terminal else {}),
                }
        end = time.time() + 3
        while time.time() < end:
            if terminal:
                terminal.look(0.05)
            if page:
                page.wait_for_timeout(50)
        assert training.stdout
        lines = [line.split() for line in training.stdout]
        written = {int(step): float(when) for step, when in lines}
        found: dict[str, Following] = {}
        if page:
            pictures = [(when, step) for when, step in page.evaluate("() => pictures")]
            found["page"] = summary(
                written,
                pictures,
                memory_early=early["server"],
                memory_end=memory(server, "VmRSS") / 1e6,
                heap_early=early["heap"],
                heap_end=heap(page),
            )
        if terminal:
            found["terminal"] = summary(
                written,
                terminal.pictures,
                memory_early=early["terminal"],
                memory_end=memory(terminal.pid, "VmRSS") / 1e6,
            )
        return found


def main() -> None:
    """Follow, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=120.0, help="of training (default 120)")
    parser.add_argument("--only", choices=WAYS, help="follow in one way only")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    args = parser.parse_args()
    found: dict[str, Following] = {}
    for way in [args.only] if args.only else WAYS:
        with tempfile.TemporaryDirectory() as folder:
            found |= follow(Path(folder), args.seconds, way)
    if args.json:
        print(json.dumps({name: each._asdict() for name, each in found.items()}, indent=1))
        return
    print(f"{args.seconds:g} s at {STEPS_PER_SECOND} steps/s; delay in s, memory in MB")
    words = ("", "steps", "missed", "median", "p95", "most", "memory", "at end", "heap", "at end")
    print("".join(f"{word:>10}" for word in words))
    for name, each in found.items():
        cells = ["-" if cell is None else _cell(cell) for cell in each]
        print(f"{name:>10}" + "".join(f"{cell:>10}" for cell in cells))


def _cell(number: Any) -> str:
    return str(number) if isinstance(number, int) else f"{number:.3g}"


if __name__ == "__main__":
    main()
