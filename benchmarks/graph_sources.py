"""The graphs that the graph pages are timed on, each a logdir with one run.

Generated graphs are put together from bytes, since a million protobuf messages take a minute.
`scoped` graphs nest repeated blocks, no scope with more than some thirty children; `chain`,
`layered` and `random` are flat: one scope that holds every op.
"""

import gzip
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.logdirs import field
from opscope.events import open_logdir
from opscope.events.record import frame

FLOAT_TYPE = field(5, field(1, b"T") + field(2, b"\x30\x01"))
OPS = ("Relu", "Add", "Mul", "Tanh", "Sub", "Maximum")

TRAINING = """
import sys, tensorflow as tf, tf_keras
v1 = tf.compat.v1
with v1.Graph().as_default():
    make = getattr(tf_keras.applications, sys.argv[2])
    net = make(weights=None, input_shape=(224, 224, 3))
    labels = v1.placeholder(tf.int32, [None], name="labels")
    loss = v1.losses.sparse_softmax_cross_entropy(labels, net.outputs[0])
    v1.train.MomentumOptimizer(0.1, 0.9).minimize(loss, name="train_step")
    v1.summary.FileWriter(sys.argv[1], v1.get_default_graph()).close()
"""


def node(name: str, op: str, inputs: list[str]) -> bytes:
    """A NodeDef inside its GraphDef."""
    body = field(1, name.encode()) + field(2, op.encode())
    body += b"".join(field(3, source.encode()) for source in inputs)
    return field(1, body + FLOAT_TYPE)


def scoped(count: int) -> Iterator[bytes]:
    """About `count` ops in towers, layers and blocks: a block reads the block before it."""
    made, tower, previous = 0, 0, "input"
    yield node("input", "Placeholder", [])
    while made < count:
        for layer in range(20):
            for block in range(12):
                scope = f"tower_{tower}/layer_{layer}/block_{block}"
                for index in range(10):
                    name = f"{scope}/op_{chr(97 + index)}"
                    extra = [f"{scope}/op_a"] if index in (4, 8) else []
                    yield node(name, OPS[index % 6], [previous, *extra])
                    previous = name
                made += 10
                if made >= count:
                    return
        tower += 1


def chain(count: int) -> Iterator[bytes]:
    """A chain in which every fourth op reads the one three before it, too."""
    yield node("n", "Placeholder", [])
    previous = ["n"]
    for index in range(1, count):
        inputs = [previous[-1]] + ([previous[-3]] if index % 4 == 3 else [])
        previous.append(f"op{_letters(index)}")
        yield node(previous[-1], OPS[index % 6], inputs)


def layered(count: int) -> Iterator[bytes]:
    """Ranks of 25 ops; each reads one or two of the rank before."""
    choose = random.Random(5)
    for index in range(count):
        rank, place = divmod(index, 25)
        reach = {place, choose.randrange(max(0, place - 2), min(25, place + 3))}
        below = 25 * (rank - 1)
        inputs = [f"op{_letters(below + other)}" for other in sorted(reach)] if rank else []
        kind = OPS[place % 6] if rank else "Placeholder"
        yield node(f"op{_letters(index)}", kind, inputs)


def dag(count: int) -> Iterator[bytes]:
    """A random graph: each op reads one to three of the fifty ops before it."""
    choose = random.Random(6)
    for index in range(count):
        reach = {choose.randrange(max(0, index - 50), index) for _ in range(3)} if index else set()
        kind = OPS[len(reach)] if index else "Placeholder"
        yield node(f"op{_letters(index)}", kind, [f"op{_letters(at)}" for at in sorted(reach)])


def _letters(index: int) -> str:
    """A number in letters, so that neither page takes the ops for a series."""
    word = ""
    while True:
        index, rest = divmod(index, 26)
        word = chr(97 + rest) + word
        if not index:
            return word + "_x"


# More than forty towers are one closed group on our page; TensorBoard draws them all.
TOWERS = {"opscope": "tower_*", "TensorBoard": "tower_0"}

GENERATED: dict[str, tuple[Callable[[int], Iterator[bytes]], int, dict[str, str]]] = {
    "scoped-10k": (scoped, 10_000, dict.fromkeys(TOWERS, "tower_0")),
    "scoped-200k": (scoped, 200_000, TOWERS),
    "scoped-1M": (scoped, 1_000_000, TOWERS),
    **{
        f"{shape.__name__}-{size // 1000}k": (shape, size, {})
        for size in (1000, 3000, 10_000)
        for shape in (chain, layered, dag)
    },
}
"""name: (nodes, how many, the scope that is expanded on each page)."""

BUILT = {"MobileNetV2": "train_step", "ResNet50": "train_step"}
"""Keras' nets with the ops that train them, and a scope to expand."""

FIXTURES = {"synthetic100k": "train"}
"""Graphs of the fixtures (`graphs/NAME/graph.pb.gz`), and a scope to expand."""

NAMES = (*BUILT, *FIXTURES, *GENERATED)


def expandable(name: str, page: str) -> str:
    """The scope of a graph that is expanded on a page, or nothing where all is flat."""
    known = {**BUILT, **FIXTURES}
    return known[name] if name in known else GENERATED[name][2].get(page, "")


def make(name: str, folder: Path, peer_python: Path, fixtures: Path | None = None) -> Path:
    """The logdir of a graph, made in `folder` once; raises OSError where its fixture is not there.

    Beside it lies `NAME.graphdef`, for pages that take a file.
    """
    logdir = folder / name
    part = logdir.with_suffix(".part")
    if not logdir.is_dir():
        part.mkdir(parents=True, exist_ok=True)
        if name in BUILT:
            build = [peer_python, "-c", TRAINING, part, name]
            subprocess.run(build, check=True, stderr=subprocess.DEVNULL)
        else:
            _write_event(part, _graph(name, fixtures))
        part.rename(logdir)
    file = folder / f"{name}.graphdef"
    if not file.exists():
        read = open_logdir(logdir)
        file.write_bytes(read.graph(read.graph_runs()[0]))
    return logdir


def _graph(name: str, fixtures: Path | None) -> bytes:
    if name in FIXTURES:
        if fixtures is None:
            raise FileNotFoundError(f"{name} needs --fixtures")
        return gzip.decompress((fixtures / name / "graph.pb.gz").read_bytes())
    nodes, count, _ = GENERATED[name]
    return b"".join(nodes(count)) + field(4, b"\x08\x1b")


def _write_event(folder: Path, graph: bytes) -> None:
    now = b"\x09" + b"\0" * 8
    events = frame(now + field(3, b"brain.Event:2")) + frame(now + field(4, graph))
    (folder / "events.out.tfevents.1.benchmark").write_bytes(events)
