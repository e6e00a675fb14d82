"""The packed form: what is written is read, by the index or without it, and damage is told."""

import errno
import json
import os
import struct
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from opscope.events import (
    ByteBudget,
    DumpBudgetError,
    DumpedTensor,
    DumpError,
    DumpWriter,
    Frame,
    Health,
    NoArray,
    PackedDump,
    PackedDumpWriter,
    convert_dump,
    find_dumps,
    health_summary,
    open_dump,
    packed_form,
)
from opscope.events.dump_folder import DumpFolder
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.events.proto.types_pb2 import DT_FLOAT, DT_QUINT8

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
OTHER = "/job:localhost/replica:0/task:0/device:GPU:0"
VALUES: list[object] = [
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.float32("nan"),
    np.array([[1, np.inf]]),
    np.arange(10_000, dtype=np.int64)[::-3],
    np.zeros((0, 7), np.float16),
    np.array([1.5, -np.inf], ml_dtypes.bfloat16),
    np.array([1, -8], ml_dtypes.int4),
    np.array([True, False]),
    np.array([1 + 2j], np.complex64),
    np.array([b"one", b"\xff\0", b""], object),
    np.array([1.0, 2.0], ">f8"),
    np.bytes_(b"scalar"),
]


def write(root: Path, values: list[object] = VALUES, **options: object) -> Path:
    with PackedDumpWriter(root, **options) as writer:  # type: ignore[arg-type]
        writer.write_core_metadata(session_run_index=3, output_names=["loss:0"], global_step=7)
        for number, value in enumerate(values):
            device = OTHER if number % 2 else CPU
            writer.write_tensor(device, f"scope/n{number}", number, value, 1000)  # type: ignore[arg-type]
        writer.write_tensor(CPU, "v", 0, None, 2000, dtype=DT_FLOAT, shape=(2, 3))
        graph = GraphDef()
        graph.node.add(name="v", op="VariableV2")
        writer.write_graph(CPU, graph)
        writer.write_fetches_info("'loss:0'")
        writer.write_feed_keys_info("None")
        writer.write_feeds({"x:0": np.arange(3)})
        writer.write_tracebacks({"v": [Frame("a.py", 3, "f", "v = 1")]})
        writer.write_sources({"a.py": "v = 1\n"})
    return root


def bits(array: object) -> tuple[object, ...]:
    array = np.asarray(array)
    if array.dtype == object or array.dtype.kind in "SU":
        return array.shape, [bytes(item) for item in array.ravel().tolist()]
    array = array.astype(array.dtype.newbyteorder("="))
    return array.dtype, array.shape, array.tobytes()


def same(ours: DumpFolder, other: DumpFolder) -> None:
    assert [entry[:4] for entry in ours.entries] == [entry[:4] for entry in other.entries]
    for mine, theirs in zip(ours.entries, other.entries, strict=True):
        left, right = ours.load(mine), other.load(theirs)
        if isinstance(left, NoArray):
            assert isinstance(right, NoArray)
            assert (left.initialized, left.dtype, left.shape) == (
                right.initialized,
                right.dtype,
                right.shape,
            )
        else:
            assert bits(left) == bits(right)
    assert ours.core_metadata_list == other.core_metadata_list
    assert sorted(ours.devices) == sorted(other.devices)
    assert ours.fetches_info == other.fetches_info
    assert ours.feed_keys_info == other.feed_keys_info
    assert ours.tracebacks == other.tracebacks
    assert ours.sources == other.sources
    assert {k: bits(v) for k, v in ours.feeds.items()} == {
        k: bits(v) for k, v in other.feeds.items()
    }


