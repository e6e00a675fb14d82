import os
import struct
from pathlib import Path

import pytest

from opscope.events import (
    Problem,
    RecordReader,
    RecordWriter,
    masked_crc32c,
    read_records,
    record_search,
)
from opscope.events.record import frame

PAYLOADS = [bytes([65 + i]) * (i * 7 % 40) for i in range(30)]


def write(path: Path, payloads: list[bytes]) -> list[int]:
    """Write the payloads; returns where each record begins, and the file's size."""
    offsets = [0]
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        for payload in payloads:
            writer.write(payload)
            offsets.append(offsets[-1] + len(frame(payload)))
    return offsets


def damage(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x10
    path.write_bytes(data)


def read(path: Path) -> tuple[list[bytes], list[Problem]]:
    problems: list[Problem] = []
    return [record.data for record in read_records(path, problems)], problems


def test_the_crc_is_the_masked_crc32c_of_the_format() -> None:
    # RFC 3720 gives 0xe3069283 for these digits; the mask is a rotation and an addition.
    crc = 0xE3069283
    assert masked_crc32c(b"123456789") == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_records_read_back_with_their_offsets(tmp_path: Path) -> None:
    path = tmp_path / "records"
    offsets = write(path, PAYLOADS)
    found = list(read_records(path))
    assert [record.data for record in found] == PAYLOADS
    assert [record.offset for record in found] == offsets[:-1]


def test_records_larger_than_the_read_buffer(tmp_path: Path) -> None:
    path = tmp_path / "records"
    payloads = [os.urandom(3 << 20), b"small", os.urandom((1 << 20) + 5), b""]
    write(path, payloads)
    assert read(path) == (payloads, [])


@pytest.mark.parametrize("place", [13, 20])
def test_a_data_fault_loses_one_record(tmp_path: Path, place: int) -> None:
    path = tmp_path / "records"
    offsets = write(path, PAYLOADS)
    damage(path, offsets[5] + place)
    found, (problem,) = read(path)
    assert found == PAYLOADS[:5] + PAYLOADS[6:]
    assert (problem.file, problem.offset) == (str(path), offsets[5])
    assert "data CRC" in problem.message


@pytest.mark.parametrize("place", [0, 3, 7, 8, 11])
def test_a_length_fault_loses_what_lies_before_the_next_intact_record(
    tmp_path: Path, place: int
) -> None:
    path = tmp_path / "records"
    offsets = write(path, PAYLOADS)
    damage(path, offsets[5] + place)
    found, (problem,) = read(path)
    assert found == PAYLOADS[:5] + PAYLOADS[6:]
    assert problem.offset == offsets[5]
    assert f"{offsets[6] - offsets[5]} bytes" in problem.message


def test_the_search_skips_records_that_are_damaged_too(tmp_path: Path) -> None:
    path = tmp_path / "records"
    offsets = write(path, PAYLOADS)
    damage(path, offsets[5])
    damage(path, offsets[6] + 12)
    found, problems = read(path)
    assert found == PAYLOADS[:5] + PAYLOADS[7:]
    assert [problem.offset for problem in problems] == [offsets[5]]


def test_every_single_bit_flip_is_reported_once_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "records"
    offsets = write(path, [b"first", b"second record", b"third"])
    intact = path.read_bytes()
    for at in range(len(intact)):
        path.write_bytes(intact[:at] + bytes([intact[at] ^ 1]) + intact[at + 1 :])
        index = sum(offset <= at for offset in offsets[1:])
        found, (problem,) = read(path)
        expected = [b"first", b"second record", b"third"]
        del expected[index]
        assert (found, problem.offset) == (expected, offsets[index])


def test_a_length_field_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "records"
    length = struct.pack("<Q", 1 << 60)
    path.write_bytes(frame(b"good") + length + struct.pack("<I", masked_crc32c(length)) + b"x")
    found, (problem,) = read(path)
    assert found == [b"good"]
    assert "incomplete" in problem.message


def test_crafted_headers_cost_no_more_than_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "records"
    length = struct.pack("<Q", 600_000)
    header = length + struct.pack("<I", masked_crc32c(length))
    path.write_bytes(b"\xff" + header * 100_000)
    checked = []
    is_intact = record_search._is_intact

    def counted(*args: object) -> bool:
        checked.append(args)
        return is_intact(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(record_search, "_is_intact", counted)
    found, problems = read(path)
    assert found == []
    assert "length CRC" in problems[0].message
    assert len(checked) <= 4 * path.stat().st_size / 600_000 + 1


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_record_that_is_being_written_is_waited_for(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "records"
    payloads = [b"one", b"two and more bytes than that", b"three"]
    offsets = write(path, payloads)
    whole = path.read_bytes()
    reader = RecordReader(path)
    path.write_bytes(whole[: offsets[1] + cut])
    first = [record.data for record in reader.records()]
    assert (reader.pending is None) == (offsets[1] + cut in offsets)
    path.write_bytes(whole)
    assert first + [record.data for record in reader.records()] == payloads
    assert (reader.problems, reader.pending) == ([], None)


def test_a_gap_at_the_end_is_left_when_the_file_grows(tmp_path: Path) -> None:
    path = tmp_path / "records"
    offsets = write(path, PAYLOADS[:3])
    with open(path, "ab") as file:
        file.write(bytes(100))  # what a crash of the machine leaves
    reader = RecordReader(path)
    assert len(list(reader.records())) == 3
    assert reader.pending is not None
    assert reader.pending.offset == offsets[-1]
    with open(path, "ab") as file:
        file.write(frame(b"after the crash"))
    assert [record.data for record in reader.records()] == [b"after the crash"]
    assert reader.pending is None
    assert [problem.offset for problem in reader.problems] == [offsets[-1]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"just some text, which is no record\n" * 9, "not an event file"),
        (b"\x1f\x8b\x08\x00" + bytes(100), "unpack it first"),
        (bytes(1000), "not an event file"),
        (b"short", "incomplete"),
    ],
)
def test_a_foreign_file_is_named_as_such(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "records"
    path.write_bytes(content)
    found, (problem,) = read(path)
    assert found == []
    assert problem.offset == 0
    assert message in problem.message


def test_an_empty_file_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.touch()
    assert read(path) == ([], [])
