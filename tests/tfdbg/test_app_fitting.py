"""What does not fit the window: menus, tables, long lines, help; and what a file gets instead."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from app_driver import Shown, click, drive

from opscope.events.proto.config_pb2 import RunMetadata
from opscope.tfdbg import DebugDumpDir
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.answer import answer
from opscope.tfdbg.app.controls import menu_rows
from opscope.tfdbg.command import execute
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_tensor import DebugTensorDatum
from opscope.tfdbg.display_units import elided
from opscope.tfdbg.menu import node_menu
from opscope.tfdbg.profile import Profile
from opscope.tfdbg.screen import Screen
from opscope.tfdbg.session_run import SessionRun

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
LONG = "train/gradients/cross_entropy/Log_grad/tuple/control_dependency"


def shown_of(context: Analysis, steps: list[str], **options: Any) -> Shown:
    def execute_fitted(text: str, columns: int) -> Screen:
        return answer(replace(context, columns=columns, fitted=True), text)

    return drive(execute_fitted, steps, **options)


@pytest.fixture
def profiled() -> Analysis:
    metadata = RunMetadata()
    device = metadata.step_stats.dev_stats.add(device=CPU)
    for number, name in enumerate((LONG, "loss")):
        device.node_stats.add(
            node_name=name,
            all_start_micros=1_795_177_777_309_525 + number,
            op_end_rel_micros=3,
            all_end_rel_micros=5,
        )
    ops = [
        SimpleNamespace(
            name=name, type="SomeVeryLongOperationType", traceback=[("m.py", 3, "f", None)]
        )
        for name in (LONG, "loss")
    ]
    return Analysis(profile=Profile.of(metadata, SimpleNamespace(get_operations=lambda: ops)))


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_each_op_of_a_profile_takes_one_row(profiled: Analysis, columns: int) -> None:
    shown = shown_of(profiled, [], init_command="lp", columns=columns, rows=24)
    rows = [row.rstrip("│▲▼ ") for row in shown[0]]
    head = next(number for number, row in enumerate(rows) if row.startswith("Node "))
    assert rows[head + 1].split()[0] in (LONG, elided(LONG, len(rows[head + 1].split()[0])))
    assert rows[head + 2].startswith("loss ")
    assert rows[head + 4].startswith("Device Total")
    assert "1795177777309525" not in "".join(rows)
    assert ("Start (us)" in rows[head]) == (columns > 60)


def test_a_profile_without_a_window_keeps_names_and_times_whole(
    profiled: Analysis, tmp_path: Path
) -> None:
    path = tmp_path / "lp.txt"
    shown_of(profiled, [f"lp > {path}\r"], init_command="lp", columns=60)
    for text in (str(execute(profiled, "lp")), path.read_text()):
        assert LONG in text
        assert "1795177777309525" in text


def test_a_menu_takes_the_rows_it_needs_and_all_of_it_can_be_clicked(
    own_dump: DebugDumpDir,
) -> None:
    context = Analysis(own_dump)
    node = own_dump.nodes()[0]
    shown = shown_of(context, [click(30, 3)], init_command=f"ni {node}", columns=60, rows=20)
    assert shown[0][2] == "| list_tensors | node_info | print_tensor | list_inputs |"
    assert shown[0][3] == "| list_outputs | run_info | help |"
    assert shown[1][1] == "| <-- --> | help"
    wide = shown_of(context, [], init_command=f"ni {node}", columns=120)
    assert wide[0][2].endswith("| run_info | help |")
    usual = shown_of(context, [click(74, 2)], init_command=f"ni {node}", columns=80)
    bare = "|list_tensors|node_info|print_tensor|list_inputs|list_outputs|run_info|help|"
    assert usual[0][2] == bare
    assert usual[1][1] == "| <-- --> | help"
    tiny = shown_of(context, [], init_command=f"ni {node}", columns=30, rows=10)
    assert tiny[0][3].startswith("Node ")
    assert [len(menu_rows(node_menu("n", "ni"), width)) for width in (5, 40, 100)] == [7, 3, 1]


def test_a_run_that_is_over_cannot_be_stepped_through(own_dump: DebugDumpDir) -> None:
    run = SessionRun.of(2, "y:0", {})
    before = execute(Analysis(session=run), "ri")
    after = execute(Analysis(own_dump, session=run), "ri")
    assert [item.text for item in before.menu] == ["run", "invoke_stepper", "exit"]
    assert [item.text for item in after.menu] == ["list_tensors", "run", "exit"]
    assert ("invoke_stepper" in str(before), "invoke_stepper" in str(after)) == (True, False)


def test_help_begins_with_a_list_of_commands_that_lead_to_theirs(own_dump: DebugDumpDir) -> None:
    shown = shown_of(Analysis(own_dump), [click(3, 3)], init_command="help")
    assert shown[0][2].startswith("Commands")
    assert shown[0][3].startswith("  config, cfg")
    assert shown[1][1] == "| <-- --> | help config"
    narrow = shown_of(Analysis(own_dump), [], init_command="help lt", columns=60, rows=50)
    assert not any(row.startswith("      ") and len(row) > 59 for row in narrow[0][2:])


def test_the_verbose_list_fits_and_marks_what_is_bad() -> None:
    data = [
        DebugTensorDatum.from_memory(CPU, "a", 0, 1, np.float32([1, np.nan]), "DebugIdentity"),
        DebugTensorDatum.from_memory(CPU, "a", 0, 2, np.int64([1]), "DebugNanCount"),
        DebugTensorDatum.from_memory(CPU, LONG, 0, 3, np.float32(1), "DebugIdentity"),
    ]
    context = Analysis(DebugDump(data, {}, [CPU], validate=False))
    shown = shown_of(context, [], init_command="lt -v", columns=120)
    rows = [row.rstrip("│▲▼ ") for row in shown[0][3:]]
    assert " ".join(rows[2].split()) == "t (ms) Size (B) Op type Dtype Shape Health Tensor name"
    assert rows[3].endswith("1 nan  a:0")
    assert rows[4].endswith("a:0:DebugNanCount")
    assert rows[5].endswith(f"{LONG}:0")
    assert "1 nan" in shown.terminal.styled(6, "bold")
    assert "DebugIdentity" in str(execute(context, "lt -v"))


@pytest.mark.parametrize(
    ("width", "text"), [(10, "abcdefghij"), (7, "ab…ghij"), (2, "…j"), (1, "…")]
)
def test_names_are_shortened_in_the_middle(width: int, text: str) -> None:
    assert elided("abcdefghij", width) == text