def test_what_is_written_is_read(tmp_path: Path) -> None:
    dump = open_dump(write(tmp_path / "run"))
    assert isinstance(dump, PackedDump)
    assert dump.problems == []
    assert [entry.timestamp for entry in dump.entries] == [*range(1000, 1012), 2000]
    for value, entry in zip(VALUES, dump.entries, strict=False):
        loaded = dump.load(entry)
        assert not isinstance(loaded, NoArray)
        assert bits(loaded) == bits(value)
    empty = dump.load(dump.entries[-1])
    assert isinstance(empty, NoArray)
    assert (empty.initialized, empty.dtype, empty.shape) == (False, DT_FLOAT, (2, 3))
    assert dump.core_metadata is not None
    assert (dump.core_metadata.session_run_index, dump.global_step) == (3, 7)
    assert dump.devices == [CPU, OTHER]
    graph = dump.graph(CPU)
    assert graph is not None
    assert graph.node[0].name == "v"
    assert dump.graph(OTHER) is None
    assert dump.tracebacks == {"v": [Frame("a.py", 3, "f", "v = 1")]}
    assert dump.sources == {"a.py": "v = 1\n"}
    assert bits(dump.feeds["x:0"]) == bits(np.arange(3))
    assert find_dumps(tmp_path) == [str(tmp_path / "run")]


def test_payloads_are_aligned_and_the_index_knows_the_bad(tmp_path: Path) -> None:
    root = write(tmp_path / "run")
    dump = open_dump(root)
    for value, row in zip(VALUES, dump.health, strict=False):
        np.testing.assert_array_equal(row.summary, health_summary(value))  # type: ignore[arg-type]
    for entry in dump.entries:
        assert entry.offset % 64 == 0
        loaded = dump.load(entry)
        if isinstance(loaded, np.ndarray) and loaded.size and loaded.dtype != object:
            assert loaded.__array_interface__["data"][0] % 64 == 0
            assert not loaded.flags.writeable
    finite = [dump.finite(entry) for entry in dump.entries]
    assert finite == [number not in (1, 2, 5) for number in range(13)]
    assert dump.bad == ["scope/n1:1", "scope/n2:2", "scope/n5:5"]
    entries = dump.entries
    del dump
    data = bytearray((root / "dump.opscope").read_bytes())
    for entry in entries:  # no payload is read to know what is bad
        frame = packed_form.read_frame(bytes(data[entry.offset : entry.offset + 64]))
        assert frame is not None
        start = entry.offset + frame.payload_start
        data[start : start + frame.stored_size] = b"\xee" * frame.stored_size
    (root / "dump.opscope").write_bytes(data)
    again = open_dump(root)
    assert [again.finite(entry) for entry in again.entries] == finite
    assert again.bad == ["scope/n1:1", "scope/n2:2", "scope/n5:5"]
    assert again.problems == []
    with pytest.raises(DumpError, match=r"dump\.opscope: byte \d+: the payload is damaged"):
        again.load(again.entries[0])
    assert [row.node_name for row in again.health] == ["scope/n4", "v"]  # those without payload
    assert {problem.message.split(":")[0] for problem in again.problems} == {
        "no health of this tensor"
    }


def test_the_same_memory_is_stored_once_until_it_changes(tmp_path: Path) -> None:
    value = np.arange(50_000, dtype=np.float32)
    with PackedDumpWriter(tmp_path) as writer:
        writer.write_tensor(CPU, "v", 0, value, 1)
        writer.write_tensor(CPU, "v/read", 0, value, 2)
        writer.write_tensor(CPU, "reshaped", 0, value.reshape(50, 1000), 3)
        value[7] = np.nan
        writer.write_tensor(CPU, "later", 0, value, 4)
    assert (tmp_path / "dump.opscope").stat().st_size < 2.2 * value.nbytes
    dump = open_dump(tmp_path)
    loaded = [dump.load(entry) for entry in dump.entries]
    assert [np.isnan(array).sum() for array in loaded] == [0, 0, 0, 1]
    assert loaded[2].shape == (50, 1000)
    assert dump.health[2].summary[13:].tolist() == [2, 50, 1000]
    assert [row.summary[2] for row in dump.health] == [0, 0, 0, 1]


