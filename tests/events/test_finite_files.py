"""Files of tensors tested together: a file is called finite only where its tensor surely is."""

from pathlib import Path

import ml_dtypes
import numpy as np

from opscope.events import DumpWriter, has_inf_or_nan, open_dump
from opscope.events.finite_files import surely_finite
from opscope.events.proto.event_pb2 import Event

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
VALUES: list[object] = [
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.float32(3),
    np.full(100, 1e30, np.float32),  # its squares overflow
    np.array([1, np.nan], np.float32),
    np.array([-np.inf]),
    np.zeros((3, 0)),
    np.full(20_000, 1e30, np.float32),
    np.append(np.ones(20_000), np.nan),
    np.arange(7, dtype=np.int16),
    np.array([True]),
    np.array([1, np.inf], ml_dtypes.bfloat16),
    np.array([1 + 1j]),
    np.array([b"nan"], object),
]


def test_what_is_called_finite_is(tmp_path: Path) -> None:
    writer = DumpWriter(tmp_path)
    for number, value in enumerate(VALUES):
        writer.write_tensor(CPU, f"n{number}", 0, value, number + 1)  # type: ignore[arg-type]
    paths = [entry.path for entry in open_dump(tmp_path).entries]
    answers = surely_finite(paths)
    expected = [not has_inf_or_nan(value) for value in VALUES]
    expected[10:] = [False] * 3  # not looked at
    assert answers == expected
    assert surely_finite(paths[:3]) == [True] * 3
    assert surely_finite([]) == []


def test_what_is_damaged_is_not_called_finite(tmp_path: Path) -> None:
    event = Event()
    tensor = event.summary.value.add().tensor
    tensor.dtype = 1
    tensor.tensor_content = bytes(8)
    paths = []
    for number, sizes in enumerate(([2], [3], [-1, -2], [1 << 40, 1 << 40], [2], [2])):
        del tensor.tensor_shape.dim[:]
        for size in sizes:
            tensor.tensor_shape.dim.add(size=size)
        if number == 4:
            event.summary.value.add()  # a second value
        if number == 5:
            del event.summary.value[:]
        paths.append(str(tmp_path / str(number)))
        Path(paths[-1]).write_bytes(event.SerializeToString())
    (tmp_path / "damaged").write_bytes(b"\xff\xff")
    paths += [str(tmp_path / "damaged"), str(tmp_path / "missing"), str(tmp_path)]
    assert surely_finite(paths) == [True] + [False] * 8
