"""Our reader of dumps and TensorFlow's say the same of the same folder, both ways."""

from pathlib import Path

import numpy as np
import pytest
from tfdbg_data import EVERY_RUN, unpack, write_own_dump

from opscope.tfdbg import DebugDumpDir, InconvertibleTensorProto, first_bad, has_inf_or_nan

pytestmark = pytest.mark.interop
debug_data = pytest.importorskip("tensorflow.python.debug.lib.debug_data")


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(tmp_path_factory.mktemp("dumps"))


@pytest.fixture(params=[*EVERY_RUN, "own"])
def root(request: pytest.FixtureRequest, dumps: Path, tmp_path: Path) -> str:
    if request.param == "own":
        return str(write_own_dump(tmp_path / "run_1"))
    return str(dumps / EVERY_RUN[request.param])


def test_tensors(root: str) -> None:
    ours, theirs = DebugDumpDir(root), debug_data.DebugDumpDir(root)
    assert (ours.size, ours.t0) == (theirs.size, theirs.t0)
    assert sorted(ours.devices()) == sorted(theirs.devices())
    by_path = {datum.file_path: datum for datum in theirs.dumped_tensor_data}
    assert set(by_path) == {datum.file_path for datum in ours.dumped_tensor_data}
    for datum in ours.dumped_tensor_data:
        other = by_path[datum.file_path]
        for name in (
            "timestamp",
            "extended_timestamp",
            "debug_op",
            "device_name",
            "node_name",
            "output_slot",
            "tensor_name",
            "watch_key",
            "dump_size_bytes",
        ):
            assert getattr(datum, name) == getattr(other, name), name
        assert str(datum) == str(other)
        value, their_value = datum.get_tensor(), other.get_tensor()
        if isinstance(value, InconvertibleTensorProto):
            assert value.initialized == their_value.initialized
            assert str(value) == str(their_value)
        else:
            assert value.shape == their_value.shape
            # Quantized types are records of one field in TensorFlow and plain integers here.
            names = their_value.dtype.names
            assert value.dtype == (their_value.dtype[0] if names else their_value.dtype)
            if value.dtype == object:
                np.testing.assert_array_equal(value, their_value)
            else:
                assert value.tobytes() == their_value.tobytes()


def test_graphs(root: str) -> None:
    ours, theirs = DebugDumpDir(root), debug_data.DebugDumpDir(root)
    for device in ours.devices():
        assert sorted(ours.nodes(device)) == sorted(theirs.nodes(device))
        for node in ours.nodes(device):
            assert ours.node_op_type(node, device) == theirs.node_op_type(node, device)
            assert (
                dict(ours.node_attributes(node, device)).keys()
                == dict(theirs.node_attributes(node, device)).keys()
            )
            for control in (False, True):
                assert sorted(ours.node_inputs(node, control, device)) == sorted(
                    theirs.node_inputs(node, control, device)
                )
                assert sorted(ours.node_recipients(node, control, device)) == sorted(
                    theirs.node_recipients(node, control, device)
                )
            # Theirs stops at a Merge even where it is the node that was asked for.
            if ours.node_op_type(node, device) != "Merge":
                upstream = theirs.transitive_inputs(node, device_name=device)
                assert set(ours.transitive_inputs(node, device_name=device)) == {
                    name.split(":")[0] for name in upstream
                } - {node}
            assert sorted(ours.debug_watch_keys(node, device)) == sorted(
                theirs.debug_watch_keys(node, device)
            )


def test_metadata(root: str) -> None:
    ours, theirs = DebugDumpDir(root), debug_data.DebugDumpDir(root)
    for name in theirs.core_metadata._fields:
        mine, other = getattr(ours.core_metadata, name), getattr(theirs.core_metadata, name)
        assert (list(mine) if isinstance(mine, tuple) else mine) == other
    assert ours.run_fetches_info == theirs.run_fetches_info
    assert ours.run_feed_keys_info == theirs.run_feed_keys_info


def test_hits_and_the_first_one_in_time(root: str) -> None:
    ours, theirs = DebugDumpDir(root), debug_data.DebugDumpDir(root)
    found = theirs.find(debug_data.has_inf_or_nan)
    want = {datum.file_path for datum in found if datum.debug_op != "DebugNumericSummary"}
    # Theirs leaves bfloat16 out.
    hits = [datum for datum in ours.find(has_inf_or_nan) if "bfloat16" not in datum.node_name]
    assert {datum.file_path for datum in hits} == want
    origin = first_bad(ours)
    if not hits:
        assert origin is None
        return
    assert origin is not None
    assert origin.datum.file_path == min(found, key=lambda datum: datum.timestamp).file_path
