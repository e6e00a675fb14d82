"""Show a logdir in the browser: graph, scalars, histograms; follows a training while it runs."""

from __future__ import annotations

import argparse
import signal
import sys
from functools import partial
from types import FrameType


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare TensorBoard's flags, as far as they make sense here."""
    parser.add_argument(
        "--logdir",
        required=True,
        metavar="DIR",
        help="folder of event files, one event file, or a URL",
    )
    reach = parser.add_mutually_exclusive_group()
    reach.add_argument(
        "--host", metavar="NAME", help="name or address to listen on (default: this machine only)"
    )
    reach.add_argument(
        "--bind_all", action="store_true", help="listen on every address of this machine"
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
        default=5.0,
        metavar="SECONDS",
        help="how often to look for new data; 0 reads once (default: %(default)g)",
    )
    parser.add_argument(
        "--window_title", default="opscope", metavar="TEXT", help="title of the browser's window"
    )
    parser.add_argument(
        "--samples_per_plugin",
        metavar="SPEC",
        help="accepted for TensorBoard's sake and not needed: every point is kept",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; 2 where the logdir or the port cannot be used."""
    from opscope.dashboard.server import ServerError, serve

    signal.signal(signal.SIGTERM, _end)
    try:
        serve(
            args.logdir,
            host=args.host,
            bind_all=args.bind_all,
            port=args.port,
            path_prefix=args.path_prefix,
            reload_interval=args.reload_interval,
            window_title=args.window_title,
            say=partial(print, flush=True),
        )
    except ServerError as error:
        print(f"opscope dashboard: {error}", file=sys.stderr)
        return 2
    return 0


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
