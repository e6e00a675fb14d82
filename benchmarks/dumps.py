"""Print what watching, dumping and tracing a step cost, and what opening a large dump costs.

    python -m benchmarks.dumps [--rounds 5] [--steps 5] [--tensors 10000] [--model mlp]
                               [--folder /dev/shm] [--json]

A step of the model: plain, under `opscope run`, checked for inf and nan, with the health of every
tensor, dumped packed and in tfdbg's form, traced. The same model with resource variables, plain and
dumped packed: so the step has the tensors that TensorFlow's has, without the slots of Adam. Then
TensorFlow's, plain and dumped by its DumpingDebugWrapperSession into the same folder. A dump of
`--tensors` tensors: opened, and its bad tensors found, by our DebugDumpDir in both forms and by
TensorFlow's.

Everything runs in one process, one thread, in turn in each round; the steps of a round follow each
other, and what they wrote is removed behind the last. Times are by the clock, then by the processor
(user and system, of all threads: memory for the next packed file is made in a thread). Ratios are
medians of the rounds' own. Needs the interop environment.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.environment import ONE_THREAD, PORTIONS, ROOT, worker_environment
from benchmarks.models import MODELS

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
BAD = (0.1, 0.5, 0.9)  # where in the large dump its bad tensors are


class Row(NamedTuple):
    """What was timed: seconds, times the row it is compared with, and bytes where it wrote any."""

    name: str
    seconds: float
    compared_with: str
    ratio: float
    size: int = 0
    cpu_seconds: float = 0
    cpu_ratio: float = 0


class Timing(NamedTuple):
    """Seconds of one action."""

    wall: float
    cpu: float


class Timings:
    """The times of several actions, taken in turn."""

    def __init__(self) -> None:
        self._taken: dict[str, list[Timing]] = {}

    def add(self, name: str, action: Callable[[], Any], count: int, clean: Path | None) -> None:
        """Time an action `count` times; what it wrote is removed afterwards."""
        taken = []
        began = time.process_time()
        for _ in range(count):
            before = time.perf_counter()
            action()
            taken.append(time.perf_counter() - before)
        cpu = (time.process_time() - began) / count
        if clean is not None:
            _empty(clean)
        self._taken.setdefault(name, []).append(Timing(median(taken), cpu))

    def row(self, name: str, base: str, size: int = 0) -> Row:
        """The medians over the rounds."""
        ours, theirs = (Timing(*zip(*self._taken[key], strict=True)) for key in (name, base))
        return Row(
            name,
            median(ours.wall),
            base,
            _ratio(ours.wall, theirs.wall),
            size,
            median(ours.cpu),
            _ratio(ours.cpu, theirs.cpu),
        )


def _ratio(times: Iterable[float], others: Iterable[float]) -> float:
    return median(one / other for one, other in zip(times, others, strict=True))


def _empty(folder: Path) -> None:
    """Remove the runs; TensorFlow's wrapper made the folder that they are in only once."""
    for path in folder.glob("*/*"):
        shutil.rmtree(path)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _session(tf: Any, model: str) -> tuple[Any, Any, Any]:
    graph = tf.Graph()
    with graph.as_default():
        fetches, feeds = MODELS[model](tf)
        initialize = tf.global_variables_initializer()
    config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    session = tf.Session(graph=graph, config=config)
    session.run(initialize)
    return session, fetches, feeds


def our_actions(model: str, folder: Path) -> dict[str, Callable[[], Any]]:
    """Our step in every form."""
    import opscope.runtime as tf
    from opscope.cli.run_dialog import RunDialog
    from opscope.runtime.watch import Watch
    from opscope.tfdbg import DumpingDebugWrapperSession
    from opscope.tfdbg.wrappers.attachment import Attachment
    from opscope.tfdbg.wrappers.every_session import EverySession

    plain = tf.Session.run
    dialog = RunDialog("has_inf_or_nan", None, folder / "run", "stop")
    sessions = EverySession(dialog, Attachment(dialog.control))
    sessions.begin()
    under_run = tf.Session.run
    sessions.end()  # TensorFlow's sessions are left alone
    session, fetches, feeds = _session(tf, model)
    packed = DumpingDebugWrapperSession(session, folder / "packed", format="packed")
    folders = DumpingDebugWrapperSession(session, folder / "tfdbg")
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    tf.enable_resource_variables()
    resource, *step = _session(tf, model)
    tf.disable_resource_variables()
    values = DumpingDebugWrapperSession(resource, folder / "resource", format="packed")

    def summarize() -> None:
        watch = Watch(summaries=True)
        assert session.run_watched(fetches, feeds, watch=watch).health_summaries

    return {
        "plain": lambda: plain(session, fetches, feeds),
        "opscope run": lambda: under_run(session, fetches, feeds),
        "checked": lambda: session.run_watched(fetches, feeds, watch=Watch(check=True)),
        "health": summarize,
        "packed dump": lambda: packed.run(fetches, feeds),
        "tfdbg dump": lambda: folders.run(fetches, feeds),
        "traced": lambda: plain(
            session, fetches, feeds, options=options, run_metadata=tf.RunMetadata()
        ),
        "resource plain": lambda: plain(resource, *step),
        "resource dump": lambda: values.run(*step),
    }


