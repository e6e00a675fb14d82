"""Checkpoint files: TensorFlow's are read, ours survive damage and interruption as promised."""

import json
import os
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from opscope.runtime import errors
from opscope.runtime.checkpoint import bundle_writer
from opscope.runtime.checkpoint.bundle_merge import merge_bundles
from opscope.runtime.checkpoint.bundle_reader import BundleReader
from opscope.runtime.checkpoint.bundle_writer import BundleWriter
from opscope.runtime.checkpoint.checkpoint_reader import (
    CheckpointReader,
    list_variables,
    load_variable,
)
from opscope.runtime.checkpoint.table import Table, write_table
from opscope.runtime.checkpoint.tensor_slice import TensorSlice, slice_key

DATA = Path(__file__).parents[1] / "data/runtime/checkpoints"
EXPECTED = json.loads((DATA / "expected.json").read_text())


def text_of(value):
    return [str(v) for v in np.asarray(value).ravel()]


@pytest.mark.parametrize("name", sorted(EXPECTED["reader_shapes"]))
def test_tensorflows_v2_checkpoint_is_read(name):
    reader = CheckpointReader(DATA / "model.ckpt-3")
    assert reader.get_variable_to_shape_map()[name] == EXPECTED["reader_shapes"][name]
    assert reader.get_variable_to_dtype_map()[name].name == EXPECTED["reader_dtypes"][name]
    variables = EXPECTED["variables"]
    parts = [name, f"{name}/part_0", f"{name}/part_1"]
    values = [v for part in parts if part in variables for v in variables[part]["values"]]
    assert text_of(reader.get_tensor(name)) == values


def test_tensorflows_v1_checkpoint_is_read():
    reader = CheckpointReader(DATA / "v1format.ckpt")
    assert reader.get_variable_to_shape_map() == {
        "global_step": [],
        "layer/b": [3],
        "layer/w": [4, 3],
    }
    for name in reader.get_variable_to_shape_map():
        assert text_of(reader.get_tensor(name)) == EXPECTED["variables"][name]["values"]


def test_a_folder_stands_for_its_latest_checkpoint(tmp_path):
    write(tmp_path / "m-1", w=np.arange(3))
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "m-1"\n')
    assert list_variables(tmp_path) == [("w", [3])]
    assert load_variable(tmp_path, "w:0").tolist() == [0, 1, 2]


def strings(*values):
    array = np.empty(len(values), object)
    array[:] = values
    return array


VALUES = {
    "float": np.array([[1.5, -0.0], [np.inf, np.nan]], np.float32),
    "half": np.array([1, 2], np.float16),
    "bfloat": np.array([1, 2], ml_dtypes.bfloat16),
    "bool": np.array([True, False]),
    "complex": np.array([1 + 2j], np.complex128),
    "int8": np.array([-1], np.int8),
    "uint64": np.array([2**64 - 1], np.uint64),
    "strings": strings(b"", b"ab", b"x" * 300),
    "scalar": np.array(7.0),
    "empty": np.zeros((0, 3), np.float32),
}


def write(prefix, **arrays):
    with BundleWriter(str(prefix)) as writer:
        for name, array in arrays.items():
            writer.add(name, array)
        writer.finish()


def test_what_is_written_is_read(tmp_path):
    write(tmp_path / "m", **VALUES)
    reader = CheckpointReader(tmp_path / "m")
    for name, value in VALUES.items():
        back = reader.get_tensor(name)
        assert back.dtype == value.dtype
        np.testing.assert_array_equal(back, value)
    assert sorted(os.listdir(tmp_path)) == ["m.data-00000-of-00001", "m.index"]


def test_slices_come_back_as_one_tensor(tmp_path):
    whole = np.arange(12.0).reshape(6, 2)
    with BundleWriter(str(tmp_path / "m")) as writer:
        for start in (0, 2):
            _, part = TensorSlice.parse(f"6 2 {start},{2 if start == 0 else 4}:-")
            writer.add_slice("w", whole[part.index()], (6, 2), part)
        writer.finish()
    reader = CheckpointReader(tmp_path / "m")
    assert reader.get_variable_to_shape_map() == {"w": [6, 2]}
    np.testing.assert_array_equal(reader.get_tensor("w"), whole)


