"""Input pipelines in opscope and in TensorFlow: the same elements, nodes, and exported graphs."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as ours

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
theirs = pytest.importorskip("tensorflow.compat.v1")
sys.path.insert(0, str(Path(__file__).parent))

from grouped_pipelines import GROUPED  # noqa: E402
from grouped_pipelines import OTHER_NODES as OTHER_GROUPED_NODES  # noqa: E402
from input_pipelines import OTHER_NODES as OTHER_BASIC_NODES  # noqa: E402
from input_pipelines import PIPELINES as BASIC  # noqa: E402
from input_pipelines import PYTHON_PIPELINES, write_files  # noqa: E402

PIPELINES = BASIC + GROUPED
OTHER_NODES = OTHER_BASIC_NODES + OTHER_GROUPED_NODES

pytestmark = pytest.mark.interop
theirs.disable_eager_execution()
theirs.logging.set_verbosity(theirs.logging.ERROR)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)


def plain(value: Any) -> Any:
    """Nested values as comparable lists with their dtypes."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return (type(value).__name__, *[plain(v) for v in value])
    if isinstance(value, bytes):
        return value
    return str(value.dtype), value.shape, value.tolist()


def elements(tf: Any, graph: Any, get_next: Any, limit: int = 100) -> list[Any]:
    found = []
    with tf.Session(graph=graph) as session:
        for _ in range(limit):
            try:
                found.append(plain(session.run(get_next)))
            except tf.errors.OutOfRangeError:
                return found
    raise AssertionError("the dataset does not end")


def described(tf: Any, dataset: Any) -> tuple[str, str]:
    types = tf.data.get_output_types(dataset)
    # TensorFlow shows sizes as Dimension(n) or n, as other tests have set it.
    shapes = re.sub(r"Dimension\((\w+)\)", r"\1", str(tf.data.get_output_shapes(dataset)))
    return str(types), shapes.replace("?", "None")


@pytest.mark.parametrize("pipeline", PIPELINES + PYTHON_PIPELINES, ids=lambda p: p.__name__)
def test_same_elements(pipeline: Any) -> None:
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default() as graph:
            dataset = pipeline(tf)
            get_next = tf.data.make_one_shot_iterator(dataset).get_next()
            results.append((described(tf, dataset), elements(tf, graph, get_next)))
    assert results[0] == results[1]


def outside_functions(graph_def: Any) -> list[tuple[Any, ...]]:
    """The nodes with attributes, but what names functions, which carry serial numbers."""
    nodes = []
    for node in graph_def.node:
        attrs = {
            k: v.SerializeToString(deterministic=True)
            for k, v in node.attr.items()
            if v.WhichOneof("value") not in ("func", "tensor") and not k.startswith("_")
        }
        nodes.append((node.name, node.op, tuple(node.input), attrs))
    return sorted(nodes)


@pytest.mark.parametrize(
    "pipeline", [p for p in PIPELINES if p not in OTHER_NODES], ids=lambda p: p.__name__
)
def test_same_nodes(pipeline: Any) -> None:
    found = []
    for tf in (ours, theirs):
        with tf.Graph().as_default() as graph:
            tf.data.make_initializable_iterator(pipeline(tf)).get_next()
            found.append(outside_functions(graph.as_graph_def()))
    assert found[0] == found[1]


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda p: p.__name__)
def test_tensorflow_runs_our_graph(pipeline: Any) -> None:
    with ours.Graph().as_default() as graph:
        tensors = pipeline(ours).make_one_shot_iterator().get_next(name="next")
        flat = tuple(t.name for t in graph.get_operation_by_name("next").outputs)
        wanted = elements(ours, graph, tuple(graph.get_operation_by_name("next").outputs))
        data = graph.as_graph_def().SerializeToString()
    assert tensors is not None
    with theirs.Graph().as_default() as graph:
        theirs.import_graph_def(theirs.GraphDef.FromString(data), name="")
        assert elements(theirs, graph, flat) == wanted


# What TensorFlow rewrites by ops that opscope has not.
REWRITTEN = [p for p in PIPELINES if p.__name__ in ("enumerated", "chosen")]


@pytest.mark.parametrize(
    "pipeline", [p for p in PIPELINES if p not in REWRITTEN], ids=lambda p: p.__name__
)
def test_we_run_tensorflows_graph(pipeline: Any) -> None:
    with theirs.Graph().as_default() as graph:
        theirs.data.make_one_shot_iterator(pipeline(theirs)).get_next(name="next")
        flat = tuple(t.name for t in graph.get_operation_by_name("next").outputs)
        wanted = elements(theirs, graph, flat)
        data = graph.as_graph_def().SerializeToString()
    with ours.Graph().as_default() as graph:
        ours.import_graph_def(ours.GraphDef.FromString(data), name="")
        assert elements(ours, graph, flat) == wanted


