"""Strings, hashes, lookup tables and printing in opscope and in TensorFlow."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")
sys.path.insert(0, str(Path(__file__).parent))

from string_programs import CASES, PRINTED  # noqa: E402

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module", autouse=True)
def _as_in_version_1() -> None:
    theirs.disable_v2_behavior()


def nodes(graph: Any) -> list[tuple[Any, ...]]:
    found = []
    for node in graph.as_graph_def().node:
        attrs = {
            k: v.SerializeToString(deterministic=True)
            for k, v in node.attr.items()
            if v.WhichOneof("value") != "tensor" and not k.startswith("_") and k != "shared_name"
        }
        found.append((node.name, node.op, tuple(node.input), attrs))
    return sorted(found, key=lambda n: n[0])


def plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    array = np.asarray(value)
    return str(array.dtype), array.shape, array.tolist()


@pytest.mark.parametrize("name", CASES)
def test_same_strings(name: str) -> None:
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            made = CASES[name](tf)
            shape = made.get_shape()
            sizes = shape.as_list() if shape.ndims is not None else None
            session.run(tf.tables_initializer())
            results.append((nodes(graph), sizes, plain(session.run(made))))
    assert results[0] == results[1]


@pytest.mark.parametrize("name", PRINTED)
def test_prints_the_same(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            made = PRINTED[name](tf)
            session.run(tf.no_op())
            capfd.readouterr()
            session.run(made)
            results.append((nodes(graph), capfd.readouterr().err))
    assert results[0] == results[1]


def test_tables_from_files(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("the\t10\ncat\t20\nsat\t30\n")
    index = theirs.lookup.TextFileIndex
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            found = []
            for key, value, default, keys in (
                ((tf.string, 0), (tf.int64, 1), -1, ["cat", "dog"]),
                ((tf.string, 0), (tf.int64, index.LINE_NUMBER), -1, ["sat", "the"]),
                ((tf.int64, index.LINE_NUMBER), (tf.string, index.WHOLE_LINE), "?", np.int64([2])),
            ):
                filled = tf.lookup.TextFileInitializer(str(path), *key, *value, vocab_size=3)
                found.append(tf.lookup.StaticHashTable(filled, default).lookup(tf.constant(keys)))
            with pytest.raises(tf.errors.FailedPreconditionError, match="not initialized"):
                session.run(found[0])
            session.run(tf.tables_initializer())
            session.run(tf.tables_initializer())
            seen = [plain(v) for v in session.run(found)]
            short = tf.lookup.StaticHashTable(
                tf.lookup.TextFileInitializer(str(path), tf.string, 0, tf.int64, -1, vocab_size=9),
                -1,
            )
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(short.initializer)
            assets = graph.get_collection(tf.GraphKeys.ASSET_FILEPATHS)
            results.append((nodes(graph), seen, [a.name for a in assets]))
    assert results[0][1:] == results[1][1:]
    assert results[0][0] == results[1][0]


def test_mutable_tables() -> None:
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default(), tf.Session() as session:
            words = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
            rows = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, [0.0, 0.0])
            dense = tf.lookup.experimental.DenseHashTable(
                tf.int64, tf.int64, default_value=-1, empty_key=0, deleted_key=-9
            )
            puts = [
                words.insert(["a", "b"], np.int64([1, 2])),
                rows.insert(np.int64([7]), [[1.5, 2.5]]),
                dense.insert(np.int64([3, 4]), np.int64([30, 40])),
            ]
            gets = [
                words.lookup(tf.constant(["b", "z"])),
                rows.lookup(tf.constant([[7, 8]], tf.int64)),
                dense.lookup(tf.constant([4, 5], tf.int64)),
            ]
            sizes = [words.size(), rows.size(), dense.size()]
            seen = [plain(v) for v in session.run([gets, sizes][1])]
            session.run(puts)
            seen += [plain(v) for v in [*session.run(gets), *session.run(sizes)]]
            session.run(words.remove(tf.constant(["a", "q"])))
            seen.append(plain(session.run(words.size())))
            keys, values = session.run(words.export())
            seen.append((plain(keys), plain(values)))
            results.append(seen)
    assert results[0] == results[1]
