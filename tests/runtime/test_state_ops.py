"""Ops with state or chance that have no sample: what they do to it, seen from a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opscope.runtime as tf
from opscope.runtime.make_op import make_node, make_op, make_tensor


@pytest.fixture(autouse=True)
def _new_graph() -> None:
    tf.reset_default_graph()


def run(fetch: Any) -> Any:
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return session.run(fetch)


def elements(dataset: Any, count: int) -> list[Any]:
    following = tf.data.make_one_shot_iterator(dataset).get_next()
    with tf.Session() as session:
        return [session.run(following) for _ in range(count)]


def test_assigning_to_a_slice_keeps_the_rest() -> None:
    variable = tf.Variable([1.0, 2.0, 3.0, 4.0])
    assert run(variable[1:3].assign([5.0, 6.0])).tolist() == [1, 5, 6, 4]


def test_reference_handed_on_is_the_variable() -> None:
    variable = tf.Variable([1.0, 2.0])
    handed = make_op("RefIdentity", variable._ref())
    assert run(make_op("Assign", handed, [3.0, 4.0])).tolist() == [3, 4]


def test_destroyed_resource_has_no_value() -> None:
    variable = tf.Variable(1.0, use_resource=True)
    destroy = make_node("DestroyResourceOp", variable.handle, ignore_lookup_error=False)
    with tf.Session() as session:
        session.run(variable.initializer)
        session.run(destroy)
        with pytest.raises(tf.errors.FailedPreconditionError):
            session.run(variable.value())
        with pytest.raises(tf.errors.NotFoundError):
            session.run(destroy)


def dual_averaged(steps: int, use_resource: bool, rows: bool) -> Any:
    tf.reset_default_graph()
    variable = tf.Variable(np.ones((3, 2), np.float32), use_resource=use_resource)
    read = tf.nn.embedding_lookup(variable, [1]) if rows else variable
    step = tf.train.get_or_create_global_step()
    optimizer = tf.train.AdagradDAOptimizer(0.1, step)
    train = optimizer.minimize(tf.reduce_sum(read * read), global_step=step)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(steps):
            session.run(train)
        return session.run(variable)


@pytest.mark.parametrize("rows", [False, True])
def test_dual_averaging_of_a_resource_is_that_of_a_reference(rows: bool) -> None:
    resource = dual_averaged(3, True, rows)
    assert np.array_equal(resource, dual_averaged(3, False, rows))
    assert (resource[1] != 1).all()


def test_closed_stack_is_empty() -> None:
    stack = make_tensor("StackV2", 4, elem_type=tf.float32, stack_name="")
    push = make_tensor("StackPushV2", stack, 1.0)
    with tf.control_dependencies([push]):
        close = make_node("StackCloseV2", stack)
    with tf.control_dependencies([close]):
        pop = make_tensor("StackPopV2", stack, elem_type=tf.float32)
    with pytest.raises(tf.errors.OpError):
        run(pop)


def test_tensor_array_can_be_closed_after_it_was_read() -> None:
    array = tf.TensorArray(tf.float32, 2).write(0, 1.5)
    value = array.read(0)
    with tf.control_dependencies([value]):
        close = array.close()
    assert run((value, close)) == (1.5, None)


def test_fake_parameter_is_of_its_type_and_shape() -> None:
    value = run(make_tensor("FakeParam", dtype=tf.int32, shape=[2, 3]))
    assert value.dtype == np.int32
    assert value.shape == (2, 3)


def test_stateless_python_function_is_folded_like_any_op() -> None:
    assert run(tf.py_func(lambda x: x + 1, [2.0], tf.float32, stateful=False)) == 3.0


def test_learned_unigrams_are_unique_and_expected() -> None:
    sampled, true, expected = run(
        tf.nn.learned_unigram_candidate_sampler([[1, 2]], 2, 3, True, 10, seed=5)
    )
    assert len(set(sampled.tolist())) == 3
    assert true.shape == (1, 2)
    assert ((expected > 0) & (expected <= 1)).all()


def test_unigrams_without_a_lock_are_drawn_alike() -> None:
    attrs = {"num_true": 2, "num_sampled": 3, "unique": True, "range_max": 10, "seed": 3}
    classes = np.array([[1, 2]], np.int64)
    kinds = ("ThreadUnsafeUnigramCandidateSampler", "LearnedUnigramCandidateSampler")
    first, second = run([make_op(kind, classes, **attrs, seed2=4) for kind in kinds])
    assert np.array_equal(first[0], second[0])
    assert len(set(first[0].tolist())) == 3


def test_fixed_length_records_leave_out_header_and_footer(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"h0123456t")
    dataset = tf.data.FixedLengthRecordDataset(str(tmp_path / "file"), 3, 1, 2)
    assert elements(dataset, 2) == [b"012", b"345"]


def test_fixed_length_records_of_the_first_version(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"h0123456t")
    path = str(tmp_path / "file")
    sizes = [np.array(size, np.int64) for size in (1, 3, 2, 0)]
    dataset = make_tensor("FixedLengthRecordDataset", path, *sizes)
    iterator = tf.data.Iterator.from_structure(tf.string, [])
    begin = make_node("MakeIterator", dataset, iterator._resource)
    following = iterator.get_next()
    with tf.Session() as session:
        session.run(begin)
        assert [session.run(following) for _ in range(2)] == [b"012", b"345"]


def test_shuffle_and_repeat_gives_every_element_each_time() -> None:
    dataset = tf.data.Dataset.range(5).apply(tf.data.experimental.shuffle_and_repeat(5, 2, seed=1))
    found = elements(dataset, 10)
    assert sorted(found[:5]) == sorted(found[5:]) == [0, 1, 2, 3, 4]


def test_random_dataset_repeats_with_its_seed() -> None:
    first = elements(tf.data.experimental.RandomDataset(4), 3)
    assert first == elements(tf.data.experimental.RandomDataset(4), 3)
    assert len(set(first)) == 3


def test_distorted_box_lies_in_the_image() -> None:
    begin, size, box = run(
        make_op(
            "SampleDistortedBoundingBox",
            np.array([20, 30, 3], np.int32),
            np.array([[[0.1, 0.1, 0.9, 0.9]]], np.float32),
            seed=3,
            seed2=4,
        )
    )
    assert (begin >= 0).all()
    assert (begin[:2] + size[:2] <= [20, 30]).all()
    assert size[2] == -1
    assert (box >= 0).all()
    assert (box <= 1).all()


def test_table_takes_its_words_from_a_node() -> None:
    words = tf.lookup.KeyValueTensorInitializer(["unused"], np.array([0], np.int64))
    table = tf.lookup.StaticHashTable(words, -1)
    fill = make_node("InitializeTableV2", table.resource_handle, ["a", "b"], np.array([1, 2]))
    found = table.lookup(tf.constant(["b", "c"]))
    with tf.Session() as session:
        session.run(fill)
        assert session.run(found).tolist() == [2, -1]
