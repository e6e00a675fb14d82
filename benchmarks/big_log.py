"""Serve an event file of 10 GB and say how much memory and time that takes.

    python -m benchmarks.big_log [--gigabytes 10] [--folder /tmp/big] [--of mixed|scalars]

`mixed` is what fills disks: per step 10 scalars, 5 histograms of 30 buckets and a picture of 300
kB. `scalars` has nothing but scalars: each point stays in memory, so that this one shows what a
point takes. The file is removed afterwards.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from benchmarks.logdirs import TAGS, event, first_event, histogram, image, png, scalar
from benchmarks.served import Served, served
from opscope.events.record import frame

LIMIT = 2 << 30  # bytes of memory that 10 GB of mixed log may take
PICTURE_SIZE = 440  # pixels: about 300 kB of noise


def mixed() -> Iterator[bytes]:
    """The records of one step after the other, without end."""
    generator = np.random.default_rng(0)
    pictures = [image("samples/input", png(generator, PICTURE_SIZE)) for _ in range(4)]
    weights = [
        [histogram("v2", f"layer{n}/weights", generator) for n in range(5)] for _ in range(20)
    ]
    step = 0
    while True:
        wall = 1.79e9 + step
        for tag in TAGS[:10]:
            value = np.float32(1 / (1 + step)).tobytes()
            yield frame(event(wall, step, scalar("v2", tag, value)))
        for value in weights[step % len(weights)]:
            yield frame(event(wall, step, value))
        yield frame(event(wall, step, pictures[step % len(pictures)]))
        step += 1


def scalars() -> Iterator[bytes]:
    """A point of each of ten tags, step by step."""
    step = 0
    while True:
        for tag in TAGS[:10]:
            value = np.float32(1 / (1 + step)).tobytes()
            yield frame(event(1.79e9 + step, step, scalar("v2", tag, value)))
        step += 1


WRITERS = {"mixed": mixed, "scalars": scalars}


def write(folder: Path, size: int, kind: str) -> Path:
    """An event file of about that many bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "events.out.tfevents.1790000000.big"
    with path.open("wb", buffering=1 << 22) as file:
        written = file.write(first_event())
        for record in WRITERS[kind]():
            written += file.write(record)
            if written >= size:
                return path
    raise AssertionError("the records have no end")


def ask(server: Served, kind: str) -> dict[str, float]:
    """Milliseconds of the questions that a page asks, the last points among them."""
    questions = {
        "curves": "/api/scalars/curves?" + urlencode({"tag": TAGS[0], "run": "run", "points": 600}),
        "summary": "/api/scalars/summary",
    }
    if kind == "mixed":
        tag = {"tag": "layer0/weights", "run": "run"}
        questions["histograms"] = "/api/histograms/bins?" + urlencode(tag)
        questions["distributions"] = "/api/distributions?" + urlencode(tag)
        picture = {"tag": "samples/input", "run": "run"}
        points = server.json("/api/images/points?" + urlencode(picture))
        last = {**picture, "index": points["index"][-1]}
        questions["picture"] = "/api/images/picture?" + urlencode(last)
    taken = {}
    for name, address in questions.items():
        began = time.perf_counter()
        assert server.get(address)
        taken[name] = (time.perf_counter() - began) * 1e3
    return taken


def measured(path: Path, kind: str) -> dict[str, object]:
    """Serve it, ask, and say what that took; bytes, seconds, milliseconds."""
    with served(path.parent.parent, "--reload_interval", "0") as server:
        listening = time.perf_counter() - server.began
        loaded = server.wait()
        read = server.memory()
        taken = ask(server, kind)
        counts = {row["tag"]: row["count"] for row in server.json("/api/scalars/summary")}
        return {
            "kind": kind,
            "file_bytes": path.stat().st_size,
            "scalar_points": sum(counts.values()),
            "seconds_until_it_listens": listening,
            "seconds_until_it_is_read": loaded,
            "peak_bytes_after_reading": read,
            "peak_bytes": server.memory(),
            "milliseconds": taken,
            "problems": server.json("/api/generation")["problems"],
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=10)
    parser.add_argument("--of", choices=WRITERS, default="mixed")
    parser.add_argument("--folder", type=Path, help="where to write; a temporary one if not given")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="big-log-", dir=args.folder) as folder:
        found = measured(write(Path(folder) / "run", int(args.gigabytes * 1e9), args.of), args.of)
    if args.json:
        print(json.dumps(found))
        return
    print(f"{found['file_bytes'] / 1e9:.1f} GB, {found['scalar_points']:,} scalars ({args.of})")  # type: ignore[operator]
    for name in ("seconds_until_it_listens", "seconds_until_it_is_read"):
        print(f"{name.replace('_', ' '):32}{found[name]:8.1f}")
    for name in ("peak_bytes_after_reading", "peak_bytes"):
        print(f"{name.replace('_', ' '):32}{found[name] / 2**20:8.0f} MiB")  # type: ignore[operator]
    for name, value in found["milliseconds"].items():  # type: ignore[attr-defined]
        print(f"ms for {name:25}{value:8.0f}")


if __name__ == "__main__":
    main()
