"""The debugger in real terminals: full screens, dumb ones, signals, threads and event loops."""

import io
import os
import signal

import pytest
from pty_program import PtyProgram

from opscope.tfdbg.action import DETACH, EXIT
from opscope.tfdbg.analysis import Analysis
from opscope.tfdbg.app.palette import color_depth
from opscope.tfdbg.line_mode import run_line_mode
from opscope.tfdbg.session_run import SessionRun
from opscope.tfdbg.ui import check_ui_type

TRAINING = """
import signal, sys
from fake_session import FakeSession
from opscope.tfdbg import LocalCLIDebugWrapperSession

def user(number, frame):
    print("USER HANDLER", flush=True)

signal.signal(signal.SIGINT, user)
signal.set_wakeup_fd(-1)
sess = LocalCLIDebugWrapperSession(FakeSession(bad=[3]))
for step in range(5):
    print("STEP", step, float(sess.run("inc_v:0")), flush=True)
assert signal.getsignal(signal.SIGINT) is user
print("END", flush=True)
input()
"""


def test_training_under_the_full_screen() -> None:
    program = PtyProgram(TRAINING)
    program.expect("run-start: run #1")
    program.expect("tfdbg>")
    program.type("run -f has_inf_or_nan\r")
    program.expect("run-end: run #3")
    rows = program.expect('1 dumped tensor(s) passing filter "has_inf_or_nan":')
    assert any(row.endswith("y:0") for row in rows)
    program.type("pt y\t\r")
    program.expect("-inf")
    program.type("\x04")
    program.expect("END")
    assert b"\x1b[?1049l" in program.seen  # back from the alternate screen
    os.kill(program.pid, signal.SIGINT)
    program.type("\r")  # where the signal came just before it began to read, it is told of now
    program.expect("USER HANDLER")
    assert program.finish() == 0
    assert b"STEP 4 15.0" in program.seen


@pytest.mark.parametrize("leave", ["key", "signal"])
def test_ctrl_c_detaches_and_does_not_end_the_training(leave: str) -> None:
    program = PtyProgram(TRAINING)
    program.expect("tfdbg>")
    program.expect("Mouse: ON")
    if leave == "key":
        program.type("\x03")
    else:
        os.kill(program.pid, signal.SIGINT)
    program.expect("END")
    program.type("\r")
    assert program.finish() == 0
    assert b"STEP 4 15.0" in program.seen


def test_exit_ends_the_program_with_status_0() -> None:
    program = PtyProgram(TRAINING)
    program.expect("Mouse: ON")
    program.type("exit\r")
    assert program.finish() == 0
    assert b"STEP" not in program.seen
    assert b"exit was chosen" in program.seen


def test_a_dumb_terminal_gets_lines() -> None:
    program = PtyProgram(TRAINING, term="dumb")
    program.expect("tfdbg>")
    program.type("run -n\rrun\r\x04")
    program.expect("END")
    program.type("\r")
    assert program.finish() == 0
    assert b"\x1b[?1049h" not in program.seen
    assert b"--- run-end: run #2" in program.seen
    assert b"End of input: detached" in program.seen


@pytest.mark.parametrize("pictures", [0, 1])
def test_a_screen_that_fails_gives_the_terminal_back(pictures: int) -> None:
    broken = """
from opscope.tfdbg.app import controls
whole, drawn = controls.status_bar, []
def status_bar(*args):
    drawn.append(1)
    if len(drawn) > PICTURES:
        raise KeyError("status")
    return whole(*args)
controls.status_bar = status_bar
""".replace("PICTURES", str(pictures))
    program = PtyProgram(broken + TRAINING)
    if pictures:
        program.expect("Mouse: ON")
        program.type("x")
    program.expect("END")
    assert b"tfdbg failed and is detached, the program runs on: KeyError: 'status'" in program.seen
    assert program.seen.count(b"\x1b[?1049h") == program.seen.count(b"\x1b[?1049l")
    program.type("\r")
    assert program.finish() == 0


