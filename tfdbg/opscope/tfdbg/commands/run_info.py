"""`run_info`: which run this is."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import command
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.run_screen import run_start_screen
from opscope.tfdbg.screen import Line, Screen, Span, line


@command("run_info", "ri")
def run_info(context: Analysis, args: Namespace) -> Screen:
    """Show what the run fetches and is fed, and how to go on."""
    if context.session is None:
        return _dump_info(context.watched)
    over = context.dump is not None or context.profile is not None
    screen = run_start_screen(context.session, context.filters, stepping=not over)
    if not over:
        return screen
    back = Span("list_tensors", link="lt") if context.dump else Span("list_profile", link="lp")
    return replace(screen, menu=(back, *screen.menu))


def _dump_info(dump: DebugDump) -> Screen:
    metadata = dump.core_metadata
    runs = metadata if isinstance(metadata, list) else [metadata] if metadata else []
    lines: list[Line] = [line(Span(f"Dump: {dump.title}", "heading")), line()]
    for run in runs:
        step = run.global_step if run.global_step >= 0 else "(unknown)"
        lines += [
            line(f"Session run:  #{run.session_run_index}"),
            line(f"Global step:  {step}"),
            line("Inputs:"),
            *_names(run.input_names),
            line("Outputs:"),
            *_names(run.output_names),
            line("Targets:"),
            *_names(run.target_nodes),
            line(),
        ]
    lines += [line(f"Fetch(es):    {dump.run_fetches_info or '(unknown)'}")]
    lines += [line(f"Feed keys:    {dump.run_feed_keys_info or '(unknown)'}")]
    lines += [line(f"Tensors:      {dump.size}"), line("Devices:"), *_names(dump.devices())]
    data = {
        "dump": dump.title,
        "size": dump.size,
        "devices": dump.devices(),
        "runs": [
            {
                "session_run_index": run.session_run_index,
                "global_step": run.global_step,
                "inputs": list(run.input_names),
                "outputs": list(run.output_names),
                "targets": list(run.target_nodes),
            }
            for run in runs
        ],
    }
    return Screen(tuple(lines), data=data, menu=(Span("list_tensors", link="lt"),))


def _names(names: list[str] | tuple[str, ...]) -> list[Line]:
    return [line(f"  {name}") for name in names] or [line("  (None)")]
