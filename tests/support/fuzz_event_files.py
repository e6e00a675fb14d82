"""Fuzzes the reader of event files, guided by what of its code is reached.

    pip install atheris
    export PYTHONPATH=events:tests/support
    python tests/support/fuzz_event_files.py CORPUS -max_total_time=600

The first byte of an input says what is done with the rest: taken as a file, or as records (length,
how often, bytes) that are framed, perhaps damaged, perhaps written in two steps. Decoding by column
must give what decoding record by record gives, and nothing may raise. What breaks it belongs, as an
event file, into tests/data/events/fuzz.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["opscope"]):
    from opscope.events import open_logdir

from logdir_content import content, content_record_by_record, look_at_everything

from opscope.events.record import frame

WHOLE_FILE, VERSIONED, DAMAGED, IN_TWO_STEPS = 1, 2, 4, 8
VERSION = b"\x09" + bytes(8) + b"\x1a\x0dbrain.Event:2"
FOLDER = Path(tempfile.mkdtemp())
PATH = FOLDER / "events.out.tfevents.1.host"


def file_of(data: bytes) -> bytes:
    """The event file that an input stands for."""
    mode, at = data[0], 1
    if mode & WHOLE_FILE:
        return data[1:]
    records = [frame(VERSION)] if mode & VERSIONED else []
    while at + 2 <= len(data):
        length, often = data[at], data[at + 1]
        record = bytearray(data[at + 2 : at + 2 + length])
        at += 2 + length
        for _ in range(1 + often % 12):
            if len(record) > 10 and often & 16:  # a step that rises
                record[9 + often % 2] = (record[9 + often % 2] + 1) & 127
            records.append(frame(bytes(record)))
    whole = bytearray(b"".join(records))
    if mode & DAMAGED and whole:
        whole[data[-1] * 7 % len(whole)] ^= 1 << (mode >> 5)
    return bytes(whole)


def one_input(data: bytes) -> None:
    """Read the file of an input in both ways and look at all that is in it."""
    if len(data) < 3:
        return
    mode, whole = data[0], file_of(data)
    in_two_steps = bool(mode & IN_TWO_STEPS)
    PATH.write_bytes(whole[: len(whole) // 2] if in_two_steps else whole)
    logdir = open_logdir(FOLDER)
    if in_two_steps:
        PATH.write_bytes(whole)
        logdir.reload()
    by_column = content(logdir)
    look_at_everything(logdir)
    if in_two_steps and mode & (DAMAGED | WHOLE_FILE):
        return  # where the first step ended decides what a fault costs
    singly = content_record_by_record(FOLDER)
    if any("holds is no Event" in problem for problem in singly["problems"]):
        return  # of large values the columns see only the head
    assert by_column == singly


if __name__ == "__main__":
    warnings.simplefilter("error")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
