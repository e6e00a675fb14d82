"""Time the reading of event files: ours, TensorBoard's Rust server, EventAccumulator, tbparse.

    python -m benchmarks.events [--size 1] [--rounds 5] [--logdirs v1,v2] [--slow] [--json]

Logdirs are generated once, at a size (1: a million scalars and more; CI takes 0.01). Each reading
is a process of its own, the readers take turns, and ratios are medians of the rounds' own ratios:
what else the machine does falls on all readers of a round alike. Every reader keeps every point;
all but `rust` check every CRC. EventAccumulator and tbparse (without TensorFlow) take minutes:
`--slow` has them read each logdir once. Then it times following: a poll of an idle logdir, an
event appended to one run, and a second start from the cache. Needs the interop environment.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.environment import ONE_THREAD, PORTIONS, ROOT
from benchmarks.logdirs import LOGDIRS, check, event, generate, scalar

FAST, SLOW = ("opscope", "rust+crc", "rust"), ("EventAccumulator", "tbparse")
HEADING = (
    f"{'logdir':15}{'reader':18}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'B/point':>9}"
    f"{'us/point':>10}{'ours/it wall':>14}{'ours/it CPU':>13}"
)


class Row(NamedTuple):
    """What one reader took for one logdir, and what ours took by that."""

    logdir: str
    reader: str
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: float
    points: int
    wall_ratio: float
    cpu_ratio: float

    def __str__(self) -> str:
        return (
            f"{self.logdir:15}{self.reader:18}{self.wall_seconds:9.3f}{self.cpu_seconds:9.3f}"
            f"{self.peak_bytes / 1e6:9.1f}{self.peak_bytes / self.points:9.1f}"
            f"{self.wall_seconds / self.points * 1e6:10.3f}"
            f"{self.wall_ratio:14.3f}{self.cpu_ratio:13.3f}"
        )


def read(reader: str, root: Path) -> dict[str, float]:
    """One reading by a process of its own."""
    path = os.pathsep.join([str(ROOT), *(str(ROOT / portion) for portion in PORTIONS)])
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": path, "OPSCOPE_CACHE": "off"}
    command = [sys.executable, "-m", "benchmarks.event_readers", reader, str(root)]
    answer = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    result: dict[str, float] = json.loads(answer.stdout)
    return result


def compare(name: str, root: Path, rounds: int, slow: bool) -> list[Row]:
    """The rows of one logdir: the fast readers in turn, then the slow ones once."""
    readings: dict[str, list[dict[str, float]]] = {reader: [] for reader in FAST}
    for _ in range(rounds):
        for reader in FAST:
            readings[reader].append(read(reader, root))
    if slow:
        readings |= {reader: [read(reader, root)] for reader in SLOW}
    ours = readings["opscope"]
    rows = []
    for reader, found in readings.items():
        pairs = list(zip(ours, found, strict=False))
        rows.append(
            Row(
                name,
                reader,
                *(median(each[key] for each in found) for key in ("wall", "cpu", "peak")),
                int(ours[0]["points"]),
                median(our["wall"] / their["wall"] for our, their in pairs),
                median(our["cpu"] / max(their["cpu"], 0.01) for our, their in pairs),
            )
        )
    return rows


def follow(root: Path, rounds: int) -> dict[str, float]:
    """Seconds for a poll of an idle logdir, and from an appended event to its being read."""
    from opscope.events import open_logdir
    from opscope.events.record import frame

    logdir = open_logdir(root)
    run = logdir.runs()[-1]
    path = sorted(logdir.event_files)[-1]
    tag = logdir.tags(run)[0]
    last = logdir.summary(run, tag).last_step or 0
    idle, appended = [], []
    for step in range(last + 1, last + 1 + rounds):
        start = time.perf_counter()
        logdir.reload()
        idle.append(time.perf_counter() - start)
        with open(path, "ab") as file:
            file.write(frame(event(1.8e9, step, scalar("v1", tag, b"\0\0\0\0"))))
        start = time.perf_counter()
        logdir.reload()
        assert logdir.scalars(run, tag).step[-1] == step
        appended.append(time.perf_counter() - start)
    return {"idle_poll_seconds": median(idle), "appended_event_seconds": median(appended)}


def start_again(root: Path, folder: Path) -> dict[str, float]:
    """Seconds to open a logdir without and with its entry in the cache."""
    from opscope.events import column_cache, open_logdir

    os.environ["OPSCOPE_CACHE"] = str(folder / "cache")
    column_cache.WORTH = 1
    for path in root.rglob("*tfevents*"):
        os.utime(path, (1.79e9, 1.79e9))  # what was written just now is not kept
    times = []
    for _ in range(2):
        start = time.perf_counter()
        logdir = open_logdir(root)
        times.append(time.perf_counter() - start)
        if logdir._storing is not None:
            logdir._storing.join()
    return {"first_start_seconds": times[0], "second_start_seconds": times[1]}


def main() -> None:
    """Generate, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.events", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--size", type=float, default=1.0, help="of the logdirs (default 1)")
    parser.add_argument("--rounds", type=int, default=5, help="readings of each (default 5)")
    every = [name for name in LOGDIRS if name != "charts"]  # for benchmarks.pages
    parser.add_argument("--logdirs", default=",".join(every), help="names joined by commas")
    parser.add_argument("--folder", type=Path, help="where the logdirs are made and stay")
    parser.add_argument("--slow", action="store_true", help="time the slow readers too")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    args = parser.parse_args()
    names = args.logdirs.split(",")
    unknown = [name for name in names if name not in LOGDIRS]
    if unknown or args.rounds < 1 or not 0 < args.size <= 1:
        parser.error(f"unknown {unknown}: logdirs are {', '.join(LOGDIRS)}; 0 < size <= 1")
    check()
    folder = args.folder or Path(tempfile.gettempdir()) / "opscope_logdirs"
    rows: list[Row] = []
    following: dict[str, Any] = {}
    if not args.json:
        print(f"medians of {args.rounds} interleaved rounds, size {args.size:g}")
        print(HEADING)
    for name in names:
        root = generate(name, folder, args.size)
        of_logdir = compare(name, root, args.rounds, args.slow)
        rows += of_logdir
        if not args.json:
            print(*of_logdir, sep="\n", flush=True)
    if "wide" in names:
        following = follow(generate("wide", folder, args.size), 20)
    if "long" in names:
        with tempfile.TemporaryDirectory() as cache:
            following |= start_again(generate("long", folder, args.size), Path(cache))
    if args.json:
        print(json.dumps({"readings": [row._asdict() for row in rows], **following}, indent=1))
    for name, seconds in following.items() if not args.json else ():
        print(f"{name}: {seconds * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
