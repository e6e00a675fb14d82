"""Let 50 clients at once look at one dashboard, by locust, and print how long answers take.

    python -m benchmarks.load [--clients 50] [--seconds 30] [--folder /tmp/load]

The logdir: ten runs of 20 tags with 5000 points each, five runs with histograms and pictures.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.environment import ROOT
from benchmarks.logdirs import generate
from benchmarks.served import served

VISITORS = Path(__file__).with_name("visitors.py")
COLUMNS = {
    "requests": "Request Count",
    "failed": "Failure Count",
    "per_second": "Requests/s",
    "p50_ms": "50%",
    "p95_ms": "95%",
    "p99_ms": "99%",
}


def visit(address: str, clients: int, seconds: int, folder: Path) -> dict[str, dict[str, float]]:
    """The figures of each sort of request, and of all ("Aggregated")."""
    words = ["--headless", "--only-summary", "--users", str(clients), "--spawn-rate", str(clients)]
    words += ["--run-time", f"{seconds}s", "--host", address, "--csv", str(folder / "load")]
    subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(VISITORS), *words],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with (folder / "load_stats.csv").open() as file:
        return {
            row["Name"]: {name: float(row[column]) for name, column in COLUMNS.items()}
            for row in csv.DictReader(file)
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--size", type=float, default=1, help="of the logdir")
    parser.add_argument("--folder", type=Path, help="for the logdir; a temporary one if not given")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="load-", dir=args.folder) as folder:
        logdir = Path(folder) / "logs"
        for name in ("v1", "mixed"):
            generate(name, logdir, args.size)
        with served(logdir) as server:
            server.wait()
            before, used = server.memory("VmRSS"), server.cpu_seconds()
            figures = visit(server.address, args.clients, args.seconds, Path(folder))
            memory = {"before_bytes": before, "peak_bytes": server.memory()}
            used = server.cpu_seconds() - used
    if args.json:
        told = {"clients": args.clients, "requests": figures, "memory": memory, "cpu": used}
        print(json.dumps(told))
        return
    print(f"{args.clients} clients, {args.seconds} s; processor time of the server {used:.1f} s;")
    print(f"its memory {before >> 20} MiB before, {memory['peak_bytes'] >> 20} MiB at most")
    print(f"{'':12}" + "".join(f"{name:>12}" for name in COLUMNS))
    for name, row in figures.items():
        print(f"{name:12}" + "".join(f"{row[column]:12.1f}" for column in COLUMNS))


if __name__ == "__main__":
    main()
