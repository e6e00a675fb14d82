"""`opscope run`: a script that nobody changed, stopped at its first bad step."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from opscope.cli.main import main
from opscope.events import open_logdir
from opscope.tfdbg import DebugDumpDir, first_bad

TRAINING = """\
import sys

import numpy as np

import opscope.runtime as tf


def build():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.Variable(np.ones([2, 1], np.float32), name="w")
    with tf.name_scope("cross_entropy"):
        log = tf.log(tf.matmul(x, w, name="p"), name="Log")
    step = tf.train.get_or_create_global_step()
    return x, log, tf.assign_add(step, 1)


def train(session, x, log, step):
    for k in range(6):
        batch = np.zeros([1, 2]) if k in BAD else np.ones([1, 2])
        session.run([log, step], {x: batch})
        print("STEP", k, flush=True)


BAD = {int(word) for word in sys.argv[1:]}
"""
PLAIN = (
    TRAINING
    + """
with tf.Session() as session:
    parts = build()
    session.run(tf.global_variables_initializer())
    train(session, *parts)
"""
)
MONITORED = (
    TRAINING
    + """
parts = build()
with tf.train.MonitoredTrainingSession() as session:
    train(session, *parts)
"""
)


def opscope(
    folder: Path, *words: str, code: str = "", before: str = ""
) -> "subprocess.CompletedProcess[str]":
    """`opscope run` of a script in a folder, without a terminal."""
    if code:
        (folder / "train.py").write_text(code)
    start = "import sys; from opscope.cli.main import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", before + start, "run", *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=120,
        check=False,
    )


def steps(done: "subprocess.CompletedProcess[str]") -> int:
    return done.stdout.count("STEP")


def dump(folder: Path) -> DebugDumpDir:
    (run,) = (folder / "opscope_run").iterdir()
    return DebugDumpDir(run)


@pytest.mark.parametrize("code", [PLAIN, MONITORED], ids=["Session", "MonitoredSession"])
def test_the_bad_op_is_found(tmp_path: Path, code: str) -> None:
    done = opscope(tmp_path, "train.py", "3", code=code)
    assert (done.returncode, steps(done)) == (3, 3), done.stderr
    assert "global step 3: cross_entropy/Log:0" in done.stderr
    assert re.search(r"cross_entropy/p:0 +float32\[1,1\], finite, 0 to 0, 1 of 1", done.stderr)
    assert re.search(r"built at train\.py:12 in build\n +log = tf\.log", done.stderr)
    found = dump(tmp_path)
    origin = first_bad(found)
    assert origin is not None
    assert origin.datum.tensor_name == "cross_entropy/Log:0"
    assert {frame[0] for frame in origin.traceback} == {str(tmp_path / "train.py")}
    name = Path(found.dump_root).name
    assert f"debug opscope_run/{name}" in done.stderr
    assert f"/graph?run={name}&s=cross_entropy/Log" in done.stderr
    logdir = open_logdir(tmp_path / "opscope_run")
    assert [graph.kind for graph in logdir.graph_tags(name)] == ["run_graph"]
    assert logdir.dumps(name) == [str(tmp_path / "opscope_run" / name)]


def test_a_thousand_good_steps_leave_no_file(tmp_path: Path) -> None:
    code = PLAIN.replace("range(6)", "range(1000)")
    environment = "import os; os.environ['TMPDIR'] = os.getcwd();"
    done = opscope(tmp_path, "train.py", code=code, before=environment)
    assert (done.returncode, steps(done)) == (0, 1000), done.stderr
    assert done.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["train.py"]


def test_continue_says_it_and_lets_go(tmp_path: Path) -> None:
    done = opscope(tmp_path, "--on-hit", "continue", "train.py", "1", "2", code=PLAIN)
    assert (done.returncode, steps(done)) == (0, 6)
    assert done.stderr.count("First bad tensor") == 1
    assert len(list((tmp_path / "opscope_run").iterdir())) == 1


def test_excluded_nodes_do_not_count(tmp_path: Path) -> None:
    done = opscope(tmp_path, "-fenn", "cross_", "train.py", "1", code=PLAIN)
    assert (done.returncode, steps(done), done.stderr) == (0, 6, "")


def test_from_a_step_on(tmp_path: Path) -> None:
    done = opscope(tmp_path, "--start-step", "3", "train.py", "1", "4", code=PLAIN)
    assert (done.returncode, steps(done)) == (3, 4)
    assert "attached: step 3 is reached" in done.stderr
    assert "global step 4: cross_entropy/Log:0" in done.stderr


def test_other_threads(tmp_path: Path) -> None:
    code = PLAIN.replace("    train(session, *parts)", "    in_thread(train, session, *parts)")
    code = (
        "import threading\n"
        "def in_thread(function, *args):\n"
        "    thread = threading.Thread(target=function, args=args, name='feeder')\n"
        "    thread.start()\n"
        "    thread.join()\n"
    ) + code
    done = opscope(tmp_path, "--thread", "MainThread$", "train.py", "1", code=code)
    assert (done.returncode, steps(done)) == (0, 6), done.stderr
    done = opscope(tmp_path, "train.py", "1")
    assert (done.returncode, steps(done)) == (3, 1), done.stderr


def test_a_filter_of_ones_own(tmp_path: Path) -> None:
    filters = (
        "def big(datum, tensor):\n    return datum.node_name == 'AssignAdd' and tensor > 3\n"
        "def broken(datum, tensor):\n    return 1 / 0\n"
    )
    (tmp_path / "filters.py").write_text(filters)
    done = opscope(tmp_path, "-f", "filters:big", "train.py", code=PLAIN)
    assert (done.returncode, steps(done)) == (3, 3), done.stderr
    assert "AssignAdd:0\n  int64[], finite, 4 to 4" in done.stderr
    done = opscope(tmp_path, "-f", "filters:broken", "train.py")
    assert (done.returncode, steps(done)) == (3, 0), done.stderr
    assert "failed on" in done.stderr
    for name, message in (("nosuch", "there is no filter 'nosuch'"), ("a:b", "cannot be loaded")):
        done = opscope(tmp_path, "-f", name, "train.py")
        assert done.returncode == 2
        assert message in done.stderr


ATTACHING = """\
import os, signal
from pathlib import Path