def test_shards_are_merged(tmp_path):
    write(tmp_path / "part-0", a=np.arange(3))
    write(tmp_path / "part-1", b=np.arange(4))
    merge_bundles(
        [str(tmp_path / "part-0"), str(tmp_path / "part-1")],
        str(tmp_path / "m"),
        delete_old_dirs=True,
        allow_missing=False,
    )
    reader = CheckpointReader(tmp_path / "m")
    assert reader.get_tensor("a").tolist() == [0, 1, 2]
    assert reader.get_tensor("b").tolist() == [0, 1, 2, 3]
    assert sorted(os.listdir(tmp_path)) == [
        "m.data-00000-of-00002",
        "m.data-00001-of-00002",
        "m.index",
    ]


def test_a_large_table_has_several_blocks(tmp_path):
    items = [(b"%06d" % i, b"v" * (i % 700)) for i in range(3000)]
    with open(tmp_path / "t", "wb") as file:
        write_table(file, items)
    with Table(str(tmp_path / "t")) as table:
        assert list(table.items()) == items
        assert table.get(b"001234") == items[1234][1]
        assert table.get(b"001234x") is None
        assert table.get(b"zzz") is None


@pytest.mark.parametrize(
    ("start", "encoded"),
    [
        (0, b"\x80"),
        (63, b"\xbf"),
        (64, b"\xc0\x40"),
        (8191, b"\xdf\xff"),
        (8192, b"\xe0\x20\x00"),
        (2**40, b"\xfd\x00\x00\x00\x00\x00"),
        (-1, b"\x7f"),
        (-65, b"\x3f\xbf"),
    ],
)
def test_numbers_in_slice_keys_sort_as_bytes(start, encoded):
    key = slice_key("a\0", TensorSlice(((start, -1),)))
    assert key == b"\x00" + b"a\x00\xff\x00\x01" + b"\x01\x01" + encoded + b"\x7f"


def test_every_damaged_byte_is_found(tmp_path):
    write(tmp_path / "m", w=np.arange(3, dtype=np.float32), s=strings(b"a", b"bc"))
    data = tmp_path / "m.data-00000-of-00001"
    good = data.read_bytes()
    for i in range(len(good)):
        data.write_bytes(good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :])
        reader = CheckpointReader(tmp_path / "m")
        name = "w" if i < 12 else "s"
        with pytest.raises(errors.DataLossError, match=rf"m\.data-.* at byte .*'{name}'"):
            reader.get_tensor(name)


def test_a_damaged_index_is_found(tmp_path):
    write(tmp_path / "m", w=np.arange(3, dtype=np.float32))
    index = tmp_path / "m.index"
    good = index.read_bytes()
    expected = CheckpointReader(tmp_path / "m").get_tensor("w")
    silent = 0
    found = set()
    for i in range(len(good)):
        index.write_bytes(good[:i] + bytes([good[i] ^ 0x55]) + good[i + 1 :])
        try:
            value = CheckpointReader(tmp_path / "m").get_tensor("w")
        except errors.OpError as error:
            found.add("m.index" in error.message)
        else:  # padding of the footer, or the metaindex that nobody needs
            np.testing.assert_array_equal(value, expected)
            silent += 1
    assert silent < 60
    assert found == {True}
    for size in range(len(good)):
        index.write_bytes(good[:size])
        with pytest.raises(errors.DataLossError, match=r"m\.index: damaged at byte"):
            CheckpointReader(tmp_path / "m")