def test_one_call_writes_many_and_looks_at_each_array_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = np.arange(60_000, dtype=np.float32)
    sizes = []
    crc32c = packed_form.crc32c
    monkeypatch.setattr(packed_form, "crc32c", lambda data: sizes.append(len(data)) or crc32c(data))
    arrays = [value, value, value.reshape(60, 1000), value.view(np.int32), value[::2]]
    arrays += [np.float32(number) for number in range(2000)]
    with PackedDumpWriter(tmp_path) as writer:
        last = writer.write_tensors(
            [DumpedTensor(CPU, f"n{k}", 0, array, 7) for k, array in enumerate(arrays)]
        )
    assert last == 7 + len(arrays) - 1
    assert sizes.count(value.nbytes) == 2  # as floats, and as the integers they are as well
    dump = open_dump(tmp_path)
    assert (dump.problems, dump.bad) == ([], [])
    for array, entry in zip(arrays, dump.entries, strict=True):
        assert bits(dump.load(entry)) == bits(array)
    assert (tmp_path / "dump.opscope").stat().st_size < 2.6 * value.nbytes + 2100 * 600


def test_the_tensors_before_one_that_cannot_be_written_are(tmp_path: Path) -> None:
    wrong = np.array(["2020"], "M8[s]")
    with PackedDumpWriter(tmp_path) as writer:
        with pytest.raises(DumpError, match="b:0 cannot be dumped"):
            writer.write_tensors(
                [DumpedTensor(CPU, *row, 1) for row in (("a", 0, np.ones(3)), ("b", 0, wrong))]
            )
        writer.write_tensor(CPU, "c", 0, np.ones(3), 5)
    dump = open_dump(tmp_path)
    assert (dump.problems, [entry.node for entry in dump.entries]) == ([], ["a", "c"])


@pytest.mark.parametrize("left", [400, 2500, 5000])
def test_after_a_failure_the_whole_records_are_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    write_parts = os.writev

    def full(file: int, parts: list[bytes]) -> int:
        nonlocal left
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write_parts(file, [b"".join(parts)[:left]])
        left -= written
        return written

    writer = PackedDumpWriter(tmp_path)
    monkeypatch.setattr(os, "writev", full)
    with pytest.raises(DumpError, match="No space left"):
        writer.write_tensors(
            [DumpedTensor(CPU, f"n{k}", 0, np.full(200, k, np.float32), 1) for k in range(9)]
        )
    room, left = left, 1 << 20
    assert room == 0
    writer.write_tensor(CPU, "later", 0, np.ones(3), 50)
    writer.close()
    dump = open_dump(tmp_path)
    assert dump.problems == []
    *before, later = dump.entries
    assert later.node == "later"
    assert len(before) < 6
    for k, entry in enumerate(before):
        assert np.all(dump.load(entry) == k)


def test_a_dump_of_version_1_is_read(tmp_path: Path) -> None:
    payload = np.array([1, np.inf], np.float32).tobytes()
    row = {"device": CPU, "slot": 0, "op": "DebugIdentity", "form": "raw", "dtype": 1}
    metas = [
        {**row, "node": "a", "time": 1, "shape": [2], "health": [1, 2, 0, 0, 0, 0, 1, 1]},
        {**row, "node": "b", "time": 2, "shape": [1], "health": [1, 1, 0, 0, 0, 0, 1, 0]},
    ]
    header = packed_form.file_header(version=1)
    body = header
    for meta, stored in zip(metas, (payload, payload[:4]), strict=True):
        meta["health"] += [1, 1, 1, 0, 1, 1, *meta["shape"]]
        text = packed_form.json_bytes(meta)
        body += packed_form.record_head(packed_form.TENSOR, 0, text, stored)
        body += stored.ljust(64, b"\0")
    (tmp_path / "dump.opscope").write_bytes(body)
    dump = open_dump(tmp_path)
    assert isinstance(dump, PackedDump)
    assert [dump.finite(entry) for entry in dump.entries] == [False, True]
    assert dump.bad == ["a:0"]
    assert dump.health[0].summary.tolist() == metas[0]["health"]
    assert bits(dump.load(dump.entries[1])) == bits(np.ones(1, np.float32))