IN_A_LOOP = """
import asyncio
from fake_session import FakeSession
from opscope.tfdbg import LocalCLIDebugWrapperSession

async def notebook():
    return LocalCLIDebugWrapperSession(FakeSession()).run("inc_v:0")

print("RESULT", float(asyncio.run(notebook())), flush=True)
"""

IN_A_THREAD = """
import asyncio, threading
from fake_session import FakeSession
from opscope.tfdbg import LocalCLIDebugWrapperSession

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
sess = LocalCLIDebugWrapperSession(FakeSession())
thread = threading.Thread(target=lambda: print("RESULT", float(sess.run("inc_v:0")), flush=True))
thread.start()
thread.join()
assert float(sess.run("inc_v:0")) == 12.0
assert asyncio.get_event_loop_policy().get_event_loop() is loop
"""


@pytest.mark.parametrize("program", [IN_A_LOOP, IN_A_THREAD], ids=["loop", "thread"])
def test_where_another_event_loop_or_thread_is(program: str) -> None:
    running = PtyProgram(program)
    running.expect("Mouse: ON")
    running.type("detach\r")
    running.expect("RESULT 11.0")
    assert running.finish() == 0, "\n".join(running.rows())


def lines(typed: str, **context: object) -> tuple[str, object]:
    out = io.StringIO()
    session = SessionRun.of(1, "loss:0")
    action = run_line_mode(
        Analysis(session=session, **context),  # type: ignore[arg-type]
        "run-start",
        "run_info",
        stdin=io.StringIO(typed),
        stdout=out,
    )
    return out.getvalue(), action


def test_line_mode_repeats_what_was_piped_and_ends_with_an_action() -> None:
    text, action = lines("\nversion?\nexit\nnever\n")
    assert action is EXIT
    assert text.startswith("--- run-start ---\n")
    assert '\ntfdbg> version?\nERROR: Invalid command prefix "version?"\n' in text
    assert text.endswith("\ntfdbg> exit\n")


def test_line_mode_at_the_end_of_its_input() -> None:
    text, action = lines("ri")
    assert action is DETACH
    assert text.endswith("End of input: detached, the program runs on.\n")


def test_line_mode_writes_to_files(tmp_path: object) -> None:
    text, _ = lines(f"ri > {tmp_path}/out.txt\nri >\n")
    with open(f"{tmp_path}/out.txt") as file:
        assert "loss:0" in file.read()
    assert f"Wrote output to {tmp_path}/out.txt" in text
    assert "ERROR: Redirect file path is empty" in text


def test_ui_types() -> None:
    names = ("auto", "curses", "screen", "readline", "line")
    assert [check_ui_type(name) for name in names] == ["auto", "screen", "screen", "line", "line"]


@pytest.mark.parametrize(
    ("environment", "depth"),
    [
        ({"COLORTERM": "truecolor", "TERM": "xterm"}, "DEPTH_24_BIT"),
        ({"TERM": "xterm-direct"}, "DEPTH_24_BIT"),
        ({"TERM": "tmux-256color"}, "DEPTH_8_BIT"),
        ({"TERM": "xterm"}, "DEPTH_4_BIT"),
        ({"TERM": "vt100"}, "DEPTH_1_BIT"),
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "DEPTH_1_BIT"),
        ({"TERM": "unheard-of"}, None),
        ({"PROMPT_TOOLKIT_COLOR_DEPTH": "DEPTH_8_BIT", "COLORTERM": "truecolor"}, None),
    ],
)
def test_colours_follow_the_terminal(environment: dict[str, str], depth: str | None) -> None:
    colours = {"xterm-direct": 1 << 24, "tmux-256color": 256, "xterm": 8, "vt100": 0}
    found = color_depth(environment, lambda term: colours.get(term, -1))
    assert (found and found.value) == depth
