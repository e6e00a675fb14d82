"""A whole session of TensorFlow's own debugger, screen by screen: start, end, list, profile."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from opscope.events.proto.config_pb2 import RunMetadata
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.command import execute
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.profile import Profile
from opscope.tfdbg.run_screen import run_end_title, run_start_title
from opscope.tfdbg.session_run import SessionRun

RUN = {
    "fetches": ("train/Adam", "cross_entropy/total/Mean:0"),
    "feeds": {"input/x-input:0": 0, "input/y-input:0": 0},
    "single_fetch": False,
}
TABLE_HEAD = re.compile(r"^Node +Op Type +Start Time \(us\)")


@pytest.fixture(scope="module")
def session(dumps: Path) -> list[str]:
    return (dumps / "cli/session_times.txt").read_text().splitlines()


def between(rows: list[str], first: str, last: str) -> list[str]:
    start = next(n for n, row in enumerate(rows) if row.startswith(first))
    end = next(n for n, row in enumerate(rows) if n > start and row.startswith(last))
    return rows[start:end]


def test_the_titles_are_theirs(session: list[str]) -> None:
    titles = [row for row in session if row.startswith("run-")]
    assert titles == [
        run_start_title(SessionRun(1, **RUN)),
        run_end_title(SessionRun(3, **RUN)),
        run_end_title(SessionRun(4, **RUN), profiled=True),
    ]


def test_e1_the_start_of_a_run_is_theirs(session: list[str]) -> None:
    shown = execute(Analysis(session=SessionRun(1, **RUN)), "run_info")
    theirs = between(session, "======", "For more details")
    ours = [row.text for row in shown.lines]
    start = next(n for n, row in enumerate(ours) if row.startswith("======"))
    assert [row.rstrip() for row in ours[start : start + 10]] == [r.rstrip() for r in theirs[:10]]
    for row in theirs[10:]:
        assert row in ours, row


def test_b1_a_filtered_list_is_theirs(session: list[str]) -> None:
    """The dump is made anew from the times and names that the transcript shows."""
    whole = between(session, "102 dumped tensor(s):", "tfdbg> lt -n")
    theirs = between(session, "11 dumped tensor(s):", "tfdbg> run -p")
    rows = [re.fullmatch(r"\[(\S+)\] +(\S+) +(\S+) +(\S+):(\d+)", row) for row in whole]
    values = [
        SimpleNamespace(
            device_name="/job:localhost/replica:0/task:0/device:CPU:0",
            node_name=row[4],
            output_slot=int(row[5]),
            timestamp=10**15 + round(float(row[1]) * 1000),
            value=0,
        )
        for row in rows
        if row
    ]
    assert len(values) == 102
    dump = DebugDump.from_memory(values, {}, validate=False)
    shown = execute(Analysis(dump), "lt -n hidden.*")
    without_size = re.compile(r"^(\[\S+\]) +\S+ +\S+ +")
    times = [re.match(without_size, row.text) for row in shown.lines]
    names = [row.text.rpartition(" ")[2] for row in shown.lines if row.text.startswith("[")]
    assert [row.text for row in shown.lines][:2] == theirs[:2]
    assert names == [row.rpartition(" ")[2] for row in theirs if row.startswith("[")]
    assert [m[1] for m in times if m] == [row.split()[0] for row in theirs if row[:1] == "["]


def profile(rows: list[str]) -> tuple[Profile, str]:
    """The profile that a table of theirs shows, and its head."""
    (head,) = [row for row in rows if TABLE_HEAD.match(row)]
    starts = [match.start() for match in re.finditer(r"\S+( \S+)*", head)]
    metadata = RunMetadata()
    (device,) = [row.partition(": ")[2] for row in rows if row.startswith("Device 1 of 1")]
    stats = metadata.step_stats.dev_stats.add(device=device)
    operations = []
    for row in rows[rows.index(head) + 1 : -3]:
        cells = [row[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]
        node, op_type, start, op_time, exec_time, place = cells
        stats.node_stats.add(
            node_name=node,
            all_start_micros=int(start),
            op_end_rel_micros=int(op_time.removesuffix("us")),
            all_end_rel_micros=int(exec_time.removesuffix("us")),
        )
        made = re.fullmatch(r"(\S+):(\d+)\((\w+)\)", place)
        if made:
            frame = (f"/program/{made[1]}", int(made[2]), made[3], None)
            operations.append(SimpleNamespace(name=node, type=op_type, traceback=[frame]))
    graph = SimpleNamespace(get_operations=lambda: operations)
    return Profile.of(metadata, graph), head


def test_d31_the_profile_is_theirs_but_for_the_place_of_the_totals(session: list[str]) -> None:
    theirs = between(session[session.index("tfdbg> run -p") :], "-----", "tfdbg> lp")
    made, head = profile(theirs)
    assert len(made.data) == 108
    context = Analysis(profile=made, session=SessionRun(4, **RUN))
    ours = [row.text for row in execute(context, "lp").lines]
    their_totals = next(row for row in theirs if row.startswith("Device Total"))
    our_totals = next(row for row in ours if row.startswith("Device Total"))
    assert our_totals.split() == their_totals.split()
    assert our_totals.index("4454us") == head.index("Op Time")
    rest = [row.rstrip() for row in ours if row != our_totals]
    assert rest == ["", *(row.rstrip() for row in theirs[:-1] if row != their_totals)]


def test_an_empty_profile_is_theirs(session: list[str]) -> None:
    rows = session[session.index("tfdbg> run -p") :]
    made, _ = profile(between(rows, "-----", "tfdbg> lp"))
    theirs = between(rows[rows.index("tfdbg> lp -f .*hidden.*") :], "-----", "tfdbg> ps")
    context = Analysis(profile=made, session=SessionRun(4, **RUN))
    ours = [row.text.split() for row in execute(context, "lp -f .*hidden.*").lines]
    assert ours[1:] == [row.split() for row in theirs[:-1]]


def test_a_wrong_flag_is_answered_as_theirs(session: list[str]) -> None:
    theirs = session[session.index("tfdbg> ps dump_mnist.py -b 36") + 1 :][:2]
    context = Analysis(profile=Profile(()), session=SessionRun(4, **RUN))
    ours = [row.text for row in execute(context, "ps dump_mnist.py -b 36").lines]
    assert ours[:2] == theirs
