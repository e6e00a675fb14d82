import pytest

import opscope.runtime as tf


@pytest.fixture
def graph():
    """A graph of the test's own, which is the default graph."""
    with tf.Graph().as_default() as made:
        yield made
