"""Ops on strings, of every rank."""

import pytest

import opscope.runtime as tf
from opscope.runtime.make_op import make_tensor
from opscope.runtime.ops.strings import string_join


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (["a", "b"], b"ab"),
        ([["a", "b"], "c"], [b"a-c", b"b-c"]),
        ([[["a"], ["b"]], [["c"], ["d"]]], [[b"a-c"], [b"b-d"]]),
        ([[], "x"], []),
    ],
)
def test_string_join(graph, parts, joined):
    separator = "" if joined == b"ab" else "-"
    made = string_join([tf.constant(p, tf.string) for p in parts], separator)
    with tf.Session() as session:
        value = session.run(made)
    assert (value if isinstance(value, bytes) else value.tolist()) == joined
    assert made.shape.as_list() == ([] if isinstance(value, bytes) else list(value.shape))


def test_regex_full_match(graph):
    words = tf.constant(["ab", "abc", ""])
    with tf.Session() as session:
        found = make_tensor("StaticRegexFullMatch", words, pattern="a.")
        assert session.run(found).tolist() == [True, False, False]
        assert not session.run(make_tensor("StaticRegexFullMatch", "x", pattern="a."))


def test_a_string_is_selected(graph):
    with tf.Session() as session:
        assert session.run(tf.where(tf.constant(True), "a", "b")) == b"a"
        assert session.run(tf.where([True, False], ["a", "b"], ["c", "d"])).tolist() == [b"a", b"d"]


def test_a_string_variable_is_assigned_again(graph):
    text = tf.Variable("a", name="text")
    two = tf.assign(text, tf.placeholder_with_default(["a", "b"], None))
    with tf.Session() as session:
        session.run(text.initializer)
        assert session.run(text.assign("longer")) == b"longer"
        with pytest.raises(tf.errors.InvalidArgumentError, match="shapes of both tensors to match"):
            session.run(two)
        assert session.run(text) == b"longer"
