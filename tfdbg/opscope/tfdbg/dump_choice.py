"""Which of the dumped runs below a folder to look at."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from opscope.events import EventsError, find_dumps
from opscope.events.debug_events import PREFIX as DEBUG_EVENTS_PREFIX
from opscope.events.debug_events import is_debug_metadata
from opscope.tfdbg.debug_tensor import has_inf_or_nan
from opscope.tfdbg.debugger_v2 import DebuggerV2Dump
from opscope.tfdbg.dump_dir import DebugDumpDir


class DumpChoiceError(Exception):
    """No run can be shown; says what is there instead."""


class DumpChoice(NamedTuple):
    """An opened dump, why it was chosen, its first hit or not, and what was passed over."""

    dump: DebugDumpDir | DebuggerV2Dump
    reason: str
    has_hit: bool
    unreadable: list[str]


def choose_dump(path: str, run: str | None = None) -> DumpChoice:
    """The run named `run` below the folder; else the first with inf or nan; else the last.

    `run` is a folder's name or its path below `path`. A dump whose graph contradicts its tensors
    is opened all the same and the contradiction is in the reason. Raises DumpChoiceError.
    """
    if _is_debugger_v2(path):
        return _open(path, "a dump of Debugger V2")
    try:
        roots = find_dumps(path)
    except EventsError as error:
        raise DumpChoiceError(str(error)) from error
    if not roots:
        raise DumpChoiceError(
            f"{path}: no dumped run in it (a folder that holds dump.opscope, _tfdbg_device_* "
            "folders or tfdbg_events.* files)"
        )
    if run is not None:
        return _open(_named(path, roots, run), "as asked for")
    choices: list[DumpChoice] = []
    unreadable: list[str] = []
    for root in roots:
        try:
            choice = _open(root, "the only run" if len(roots) == 1 else f"of {len(roots)} runs")
        except DumpChoiceError as error:
            unreadable.append(str(error))
            continue
        if choice.has_hit and len(roots) > 1:
            reason = f"the first with inf or nan of {len(roots)} runs"
            return choice._replace(reason=reason, unreadable=unreadable)
        choices = [choice]
    if not choices:
        raise DumpChoiceError("; ".join(unreadable))
    [last] = choices
    if len(roots) > 1:
        last = last._replace(reason=f"the last of {len(roots)} runs, none with inf or nan")
    return last._replace(unreadable=unreadable)


def _named(path: str, roots: list[str], run: str) -> str:
    for root in roots:
        if run in (Path(root).name, str(Path(root).relative_to(path)), root):
            return root
    names = ", ".join(str(Path(root).relative_to(path)) for root in roots)
    raise DumpChoiceError(f"{path}: no run named {run!r}. Runs: {names}")


def _is_debugger_v2(path: str) -> bool:
    """True for a folder of `tfdbg_events.*` files, or one of them."""
    place = Path(path)
    if place.is_dir():
        return any(is_debug_metadata(each.name) for each in place.iterdir())
    return place.name.startswith(DEBUG_EVENTS_PREFIX)


def _open(root: str, reason: str) -> DumpChoice:
    note = ""
    try:
        dump: DebugDumpDir | DebuggerV2Dump
        try:
            dump = DebuggerV2Dump(root) if _is_debugger_v2(root) else DebugDumpDir(root)
        except ValueError as error:
            dump = DebugDumpDir(root, validate=False)
            note = f"; it contradicts itself: {error}"
        hits = dump.find(has_inf_or_nan, first_n=1)
    except (EventsError, OSError, ValueError) as error:
        raise DumpChoiceError(f"{root}: {error}") from error
    return DumpChoice(dump, reason + note, bool(hits), [])
