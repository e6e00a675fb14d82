"""`tf.saved_model.loader`: a SavedModel's graph and variables in a session."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import DecodeError

from opscope.events.proto.meta_graph_pb2 import AssetFileDef, MetaGraphDef
from opscope.events.proto.saved_model_pb2 import SavedModel
from opscope.runtime import logging
from opscope.runtime.checkpoint.checkpoint_state import checkpoint_exists
from opscope.runtime.meta_graph_import import import_scoped_meta_graph
from opscope.runtime.operation import Operation
from opscope.runtime.saved_model import constants
from opscope.runtime.train.saveable import all_saveable_objects
from opscope.runtime.train.saver import Saver


def read_saved_model(export_dir: str | os.PathLike[str]) -> SavedModel:
    """The SavedModel in a folder, from `saved_model.pb` or `.pbtxt`; OSError when it has none."""
    folder = os.fspath(export_dir)
    binary = os.path.join(folder, constants.SAVED_MODEL_FILENAME_PB)
    text = os.path.join(folder, constants.SAVED_MODEL_FILENAME_PBTXT)
    if os.path.exists(binary):
        with open(binary, "rb") as file:
            data = file.read()
        try:
            return SavedModel.FromString(data)
        except DecodeError as error:
            raise OSError(f"Cannot parse file {binary}: {error}.") from None
    if os.path.exists(text):
        with open(text, "rb") as file:
            data = file.read()
        try:
            return text_format.Parse(data, SavedModel())
        except (text_format.ParseError, UnicodeDecodeError) as error:
            raise OSError(f"Cannot parse file {text}: {error}.") from None
    raise OSError(
        f"SavedModel file does not exist at: {folder}{os.path.sep}"
        f"{{{constants.SAVED_MODEL_FILENAME_PBTXT}|{constants.SAVED_MODEL_FILENAME_PB}}}"
    )


def maybe_saved_model_directory(export_dir: str | os.PathLike[str]) -> bool:
    """True when a folder holds the file of a SavedModel."""
    return any(
        os.path.exists(os.path.join(os.fspath(export_dir), name))
        for name in (constants.SAVED_MODEL_FILENAME_PB, constants.SAVED_MODEL_FILENAME_PBTXT)
    )


def find_meta_graph(saved_model: SavedModel, tags: Iterable[str]) -> MetaGraphDef:
    """The graph with exactly these tags; RuntimeError lists the tags there are."""
    wanted = set(tags)
    for meta_graph in saved_model.meta_graphs:
        if set(meta_graph.meta_info_def.tags) == wanted:
            return meta_graph
    available = [sorted(m.meta_info_def.tags) for m in saved_model.meta_graphs]
    raise RuntimeError(
        f"MetaGraphDef associated with tags {', '.join(sorted(wanted))!r} could not be found in "
        f"SavedModel, with available tags '{available}'. To inspect available tag-sets in the "
        "SavedModel, please use the SavedModel CLI: `opscope saved_model show`."
    )


def load(
    sess: Any,
    tags: Iterable[str],
    export_dir: str | os.PathLike[str],
    import_scope: str | None = None,
    **saver_kwargs: Any,
) -> MetaGraphDef:
    """Add the graph with these tags to that of `sess` and restore its variables there.

    Then the model's own init op is run with the paths of the assets. Returns the MetaGraphDef,
    whose signatures name the tensors (without import_scope). OSError when there is no SavedModel,
    RuntimeError when it has no graph with the tags.
    """
    folder = os.fspath(export_dir)
    meta_graph = find_meta_graph(read_saved_model(folder), list(tags))
    with sess.graph.as_default():
        known = set(all_saveable_objects())
        scope = import_scoped_meta_graph(meta_graph, import_scope=import_scope, **saver_kwargs)
        if meta_graph.HasField("saver_def"):
            saver = Saver.from_proto(meta_graph.saver_def, scope)
        else:
            saver = Saver([v for v in all_saveable_objects() if v not in known], allow_empty=True)
        prefix = os.path.join(folder, constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME)
        if checkpoint_exists(prefix):
            saver.restore(sess, prefix)
        else:
            logging.info("The specified SavedModel has no variables; no checkpoints were restored.")
        init_op = _init_op(sess, meta_graph, scope)
        if init_op is not None:
            sess.run(init_op, feed_dict=_assets(folder, meta_graph, scope))
    return meta_graph


def _init_op(sess: Any, meta_graph: MetaGraphDef, scope: str) -> Operation | None:
    """The operation that the model wants run when it is loaded."""
    names: list[str] = []
    if constants.INIT_OP_SIGNATURE_KEY in meta_graph.signature_def:
        signature = meta_graph.signature_def[constants.INIT_OP_SIGNATURE_KEY]
        names = [signature.outputs[constants.INIT_OP_SIGNATURE_KEY].name]
    else:
        for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
            if key in meta_graph.collection_def:
                names = list(meta_graph.collection_def[key].node_list.value)
                break
    if not names:
        return None
    if len(names) != 1:
        raise RuntimeError(f"Expected exactly one SavedModel init op. Found {len(names)}.")
    found: Operation = sess.graph.get_operation_by_name(_scoped(names[0], scope))
    return found


def _assets(folder: str, meta_graph: MetaGraphDef, scope: str) -> dict[str, str]:
    """The assets' files by the tensors that want their paths."""
    paths: dict[str, str] = {}
    assets = list(meta_graph.asset_file_def)
    if not assets and constants.ASSETS_KEY in meta_graph.collection_def:
        listed = meta_graph.collection_def[constants.ASSETS_KEY].any_list.value
        assets = [AssetFileDef.FromString(each.value) for each in listed]
    for asset in assets:
        name = asset.filename
        if os.path.basename(name) != name:
            raise OSError(f"the SavedModel in {folder} names an asset outside of it: {name!r}")
        path = os.path.join(folder, constants.ASSETS_DIRECTORY, name)
        paths[_scoped(asset.tensor_info.name, scope)] = path
    return paths


def _scoped(name: str, scope: str) -> str:
    return f"{scope}/{name}" if scope else name
