"""Time the graph page against TensorBoard's and Model Explorer's, in the same Chromium.

    python -m benchmarks.graph [--graphs ResNet50,chain-1k] [--rounds 3] [--limit 120]
        [--peer .venv-interop/bin/python] [--explorer PYTHON] [--fixtures FOLDER]
        [--logdir NAME=PATH=SCOPE ...] [--json]

Each visit has a server and a browser of its own; the pages take turns, and ratios are medians of
the rounds' own ratios to TensorBoard. First view: from going to the address, of a server that
answers, to the first nodes in the page. Expand: from the double click to nodes inside the scope.
Search: from the text to the first hit. Pan: median distance of two frames while the mouse
drags. Task: longest on the page's main thread. Heap and server: by how much the page's objects
and the server's memory have grown from before the first view to the end. A page that draws
nothing within the limit is said to, and counts as that limit: its ratio is an upper bound.

`--explorer` is a Python that has `ai-edge-model-explorer`, which shows no more than the first view,
the frames of a drag and memory: it draws on a canvas. `--fixtures` holds `NAME/graph.pb.gz`.
"""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Playwright, sync_playwright

from benchmarks.environment import ROOT
from benchmarks.graph_pages import GraphPage, ModelExplorer, Opscope, TensorBoard
from benchmarks.graph_sources import NAMES, expandable, make
from benchmarks.graph_visit import FIGURES, UNITS, Visit, visit

Table = dict[str, dict[str, float | None]]


def compare(
    playwright: Playwright,
    pages: list[GraphPage],
    logdir: Path,
    scopes: dict[str, str],
    rounds: int,
    limit: float,
) -> Table:
    """Medians of each page, and the medians of the rounds' ratios of the first to the second.

    A page that drew nothing in the first round is not asked again.
    """
    visits: dict[str, list[Visit]] = {kind.name: [] for kind in pages}
    for number in range(rounds):
        for kind in pages:
            if number and visits[kind.name][0].first is None:
                visits[kind.name].append(visits[kind.name][0])
                continue
            scope = scopes.get(kind.name, "")
            visits[kind.name].append(visit(playwright, kind, logdir, scope, limit))
    table: Table = {
        name: {figure: _median([getattr(v, figure) for v in made]) for figure in FIGURES}
        for name, made in visits.items()
    }
    if len(pages) > 1:
        ours, theirs = (visits[kind.name] for kind in pages[:2])
        missing = {"first": limit}
        table["ratio"] = {
            figure: _median(
                [
                    _ratio(getattr(a, figure), getattr(b, figure), missing.get(figure))
                    for a, b in zip(ours, theirs, strict=True)
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
    parser.add_argument("--graphs", default=",".join(NAMES), help="names joined by commas")
    parser.add_argument("--logdir", action="append", default=[], metavar="NAME=PATH=SCOPE")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for a page to draw")
    parser.add_argument("--peer", type=Path, default=ROOT / ".venv-interop/bin/python")
    parser.add_argument("--explorer", type=Path, help="a Python that has Model Explorer")
    parser.add_argument("--fixtures", type=Path, help="a folder of NAME/graph.pb.gz")
    parser.add_argument("--alone", action="store_true", help="ours only")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "opscope-graphs"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    args = parser.parse_args()
    pages: list[GraphPage] = [Opscope()] if args.alone else [Opscope(), TensorBoard(args.peer)]
    if args.explorer is not None and not args.alone:
        pages.append(ModelExplorer(args.explorer))
    chosen = [name for name in args.graphs.split(",") if name]
    if unknown := [name for name in chosen if name not in NAMES]:
        parser.error(f"unknown {unknown}: graphs are {', '.join(NAMES)}")
    given = [re.split("=", each, maxsplit=2) for each in args.logdir]
    sources = [(name, Path(path), {p.name: scope for p in pages}) for name, path, scope in given]
    for name in chosen:
        try:
            logdir = make(name, args.folder, args.peer, args.fixtures)
        except OSError as error:
            print(f"# {name} is left out: {error}", file=sys.stderr)
            continue
        sources.append((name, logdir, {page.name: expandable(name, page.name) for page in pages}))
    tables = {}
    with sync_playwright() as playwright:
        for name, logdir, scopes in sources:
            tables[name] = compare(playwright, pages, logdir, scopes, args.rounds, args.limit)
            if not args.json:
                show(name, tables[name])
    if args.json:
        print(json.dumps(tables, indent=1))


def show(name: str, table: Table) -> None:
    """Print one graph's figures."""
    print(f"{name:16}" + "".join(f"{f + ' ' + UNITS.get(f, 'ms'):>12}" for f in FIGURES))
    for row, figures in table.items():
        cells = ("-" if (value := figures[f]) is None else f"{value:.3g}" for f in FIGURES)
        print(f"  {row:14}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
