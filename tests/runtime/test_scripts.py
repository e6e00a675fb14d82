"""What every old script imports: flags, app, gfile, python_io, tf.test."""

import os
import sys
import unittest

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime import flags


@pytest.fixture
def own_flags():
    """The flags, and afterwards without those of the test."""
    before = set(flags.FLAGS)
    yield flags.FLAGS
    for name in set(flags.FLAGS) - before:
        delattr(flags.FLAGS, name)
    flags.FLAGS.unparse_flags()


def define_some():
    tf.flags.DEFINE_string("name", "n", "a name")
    tf.flags.DEFINE_integer("steps", 10, "how many")
    tf.flags.DEFINE_float("rate", 1, "how fast")
    tf.flags.DEFINE_boolean("verbose", False, "say more")
    tf.flags.DEFINE_enum("mode", "train", ["train", "eval"], "what to do")
    tf.flags.DEFINE_list("layers", "1,2", "sizes")


def test_flags_of_a_command_line(own_flags):
    define_some()
    rest = own_flags(
        ["prog", "--name=x=y", "--steps", "0x10", "in", "--verbose", "-rate=0.5", "--", "--steps=1"]
    )
    assert rest == ["prog", "in", "--steps=1"]
    found = own_flags.flag_values_dict()
    expected = {
        "name": "x=y", "steps": 16, "rate": 0.5, "verbose": True, "mode": "train",
        "layers": ["1", "2"],
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    own_flags(["prog", "--noverbose", "--mode", "eval", "--layers=a,b"])
    assert (own_flags.verbose, own_flags.mode, own_flags.layers) == (False, "eval", ["a", "b"])
    own_flags.steps = 3
    assert own_flags.steps == 3
    assert "steps" in own_flags
    assert {"layers", "mode", "name", "rate", "steps", "verbose"} <= set(own_flags)


@pytest.mark.parametrize(
    ("argument", "error"),
    [
        ("--steps=many", flags.IllegalFlagValueError),
        ("--verbose=perhaps", flags.IllegalFlagValueError),
        ("--mode=sleep", flags.IllegalFlagValueError),
        ("--nothing=1", flags.UnrecognizedFlagError),
        ("--steps", flags.Error),
    ],
)
def test_wrong_flags(own_flags, argument, error):
    define_some()
    with pytest.raises(error):
        own_flags(["prog", argument])


def test_flags_are_defined_once_and_checked(own_flags):
    define_some()
    with pytest.raises(flags.DuplicateFlagError):
        tf.flags.DEFINE_string("name", "", "")
    with pytest.raises(AttributeError, match="missing"):
        _ = own_flags.missing
    tf.flags.register_validator("steps", lambda n: n > 0, "must be positive")
    with pytest.raises(flags.IllegalFlagValueError, match="must be positive"):
        own_flags(["prog", "--steps=-1"])
    own_flags.steps = 1
    tf.flags.DEFINE_string("data", None, "")
    tf.flags.mark_flag_as_required("data")
    with pytest.raises(flags.IllegalFlagValueError, match="must have a value"):
        own_flags(["prog", "--steps=1"])


def test_several_flags_together(own_flags):
    tf.flags.DEFINE_multi_integer("sizes", [1], "sizes")
    tf.flags.DEFINE_string(flag_name="left", default_value=None, docstring="one side")
    tf.flags.DEFINE_string("right", None, "the other")
    tf.flags.mark_flags_as_mutual_exclusive(["left", "right"])
    own_flags(["prog", "--sizes=2", "--sizes=3", "--left=a"])
    assert (own_flags.sizes, own_flags.left) == ([2, 3], "a")
    with pytest.raises(flags.IllegalFlagValueError, match="At most one"):
        own_flags(["prog", "--right=b"])


def test_flags_are_read_at_the_first_access(own_flags, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["prog", "--steps=4", "--unknown"])
    define_some()
    assert own_flags.steps == 4


def test_app_runs_main(own_flags, capsys):
    define_some()
    seen = []
    with pytest.raises(SystemExit) as end:
        tf.app.run(lambda argv: seen.append((argv, own_flags.steps)), ["prog", "--steps=2", "rest"])
    assert end.value.code is None
    assert seen == [(["prog", "rest"], 2)]
    with pytest.raises(SystemExit) as end:
        tf.app.run(lambda argv: 3, ["prog"])
    assert end.value.code == 3
    with pytest.raises(SystemExit) as end:
        tf.app.run(lambda argv: 0, ["prog", "--steps=x"])
    assert end.value.code == 1
    assert "--steps=x" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        tf.app.run(lambda argv: 0, ["prog", "--helpfull"])
    assert "--[no]verbose: say more" in capsys.readouterr().out


def test_gfile(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tf.gfile.MakeDirs("a/b")
    with tf.gfile.GFile("a/b/f.txt", "w") as file:
        file.write("one\ntwo\n")
    assert list(tf.gfile.Open("a/b/f.txt")) == ["one\n", "two\n"]
    assert tf.gfile.GFile("a/b/f.txt", "rb").read() == b"one\ntwo\n"
    assert tf.gfile.Stat("a/b/f.txt").length == tf.gfile.GFile("a/b/f.txt").size() == 8
    tf.gfile.Copy("a/b/f.txt", "g.txt")
    assert tf.gfile.Glob("*.txt") == ["./g.txt"]
    assert tf.gfile.Glob(["a/*/f.txt", "g.txt", "none"]) == ["a/b/f.txt", "g.txt"]
    for call, error in (
        (lambda: tf.gfile.GFile("none").read(), tf.errors.NotFoundError),
        (lambda: tf.gfile.Copy("a/b/f.txt", "g.txt"), tf.errors.AlreadyExistsError),
        (lambda: tf.gfile.Rename("a/b/f.txt", "g.txt"), tf.errors.AlreadyExistsError),
        (lambda: tf.gfile.GFile("a").read(), tf.errors.FailedPreconditionError),
        (lambda: tf.gfile.Remove("none"), tf.errors.NotFoundError),
        (lambda: tf.gfile.ListDirectory("none"), tf.errors.NotFoundError),
    ):
        with pytest.raises(error):
            call()
    tf.gfile.Rename("a/b/f.txt", "g.txt", overwrite=True)
    assert [(top, sorted(dirs), files) for top, dirs, files in tf.gfile.Walk("a")] == [
        ("a", ["b"], []), ("a/b", [], []),
    ]  # fmt: skip
    tf.gfile.DeleteRecursively("a")
    assert not tf.gfile.Exists("a")
    assert tf.gfile.IsDirectory(str(tmp_path))
    tf.gfile.Remove("g.txt")
    assert os.listdir() == []


class Inner(tf.test.TestCase):
    """Run by the test below, not by pytest."""

    __test__ = False

    def test_that_passes(self):
        with self.test_session():
            x = tf.constant([1.0, 2.0])
            self.assertAllClose([1.0, 2.0 + 1e-7], x)
            self.assertAllClose({"a": [1.0], "b": (2, [3.0])}["b"][1], [3.0])
            self.assertAllEqual([b"a", b"b"], np.array(["a", "b"]))
            self.assertAllEqual([np.nan, 1], np.float32([np.nan, 1]))
            self.assertAllCloseAccordingToType(np.float16([1]), np.float16([1.0005]))
            self.assertNear(1.0, 1.05, 0.1)
            self.assertShapeEqual(np.zeros([2]), x)
            self.assertDeviceEqual("/cpu:0", "/device:CPU:0")
            with self.assertRaisesOpError("not finite"):
                tf.check_numerics(tf.log(x - 1), "not finite").eval()

    def test_close(self):
        self.assertAllClose([1.0], [1.1])

    def test_equal(self):
        self.assertAllEqual([1, 2], [1, 3])

    def test_shape(self):
        self.assertAllEqual([1, 2], [[1, 2]])

    def test_no_error(self):
        with self.assertRaisesOpError("x"):
            pass


def test_assertions_of_a_test_case():
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Inner).run(result)
    assert result.errors == []
    assert sorted(case._testMethodName for case, _ in result.failures) == [
        "test_close", "test_equal", "test_no_error", "test_shape",
    ]  # fmt: skip


def test_numeric_gradients(graph):
    x = tf.placeholder(tf.float64, [2, 3])
    right = tf.tanh(x) * 2
    wrong = right + tf.stop_gradient(x)
    with tf.Session():
        start = np.linspace(-1, 1, 6).reshape(2, 3)
        assert tf.test.compute_gradient_error(x, [2, 3], right, [2, 3], start) < 1e-6
        assert tf.test.compute_gradient_error(x, [2, 3], wrong, [2, 3], start) > 0.5
        theory, numeric = tf.test.compute_gradient(x, [2, 3], right, [2, 3], start)
        assert theory.shape == numeric.shape == (6, 6)


def test_record_writer_can_be_read_while_open(tmp_path):
    path = str(tmp_path / "records")
    with tf.python_io.TFRecordWriter(path) as writer:
        writer.write(b"a")
        writer.flush()
        assert list(tf.python_io.tf_record_iterator(path)) == [b"a"]
    with pytest.raises(tf.errors.NotFoundError):
        next(tf.python_io.tf_record_iterator(path + "x"))
    with pytest.raises(ValueError, match="Not a valid compression_type"):
        tf.python_io.TFRecordOptions("BZ2")


def test_a_looper_runs_until_the_stop():
    coordinator = tf.train.Coordinator()
    calls = []

    def work(limit):
        calls.append(1)
        if len(calls) == limit:
            coordinator.request_stop()

    looper = tf.train.LooperThread.loop(coordinator, 0.0, work, args=(3,))
    coordinator.join([looper], stop_grace_period_secs=20)
    assert len(calls) == 3


def test_an_error_given_as_exc_info_is_raised():
    coordinator = tf.train.Coordinator()
    try:
        raise ValueError("first")
    except ValueError:
        coordinator.request_stop(sys.exc_info())
    with pytest.raises(ValueError, match="first"):
        coordinator.join([])


def test_messages_counted_by_line(caplog):
    with caplog.at_level(tf.logging.INFO, logger="opscope"):
        for i in range(5):
            tf.logging.log_every_n(tf.logging.INFO, "every %d", 2, i)
            tf.logging.log_first_n(tf.logging.INFO, "first %d", 1, i)
            tf.logging.log_if(tf.logging.INFO, "if %d", i == 4, i)
    assert caplog.messages == ["every 0", "first 0", "every 2", "every 4", "if 4"]


def test_text_and_bytes():
    assert tf.compat.as_bytes("é") == b"\xc3\xa9"
    assert tf.compat.as_str(b"\xc3\xa9") == tf.compat.as_text("é") == "é"
    assert tf.compat.as_str_any(3) == "3"
    with pytest.raises(TypeError):
        tf.compat.as_bytes(3)


def test_strings(graph):
    text = tf.constant(["aB c", "d"])
    with tf.Session() as session:
        assert session.run(tf.strings.upper(text)).tolist() == [b"AB C", b"D"]
        assert session.run(tf.strings.lower(text)).tolist() == [b"ab c", b"d"]
        assert session.run(tf.strings.length(text)).tolist() == [4, 1]
        assert session.run(tf.strings.join([text, "!"])).tolist() == [b"aB c!", b"d!"]
        assert session.run(tf.strings.split(text)).values.tolist() == [b"aB", b"c", b"d"]
        assert session.run(tf.strings.to_number("1.5")) == 1.5
