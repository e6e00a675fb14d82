"""Print what a scalar costs in our writer and in those of TensorFlow, tensorboardX and PyTorch.

    python -m benchmarks.event_writers [--events 100000] [--rounds 5] [--json]

Each writer writes the same points of ten tags into a new file and closes it, the writers one after
the other in each round. Times are per point: seconds on the clock, and processor seconds of the
whole process, which other programs on the machine disturb less. `ratio` is theirs by ours, the
median over the rounds. Needs the interop environment.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

Write = Callable[[str, int], None]
TAGS = [f"layer{number}/loss" for number in range(10)]


class Timing(NamedTuple):
    """What one point costs, in seconds."""

    wall: float
    cpu: float


class Row(NamedTuple):
    """A writer's medians in seconds per point, and its ratios to ours."""

    writer: str
    wall_seconds: float
    cpu_seconds: float
    wall_ratio: float
    cpu_ratio: float


def opscope_writer(folder: str, count: int) -> None:
    from opscope.events import SummaryWriter

    with SummaryWriter(folder) as writer:
        for step in range(count // len(TAGS)):
            for tag in TAGS:
                writer.add_scalar(tag, step * 0.5, step)


def tensorflow_1(folder: str, count: int) -> None:
    import tensorflow.compat.v1 as tf

    with tf.Graph().as_default():
        writer = tf.summary.FileWriter(folder)
        for step in range(count // len(TAGS)):
            for tag in TAGS:
                value = tf.Summary.Value(tag=tag, simple_value=step * 0.5)
                writer.add_summary(tf.Summary(value=[value]), step)
        writer.close()


def tensorflow_2(folder: str, count: int) -> None:
    import tensorflow as tf

    writer = tf.summary.create_file_writer(folder)
    with writer.as_default():
        for step in range(count // len(TAGS)):
            for tag in TAGS:
                tf.summary.scalar(tag, step * 0.5, step)
    writer.close()


def tensorboardx(folder: str, count: int) -> None:
    from tensorboardX import SummaryWriter

    with SummaryWriter(folder) as writer:
        for step in range(count // len(TAGS)):
            for tag in TAGS:
                writer.add_scalar(tag, step * 0.5, step)


def pytorch(folder: str, count: int) -> None:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(folder) as writer:
        for step in range(count // len(TAGS)):
            for tag in TAGS:
                writer.add_scalar(tag, step * 0.5, step)


WRITERS: dict[str, Write] = {
    "opscope": opscope_writer,
    "TensorFlow FileWriter": tensorflow_1,
    "PyTorch": pytorch,
    "tensorboardX": tensorboardx,
    "TensorFlow 2 summary": tensorflow_2,
}
# At well over 100 us a point, it would take all the time.
FEWER = {"TensorFlow 2 summary": 10}


def timed(write: Write, count: int) -> Timing:
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        write(folder, count)
        return Timing((time.perf_counter() - wall) / count, (time.process_time() - cpu) / count)


def compare(count: int, rounds: int) -> list[Row]:
    for write in WRITERS.values():
        timed(write, len(TAGS))  # imports and first calls
    timings = [
        {name: timed(write, count // FEWER.get(name, 1)) for name, write in WRITERS.items()}
        for _ in range(rounds)
    ]
    return [
        Row(
            name,
            median(each[name].wall for each in timings),
            median(each[name].cpu for each in timings),
            median(each[name].wall / each["opscope"].wall for each in timings),
            median(each[name].cpu / each["opscope"].cpu for each in timings),
        )
        for name in WRITERS
    ]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.event_writers", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--events", type=int, default=100_000, help="points for each writer")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    args = parser.parse_args(arguments)
    if args.events < 100 or args.rounds < 1:
        parser.error("at least 100 events and 1 round")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    rows: list[Any] = compare(args.events, args.rounds)
    if args.json:
        print(json.dumps([row._asdict() for row in rows], indent=1))
        return
    print(f"medians of {args.rounds} interleaved rounds of {args.events} points")
    print(f"{'writer':24}{'clock':>12}{'ratio':>8}{'processor':>14}{'ratio':>8}")
    for row in rows:
        print(
            f"{row.writer:24}{row.wall_seconds * 1e6:>9.2f} us{row.wall_ratio:>8.1f}"
            f"{row.cpu_seconds * 1e6:>11.2f} us{row.cpu_ratio:>8.1f}"
        )


if __name__ == "__main__":
    main()
