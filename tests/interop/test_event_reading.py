"""What our reader says of made-up event files is what TensorFlow's own reader says."""

import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opscope import events
from opscope.events.record import frame

pytestmark = pytest.mark.interop

NAME = "events.out.tfevents.1700000000.host"
TAGS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
NUMBERS = st.floats(width=32)
STEPS = st.one_of(st.integers(0, 1000), st.integers(-(2**63), 2**63 - 1))


@st.composite
def series(draw):
    """Tag, sort of value, first step, first wall time, numbers."""
    sort = draw(st.sampled_from(["v1", "v2", "double", "int", "histo", "image", "vector"]))
    count = draw(st.sampled_from([1, 3, 7, 50]))
    numbers = draw(st.lists(NUMBERS, min_size=2, max_size=2))
    wall_time = draw(st.floats(0, 2e9))
    return draw(TAGS), sort, draw(STEPS), wall_time, [numbers[i % 2] for i in range(count)]


def add(tf, summary, tag, sort, number):
    value = summary.value.add(tag=tag)
    if sort == "v1":
        value.simple_value = number
    elif sort == "histo":
        value.histo.bucket.append(1.0)
        value.histo.bucket_limit.append(2.0)
    elif sort == "image":
        value.image.encoded_image_string = struct.pack("<f", number) * 9
    elif sort == "vector":
        value.tensor.CopyFrom(tf.make_tensor_proto([number, 1.0], tf.float32))
    else:
        dtype = {"v2": tf.float32, "double": tf.float64, "int": tf.int64}[sort]
        scalar = int(np.float32(number)) if sort == "int" and abs(number) < 2**62 else 0
        value.tensor.CopyFrom(tf.make_tensor_proto(scalar if sort == "int" else number, dtype))
        value.metadata.plugin_data.plugin_name = "scalars"


def theirs(tf, path):
    """Points by tag and field, as TensorFlow's iterator gives them."""
    found = {}
    for event in tf.compat.v1.train.summary_iterator(str(path)):
        for value in event.summary.value:
            field = value.WhichOneof("value")
            number = None
            if field == "simple_value":
                number = value.simple_value
            elif value.metadata.plugin_data.plugin_name == "scalars":
                field, number = "simple_value", float(tf.make_ndarray(value.tensor))
            points = found.setdefault((value.tag, field), [])
            points.append((event.step, event.wall_time, number))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=st.lists(series(), max_size=5, unique_by=lambda part: part[0]), several=st.booleans())
def test_made_up_files_read_as_in_tensorflow(tmp_path_factory, parts, several):
    tf = pytest.importorskip("tensorflow")
    records = [tf.compat.v1.Event(wall_time=1.0, file_version="brain.Event:2")]
    for tag, sort, step, wall_time, numbers in parts:
        for index, number in enumerate(numbers):
            at = (step + index + 2**63) % 2**64 - 2**63
            event = tf.compat.v1.Event(wall_time=wall_time + index, step=at)
            add(tf, event.summary, tag, sort, number)
            if several:
                add(tf, event.summary, "also", "v1", number)
            records.append(event)
    folder = tmp_path_factory.mktemp("logdir")
    data = b"".join(frame(record.SerializeToString()) for record in records)
    (folder / NAME).write_bytes(data)
    logdir = events.open_logdir(folder)
    assert logdir.problems == []
    expected = theirs(tf, folder / NAME)
    assert logdir.tags(".") == sorted({tag for tag, _ in expected})
    fields = {"simple_value": "scalar", "histo": "histogram", "image": "image", "tensor": "tensor"}
    for (tag, field), points in expected.items():
        found = logdir._of_tag(".", tag)[fields[field]]
        every = found.select(orphaned=True)
        steps, times, numbers = zip(*points, strict=True)
        assert found.steps(every).tolist() == list(steps)
        assert found.wall_times(every).tolist() == list(times)
        if field == "simple_value":
            np.testing.assert_array_equal(found.values(every), numbers)