def test_values_of_whole_datasets() -> None:
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            data = tf.data.Dataset.range(10)
            total = data.reduce(np.int64(0), lambda state, x: state + x)
            pair = data.reduce((np.float32(0), "a"), lambda s, x: (s[0] + 1.0, s[1]))
            single = tf.data.experimental.get_single_element(data.batch(10))
            sizes = [
                tf.data.experimental.cardinality(d)
                for d in (
                    data,
                    data.batch(3),
                    data.batch(3, True),
                    data.repeat(),
                    data.repeat().take(4),
                    data.repeat(3).skip(2),
                    data.filter(lambda x: x > 3),
                    tf.data.Dataset.zip((data, data.take(3).repeat(2))),
                    data.concatenate(data),
                    data.shard(3, 0),
                )
            ]
            values = session.run([total, pair, single, sizes])
            with pytest.raises(tf.errors.InvalidArgumentError, match="more than one element"):
                session.run(tf.data.experimental.get_single_element(data))
            results.append((repr(values), outside_functions(graph.as_graph_def())))
    assert results[0] == results[1]


def test_reinitializable_and_feedable() -> None:
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default(), tf.Session() as session:
            first = tf.data.Dataset.range(3)
            second = tf.data.Dataset.from_tensor_slices(np.int64([7, 8]))
            either = tf.data.Iterator.from_structure(first.output_types, first.output_shapes)
            starts = [either.make_initializer(d) for d in (first, second)]
            value = either.get_next()
            seen: list[Any] = []
            for start in (starts[0], starts[1], starts[0]):
                session.run(start)
                seen.extend(session.run([value, value]) for _ in range(1))
            handle = tf.placeholder(tf.string, [])
            fed = tf.data.Iterator.from_string_handle(
                handle, first.output_types, first.output_shapes
            ).get_next()
            one_shot = second.make_one_shot_iterator()
            names = session.run([either.string_handle(), one_shot.string_handle()])
            seen.extend(session.run(fed, {handle: names[i]}) for i in (0, 1, 1, 0))
            results.append(seen)
    assert results[0] == results[1]


def test_placeholder_by_initializer() -> None:
    results = []
    for tf in (ours, theirs):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            rows = tf.placeholder(tf.float32, [None, 2])
            count = tf.placeholder(tf.int64, [])
            dataset = tf.data.Dataset.from_tensor_slices(rows).map(lambda r: r * 2).batch(count)
            iterator = dataset.make_initializable_iterator()
            value = iterator.get_next()
            seen = []
            for n in (1, 2):
                session.run(iterator.initializer, {rows: np.ones((n, 2)), count: n})
                seen.append(session.run(value).tolist())
            with pytest.raises(tf.errors.OutOfRangeError) as error:
                session.run(value)
            with pytest.raises(ValueError, match="Cannot capture a placeholder"):
                dataset.make_one_shot_iterator()
            seen.append(error.value.op.name)
            assert "End of sequence" in error.value.message
            results.append((seen, len(graph.get_operations())))
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda tf: tf.data.Dataset.from_tensor_slices(1), ValueError),
        (lambda tf: tf.data.Dataset.range(3).filter(lambda x: x), ValueError),
        (lambda tf: tf.data.Dataset.zip([1, 2]), TypeError),
        (
            lambda tf: tf.data.Dataset.range(3).concatenate(
                tf.data.Dataset.from_tensors(np.float32(1))
            ),
            TypeError,
        ),
        (lambda tf: tf.data.Dataset.range(2).apply(lambda d: 3), TypeError),
        (lambda tf: tf.data.Dataset.range(2).padded_batch(2, ([], [])), (ValueError, TypeError)),
    ],
)
def test_same_refusals(wrong: Any, error: Any) -> None:
    for tf in (ours, theirs):
        with tf.Graph().as_default(), pytest.raises(error):
            wrong(tf)


def start_and_get(session: Any, initializer: Any, value: Any) -> None:
    session.run(initializer)
    session.run(value)


@pytest.mark.parametrize(
    "build",
    [
        lambda tf: tf.data.Dataset.from_generator(lambda: iter([[1], [1, 2]]), tf.int32).batch(2),
        lambda tf: tf.data.Dataset.range(4).batch(0),
        lambda tf: tf.data.Dataset.range(4).shuffle(0),
        lambda tf: tf.data.TextLineDataset("missing.txt"),
        lambda tf: tf.data.Dataset.list_files("missing*.txt"),
        lambda tf: tf.data.TFRecordDataset("a.txt"),
        lambda tf: tf.data.Dataset.from_generator(lambda: iter(["x"]), tf.int32),
        lambda tf: tf.data.Dataset.range(1).map(lambda x: tf.gather([1, 2], x + 5)),
    ],
)
def test_same_errors_while_running(build: Any) -> None:
    kinds = []
    for tf in (ours, theirs):
        with tf.Graph().as_default(), tf.Session() as session:
            iterator = build(tf).make_initializable_iterator()
            value = iterator.get_next()
            with pytest.raises(tf.errors.OpError) as error:
                start_and_get(session, iterator.initializer, value)
            kinds.append(type(error.value).__name__)
    assert kinds[0] == kinds[1]


def test_uninitialized() -> None:
    for tf in (ours, theirs):
        with tf.Graph().as_default(), tf.Session() as session:
            value = tf.data.Dataset.range(3).make_initializable_iterator().get_next()
            with pytest.raises(tf.errors.FailedPreconditionError, match="has not been initialized"):
                session.run(value)