def their_actions(model: str, folder: Path) -> dict[str, Callable[[], Any]]:
    """TensorFlow's step, plain and dumped."""
    import tensorflow.compat.v1 as tf
    from tensorflow.python.debug.wrappers.dumping_wrapper import DumpingDebugWrapperSession

    tf.disable_eager_execution()
    session, fetches, feeds = _session(tf, model)
    wrapper = DumpingDebugWrapperSession(session, str(folder / "theirs"))
    return {
        "TensorFlow plain": lambda: session.run(fetches, feeds),
        "TensorFlow dump": lambda: wrapper.run(fetches, feeds),
    }


def step_rows(model: str, folder: Path, rounds: int, steps: int) -> list[Row]:
    """The rows of the step."""
    actions = our_actions(model, folder) | their_actions(model, folder)
    sizes = {}
    for name, action in actions.items():  # warm, and measured
        action()
        sizes[name] = _size(folder)
        _empty(folder)
    timings = Timings()
    for _ in range(rounds):
        for name, action in actions.items():
            count = 1 if name == "TensorFlow dump" else steps
            timings.add(name, action, count, folder if "dump" in name else None)
    rows = []
    for name in actions:
        kind = next((kind for kind in ("resource", "TensorFlow") if name.startswith(kind)), "")
        if name != "TensorFlow plain":
            rows.append(timings.row(name, f"{kind} plain".strip(), sizes[name]))
    for name in ("packed dump", "resource dump"):
        rows.append(timings.row(name, "TensorFlow dump", sizes[name]))
    return rows


def write_large(folder: Path, count: int) -> None:
    """A dump of a chain of `count` ops in both forms; three tensors are bad."""
    from opscope.events import DumpWriter, PackedDumpWriter
    from opscope.events.proto.graph_pb2 import GraphDef

    graph = GraphDef()
    for number in range(count):
        node = graph.node.add(name=f"scope{number // 100}/op{number}", op="Identity", device=CPU)
        if number:
            node.input.append(graph.node[number - 1].name)
        node.attr["T"].type = 1
    values = np.random.default_rng(0).standard_normal((count, 10), dtype=np.float32)
    values[[int(place * count) for place in BAD], 3] = np.inf
    for writer in (DumpWriter(folder / "tfdbg"), PackedDumpWriter(folder / "packed")):
        writer.write_core_metadata(session_run_index=1, timestamp_us=1_700_000_000_000_000)
        for node, value in zip(graph.node, values, strict=True):
            writer.write_tensor(CPU, node.name, 0, value, 1_700_000_000_000_001)
        writer.write_graph(CPU, graph)
        writer.close()


def opening_rows(folder: Path, rounds: int, count: int) -> list[Row]:
    """The rows of the large dump; RuntimeError where the readers disagree."""
    from tensorflow.python.debug.lib import debug_data

    from opscope.tfdbg import DebugDumpDir, has_inf_or_nan

    write_large(folder, count)
    found: dict[str, list[str]] = {}

    def opened(reader: Any, name: str, form: str, predicate: Any) -> Callable[[], None]:
        def action() -> None:
            dump = reader(str(folder / form))
            found[name] = [datum.node_name for datum in dump.find(predicate)]

        return action

    theirs = "open: TensorFlow"
    actions = {
        "open: packed": opened(DebugDumpDir, "packed", "packed", has_inf_or_nan),
        "open: tfdbg": opened(DebugDumpDir, "tfdbg", "tfdbg", has_inf_or_nan),
        theirs: opened(debug_data.DebugDumpDir, "TF", "tfdbg", debug_data.has_inf_or_nan),
    }
    timings = Timings()
    for _ in range(rounds):
        for name, action in actions.items():
            timings.add(name, action, 1, None)
    if len(found["TF"]) != len(BAD) or not found["TF"] == found["packed"] == found["tfdbg"]:
        raise RuntimeError(f"the readers find different bad tensors: {found}")
    return [timings.row(name, theirs) for name in actions]


def main() -> None:
    """Measure, in a process that has one thread, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dumps", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--steps", type=int, default=5, help="steps in each round (default 5)")
    parser.add_argument("--tensors", type=int, default=10_000, help="tensors of the large dump")
    parser.add_argument("--model", default="mlp", choices=MODELS, help="whose step (default mlp)")
    parser.add_argument("--folder", help="where to dump (default: /dev/shm where there is one)")
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    args = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        path = os.pathsep.join([str(ROOT), *(str(ROOT / portion) for portion in PORTIONS)])
        command = [sys.executable, "-m", "benchmarks.dumps", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env=worker_environment(path)).returncode)
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=args.folder or memory) as temporary:
        steps = Path(temporary) / "steps"
        steps.mkdir()
        rows = step_rows(args.model, steps, args.rounds, args.steps)
        rows += opening_rows(Path(temporary), args.rounds, args.tensors)
    if args.json:
        print(json.dumps([row._asdict() for row in rows]))
        return
    print(f"{'':18}{'clock':>12}{'CPU':>12}{'clock':>9}{'CPU':>8}")
    for row in rows:
        times = "".join(f"{seconds * 1e3:9.2f} ms" for seconds in (row.seconds, row.cpu_seconds))
        ratios = f"{row.ratio:9.3f}{row.cpu_ratio:8.3f}"
        size = f"{row.size:>14,} bytes" if row.size else ""
        print(f"{row.name:18}{times}{ratios} x {row.compared_with:18}{size}")


if __name__ == "__main__":
    main()
