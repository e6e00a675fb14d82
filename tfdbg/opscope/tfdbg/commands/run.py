"""`run`: go on with the session's runs."""

from __future__ import annotations

from argparse import Namespace

from opscope.tfdbg.action import RunRequest
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command, compile_pattern
from opscope.tfdbg.screen import Screen

_FILTERS = ("node_name_filter", "op_type_filter", "tensor_dtype_filter")
_WATCHING = ("till_filter_pass", *_FILTERS)


@command(
    "run",
    "r",
    arguments=[
        Argument(
            "-n",
            "--no_debug",
            action="store_true",
            help="Run without watching, and stop at the start of the run after.",
        ),
        Argument(
            "-t",
            "--times",
            type=int,
            default=1,
            help="Run T - 1 times without watching, then once with it, and stop.",
        ),
        Argument(
            "-f",
            "--till_filter_pass",
            default="",
            metavar="FILTER",
            help="Keep running until a tensor passes the filter of this name. With -t, at most "
            "T runs.",
        ),
        Argument(
            "-fenn",
            "--filter_exclude_node_names",
            default="",
            metavar="REGEX",
            help="With -f: nodes whose name matches from its start do not count.",
        ),
        Argument(
            "--node_name_filter",
            default="",
            metavar="REGEX",
            help="Watch only nodes whose name matches from its start.",
        ),
        Argument(
            "--op_type_filter",
            default="",
            metavar="REGEX",
            help="Watch only ops whose type matches from its start, e.g., (MatMul|Add).",
        ),
        Argument(
            "--tensor_dtype_filter",
            default="",
            metavar="REGEX",
            help="Watch only tensors whose dtype matches from its start, e.g., (float32|int.*).",
        ),
        Argument(
            "-p",
            "--profile",
            action="store_true",
            help="Trace the run instead of watching it, and show what each op cost.",
        ),
    ],
    needs_session=True,
    completes=lambda context: context.filters,
)
def run(context: Analysis, args: Namespace) -> Screen:
    """Run the session on, watched or not, until the next stop."""
    if args.times < 1:
        raise CommandError(f"-t needs a number of runs from 1 on, got {args.times}")
    if args.filter_exclude_node_names and not args.till_filter_pass:
        raise CommandError(
            "The --filter_exclude_node_names (or -fenn) flag is valid only if the "
            "--till_filter_pass (or -f) flag is used."
        )
    if args.till_filter_pass and args.no_debug:
        raise CommandError("-n runs without watching, so that the filter of -f could never pass.")
    if args.profile and (args.no_debug or any(getattr(args, name) for name in _WATCHING)):
        raise CommandError("-p traces the run and watches no tensor: only -t goes with it.")
    if args.till_filter_pass and args.till_filter_pass not in context.filters:
        raise CommandError(f'tensor filter "{args.till_filter_pass}" does not exist.')
    for name in (*_FILTERS, "filter_exclude_node_names"):
        compile_pattern(getattr(args, name), f"--{name}")
    request = RunRequest(
        no_debug=args.no_debug,
        times=args.times,
        till_filter_pass=args.till_filter_pass or None,
        filter_exclude_node_names=args.filter_exclude_node_names or None,
        node_name_filter=args.node_name_filter or None,
        op_type_filter=args.op_type_filter or None,
        tensor_dtype_filter=args.tensor_dtype_filter or None,
        profile=args.profile,
    )
    return Screen(action=request, data={"run": vars(args)})
