"""The logdirs that the readers are timed on, byte for byte as their writers make them.

Each event is put together from bytes, since a million protobuf messages take a minute; the first
one of each sort is held against protobuf's own serialization.
"""

import json
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from opscope.events.proto.event_pb2 import Event
from opscope.events.record import frame

Style = str  # "v1" (simple_value), "v2" (tensor_content), "torch" (simple_value, steps by ten)

TAGS = [
    *("train/loss", "train/accuracy", "train/lr", "train/grad_norm", "eval/loss"),
    *("eval/accuracy", "eval/f1", "eval/precision", "eval/recall", "time/data"),
    *("time/forward", "time/backward", "time/step", "gpu/mem", "gpu/util"),
    *("ema/decay", "loss/kl", "loss/recon", "loss/total", "opt/weight_norm"),
    *(f"layer{layer:02d}/act_mean" for layer in range(30)),
]


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, data: bytes) -> bytes:
    """A field of bytes: string, bytes or message."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def event(wall_time: float, step: int, value: bytes) -> bytes:
    """An event with one summary value; as in proto3, a step of 0 is left out."""
    step_field = b"\x10" + varint(step) if step else b""
    return b"\x09" + struct.pack("<d", wall_time) + step_field + field(5, field(1, value))


def plugin(name: str) -> bytes:
    """A value's metadata."""
    return field(9, field(1, field(1, name.encode())))


def scalar(style: Style, tag: str, value: bytes) -> bytes:
    """A summary value that holds a float32, given as its bytes."""
    head = field(1, tag.encode())
    if style == "v2":
        return head + field(8, b"\x08\x01\x12\x00" + field(4, value)) + plugin("scalars")
    return head + b"\x15" + value


def histogram(style: Style, tag: str, generator: np.random.Generator) -> bytes:
    """A summary value that holds the histogram of a thousand normal numbers."""
    numbers = generator.normal(0, 1, 1000)
    counts, edges = np.histogram(numbers, 30 if style == "v2" else 120)
    if style == "v2":
        rows = np.stack([edges[:-1], edges[1:], counts], axis=1).tobytes()
        shape = field(2, b"\x08\x1e") + field(2, b"\x08\x03")
        tensor = b"\x08\x02" + field(2, shape) + field(4, rows)
        return field(1, tag.encode()) + field(8, tensor) + plugin("histograms")
    moments = (numbers.min(), numbers.max(), 1000.0, numbers.sum(), (numbers**2).sum())
    message = b"".join(
        bytes([number << 3 | 1]) + struct.pack("<d", value)
        for number, value in enumerate(moments, start=1)
    )
    used = max(1, np.flatnonzero(counts)[-1] - int(generator.integers(20)))  # lengths differ
    message += field(6, edges[1 : used + 1].tobytes()) + field(
        7, counts[:used].astype("<f8").tobytes()
    )
    return field(1, tag.encode()) + field(5, message)


def png(generator: np.random.Generator, size: int = 128) -> bytes:
    """A picture with noise in it."""
    pixels = generator.integers(0, 255, (size, size, 3), dtype=np.uint8)
    pixels[: size // 2] = 128
    raw = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(raw, 1))
        + chunk(b"IEND", b"")
    )


def image(tag: str, picture: bytes) -> bytes:
    """A second-format summary value that holds one picture."""
    strings = b"".join(field(8, each) for each in (b"128", b"128", picture))
    tensor = b"\x08\x07" + field(2, field(2, b"\x08\x03")) + strings
    return field(1, tag.encode()) + field(8, tensor) + plugin("images")


def first_event() -> bytes:
    """The record that every file begins with."""
    return frame(Event(wall_time=1.79e9, file_version="brain.Event:2").SerializeToString())