def test_a_claim_of_more_than_the_file_holds_takes_no_memory(tmp_path):
    from opscope.events.proto.tensor_bundle_pb2 import BundleEntryProto

    write(tmp_path / "m", w=np.arange(3, dtype=np.float32))
    entry = BundleReader(str(tmp_path / "m")).entries[b"w"]
    for change in ({"size": 1 << 60}, {"offset": 1 << 60}, {"offset": -4}):
        wrong = BundleEntryProto()
        wrong.CopyFrom(entry)
        for field, value in change.items():
            setattr(wrong, field, value)
        reader = BundleReader(str(tmp_path / "m"))
        reader.entries[b"w"] = wrong
        with pytest.raises(errors.DataLossError, match="should be here, the file has 12"):
            reader.read("w")
    wrong.CopyFrom(entry)
    wrong.shape.dim[0].size = 1 << 60
    reader.entries[b"w"] = wrong
    with pytest.raises(errors.DataLossError, match="takes 4611686018427387904 bytes, here are 12"):
        reader.read("w")


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(errors.NotFoundError, match="no checkpoint"):
        CheckpointReader(tmp_path / "m")
    write(tmp_path / "m", w=np.arange(3))
    with pytest.raises(errors.NotFoundError, match="Key v not found in checkpoint"):
        CheckpointReader(tmp_path / "m").get_tensor("v")
    os.remove(tmp_path / "m.data-00000-of-00001")
    with pytest.raises(errors.NotFoundError, match="data-00000-of-00001 with the tensor 'w'"):
        CheckpointReader(tmp_path / "m").get_tensor("w")


@pytest.mark.parametrize("existing", [False, True], ids=["new", "over an old one"])
def test_an_interrupted_save_leaves_a_whole_checkpoint(tmp_path, monkeypatch, existing):
    """Every call that changes the folder fails in turn, as if the process were killed there."""
    old, new = np.arange(3), np.arange(5) * 7
    outcomes = set()
    for failing in range(30):
        prefix = tmp_path / str(failing) / "m"
        prefix.parent.mkdir()
        if existing:
            write(prefix, w=old)
        calls = 0

        def killed(call):
            def wrapper(*args, **kwargs):
                nonlocal calls
                calls += 1
                if calls > failing:  # noqa: B023 - used within the same turn
                    raise KeyboardInterrupt
                return call(*args, **kwargs)

            return wrapper

        with monkeypatch.context() as patch:
            for name in ("replace", "link", "remove", "fsync"):
                patch.setattr(bundle_writer.os, name, killed(getattr(os, name)))
            try:
                write(prefix, w=new)
            except KeyboardInterrupt:
                done = False
            else:
                done = True
        if existing or (prefix.parent / "m.index").exists():
            value = CheckpointReader(prefix).get_tensor("w").tolist()
            assert value in (old.tolist(), new.tolist())
            outcomes.add(tuple(value))
            # The next save works, whatever was left.
            write(prefix, w=old)
            assert CheckpointReader(prefix).get_tensor("w").tolist() == old.tolist()
        if done:
            break
    else:
        pytest.fail("the save never came to its end")
    assert tuple(new.tolist()) in outcomes


def test_a_save_over_an_older_one_leaves_the_usual_files(tmp_path):
    for _ in range(3):
        write(tmp_path / "m", w=np.arange(3))
    assert sorted(os.listdir(tmp_path)) == ["m.data-00000-of-00001", "m.index"]


def test_a_failed_save_leaves_nothing_behind(tmp_path, monkeypatch):
    write(tmp_path / "m", w=np.arange(3))

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle_writer.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "m", w=np.arange(9))
    assert sorted(os.listdir(tmp_path)) == ["m.data-00000-of-00001", "m.index"]
    assert CheckpointReader(tmp_path / "m").get_tensor("w").tolist() == [0, 1, 2]


@pytest.mark.parametrize("text", ["6 2 0,7:-", "6 0,3:0,2", "x", "6 -1,2", "6 0,0"])
def test_a_wrong_slice_is_refused(text):
    with pytest.raises(ValueError, match=r"is no slice|invalid literal"):
        TensorSlice.parse(text)
