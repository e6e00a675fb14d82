"""Show a logdir in the browser: graph, scalars, histograms; follows a training while it runs."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opscope.events import LogdirSpec

TOKEN_VARIABLE = "OPSCOPE_TOKEN"
WITH_INPUT = "--end_with_input"
EXIT_UNUSABLE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare TensorBoard's flags, as far as they make sense here."""
    parser.add_argument(
        "--logdir",
        action="append",
        metavar="DIR",
        help="folder of event files, one event file, or a URL; repeated, each is shown under its"
        " own name",
    )
    parser.add_argument(
        "--logdir_spec",
        metavar="NAME:DIR,...",
        help="several logdirs, each under the name before its colon",
    )
    reach = parser.add_mutually_exclusive_group()
    reach.add_argument(
        "--host", metavar="NAME", help="name or address to listen on (default: this machine only)"
    )
    reach.add_argument(
        "--bind_all",
        action="store_true",
        help="listen on every address of this machine; takes --token or --insecure",
    )
    parser.add_argument(
        "--token",
        nargs="?",
        const="",
        metavar="TEXT",
        help="let only those in who know it: in the address once (?token=TEXT), or as the header"
        f" Authorization: Bearer TEXT; without TEXT it is ${TOKEN_VARIABLE}, else made up and said",
    )
    parser.add_argument(
        "--insecure",
        action="store_true",
        help="let everybody in who reaches the port, under any host name",
    )
    parser.add_argument(
        "--port",
        type=int,
        metavar="N",
        help="port to listen on; 0 takes any free one (default: 6006, or the next free one)",
    )
    parser.add_argument(
        "--path_prefix", default="", metavar="/X", help="serve below this path instead of /"
    )
    parser.add_argument(
        "--reload_interval",
        type=float,
        metavar="SECONDS",
        help="how often to look for new data; 0 reads once (default: 0.2, behind a URL 5)",
    )
    parser.add_argument(
        "--window_title", default="opscope", metavar="TEXT", help="title of the browser's window"
    )
    parser.add_argument(
        "--samples_per_plugin",
        metavar="SPEC",
        help="accepted for TensorBoard's sake and without effect: every point is kept, and what a"
        " chart cannot show is left out only where it is drawn",
    )
    parser.add_argument(
        "--inspect",
        action="store_true",
        help="print what the logdir holds and end, as `opscope inspect` does",
    )
    # For a program that starts this one: it ends even where that program is killed.
    parser.add_argument(WITH_INPUT, action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(
        "--version",
        action="store_true",
        default=argparse.SUPPRESS,
        help="print the version and end",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; 2 where the logdir or the port cannot be used."""
    from opscope.events import LogdirError

    try:
        logdir = _logdir(args)
    except LogdirError as error:
        print(f"opscope dashboard: {error}", file=sys.stderr)
        return EXIT_UNUSABLE
    if args.inspect:
        from opscope.cli import inspect

        return inspect.run(argparse.Namespace(logdir=logdir, run=None, tag=None, json=False))

    from opscope.dashboard.server import ServerError, serve

    signal.signal(signal.SIGTERM, _end)
    if args.end_with_input:
        threading.Thread(target=_follow_input, daemon=True).start()
    if args.samples_per_plugin:
        print("--samples_per_plugin has no effect: every point is kept", flush=True)
    token = os.environ.get(TOKEN_VARIABLE, "") if args.token == "" else args.token
    try:
        serve(
            logdir,
            host=args.host,
            bind_all=args.bind_all,
            port=args.port,
            path_prefix=args.path_prefix,
            reload_interval=args.reload_interval,
            window_title=args.window_title,
            token=token,
            insecure=args.insecure,
            say=partial(print, flush=True),
        )
    except ServerError as error:
        print(f"opscope dashboard: {error}", file=sys.stderr)
        return EXIT_UNUSABLE
    return 0


def _logdir(args: argparse.Namespace) -> str | LogdirSpec:
    from opscope.events import LogdirError, LogdirSpec

    folders: list[str] = args.logdir or []
    if bool(folders) == bool(args.logdir_spec):
        raise LogdirError("one of --logdir DIR and --logdir_spec NAME:DIR,... is needed")
    if args.logdir_spec:
        return LogdirSpec.parse(args.logdir_spec)
    return folders[0] if len(folders) == 1 else LogdirSpec.of_folders(folders)


def _follow_input() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