def test_health_of_what_is_not_stored_is_kept(tmp_path: Path) -> None:
    rows = [
        Health(CPU, name, 0, time, health_summary(np.ones(3)))
        for name, time in (("a", 5), ("b", 6))
    ]
    with PackedDumpWriter(tmp_path) as writer:
        writer.write_tensor(CPU, "a", 0, np.ones(3), 5)
        writer.write_health(rows)
    assert [row.node_name for row in open_dump(tmp_path).health] == ["a", "b"]


@pytest.mark.parametrize("name", ["cf1", "debugops", "dtypes", "uninit"])
def test_tensorflows_dumps_survive_both_conversions(
    fixtures: Path, tmp_path: Path, name: str
) -> None:
    for number, root in enumerate(find_dumps(fixtures / "tfdbg" / name)):
        original = open_dump(root)
        convert_dump(original, tmp_path / f"{number}p", "packed", "zstd")
        packed = open_dump(tmp_path / f"{number}p")
        convert_dump(packed, tmp_path / f"{number}t", "tfdbg")
        back = open_dump(tmp_path / f"{number}t")
        for dump in (packed, back):
            assert dump.problems == []
            same(original, dump)
            for device in original.devices:
                assert dump.graph(device) == original.graph(device)
        with pytest.raises(DumpError, match="exists already"):
            convert_dump(packed, tmp_path / f"{number}t", "tfdbg")


def test_our_dumps_survive_both_conversions(tmp_path: Path) -> None:
    original = open_dump(write(tmp_path / "a"))
    convert_dump(original, tmp_path / "b", "tfdbg")
    convert_dump(open_dump(tmp_path / "b"), tmp_path / "c", "packed")
    back = open_dump(tmp_path / "c")
    same(original, back)
    assert [e.timestamp for e in back.entries] == [e.timestamp for e in original.entries]
    for ours, theirs in zip(original.health, back.health, strict=True):
        assert ours[:4] == theirs[:4]
        np.testing.assert_array_equal(ours.summary, theirs.summary)


def test_quantized_types_keep_their_number(tmp_path: Path) -> None:
    DumpWriter(tmp_path / "a").write_tensor(
        CPU, "q", 0, np.arange(3, dtype=np.uint8), 1, dtype=DT_QUINT8
    )
    convert_dump(open_dump(tmp_path / "a"), tmp_path / "b", "packed")
    packed = open_dump(tmp_path / "b")
    assert packed.load_proto(packed.entries[0]).dtype == DT_QUINT8
    assert packed.health[0].summary[12] == DT_QUINT8


def test_a_dump_cut_anywhere_gives_what_was_whole(tmp_path: Path) -> None:
    root = write(tmp_path / "run")
    data = (root / "dump.opscope").read_bytes()
    whole = open_dump(root)
    ends = {}
    for entry in whole.entries:
        frame = packed_form.read_frame(data[entry.offset : entry.offset + 64])
        assert frame is not None
        ends[entry.node] = entry.offset + frame.payload_start + frame.stored_size
    (tmp_path / "cut").mkdir()
    for size in [*range(64, len(data), 64), *range(len(data) - 200, len(data), 7)]:
        (tmp_path / "cut" / "dump.opscope").write_bytes(data[:size])
        cut = open_dump(tmp_path / "cut")
        assert {e.node for e in cut.entries} == {n for n, end in ends.items() if end <= size}
        assert "no index" in cut.problems[0].message
        for entry in cut.entries:
            cut.load(entry)


def test_past_a_damaged_record_the_rest_is_found(tmp_path: Path) -> None:
    root = write(tmp_path / "run")
    path = root / "dump.opscope"
    dump = open_dump(root)
    data = bytearray(path.read_bytes())
    first, second = dump.entries[0], dump.entries[1]
    data[first.offset + 5] ^= 1  # its frame
    data[second.offset + 60] ^= 1  # its meta
    (place,) = struct.unpack_from("<Q", data, len(data) - 64 + len(packed_form.INDEX_MAGIC))
    data[place + 300] ^= 1  # the index
    path.write_bytes(data)
    found = open_dump(root)
    assert [e.node for e in found.entries] == [e.node for e in dump.entries[2:]]
    assert [(p.offset, p.message.split(":")[0][:19]) for p in found.problems] == [
        (place, "the index cannot be"),
        (first.offset, "no intact record in"),
        (second.offset, "what this record sa"),
    ]


