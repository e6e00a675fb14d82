"""What files hold, decoded by opscope and by TensorFlow; TFRecord files both ways."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")

pytestmark = pytest.mark.interop
theirs.disable_eager_execution()
theirs.logging.set_verbosity(theirs.logging.ERROR)


def example(tf: Any, **columns: Any) -> bytes:
    features = {}
    for name, values in columns.items():
        if isinstance(values[0], bytes):
            features[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
        elif isinstance(values[0], int):
            features[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=values))
        else:
            features[name] = tf.train.Feature(float_list=tf.train.FloatList(value=values))
    made = tf.train.Example(features=tf.train.Features(feature=features))
    data: bytes = made.SerializeToString()
    return data


EXAMPLES = [
    {"b": [b"x\0"], "a": [3.0, 4.0], "v": [1, 2], "s": [1.0, 2.0, 3.0]},
    {"b": [b"y"], "m": [1, 2, 3, 4]},
    {"b": [b"z"], "v": [7], "d": [b"q"]},
]


def features(tf: Any) -> dict[str, Any]:
    return {
        "b": tf.FixedLenFeature([], tf.string),
        "a": tf.FixedLenFeature([2], tf.float32, default_value=[1.0, 2.0]),
        "v": tf.VarLenFeature(tf.int64),
        "s": tf.FixedLenSequenceFeature([], tf.float32, allow_missing=True),
        "d": tf.FixedLenFeature((), tf.string, default_value="dd"),
        "m": tf.FixedLenFeature([2, 2], tf.int64, default_value=np.zeros([2, 2])),
    }


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    if isinstance(value, bytes):
        return value
    return str(value.dtype), value.shape, value.tolist()


def both(build: Callable[[Any], Any]) -> list[Any]:
    """What `build` gives with each module: values, or the type of the error."""
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default(), tf.Session() as session:
            try:
                results.append(plain(session.run(build(tf))))
            except tf.errors.OpError as error:
                results.append(type(error).__name__)
    return results


@pytest.mark.parametrize("number", range(3))
def test_single_example(number: int) -> None:
    found = both(
        lambda tf: tf.parse_single_example(example(ours, **EXAMPLES[number]), features(tf))
    )
    assert found[0] == found[1]


def test_batch_of_examples() -> None:
    found = both(lambda tf: tf.parse_example([example(ours, **e) for e in EXAMPLES], features(tf)))
    assert found[0] == found[1]


def test_same_nodes_and_shapes() -> None:
    found = []
    for tf in (ours, theirs):
        with tf.Graph().as_default() as graph:
            for rows, parse in (([], tf.parse_single_example), ([None], tf.parse_example)):
                parse(tf.placeholder(tf.string, rows), features(tf))
            nodes = [(n.name, n.op, list(n.input)) for n in graph.as_graph_def().node]
            shapes = [
                None if t.shape.ndims is None else t.shape.as_list()
                for op in graph.get_operations()
                for t in op.outputs
            ]
            found.append((nodes, shapes))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "columns", [{"a": [1.0, 2.0]}, {"b": [1]}, {"b": [b"a", b"b"]}, {"b": [b"a"], "a": [1.0]}]
)
def test_examples_that_do_not_fit(columns: Any) -> None:
    found = both(lambda tf: tf.parse_single_example(example(ours, **columns), features(tf)))
    assert found == ["InvalidArgumentError"] * 2


@pytest.mark.parametrize(
    ("data", "dtype", "options"),
    [
        (["abcd", "efgh"], "uint8", {}),
        ("abcd", "int16", {}),
        ("abcd", "float32", {"little_endian": False}),
        ("abc", "int16", {}),
        (["a", "bc"], "uint8", {}),
        ("", "uint8", {}),
        ([["ab"], ["cd"]], "int8", {}),
    ],
)
def test_decode_raw(data: Any, dtype: str, options: Any) -> None:
    found = both(lambda tf: tf.decode_raw(data, getattr(tf, dtype), **options))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("lines", "defaults", "options"),
    [
        (["1,2.5,a", '3,,"b,""c"'], [[0], [9.5], [""]], {}),
        ("1,x", [[1], ["s"]], {}),
        ("1 2", [[1.0], [1]], {"field_delim": " "}),
        ("NA,4", [[7], [1]], {"na_value": "NA"}),
        ("a,1,c", [[1]], {"select_cols": [1]}),
        ("x", [[1]], {}),
        ("1,2", [[1]], {}),
        ("1", [[1], [2]], {}),
        (",1", [np.zeros(0, np.int32), [1]], {}),
        ('"a""b",1', [["x"], [1]], {}),
        ('a"b,1', [["x"], [1]], {"use_quote_delim": False}),
        ("1.5", [[1]], {}),
        (" 3", [[1]], {}),
        ("", [[5]], {}),
    ],
)
def test_decode_csv(lines: Any, defaults: Any, options: Any) -> None:
    found = both(lambda tf: tf.decode_csv(lines, defaults, **options))
    assert found[0] == found[1]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("wanted", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_png(channels: int, wanted: int, dtype: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (4, 5, channels)).astype(np.uint8)
    for writer in (ours, theirs):
        with writer.Graph().as_default(), writer.Session() as session:
            data = session.run(writer.image.encode_png(pixels))
        found = both(lambda tf, data=data: tf.image.decode_png(data, wanted, getattr(tf, dtype)))
        if wanted in (0, channels) or isinstance(found[1], str):
            assert found[0] == found[1]
        else:  # the weights of the colours in grey differ in the last place
            assert found[0][:2] == found[1][:2]


@pytest.mark.parametrize("channels", [0, 1, 3])
def test_jpeg(channels: int) -> None:
    slope = np.add.outer(np.arange(32), np.arange(40))[:, :, None] * 3
    pixels = (slope * np.array([1, 0.5, 0.25])).astype(np.uint8)
    for writer in (ours, theirs):
        with writer.Graph().as_default(), writer.Session() as session:
            data = session.run(writer.image.encode_jpeg(pixels))
        a, b = both(lambda tf, data=data: tf.image.decode_jpeg(data, channels))
        assert a[:2] == b[:2]
        # libjpeg leaves the exact inverse transform and the colour rounding to its user.
        assert np.abs(np.array(a[2]) - np.array(b[2])).max() <= 6


def test_wrong_files(tmp_path: Path) -> None:
    for build in (
        lambda tf: tf.image.decode_jpeg("no picture"),
        lambda tf: tf.image.decode_png("no picture"),
        lambda tf: tf.image.decode_jpeg("no picture", channels=2),
        lambda tf: tf.read_file(str(tmp_path / "missing")),
    ):
        a, b = both(build)
        assert isinstance(a, str)
        assert a == b


@pytest.mark.parametrize("compression", ["NONE", "GZIP", "ZLIB"])
def test_record_files_both_ways(tmp_path: Path, compression: str) -> None:
    records = [b"one", b"", b"x" * 100_000]
    for writer, reader in ((ours, theirs), (theirs, ours)):
        path = str(tmp_path / f"{writer.__name__}.{compression}")
        kind = getattr(writer.python_io.TFRecordCompressionType, compression)
        options = writer.python_io.TFRecordOptions(kind)
        with writer.python_io.TFRecordWriter(path, options) as file:
            for record in records:
                file.write(record)
        kind = getattr(reader.python_io.TFRecordCompressionType, compression)
        options = reader.python_io.TFRecordOptions(kind)
        assert list(reader.python_io.tf_record_iterator(path, options)) == records
        with reader.Graph().as_default(), reader.Session() as session:
            name = "" if compression == "NONE" else compression
            data = reader.data.TFRecordDataset(path, compression_type=name)
            value = reader.data.make_one_shot_iterator(data).get_next()
            assert [session.run(value) for _ in records] == records


def test_examples_are_read_by_tensorflow() -> None:
    for columns in EXAMPLES:
        data = example(ours, **columns)
        assert theirs.train.Example.FromString(data) == theirs.train.Example.FromString(
            example(theirs, **columns)
        )
        assert ours.train.Example.FromString(example(theirs, **columns)).features.feature