def _scalars(style: Style, tags: list[str], steps: int, seed: int) -> Iterator[bytes]:
    generator = np.random.default_rng(seed)
    values = generator.normal(0, 1, (steps, len(tags))).astype("<f4")
    times = 1.79e9 + np.cumsum(generator.uniform(1e-3, 2e-3, (steps, len(tags)))).reshape(
        steps, len(tags)
    )
    every = 10 if style == "torch" else 1
    for step in range(steps):
        for place, tag in enumerate(tags):
            value = scalar(style, tag, values[step, place].tobytes())
            yield event(times[step, place], step * every, value)


def _reversed(seed: int, count: int) -> Iterator[bytes]:
    """Events whose fields stand in an order in which protobuf never writes them."""
    del seed
    for step in range(count // 20):
        for tag in TAGS[:20]:
            value = b"\x15" + struct.pack("<f", step) + field(1, tag.encode())
            time = b"\x09" + struct.pack("<d", 1e9 + step)
            yield field(5, field(1, value)) + b"\x10" + varint(step + 1) + time


def _new_tags(seed: int, count: int) -> Iterator[bytes]:
    del seed
    for step in range(count):
        yield event(1e9 + step, step, scalar("v1", f"tag{step}", struct.pack("<f", step)))


def _random_tags(seed: int, count: int) -> Iterator[bytes]:
    chooser = random.Random(seed)
    tags = [
        "".join(chooser.choices("abcdefgh/_", k=chooser.randint(5, 60))) + str(number)
        for number in range(max(count // 100, 1))
    ]
    for step in range(count // len(tags)):
        for tag in tags:
            yield event(1e9 + step, step, scalar("v1", tag, struct.pack("<f", step)))


def _charts(seed: int, steps: int) -> Iterator[bytes]:
    """200 curves that fall and swing, of a training of TensorFlow 1: a summary for each group."""
    generator = np.random.default_rng(seed)
    groups = [
        [f"{group}/{word}{n}" for word in ("loss", "rate") for n in range(10)]
        for group in "abcdefghij"
    ]
    for step in range(steps):
        time = b"\x09" + struct.pack("<d", 1.79e9 + step * 0.1)
        head = time + (b"\x10" + varint(step) if step else b"")
        for tags in groups:
            level = np.exp(-step / steps * 4) + generator.normal(0, 0.05, len(tags))
            data = level.astype("<f4").tobytes()
            values = [scalar("v1", tag, data[4 * i : 4 * i + 4]) for i, tag in enumerate(tags)]
            yield head + field(5, b"".join(field(1, value) for value in values))


def _several_values(seed: int, count: int) -> Iterator[bytes]:
    del seed
    for step in range(count // 20):
        values = [scalar("v1", tag, struct.pack("<f", step)) for tag in TAGS[:20]]
        summary = b"".join(field(1, value) for value in values)
        time = b"\x09" + struct.pack("<d", 1e9 + step)
        yield time + (b"\x10" + varint(step) if step else b"") + field(5, summary)


def _histograms(style: Style, tags: int, steps: int, seed: int) -> Iterator[bytes]:
    generator = np.random.default_rng(seed)
    values = [
        [histogram(style, f"layer{tag:02d}/weights", generator) for tag in range(tags)]
        for _ in range(min(steps, 20))
    ]
    for step in range(steps):
        for tag in range(tags):
            yield event(1.79e9 + step, step, values[step % len(values)][tag])


def _mixed(seed: int, steps: int) -> Iterator[bytes]:
    generator = np.random.default_rng(seed)
    pictures = [png(generator) for _ in range(12)]
    scalars = _scalars("v2", TAGS[:10], steps, seed)
    histograms = _histograms("v2", 4, steps, seed)
    for step in range(steps):
        yield from (next(scalars) for _ in range(10))
        if step % 10 == 0:
            yield from (next(histograms) for _ in range(4))
        if step % 20 == 0:
            for tag in range(4):
                picture = pictures[(step // 20 + tag) % len(pictures)]
                yield event(1.79e9 + step, step, image(f"samples/img{tag}", picture))


class LogdirSpec(NamedTuple):
    """A logdir: its runs, and the events of a run by seed; counts are at full size."""

    runs: int
    events: Callable[[int, float], Iterator[bytes]]  # seed, size
    points: int
    is_scalars: bool = True


def _sized(count: int, size: float) -> int:
    return max(1, int(count * size))


def _of_style(style: Style, tags: int, steps: int) -> Callable[[int, float], Iterator[bytes]]:
    return lambda seed, size: _scalars(style, TAGS[:tags], _sized(steps, size), seed)


LOGDIRS = {
    "v1": LogdirSpec(10, _of_style("v1", 20, 5000), 1_000_000),
    "v2": LogdirSpec(10, _of_style("v2", 20, 5000), 1_000_000),
    "torch": LogdirSpec(10, _of_style("torch", 20, 5000), 1_000_000),
    "wide": LogdirSpec(500, _of_style("torch", 50, 100), 2_500_000),
    "long": LogdirSpec(50, _of_style("torch", 20, 5000), 5_000_000),
    "several": LogdirSpec(
        10, lambda seed, size: _several_values(seed, _sized(100_000, size)), 1_000_000
    ),
    "histograms": LogdirSpec(
        5, lambda seed, size: _histograms("v2", 20, _sized(1000, size), seed), 100_000, False
    ),
    "histograms_v1": LogdirSpec(
        5, lambda seed, size: _histograms("v1", 20, _sized(1000, size), seed), 100_000, False
    ),
    "mixed": LogdirSpec(5, lambda seed, size: _mixed(seed, _sized(2000, size)), 106_000, False),
    "reversed": LogdirSpec(1, lambda seed, size: _reversed(seed, _sized(100_000, size)), 100_000),
    "new_tags": LogdirSpec(1, lambda seed, size: _new_tags(seed, _sized(100_000, size)), 100_000),
    "random_tags": LogdirSpec(
        1, lambda seed, size: _random_tags(seed, _sized(200_000, size)), 200_000
    ),
    "charts": LogdirSpec(10, lambda seed, size: _charts(seed, _sized(5000, size)), 10_000_000),
}  # fmt: skip


def check() -> None:
    """Hold one event of each sort against protobuf's serialization; else AssertionError."""
    generator = np.random.default_rng(0)
    number = struct.pack("<f", 1.5)
    values = [scalar(style, "a/b", number) for style in ("v1", "v2")]
    values += [histogram(style, "h", generator) for style in ("v1", "v2")]
    values.append(image("i", png(generator, 4)))
    for value in values:
        for step in (0, 1, 300, 1 << 40):
            data = event(12.5, step, value)
            assert Event.FromString(data).SerializeToString(deterministic=True) == data


def _last_steps(events: list[bytes]) -> dict[str, int]:
    """The last step of each scalar and histogram, by which a reader is known to be finished."""
    last: dict[str, int] = {}
    for data in reversed(events):
        message = Event.FromString(data)
        for value in message.summary.value:
            if value.metadata.plugin_data.plugin_name != "images":
                last.setdefault(value.tag, message.step)
    return last


def generate(name: str, folder: Path, size: float) -> Path:
    """The logdir of a name at a size (1 is full), made unless it is there."""
    spec, root = LOGDIRS[name], folder / f"{name}_{size:g}"
    done = folder / f"{root.name}.json"
    if done.exists():
        return root
    runs = max(1, int(spec.runs * min(1.0, size * 10)))
    written, series, last_steps = 0, 0, {}
    for run in range(runs):
        path = root / f"exp{run // 50:02d}" / f"run{run:03d}"
        path.mkdir(parents=True)
        events = list(spec.events(zlib.crc32(name.encode()) + run, size))
        data = b"".join([first_event(), *map(frame, events)])
        (path / f"events.out.tfevents.{1790000000 + run}.host").write_bytes(data)
        written += len(data)
        if not run:
            last_steps = _last_steps(events)
        series += len(last_steps)
    facts = {"runs": runs, "bytes": written, "series": series, "last_steps": last_steps}
    done.write_text(json.dumps(facts))
    return root
