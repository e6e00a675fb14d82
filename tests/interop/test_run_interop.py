"""`opscope run` on one script in both modules' words."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from opscope.tfdbg import DebugDumpDir, first_bad

pytestmark = pytest.mark.interop

SCRIPT = """\
import sys

import numpy as np


def main(bad):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.Variable(np.full([2, 1], 2.0, np.float32), name="w")
    with tf.name_scope("cross_entropy"):
        log = tf.log(tf.matmul(x, w, name="p"), name="Log")
    loss = tf.reduce_mean(log * 2.0, name="loss")
    step = tf.train.get_or_create_global_step()
    train = tf.train.GradientDescentOptimizer(0.001).minimize(loss, global_step=step)
    with SESSION as session:
        for k in range(5):
            batch = np.zeros([1, 2]) if k == bad else np.ones([1, 2])
            session.run([train, loss], {x: batch})
            print("STEP", k)


main(int(sys.argv[1]))
"""
HEADS = {
    "opscope": "import opscope.runtime as tf\n",
    "tensorflow": "import tensorflow.compat.v1 as tf; tf.disable_v2_behavior()\n",
}
SESSIONS = {
    "monitored": "tf.train.MonitoredTrainingSession()",
    "callable": "Started()",
    "options": "FromOptions()",
}
STARTED = """\
class Started:
    def __enter__(self):
        self.session = tf.Session()
        self.session.run(tf.global_variables_initializer())
        return self

    def run(self, fetches, feeds):
        return self.session.make_callable(fetches, list(feeds))(*feeds.values())

    def __exit__(self, *info):
        self.session.close()


"""

FAILING = """\
import numpy as np

x = tf.placeholder(tf.float32, [None, None], name="x")
y = tf.matmul(x, x, name="square")
with tf.Session() as session:
    for size in (2, 3):
        session.run(y, {x: np.ones([2, size])})
"""
FROM_OPTIONS = """\
class FromOptions(Started):
    def run(self, fetches, feeds):
        from tensorflow.core.protobuf import config_pb2

        options = config_pb2.CallableOptions(
            feed=[key.name for key in feeds], fetch=[fetches[1].name], target=[fetches[0].name]
        )
        return self.session._make_callable_from_options(options)(*map(np.float32, feeds.values()))


"""


@pytest.mark.parametrize("kind", SESSIONS)
@pytest.mark.parametrize("module", HEADS)
def test_the_bad_op_of_an_unmodified_script_is_found(
    module: str, kind: str, tmp_path: Path
) -> None:
    pytest.importorskip("tensorflow")
    if (module, kind) == ("opscope", "options"):
        pytest.skip("only TensorFlow's sessions have it, for Keras")
    code = HEADS[module] + STARTED + FROM_OPTIONS + SCRIPT.replace("SESSION", SESSIONS[kind])
    (tmp_path / "train.py").write_text(code)
    made = tmp_path / "made"
    made.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "opscope.cli", "run", "train.py", "3"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(made)},
        timeout=200,
        check=False,
    )
    assert (done.returncode, done.stdout.count("STEP")) == (3, 3), done.stderr
    assert "global step 3: cross_entropy/Log:0" in done.stderr
    assert re.search(r"computed by Log on CPU:0 from\n +cross_entropy/p:0 .* finite", done.stderr)
    assert re.search(r"built at train\.py:\d+ in main\n +log = tf\.log", done.stderr)
    (folder,) = (tmp_path / "opscope_run").iterdir()
    dump = DebugDumpDir(folder)
    origin = first_bad(dump)
    assert origin is not None
    assert origin.datum.tensor_name == "cross_entropy/Log:0"
    assert {Path(frame[0]).name for frame in dump.node_traceback("cross_entropy/Log")} == {
        "train.py"
    }
    assert list(made.glob("opscope*")) == []


@pytest.mark.parametrize("module", HEADS)
def test_the_op_that_failed_is_told_with_its_reason(module: str, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    (tmp_path / "train.py").write_text(HEADS[module] + FAILING)
    done = subprocess.run(
        [sys.executable, "-m", "opscope.cli", "run", "train.py"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=200,
        check=False,
    )
    assert done.returncode == 1
    told = done.stderr[done.stderr.index("Op failed, run 2: square") :]
    assert told.split("\n")[1].startswith("  InvalidArgumentError: Matrix size-incompatible: In[0]")
    assert 'y = tf.matmul(x, x, name="square")' in told
