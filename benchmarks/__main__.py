"""Print ours/TensorFlow and watched/plain for each benchmark, beside the ratio aimed at.

    python -m benchmarks [--rounds 5] [--seconds 1] [--rows softmax,mlp,import] [--json]

Needs TensorFlow in this Python: `make bench` uses the interop environment.
"""

import argparse
import json
import platform
from collections.abc import Iterator

from benchmarks.comparison import Row, import_rows, many_ops_rows, step_rows, workers
from benchmarks.models import MODELS

MANY_OPS = "ops"
IMPORT = "import"
NAMES = (*MODELS, MANY_OPS, IMPORT)


def text(row: Row) -> str:
    """A line of the table."""
    aim = "" if row.aim is None else f"{row.aim:g}"
    return (
        f"{row.name:24}{row.seconds * 1e3:12.4f} ms{row.compared_with:>12}"
        f"{row.compared_seconds * 1e3:12.4f} ms{row.ratio:>9.3f}{aim:>7}"
    )


def measured(names: list[str], rounds: int, seconds: float) -> Iterator[Row]:
    """The rows, one after the other."""
    with workers() as pair:
        for name in names:
            if name == MANY_OPS:
                yield from many_ops_rows(pair, rounds, seconds)
            elif name == IMPORT:
                yield from import_rows(rounds)
            else:
                yield from step_rows(pair, name, rounds, seconds)


def main() -> None:
    """Measure the rows that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=5, help="rounds for each row (default 5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="time for each timing")
    parser.add_argument("--rows", default=",".join(NAMES), help="names joined by commas")
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    args = parser.parse_args()
    names = args.rows.split(",")
    unknown = [name for name in names if name not in NAMES]
    if unknown or args.rounds < 1:
        parser.error(f"unknown {unknown}: rows are {', '.join(NAMES)}; rounds start at 1")
    if args.json:
        rows = [row._asdict() for row in measured(names, args.rounds, args.seconds)]
        print(json.dumps(rows, indent=1))
        return
    print(f"medians of {args.rounds} interleaved rounds, one thread each, {platform.machine()}")
    print(f"{'':24}{'ours':>15}{'':>12}{'':>15}{'ratio':>9}{'aim':>7}")
    for row in measured(names, args.rounds, args.seconds):
        print(text(row), flush=True)


if __name__ == "__main__":
    main()