def test_no_damage_does_more_than_raise_a_dump_error(tmp_path: Path) -> None:
    root = write(tmp_path / "run", VALUES[:4])
    path = root / "dump.opscope"
    data = path.read_bytes()
    random = np.random.default_rng(5)
    said = []
    for _ in range(400):
        broken = bytearray(data)
        for place in random.integers(0, len(data), random.integers(1, 4)):
            broken[place] = random.integers(256)
        path.write_bytes(broken)
        try:
            dump = open_dump(root)
            for entry in dump.entries:
                dump.load(entry)
            _ = dump.health, dump.feeds, dump.sources, dump.tracebacks
            for device in dump.devices:
                dump.graph(device)
        except DumpError as error:
            said.append(str(error))
    assert said
    assert all("dump.opscope: byte" in text for text in said)


def forged(root: Path, meta: object, payload: bytes = b"", **frame: int) -> PackedDump:
    """A dump whose single record says `meta`, with right CRCs."""
    text = meta if isinstance(meta, bytes) else json.dumps(meta).encode()
    head = packed_form.record_head(
        packed_form.TENSOR, frame.get("codec", 0), text, payload, frame.get("size")
    )
    root.mkdir(exist_ok=True)
    body = (
        packed_form.file_header() + head + payload.ljust(packed_form.aligned(len(payload)), b"\0")
    )
    (root / "dump.opscope").write_bytes(body)
    dump = open_dump(root)
    assert isinstance(dump, PackedDump)
    return dump


def test_lies_are_told(tmp_path: Path) -> None:
    meta = {"device": CPU, "node": "n", "slot": 0, "op": "DebugIdentity", "time": 1}
    good = {**meta, "form": "raw", "dtype": 1, "shape": [2]}
    assert len(forged(tmp_path, good, b"8 bytes.").entries) == 1
    for change in (
        {"shape": [-1]},
        {"shape": [1.5]},
        {"shape": "ab"},
        {"shape": [1] * 300},
        {"shape": None},
        {"form": "pickle"},
        {"node": 3},
        {"slot": -1},
        {"slot": True},
        {"time": "now"},
        {"same": "x"},
        {"health": [1, 2]},
        {"health": {"a": 1}},
        {"health": ["1"] * 15},
        {"health": [10**400] * 15},
        {"finite": 1},
        {"finite": "yes"},
    ):
        dump = forged(tmp_path, {**good, **change}, b"8 bytes.")
        assert dump.entries == []
        assert "this record is damaged" in dump.problems[-1].message
    for text in (b"[" * 100_000, b"\xff", b"[]", b"3", b"null"):
        assert forged(tmp_path, text).entries == []
    for change, payload in (
        ({"shape": [1 << 40, 1 << 40]}, b"8 bytes."),
        ({"shape": [3]}, b"8 bytes."),
        ({"dtype": 7}, b"8 bytes."),  # strings are not raw
        ({"dtype": 20}, b"8 bytes."),
        ({"dtype": 9999}, b"8 bytes."),
        ({"same": 64 * 99}, b""),
        ({"same": 65}, b""),
        ({"same": 0}, b""),
        ({"form": "proto"}, b"\xff\xff"),
        ({"form": "none", "shape": [1 << 70]}, b""),
    ):
        dump = forged(tmp_path, {**good, **change}, payload)
        with pytest.raises(DumpError, match=r"dump\.opscope: byte \d+"):
            dump.load(dump.entries[0])


