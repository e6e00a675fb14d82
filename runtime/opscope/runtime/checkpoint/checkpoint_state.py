"""The file `checkpoint`: which checkpoints a folder has, and which is the latest."""

from __future__ import annotations

import glob
import os
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress

from google.protobuf import text_format

from opscope.events.proto.checkpoint_state_pb2 import CheckpointState
from opscope.runtime import logging
from opscope.runtime.checkpoint.bundle_reader import index_path
from opscope.runtime.checkpoint.v1_reader import v1_files

STATE_FILE = "checkpoint"


def write_whole(path: str, data: bytes) -> None:
    """Write a file in one rename, so that nobody ever sees half of it."""
    temporary = f"{path}.tmp{secrets.token_hex(8)}"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(temporary)
        raise


def _state_path(folder: str, latest_filename: str | None) -> str:
    return os.path.join(folder, latest_filename or STATE_FILE)


def generate_checkpoint_state_proto(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> CheckpointState:
    """The state that names these checkpoints, the latest one at the end.

    Where save_dir is relative the paths become relative to it. ValueError when there are
    timestamps, but not one per path.
    """
    paths = list(all_model_checkpoint_paths or ())
    if not paths or paths[-1] != model_checkpoint_path:
        paths.append(model_checkpoint_path)
    if all_model_checkpoint_timestamps and len(all_model_checkpoint_timestamps) != len(paths):
        raise ValueError("Checkpoint timestamps, if provided, must match checkpoint paths.")
    if not os.path.isabs(save_dir):
        paths = [p if os.path.isabs(p) else os.path.relpath(p, save_dir) for p in paths]
    return CheckpointState(
        model_checkpoint_path=paths[-1],
        all_model_checkpoint_paths=paths,
        all_model_checkpoint_timestamps=all_model_checkpoint_timestamps,
        last_preserved_timestamp=last_preserved_timestamp or 0.0,
    )


def update_checkpoint_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
    *,
    relative: bool = False,
) -> None:
    """Write the state file of a folder in one rename; `relative` writes paths relative to it.

    RuntimeError when the state file would take the place of a checkpoint.
    """
    path = _state_path(save_dir, latest_filename)
    paths = [*(all_model_checkpoint_paths or ())]
    latest = model_checkpoint_path
    if relative:
        latest = os.path.relpath(latest, save_dir or os.curdir)
        paths = [os.path.relpath(p, save_dir or os.curdir) for p in paths]
    state = generate_checkpoint_state_proto(
        save_dir if not relative else os.path.abspath(save_dir),
        latest,
        paths,
        all_model_checkpoint_timestamps,
        last_preserved_timestamp,
    )
    if path == latest:
        raise RuntimeError(
            f"Save path '{latest}' conflicts with path used for checkpoint state. "
            "Please use a different save path."
        )
    write_whole(path, text_format.MessageToString(state).encode())


def get_checkpoint_state(
    checkpoint_dir: str | os.PathLike[str], latest_filename: str | None = None
) -> CheckpointState | None:
    """The state file of a folder with relative paths resolved, None where none can be read."""
    folder = os.fspath(checkpoint_dir)
    path = _state_path(folder, latest_filename)
    try:
        with open(path, encoding="utf-8") as file:
            state = text_format.Parse(file.read(), CheckpointState())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        logging.warning(f"{path}: {error}: Checkpoint ignored")
        return None
    if not state.model_checkpoint_path:
        logging.warning(f"{path}: no model_checkpoint_path in it: Checkpoint ignored")
        return None
    state.model_checkpoint_path = _resolved(folder, state.model_checkpoint_path)
    for i, listed in enumerate(state.all_model_checkpoint_paths):
        state.all_model_checkpoint_paths[i] = _resolved(folder, listed)
    return state


def _resolved(folder: str, path: str) -> str:
    return path if os.path.isabs(path) else os.path.join(folder, path)


def latest_checkpoint(
    checkpoint_dir: str | os.PathLike[str], latest_filename: str | None = None
) -> str | None:
    """The prefix of the latest checkpoint in a folder, None when there is none."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None:
        return None
    if checkpoint_exists(state.model_checkpoint_path):
        return state.model_checkpoint_path
    logging.error(f"Couldn't match files for checkpoint {state.model_checkpoint_path}")
    return None


def checkpoint_exists(checkpoint_prefix: str | os.PathLike[str]) -> bool:
    """True when there is a checkpoint of that prefix, V2 or V1."""
    prefix = os.fspath(checkpoint_prefix)
    return os.path.exists(index_path(prefix)) or bool(v1_files(prefix))


def get_checkpoint_mtimes(checkpoint_prefixes: Iterable[str]) -> list[float]:
    """The time in seconds when each checkpoint was written; missing ones are left out."""
    times = []
    for prefix in checkpoint_prefixes:
        for path in [index_path(prefix), *v1_files(prefix)]:
            with suppress(OSError):
                times.append(os.path.getmtime(path))
                break
    return times


def remove_checkpoint(
    checkpoint_prefix: str, checkpoint_format_version: int = 2, meta_graph_suffix: str = "meta"
) -> None:
    """Delete the files of one checkpoint, its index first, so that no broken one is ever seen."""
    escaped = glob.escape(checkpoint_prefix)
    doomed = [f"{checkpoint_prefix}.{meta_graph_suffix}", index_path(checkpoint_prefix)]
    doomed += glob.glob(f"{escaped}.data-?????-of-?????")
    if checkpoint_format_version != 2:
        doomed += v1_files(checkpoint_prefix)
    for path in doomed:
        with suppress(FileNotFoundError):
            os.remove(path)
