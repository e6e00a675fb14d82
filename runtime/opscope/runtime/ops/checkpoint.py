"""Checkpoints as ops: SaveV2 and RestoreV2, and the shards of a checkpoint."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from opscope.runtime import dtypes, errors
from opscope.runtime.checkpoint.bundle_merge import merge_bundles
from opscope.runtime.checkpoint.bundle_writer import BundleWriter
from opscope.runtime.checkpoint.checkpoint_reader import open_checkpoint
from opscope.runtime.checkpoint.tensor_slice import TensorSlice
from opscope.runtime.op_def import op
from opscope.runtime.operation import Operation
from opscope.runtime.tensor_shape import TensorShape

Array = np.ndarray[Any, np.dtype[Any]]


def _array(value: Any) -> Array:
    """A kernel's input as an array: bytes as an object array of rank 0."""
    if isinstance(value, bytes):
        array = np.empty((), object)
        array[()] = value
        return array
    return np.asarray(value)


def _texts(names: Any) -> list[str]:
    return [name.decode() for name in _array(names).ravel().tolist()]


@contextmanager
def _file_errors() -> Iterator[None]:
    """An OSError as the error that TensorFlow gives; ValueError as InvalidArgumentError."""
    try:
        yield
    except OSError as error:
        kinds = {
            errno.ENOENT: errors.NotFoundError,
            errno.EACCES: errors.PermissionDeniedError,
            errno.EPERM: errors.PermissionDeniedError,
            errno.EROFS: errors.PermissionDeniedError,
            errno.ENOSPC: errors.ResourceExhaustedError,
            errno.EDQUOT: errors.ResourceExhaustedError,
            errno.ENOTDIR: errors.FailedPreconditionError,
            errno.EISDIR: errors.FailedPreconditionError,
        }
        kind = kinds.get(error.errno or 0, errors.UnknownError)
        raise kind(None, None, f"{error.filename}; {error.strerror}") from None
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, str(error)) from None


@op(
    "SaveV2",
    "prefix: string, tensor_names: string, shape_and_slices: string, tensors: dtypes ->",
    "dtypes: list(type)",
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _save_v2(
    xp: Any, prefix: bytes, tensor_names: Any, shape_and_slices: Any, *tensors: Any
) -> None:
    """Write tensors, or slices of tensors, as a V2 checkpoint that replaces one there whole."""
    names, slices = _texts(tensor_names), _texts(shape_and_slices)
    if len(names) != len(tensors) or len(slices) != len(tensors):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Got {len(names)} tensor names and {len(slices)} slices for {len(tensors)} tensors",
        )
    with _file_errors(), BundleWriter(prefix.decode()) as writer:
        for name, text, tensor in zip(names, slices, tensors, strict=True):
            if text:
                whole, part = TensorSlice.parse(text)
                writer.add_slice(name, _array(tensor), whole, part)
            else:
                writer.add(name, _array(tensor))
        writer.finish()


@op(
    "RestoreV2",
    "prefix: string, tensor_names: string, shape_and_slices: string -> tensors: dtypes",
    "dtypes: list(type)",
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _restore_v2(
    xp: Any, prefix: bytes, tensor_names: Any, shape_and_slices: Any, *, dtypes: Any
) -> Any:
    """Read tensors, or slices of tensors, from a V2 or V1 checkpoint."""
    restored = []
    with _file_errors():
        reader = open_checkpoint(prefix.decode())
        for name, text, dtype in zip(
            _texts(tensor_names), _texts(shape_and_slices), dtypes, strict=True
        ):
            value = reader.read(name)
            _check_dtype(name, dtype, reader.data_type(name))
            if text:
                whole, part = TensorSlice.parse(text)
                if whole != value.shape:
                    raise errors.InvalidArgumentError(
                        None,
                        None,
                        f"tensor_name = {name}; shape in shape_and_slice spec {list(whole)} does "
                        f"not match the shape stored in checkpoint: {list(value.shape)}",
                    )
                value = value[part.index()]
            restored.append(value[()] if value.ndim == 0 else value)
    return restored if len(restored) > 1 else restored[0]


def _check_dtype(name: str, wanted: dtypes.DType, number: int) -> None:
    if wanted.as_datatype_enum != number:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"tensor_name = {name}; expected dtype {wanted.name} does not equal original dtype "
            f"{dtypes.as_dtype(number).name}",
        )


@_restore_v2.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape(None)] * len(node.attrs["dtypes"])


@op(
    "ShardedFilename",
    "basename: string, shard: int32, num_shards: int32 -> filename: string",
    host_only=True,
    not_differentiable=True,
)
def _sharded_filename(xp: Any, basename: bytes, shard: Any, num_shards: Any) -> bytes:
    """The name of one shard of a checkpoint: BASENAME-00001-of-00003."""
    return basename + b"-%05d-of-%05d" % (shard, num_shards)


@_sharded_filename.shape
def _(node: Operation) -> list[TensorShape]:
    return [TensorShape(())]


@op(
    "MergeV2Checkpoints",
    "checkpoint_prefixes: string, destination_prefix: string ->",
    "delete_old_dirs: bool = true, allow_missing_files: bool = false",
    stateful=True,
    host_only=True,
    not_differentiable=True,
)
def _merge_v2_checkpoints(
    xp: Any,
    checkpoint_prefixes: Any,
    destination_prefix: bytes,
    *,
    delete_old_dirs: bool,
    allow_missing_files: bool,
) -> None:
    """Make one checkpoint of several shards, whose data files are renamed, not copied."""
    with _file_errors():
        merge_bundles(
            _texts(checkpoint_prefixes),
            destination_prefix.decode(),
            delete_old_dirs=delete_old_dirs,
            allow_missing=allow_missing_files,
        )