def test_compressed_data_expands_to_what_it_says_and_no_more(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    meta = {"device": CPU, "node": "n", "slot": 0, "op": "DebugIdentity", "time": 1}
    meta |= {"form": "raw", "dtype": 4, "shape": [1000]}
    bomb = zstandard.compress(bytes(50_000_000))
    for size in (1000, 1 << 40):
        dump = forged(tmp_path, meta, bomb, codec=packed_form.ZSTD, size=size)
        with pytest.raises(DumpError, match=r"does not hold the 1000 bytes|is not expanded"):
            dump.load(dump.entries[0])
    for payload in (b"not zstd", zstandard.compress(bytes(10)), bomb[:30]):
        dump = forged(tmp_path, meta, payload, codec=packed_form.ZSTD, size=1000)
        with pytest.raises(DumpError, match=r"byte \d+: (damaged zstd|the zstd data)"):
            dump.load(dump.entries[0])
    dump = forged(tmp_path, meta, zstandard.compress(bytes(1000)), codec=1, size=1000)
    assert not np.any(dump.load(dump.entries[0]))
    dump = forged(tmp_path, meta, bytes(1000), codec=9, size=1000)
    with pytest.raises(DumpError, match="codec 9"):
        dump.load(dump.entries[0])


def test_compression_saves_bytes_and_changes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("zstandard")
    values: list[object] = [*VALUES, np.zeros(100_000)]
    plain, small = write(tmp_path / "a", values), write(tmp_path / "b", values, compression="zstd")
    same(open_dump(plain), open_dump(small))
    assert (small / "dump.opscope").stat().st_size * 10 < (plain / "dump.opscope").stat().st_size


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(DumpError, match=r'zstandard is needed: pip install "opscope\[zstd\]"'):
        PackedDumpWriter(tmp_path / "a", "zstd")
    with pytest.raises(DumpError, match="not by 'lzma'"):
        PackedDumpWriter(tmp_path / "b", "lzma")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_the_budget_ends_the_writing_and_leaves_a_whole_file(tmp_path: Path) -> None:
    budget = ByteBudget(5000)
    writer = PackedDumpWriter(tmp_path / "a", budget=budget)
    writer.write_tensor(CPU, "a", 0, np.ones(500, np.float32), 1)
    with pytest.raises(DumpBudgetError, match=r"budget of 5,000 bytes .* OPSCOPE_DUMP_BYTES"):
        writer.write_tensor(CPU, "b", 0, np.ones(1000, np.float32), 2)
    writer.close()
    writer.close()
    dump = open_dump(tmp_path / "a")
    assert (dump.problems, [entry.node for entry in dump.entries]) == ([], ["a"])
    with pytest.raises(DumpError, match="this dump is closed"):
        writer.write_fetches_info("late")
    with pytest.raises(DumpBudgetError):
        DumpWriter(tmp_path / "b", budget).write_sources({"a": "b" * 5000})
    assert 0 < budget.used <= 5000


def test_the_budget_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ByteBudget().limit == 100_000_000_000
    monkeypatch.setenv("OPSCOPE_DUMP_BYTES", "1_000")
    assert (ByteBudget().limit, ByteBudget(3).limit) == (1000, 3)
    monkeypatch.setenv("OPSCOPE_DUMP_BYTES", "much")
    with pytest.raises(ValueError, match="OPSCOPE_DUMP_BYTES must be a number of bytes"):
        ByteBudget()
    with pytest.raises(ValueError, match="0 or more"):
        ByteBudget(-1)


def test_what_is_no_packed_dump_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dump.opscope"
    for data, said in (
        (b"", "cannot be read"),
        (b"hello", "byte 0: this file is no packed dump"),
        (packed_form.file_header()[:10], "byte 0: this file is no packed dump"),
    ):
        path.write_bytes(data)
        with pytest.raises(DumpError, match=said):
            open_dump(tmp_path)
    path.unlink()
    write(tmp_path)
    with pytest.raises(DumpError, match="the dump cannot be made"):
        PackedDumpWriter(tmp_path)
    with pytest.raises(DumpError, match="n:0 cannot be dumped"):
        PackedDumpWriter(tmp_path / "x").write_tensor(CPU, "n", 0, np.array(["2020"], "M8[s]"), 1)
    with pytest.raises(DumpError, match="give dtype="):
        PackedDumpWriter(tmp_path / "y").write_tensor(CPU, "n", 0, None, 1)
