"""Train a small network on real data, stop at its first infinity, say and show its origin."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from itertools import count
from pathlib import Path
from typing import TextIO

FOLDER = "opscope_demo"
SEED = 0  # of the weights and of the order of the digits
HELD_OUT = 297  # the last writers' digits stay unseen
SHOWN_EVERY = 20  # steps, where lines cannot be overwritten
EXIT_UNUSABLE = 2
BAD_NODE_LINK = "/graph?run=train&s={node}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where to write and whether to serve."""
    parser.add_argument(
        "--once", action="store_true", help="train, find, dump and say it, but serve nothing"
    )
    parser.add_argument(
        "--logdir",
        metavar="D",
        type=Path,
        help=f"where to write; must not hold a demo already (default: a new folder {FOLDER}*)",
    )
    parser.add_argument(
        "--port",
        type=int,
        metavar="N",
        help="port of the dashboard; 0 takes any free one (default: 6006, or the next free one)",
    )


def run(args: argparse.Namespace) -> int:
    """0 when the first bad tensor was found; 1 when there was none; 2 for an unusable folder."""
    try:
        logdir = _claim(args.logdir)
    except OSError as error:
        print(f"opscope demo: {error}", file=sys.stderr)
        return EXIT_UNUSABLE

    from opscope.cli.demo_model import build_model
    from opscope.cli.demo_training import train
    from opscope.cli.origin_report import origin_lines
    from opscope.runtime.data.digits import load_digits
    from opscope.tfdbg.dump_dir import DebugDumpDir
    from opscope.tfdbg.origin import first_bad

    digits, _ = load_digits().split(HELD_OUT)
    print(f"Training on {len(digits.labels)} handwritten digits; every tensor of every step is")
    print(f"watched for infinities and NaNs. Logs go to {logdir}")
    model = build_model(SEED)
    progress = Progress(sys.stdout)
    bad = train(model, digits, logdir, SEED, progress)
    progress.end()
    if bad is None:
        print(f"opscope demo: no bad tensor in {progress.steps} steps", file=sys.stderr)
        return 1
    print()
    # Read back from the files: what is said is what a debugger will find in them.
    origin = first_bad(DebugDumpDir(bad.dump))
    if origin is None:
        raise RuntimeError(f"{bad.dump} holds no bad tensor, though the watch stopped at one")
    for line in origin_lines(origin, f"step {bad.step}", len(bad.run.hits)):
        print(line)
    link = BAD_NODE_LINK.format(node=origin.datum.node_name)
    print()
    opscope = this_command()
    print(f"Debug it:  {opscope} debug {shlex.quote(str(bad.dump))}")
    if args.once:
        print(f"See it:    {opscope} dashboard --logdir {shlex.quote(str(logdir))}")
        print(f"           and there {link}", flush=True)
        return 0
    return _serve(logdir, args.port, link)


class Progress:
    """Shows each step: on a terminal in one line that is written over, else now and then."""

    def __init__(self, stream: TextIO) -> None:
        self.steps = 0
        self._stream = stream
        self._terminal = stream.isatty()
        self._last = ""

    def __call__(self, step: int, loss: float, accuracy: float) -> None:
        """Show a step."""
        self.steps = step + 1
        self._last = f"  step {step:4d}   loss {loss:6.3f}   accuracy {accuracy:.2f}"
        if self._terminal:
            self._stream.write(f"\r{self._last}")
            self._stream.flush()
        elif step % SHOWN_EVERY == 0:
            self._stream.write(f"{self._last}\n")
            self._stream.flush()

    def end(self) -> None:
        """Leave the last step on its own line."""
        if self._terminal:
            self._stream.write("\n")
        elif (self.steps - 1) % SHOWN_EVERY:
            self._stream.write(f"{self._last}\n")


def this_command() -> str:
    """How `opscope` is called here: by its name where the shell finds it, else by its path."""
    if shutil.which("opscope"):
        return "opscope"
    called = Path(sys.argv[0])
    if called.name == "opscope":
        return shlex.quote(str(called))
    return f"{shlex.quote(sys.executable)} -m opscope.cli"


def _claim(wanted: Path | None) -> Path:
    """A logdir without a demo in it, created; raises an OSError that names the folder."""
    if wanted is None:
        names = (Path(f"{FOLDER}_{n}" if n > 1 else FOLDER) for n in count(1))
        wanted = next(path for path in names if not path.exists())
    for part in ("train", "tfdbg"):
        if (wanted / part).exists():
            raise FileExistsError(
                f"{wanted / part} is there already and is not overwritten; "
                "give another --logdir, or remove it"
            )
    wanted.mkdir(parents=True, exist_ok=True)
    return wanted


def _serve(logdir: Path, port: int | None, link: str) -> int:
    from opscope.dashboard.server import ServerError, open_server

    try:
        server = open_server(logdir, port=port)
    except ServerError as error:
        print(f"opscope demo: {error}", file=sys.stderr)
        return EXIT_UNUSABLE
    print(f"See it:    {server.url.rstrip('/')}{link}")
    print()
    print(f"The dashboard is at {server.url} (Ctrl-C ends it)", flush=True)
    server.run()
    return 0
