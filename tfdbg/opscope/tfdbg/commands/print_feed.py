"""`print_feed`: the value of a feed of this run."""

from __future__ import annotations

from argparse import Namespace

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import Argument, CommandError, command
from opscope.tfdbg.screen import Screen
from opscope.tfdbg.slicing import split_slicing
from opscope.tfdbg.tensor_screen import VALUE_ARGUMENTS, value_screen


@command(
    "print_feed",
    "pf",
    arguments=[
        Argument("tensor_name", help="A fed tensor with any slices: input/x:0, input/x:0[1, :]"),
        *VALUE_ARGUMENTS,
    ],
    completes=lambda context: context.feeds,
)
def print_feed(context: Analysis, args: Namespace) -> Screen:
    """Print the value of a feed."""
    feeds = context.feeds
    if not feeds:
        raise CommandError("The feed_dict of the current run is None or empty.")
    name, slicing = split_slicing(args.tensor_name)
    if name not in feeds:
        known = ", ".join(feeds)
        raise CommandError(
            f"The feed_dict of the current run does not contain the key {name}. Keys: {known}"
        )
    suffix = f" (feed){slicing}"
    return value_screen(name, suffix, slicing, feeds[name], args, context.columns)