before = train
def train(session, x, log, step):
    handler = signal.getsignal(signal.SIGUSR1)
    assert callable(handler)
    ask("detach")
    session.run([log, step], {x: np.zeros([1, 2])})
    ask("attach")
    session.run([log, step], {x: np.ones([1, 2])})
    ask("attach 5")
    for _ in range(3):
        session.run([log, step], {x: np.zeros([1, 2])})
    print("UNTIL 5", session.run("global_step:0"))
    session.run([log, step], {x: np.zeros([1, 2])})
"""


@pytest.mark.parametrize("how", ["file", "signal"])
def test_detaching_and_attaching_again(tmp_path: Path, how: str) -> None:
    ask = "def ask(text): Path('control').write_text(text)\n"
    code = ATTACHING
    if how == "signal":
        ask = "def ask(text): os.kill(os.getpid(), signal.SIGUSR1)\n"
        code = code.replace('    ask("attach 5")\n', "")
    code = PLAIN.replace("BAD = {", f"{ask}{code}\nBAD = {{")
    done = opscope(tmp_path, "--control-file", "control", "train.py", code=code)
    assert done.returncode == 3, done.stderr
    said = [text for text in done.stderr.splitlines() if text.startswith("tfdbg:")]
    assert said[:2] == [
        "tfdbg: detached: the program runs at its own speed",
        "tfdbg: attached: as asked",
    ]
    if how == "file":
        assert "UNTIL 5 5" in done.stdout
        assert said[2:] == ["tfdbg: detached until step 5", "tfdbg: attached: step 5 is reached"]
        assert "global step 5: cross_entropy/Log:0" in done.stderr
    else:
        assert "global step 2: cross_entropy/Log:0" in done.stderr


FACE = """\
import json, pickle, sys, os, signal
class Mine: pass
kept = [sys.argv, sys.path[0], __name__, __file__, __builtins__ is not None, __spec__ is None]
kept.append(sys.modules["__main__"].Mine is Mine and bool(pickle.dumps(Mine())))
kept.append(__doc__)
print(json.dumps(kept))
"""


def test_the_script_sees_what_it_sees_under_python(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "face.py").write_text(FACE)
    done = opscope(tmp_path, "below/face.py", "--flag", "-m", "x")
    plain = subprocess.run(
        [sys.executable, "below/face.py", "--flag", "-m", "x"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == json.loads(plain.stdout)


def test_a_module_is_run_as_python_does(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "part.py").write_text(
        "import sys; print(__name__, __package__, sys.argv[1:], sys.path[0])"
    )
    done = opscope(tmp_path, "-m", "package.part", "--on-hit", "x")
    assert done.stdout == f"__main__ package ['--on-hit', 'x'] {tmp_path}\n", done.stderr


@pytest.mark.parametrize(
    ("code", "status", "out"),
    [
        ("import sys; sys.exit(7)", 7, ""),
        ("raise SystemExit", 0, ""),
        ("import sys; sys.exit('no data')", 1, "no data\n"),
        ("raise KeyboardInterrupt", 130, "KeyboardInterrupt"),
    ],
)
def test_the_exit_status_is_the_scripts(tmp_path: Path, code: str, status: int, out: str) -> None:
    done = opscope(tmp_path, "train.py", code=code)
    assert done.returncode == status
    assert out in done.stderr


def test_an_exception_has_the_scripts_frames_only(tmp_path: Path) -> None:
    code = PLAIN.replace('print("STEP", k, flush=True)', "session.run('nosuch:0')")
    done = opscope(tmp_path, "train.py", code=code)
    assert done.returncode == 1
    frames = re.findall(r'File "(.*?)", line', done.stderr)
    assert frames[0] == str(tmp_path / "train.py")
    assert not [name for name in frames if "/cli/" in name or "/tfdbg/" in name or "runpy" in name]
    assert "nosuch:0" in done.stderr.splitlines()[-1]


def test_an_op_error_that_ends_the_script_is_shown(tmp_path: Path) -> None:
    code = PLAIN.replace("np.ones([1, 2])\n", "np.ones([1, 3])\n").replace("[None, 2]", "None")
    done = opscope(tmp_path, "train.py", code=code)
    assert done.returncode == 1, done.stdout
    assert "Op failed, run 2: cross_entropy/p" in done.stderr
    assert "built at train.py:12 in build" in done.stderr
    assert "/graph?run=run_" in done.stderr
    assert "Traceback (most recent call last)" in done.stderr
    assert dump(tmp_path).nodes()


def test_an_op_error_that_the_script_catches_is_not(tmp_path: Path) -> None:
    code = PLAIN + (
        "    try:\n"
        "        session.run(tf.Variable(1.0) * 2.0)\n"
        "    except tf.errors.OpError:\n"
        "        print('CAUGHT')\n"
    )
    done = opscope(tmp_path, "train.py", code=code)
    assert done.returncode == 0, done.stderr
    assert "CAUGHT" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["missing.py"], "", "missing.py: No such file or directory"),
        (["train.py"], "def (", "train.py is no Python"),
        ([], "", "give a script"),
        (["-fenn", "(", "train.py"], "", "is no regular expression"),
    ],
)
def test_what_cannot_be_run(tmp_path: Path, words: list[str], code: str, message: str) -> None:
    done = opscope(tmp_path, *words, code=code)
    assert done.returncode == 2
    assert message in done.stderr


def test_the_process_is_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from opscope.runtime.session import BaseSession

    (tmp_path / "train.py").write_text(PLAIN)
    monkeypatch.chdir(tmp_path)
    before = (BaseSession.run, signal.getsignal(signal.SIGUSR1), sys.argv[:], sys.path[:])
    hooks, main_module = sys.meta_path[:], sys.modules["__main__"]
    assert main(["run", "--on-hit", "stop", str(tmp_path / "train.py"), "2"]) == 3
    after = (BaseSession.run, signal.getsignal(signal.SIGUSR1), sys.argv[:], sys.path[:])
    assert after == before
    assert (sys.meta_path, sys.modules["__main__"]) == (hooks, main_module)
