"""Ops that read and write files or formats of files: readers, pictures, compressed text."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import opscope.runtime as tf

PICTURE = np.arange(60, dtype=np.uint8).reshape(5, 4, 3) * 3


@pytest.fixture(autouse=True)
def _new_graph() -> None:
    tf.reset_default_graph()


def encoded(form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PICTURE).save(file, form, **options)
    return file.getvalue()


def run(fetch: Any) -> Any:
    with tf.Session() as session:
        return session.run(fetch)


def record_file(folder: Path) -> str:
    path = str(folder / "records")
    with tf.python_io.TFRecordWriter(path) as writer:
        for record in (b"x", b"yy", b"zzz"):
            writer.write(record)
    return path


def bytes_file(folder: Path) -> str:
    (folder / "bytes").write_bytes(b"0123456789")
    return str(folder / "bytes")


READERS = {
    "identity": (tf.IdentityReader, bytes_file, None),
    "whole file": (tf.WholeFileReader, bytes_file, [b"0123456789"]),
    "fixed length": (
        lambda: tf.FixedLengthRecordReader(4, header_bytes=1, footer_bytes=1),
        bytes_file,
        [b"1234", b"5678"],
    ),
    "records": (tf.TFRecordReader, record_file, [b"x", b"yy", b"zzz"]),
}


@pytest.mark.parametrize("kind", READERS)
def test_reader_reads_up_to_all_counts_and_starts_again(kind: str, tmp_path: Path) -> None:
    make, write, expected = READERS[kind]
    path = write(tmp_path)
    if expected is None:
        expected = [path.encode()]
    reader, queue = make(), tf.FIFOQueue(2, tf.string, shapes=[()])
    files, closed = queue.enqueue(path), queue.close()
    _, values = reader.read_up_to(queue, 5)
    count, reset = reader.num_records_produced(), reader.reset()
    with tf.Session() as session:
        session.run(files)
        session.run(closed)
        assert session.run(values).tolist() == expected
        assert session.run(count) == len(expected)
        session.run(reset)
        assert session.run(count) == 0
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(values)


def test_decode_bmp_gives_the_pixels() -> None:
    assert np.array_equal(run(tf.image.decode_bmp(encoded("BMP"))), PICTURE)


def test_decode_gif_gives_frames() -> None:
    frames = run(tf.image.decode_gif(encoded("GIF")))
    assert np.array_equal(frames, PICTURE[np.newaxis])


def test_decode_and_crop_jpeg_is_a_part_of_the_whole() -> None:
    content = encoded("JPEG", quality=95)
    whole, part = run(
        (tf.image.decode_jpeg(content), tf.image.decode_and_crop_jpeg(content, [1, 0, 2, 3]))
    )
    assert np.array_equal(part, whole[1:3, 0:3])


def test_decode_compressed_undoes_zlib() -> None:
    packed = [zlib.compress(text) for text in (b"abc", b"")]
    assert run(tf.io.decode_compressed(packed, "ZLIB")).tolist() == [b"abc", b""]


def test_decode_compressed_refuses_what_is_not_compressed() -> None:
    with pytest.raises(tf.errors.OpError, match="DecodeCompressed"):
        run(tf.io.decode_compressed([b"abc"], "ZLIB"))


def test_write_file_makes_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    run(tf.io.write_file(str(path), b"content"))
    assert path.read_bytes() == b"content"
