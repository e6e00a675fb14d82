"""`NewCheckpointReader`: what a checkpoint holds, V2 or V1, without a graph."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from opscope.events.proto import types_pb2
from opscope.runtime import dtypes
from opscope.runtime.checkpoint.bundle_reader import BundleReader, index_path
from opscope.runtime.checkpoint.checkpoint_state import latest_checkpoint
from opscope.runtime.checkpoint.v1_reader import V1Reader, v1_files

Array = np.ndarray[Any, np.dtype[Any]]


def open_checkpoint(prefix: str | os.PathLike[str]) -> BundleReader | V1Reader:
    """The reader for the format of the checkpoint; NotFoundError when there is none."""
    text = os.fspath(prefix)
    if not os.path.exists(index_path(text)) and v1_files(text):
        return V1Reader(text)
    return BundleReader(text)


class CheckpointReader:
    """The names, shapes, types and values of the tensors in one checkpoint."""

    def __init__(self, filepattern: str | os.PathLike[str]) -> None:
        self._reader = open_checkpoint(filepattern)

    def has_tensor(self, tensor_str: str) -> bool:
        """True when the checkpoint holds a tensor of that name."""
        return tensor_str in self._reader.names()

    def get_tensor(self, tensor_str: str) -> Any:
        """The value as an array of its own memory; bytes for a string scalar."""
        value = self._reader.read(tensor_str)
        return value[()] if value.ndim == 0 else value.copy()

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Name to shape, of every tensor."""
        return {name: list(self._reader.shape(name)) for name in self._reader.names()}

    def get_variable_to_dtype_map(self) -> dict[str, dtypes.DType]:
        """Name to dtype, of every tensor."""
        return {
            name: dtypes.as_dtype(self._reader.data_type(name)) for name in self._reader.names()
        }

    def debug_string(self) -> bytes:
        """One line per tensor: its name, dtype and shape."""
        lines = []
        for name, shape in self.get_variable_to_shape_map().items():
            kind = types_pb2.DataType.Name(self._reader.data_type(name))
            lines.append(f"{name} ({kind}) [{','.join(map(str, shape))}]")
        return "\n".join(lines).encode()


def load_checkpoint(ckpt_dir_or_file: str | os.PathLike[str]) -> CheckpointReader:
    """The reader of a checkpoint, or of the latest one in a folder; ValueError when it has none."""
    path = os.fspath(ckpt_dir_or_file)
    if os.path.isdir(path):
        found = latest_checkpoint(path)
        if found is None:
            raise ValueError(
                f"Couldn't find 'checkpoint' file or checkpoints in given directory {path}"
            )
        path = found
    return CheckpointReader(path)


def list_variables(ckpt_dir_or_file: str | os.PathLike[str]) -> list[tuple[str, list[int]]]:
    """Name and shape of every tensor in a checkpoint, sorted by name."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def load_variable(ckpt_dir_or_file: str | os.PathLike[str], name: str) -> Any:
    """The value of one tensor in a checkpoint; a name may end in ":0"."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))
