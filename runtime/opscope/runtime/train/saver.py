"""`tf.train.Saver`: saves and restores variables, and keeps the last few checkpoints."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from opscope.events.proto.meta_graph_pb2 import MetaGraphDef
from opscope.events.proto.saver_pb2 import SaverDef
from opscope.runtime import errors, logging
from opscope.runtime.checkpoint.checkpoint_state import (
    STATE_FILE,
    checkpoint_exists,
    get_checkpoint_mtimes,
    remove_checkpoint,
    update_checkpoint_state,
)
from opscope.runtime.graph_import import as_message
from opscope.runtime.meta_graph import export_meta_graph
from opscope.runtime.train.saveable import all_saveable_objects, saveables_of
from opscope.runtime.train.saver_graph import build_saver
from opscope.runtime.train.training_util import global_step as read_global_step


class Saver:
    """Saves variables to checkpoints in TensorFlow's V2 format and restores them.

    var_list: variables, or a dict from names in the checkpoint to variables; None is all global
    variables. The graph gets the nodes `save/...` at once, unless defer_build, when `build` adds
    them. max_to_keep: the older checkpoints that this saver wrote are deleted, but for one every
    `keep_checkpoint_every_n_hours`; 0 or None keeps all. reshape: a value of another shape is
    restored if it has as many elements. sharded: one data file per device.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = SaverDef.V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        if defer_build and var_list:
            raise ValueError(
                "If `var_list` is provided then build cannot be deferred. "
                "Either set defer_build=False or var_list=None."
            )
        if builder is not None:
            raise NotImplementedError("opscope's Saver makes its own ops: builder must be None")
        if write_version != SaverDef.V2:
            raise NotImplementedError("opscope writes V2 checkpoints only (it reads V1 as well)")
        self._var_list = var_list
        self._reshape = reshape
        self._sharded = sharded
        self._max_to_keep = max_to_keep
        self._hours = keep_checkpoint_every_n_hours
        self._name = name
        self._sequentially = restore_sequentially
        self._allow_empty = allow_empty
        self._pad_step_number = pad_step_number
        self._relative = save_relative_paths
        self._filename = filename
        self._is_empty = False
        self._checkpoints: list[tuple[str, float]] = []
        self.saver_def: SaverDef | None = None
        if saver_def is not None:
            self._take(as_message(saver_def, SaverDef, "saver_def"))
        elif not defer_build:
            self.build()

    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> Saver:
        """The saver of a SaverDef whose ops are in the graph, under `import_scope`."""
        proto = SaverDef()
        proto.CopyFrom(as_message(saver_def, SaverDef, "saver_def"))
        if import_scope:
            for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
                setattr(proto, field, f"{import_scope}/{getattr(proto, field)}")
        return Saver(saver_def=proto)

    def build(self) -> None:
        """Add the ops to the graph, if they are not there yet; ValueError without variables."""
        if self.saver_def is not None or self._is_empty:
            return
        chosen = all_saveable_objects() if self._var_list is None else self._var_list
        if not chosen:
            if not self._allow_empty:
                raise ValueError("No variables to save")
            self._is_empty = True
            return
        made = build_saver(
            saveables_of(chosen),
            name=self._name,
            filename=self._filename,
            reshape=self._reshape,
            sharded=self._sharded,
            restore_sequentially=self._sequentially,
        )
        made.max_to_keep = self._max_to_keep or 0
        made.keep_checkpoint_every_n_hours = self._hours
        self._take(made)

    def _take(self, saver_def: SaverDef) -> None:
        for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
            if not getattr(saver_def, field):
                raise ValueError(f"saver_def must specify the {field}: {saver_def!s}")
        self.saver_def = saver_def
        self._next_kept_time = time.time() + saver_def.keep_checkpoint_every_n_hours * 3600

    def as_saver_def(self) -> SaverDef | None:
        """The names of the saver's ops and its settings; None before `build`."""
        return self.saver_def

    def to_proto(self) -> SaverDef | None:
        """A copy of the SaverDef; None before `build`."""
        return (
            None
            if self.saver_def is None
            else SaverDef.FromString(self.saver_def.SerializeToString())
        )

    # -- saving ----------------------------------------------------------------------------

    def save(
        self,
        sess: Any,
        save_path: str | os.PathLike[str],
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Save the variables' values in `sess` to `save_path` (`-STEP` added), and return that.

        Beside the checkpoint lies its meta graph, and the file `checkpoint` names the latest one.
        It is written last, and each file appears in one rename: an interrupted save leaves the last
        good checkpoint whole. ValueError when the folder does not exist.
        """
        saver_def = self._built()
        path = os.fspath(save_path)
        state_file = latest_filename or STATE_FILE
        if os.path.dirname(state_file):
            raise ValueError("'latest_filename' must not contain path components")
        if global_step is not None:
            path = self._with_step(sess, path, global_step)
        elif os.path.basename(path) == state_file and not self._sharded:
            raise ValueError(
                f"'latest_filename' collides with 'save_path': '{state_file}', '{path}'"
            )
        if not hasattr(sess, "run"):
            raise TypeError(f"'sess' must be a Session; {sess}")
        if saver_def is None:
            return None
        folder = os.path.dirname(path)
        try:
            saved = sess.run(saver_def.save_tensor_name, {saver_def.filename_tensor_name: path})
        except (errors.FailedPreconditionError, errors.NotFoundError) as error:
            if os.path.isdir(folder or os.curdir):
                raise
            raise ValueError(f"Parent directory of {path} doesn't exist, can't save.") from error
        prefix: str = saved.decode() if isinstance(saved, bytes) else str(saved)
        if write_meta_graph:
            with sess.graph.as_default():
                self.export_meta_graph(
                    _meta_graph_path(prefix, meta_graph_suffix),
                    strip_default_attrs=strip_default_attrs,
                )
        if write_state:
            dropped = self._record(prefix)
            update_checkpoint_state(
                folder,
                prefix,
                self.last_checkpoints,
                latest_filename,
                relative=self._relative,
            )
            self._delete_old(dropped, meta_graph_suffix)
        return prefix

    def _with_step(self, sess: Any, path: str, global_step: Any) -> str:
        if not isinstance(global_step, (int, np.integer)):
            global_step = read_global_step(sess, global_step)
        return f"{path}-{global_step:08d}" if self._pad_step_number else f"{path}-{global_step}"

    def _built(self) -> SaverDef | None:
        if self.saver_def is None and not self._is_empty:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        return self.saver_def

    def _record(self, prefix: str) -> list[tuple[str, float]]:
        """Note a new checkpoint; returns those beyond max_to_keep, with the times they are from."""
        assert self.saver_def is not None
        kept = self.saver_def.max_to_keep
        if not kept:
            return []
        self._checkpoints = [c for c in self._checkpoints if c[0] != prefix]
        self._checkpoints.append((prefix, time.time()))
        dropped = self._checkpoints[:-kept]
        self._checkpoints = self._checkpoints[-kept:]
        return dropped

    def _delete_old(self, dropped: Iterable[tuple[str, float]], meta_graph_suffix: str) -> None:
        assert self.saver_def is not None
        for prefix, saved_at in dropped:
            if saved_at > self._next_kept_time:
                self._next_kept_time += self.saver_def.keep_checkpoint_every_n_hours * 3600
                continue
            try:
                remove_checkpoint(prefix, self.saver_def.version, meta_graph_suffix)
            except OSError as error:
                logging.warning(f"Ignoring: {error}")

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints that are kept, the oldest first."""
        return [prefix for prefix, _ in self._checkpoints]

    def set_last_checkpoints(self, last_checkpoints: Sequence[str]) -> None:
        """Take these checkpoints, the oldest first, for the ones that this saver wrote."""
        self._checkpoints = [(path, float("inf")) for path in last_checkpoints]

    def set_last_checkpoints_with_time(
        self, last_checkpoints_with_time: Sequence[tuple[str, float]]
    ) -> None:
        """Take these checkpoints with their times in seconds for the ones this saver wrote."""
        self._checkpoints = list(last_checkpoints_with_time)

    def recover_last_checkpoints(self, checkpoint_paths: Sequence[str]) -> None:
        """Go on where another saver stopped: those of the checkpoints that exist are counted."""
        found = [path for path in checkpoint_paths if checkpoint_exists(path)]
        self.set_last_checkpoints_with_time(
            list(zip(found, get_checkpoint_mtimes(found), strict=True))
        )

    # -- restoring -------------------------------------------------------------------------

    def restore(self, sess: Any, save_path: str | os.PathLike[str] | None) -> None:
        """Give the variables in `sess` the values of a checkpoint; they need no initialization.

        ValueError for a path that is no checkpoint; NotFoundError when a variable is not in it,
        InvalidArgumentError when one has another shape or type there.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        path = os.fspath(save_path)
        if not checkpoint_exists(path):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {path}")
        saver_def = self._built()
        assert saver_def is not None
        logging.info(f"Restoring parameters from {path}")
        try:
            sess.run(saver_def.restore_op_name, {saver_def.filename_tensor_name: path})
        except errors.NotFoundError as error:
            raise _explained(error, "a Variable name or other graph key that is missing") from error
        except errors.InvalidArgumentError as error:
            raise _explained(error, "a mismatch between the current graph and the graph") from error

    def export_meta_graph(
        self,
        filename: str | None = None,
        collection_list: Sequence[str] | None = None,
        as_text: bool = False,
        export_scope: str | None = None,
        clear_devices: bool = False,
        clear_extraneous_savers: bool = False,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> MetaGraphDef:
        """The default graph with this saver as a MetaGraphDef, also written to `filename`."""
        return export_meta_graph(
            filename,
            saver_def=self.saver_def,
            collection_list=collection_list,
            as_text=as_text,
            export_scope=export_scope,
            clear_devices=clear_devices,
            clear_extraneous_savers=clear_extraneous_savers,
            strip_default_attrs=strip_default_attrs,
        )


def _meta_graph_path(prefix: str, suffix: str) -> str:
    return f"{prefix}.{suffix}"


def _explained(error: errors.OpError, cause: str) -> errors.OpError:
    return type(error)(
        error.node_def,
        error.op,
        f"Restoring from checkpoint failed. This is most likely due to {cause} from the "
        f"checkpoint. Please ensure that you have not altered the graph expected based on the "
        f"checkpoint. Original error:\n\n{error.message}",
    )
