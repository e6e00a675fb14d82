"""Print ours/TensorFlow and watched/plain for each benchmark.

    python -m benchmarks [--rounds 5] [--seconds 1] [--models softmax,mlp] [--json]

Needs TensorFlow in this Python: `make bench` uses the interop environment.
"""

import argparse
import json
import platform

from benchmarks.comparison import Comparison, compare, workers
from benchmarks.models import MODELS

HEADING = (
    f"{'model':10}{'ours':>12}{'TensorFlow':>13}{'ours/TF':>10}{'watched':>12}{'watched/plain':>15}"
)


def row(comparison: Comparison) -> str:
    """A line of the table; times in microseconds."""
    ours, tensorflow, watched = (
        f"{seconds * 1e6:.1f} us"
        for seconds in (
            comparison.ours_seconds,
            comparison.tensorflow_seconds,
            comparison.watched_seconds,
        )
    )
    return (
        f"{comparison.model:10}{ours:>12}{tensorflow:>13}{comparison.ours_by_tensorflow:>10.3f}"
        f"{watched:>12}{comparison.watched_by_plain:>15.3f}"
    )


def main() -> None:
    """Compare the models that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=5, help="rounds for each model (default 5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="time for each timing")
    parser.add_argument("--models", default=",".join(MODELS), help="names joined by commas")
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    args = parser.parse_args()
    names = args.models.split(",")
    unknown = [name for name in names if name not in MODELS]
    if unknown or args.rounds < 1:
        parser.error(f"unknown {unknown}: models are {', '.join(MODELS)}; rounds start at 1")
    if not args.json:
        print(f"medians of {args.rounds} interleaved rounds, one thread each, {platform.machine()}")
        print(HEADING)
    rows = []
    with workers() as pair:
        for name in names:
            comparison = compare(pair, name, args.rounds, args.seconds)
            rows.append(comparison._asdict())
            if not args.json:
                print(row(comparison), flush=True)
    if args.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
