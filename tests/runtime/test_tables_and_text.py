"""Lookup tables, printing and serialized tensors in a session."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.fingerprint import farmhash64, siphash


@pytest.fixture(autouse=True)
def _graph() -> object:
    with tf.Graph().as_default():
        yield


def test_print_writes_when_it_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    loud = tf.print("loss", tf.constant([0.5, 2.0]), {"step": tf.constant(3)})
    file = tf.print(tf.constant("line"), output_stream=f"file://{tmp_path}/log")
    with tf.control_dependencies([loud]):
        value = tf.constant(1) + 0
    with tf.Session() as session:
        assert session.run(value) == 1
        session.run(file)
        session.run(file)
    assert capsys.readouterr().err == "loss [0.5 2] {'step': 3}\n"
    assert (tmp_path / "log").read_text() == "line\nline\n"
    with pytest.raises(ValueError, match="Unsupported output stream"):
        tf.print(1, output_stream="nowhere")


def test_format_counts_its_marks() -> None:
    with tf.Session() as session:
        text = tf.strings.format("{} of {}", (tf.constant(2), tf.constant(["a", "b"])))
        assert session.run(text) == b'2 of ["a" "b"]'
    with pytest.raises(ValueError, match="expects 1 tensors"):
        tf.strings.format("{}", [1, 2])


def test_tensors_go_through_strings() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    json = tf.decode_json_example('{"features": {"feature": {"a": {"int64List": {"value": [3]}}}}}')
    with tf.Session() as session:
        back = session.run(tf.parse_tensor(tf.serialize_tensor(values), tf.float32))
        np.testing.assert_array_equal(back, values)
        example = tf.train.Example.FromString(session.run(json))
        assert list(example.features.feature["a"].int64_list.value) == [3]
        with pytest.raises(tf.errors.InvalidArgumentError, match="Type mismatch"):
            session.run(tf.parse_tensor(tf.serialize_tensor(values), tf.int32))
        with pytest.raises(tf.errors.InvalidArgumentError, match="parsing JSON"):
            session.run(tf.decode_json_example("{"))


def test_a_table_is_filled_once_and_found_by_its_name() -> None:
    def table() -> tf.lookup.StaticHashTable:
        init = tf.lookup.KeyValueTensorInitializer(["a", "b"], np.int64([1, 2]))
        return tf.lookup.StaticHashTable(init, -1)

    one, other = table(), table()
    found = one.lookup(tf.constant([["b", "x"]]))
    with tf.Session() as session:
        with pytest.raises(tf.errors.FailedPreconditionError, match="not initialized"):
            session.run(found)
        session.run(tf.tables_initializer())
        assert session.run(found).tolist() == [[2, -1]]
        assert session.run([one.size(), other.size()]) == [2, 2]
    twice = tf.lookup.KeyValueTensorInitializer(["a", "a"], np.int64([1, 2]))
    clash = tf.lookup.StaticHashTable(twice, 0)
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="different value for same key"),
    ):
        session.run(clash.initializer)
    with pytest.raises(TypeError, match="must be <dtype: 'string'>"):
        one.lookup(tf.constant([1]))


def test_fingerprints_of_published_vectors() -> None:
    assert farmhash64(b"") == 0x9AE16A3B2F90404F
    # The first test vectors of SipHash-2-4: key 00..0f, messages "" and 00.
    key = (0x0706050403020100, 0x0F0E0D0C0B0A0908)
    assert siphash(b"", key) == 0x726FDB47DD0E0E31
    assert siphash(b"\0", key) == 0x74F839C593DC67FD
