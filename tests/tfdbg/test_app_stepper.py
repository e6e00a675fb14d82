"""The node stepper on the full screen, by keys and clicks, and commands that write files."""

from pathlib import Path

from app_driver import Shown, click, drive

import opscope.runtime as tf
from opscope.tfdbg import NodeStepper
from opscope.tfdbg.action import EXIT, STEP
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.answer import answer
from opscope.tfdbg.command import completions
from opscope.tfdbg.session_run import SessionRun
from opscope.tfdbg.stepper import Stepping


def stepped(steps: list[str]) -> Shown:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [], name="x")
        y = tf.multiply(x, 2.0, name="y")
        loss = tf.square(y, name="loss")
        run = SessionRun.of(1, loss, {x: 3.0})
        stepping = Stepping(NodeStepper(session, loss, {x: 3.0}))
        context = Analysis(session=run, stepping=stepping)
        return drive(
            lambda text, columns: answer(context, text),
            steps,
            completions=lambda text: completions(context, text),
            title="Node Stepper: run #1",
            kind="stepper",
        )


def test_stepping_by_menu_links_and_keys() -> None:
    shown = stepped([click(24, 2), click(22, 8), "inject y:0 5\r", "c loss\r", "exit\r"])
    assert shown[0][2] == "| list_sorted_nodes | step | step -t 10 | help | exit |"
    assert shown[0][5].startswith("     (1 / 4)  [P     ] x")
    assert [row[:32] for row in shown[0][6:9]] == [
        "  -->(2 / 4)  [      ] y/y",
        "     (3 / 4)  [      ] y",
        "     (4 / 4)  [      ] loss",
    ]
    assert shown[1][1] == "| <-- --> | step"
    assert any(row.startswith("Continued to y/y:") for row in shown[1])
    assert any("array(25., dtype=float32)" in row for row in shown[4])
    assert any("y:0 : override" in row for row in shown[4])
    assert shown.action is EXIT


def test_the_list_links_to_cont_and_to_values() -> None:
    shown = stepped([click(24, 7), "lt\r", click(24, 7)])
    assert shown[1][1] == "| <-- --> | cont y"
    assert any("[  H   ] y" in row for row in shown[2])
    assert shown[3][1] == "| <-- --> | pt y:0"
    assert shown.terminal.styled(0, "bold")


def test_tab_completes_the_steppers_own_commands_and_tensors() -> None:
    assert stepped(["con\t"]).last[-1] == "tfdbg> cont" or stepped(["con\t"]).last[-1].startswith(
        "tfdbg> con"
    )
    assert stepped(["pt lo\t"]).last[-1] == "tfdbg> pt loss:0"


def test_the_run_start_menu_opens_the_stepper() -> None:
    context = Analysis(session=SessionRun.of(2, "loss:0"))
    shown = drive(
        lambda text, columns: answer(context, text),
        [click(10, 2)],
        init_command="run_info",
        title="run-start",
    )
    assert shown[0][2] == "| run | invoke_stepper | exit |"
    assert shown.action is STEP


def test_f13_output_goes_to_files(tmp_path: Path) -> None:
    context = Analysis(session=SessionRun.of(2, "loss:0"))
    path = tmp_path / "out.txt"
    steps = [f"ri>{path}\r", "ri >\r", f"ri >> {path}\r"]
    shown = drive(lambda text, columns: answer(context, text), steps, init_command="ri", rows=40)
    assert any(f"Wrote output to {path}" in row.replace("\n", "") for row in shown[1]) or (
        path.exists()
    )
    assert "ERROR: Redirect file path is empty" in "\n".join(shown[2])
    text = path.read_text()
    assert text.count("Session.run() call #2:") == 2


def test_f9_a_search_from_the_history_works_on_a_new_screen() -> None:
    context = Analysis(session=SessionRun.of(2, "loss:0"))
    up = "\x1b[A"
    steps = ["/Fetch\r", "help\r", up, up, "\r"]
    shown = drive(lambda text, columns: answer(context, text), steps, init_command="ri")
    assert shown[4][-1] == "tfdbg> /Fetch"
    assert any("Pattern not found" in row for row in shown[5])


def test_f14_the_status_line_tells_of_the_mouse() -> None:
    context = Analysis(session=SessionRun.of(2, "loss:0"))
    steps = ["mouse off\r", "x", "\x7f", "mouse on\r", "x"]
    shown = drive(lambda text, columns: answer(context, text), steps, init_command="ri")
    assert shown.status(2).endswith("Mouse: OFF")
    assert shown.status(5).endswith("Mouse: ON")
