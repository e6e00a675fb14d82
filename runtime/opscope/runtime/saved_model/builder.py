"""SavedModelBuilder: writes graphs, variables, assets and signatures into a folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import text_format

from opscope.events.proto.meta_graph_pb2 import MetaGraphDef, SignatureDef
from opscope.events.proto.saved_model_pb2 import SavedModel
from opscope.runtime.checkpoint.checkpoint_state import write_whole
from opscope.runtime.constant import constant_value
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_import import as_message
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.operation import Operation
from opscope.runtime.saved_model import constants, signature_constants, tag_constants
from opscope.runtime.saved_model.signature_def import predict_signature_def
from opscope.runtime.saved_model.tensor_info import build_tensor_info
from opscope.runtime.train.saver import Saver


class SavedModelBuilder:
    """Collects graphs for one SavedModel; `save` writes it.

    The first graph comes with the variables and assets of a session, further ones share them.
    """

    def __init__(self, export_dir: str | os.PathLike[str]) -> None:
        self._export_dir = os.fspath(export_dir)
        if os.path.isdir(self._export_dir) and os.listdir(self._export_dir):
            raise AssertionError(
                f"Export directory {self._export_dir} already exists, and isn't empty. Please "
                "choose a different export directory, or delete all the contents of the specified "
                "directory."
            )
        os.makedirs(self._export_dir, exist_ok=True)
        self._saved_model = SavedModel(
            saved_model_schema_version=constants.SAVED_MODEL_SCHEMA_VERSION
        )
        self._has_variables = False

    def add_meta_graph_and_variables(
        self,
        sess: Any,
        tags: Iterable[str],
        signature_def_map: Mapping[str, SignatureDef] | None = None,
        assets_collection: Any = None,
        legacy_init_op: Operation | None = None,
        clear_devices: bool = False,
        main_op: Operation | None = None,
        strip_default_attrs: bool = False,
        saver: Saver | None = None,
        assets_list: Any = None,
    ) -> None:
        """Add the default graph with the variables of `sess`.

        assets_collection: string tensors with the paths of files, which are copied. main_op is run
        when the model is loaded. AssertionError when the variables are saved already.
        """
        if self._has_variables:
            raise AssertionError(
                "Graph state including variables and assets has already been saved. Please invoke "
                "`add_meta_graph()` instead."
            )
        assets = assets_list if assets_list is not None else assets_collection
        with sess.graph.as_default():
            saver = saver or Saver(sharded=True, allow_empty=True)
            folder = os.path.join(self._export_dir, constants.VARIABLES_DIRECTORY)
            os.makedirs(folder, exist_ok=True)
            saver.save(
                sess,
                os.path.join(folder, constants.VARIABLES_FILENAME),
                write_meta_graph=False,
                write_state=False,
            )
            self._copy_assets(assets)
            self._add(
                saver,
                tags,
                signature_def_map,
                assets,
                main_op if main_op is not None else legacy_init_op,
                constants.MAIN_OP_KEY if main_op is not None else constants.LEGACY_INIT_OP_KEY,
                clear_devices,
                strip_default_attrs,
            )
        self._has_variables = True

    def add_meta_graph(
        self,
        tags: Iterable[str],
        signature_def_map: Mapping[str, SignatureDef] | None = None,
        assets_collection: Any = None,
        legacy_init_op: Operation | None = None,
        clear_devices: bool = False,
        main_op: Operation | None = None,
        strip_default_attrs: bool = False,
        saver: Saver | None = None,
        assets_list: Any = None,
    ) -> None:
        """Add the default graph, which uses the variables that are saved already.

        AssertionError when there are none yet.
        """
        if not self._has_variables:
            raise AssertionError(
                "Graph state including variables and assets has not been saved yet. Please invoke "
                "`add_meta_graph_and_variables()` first."
            )
        self._add(
            saver or Saver(sharded=True, allow_empty=True),
            tags,
            signature_def_map,
            assets_list if assets_list is not None else assets_collection,
            main_op if main_op is not None else legacy_init_op,
            constants.MAIN_OP_KEY if main_op is not None else constants.LEGACY_INIT_OP_KEY,
            clear_devices,
            strip_default_attrs,
        )

    def save(self, as_text: bool = False) -> bytes:
        """Write the SavedModel in one rename, as text or bytes; returns the path of its file."""
        name = (
            constants.SAVED_MODEL_FILENAME_PBTXT if as_text else constants.SAVED_MODEL_FILENAME_PB
        )
        path = os.path.join(self._export_dir, name)
        data = (
            text_format.MessageToString(self._saved_model).encode()
            if as_text
            else self._saved_model.SerializeToString()
        )
        write_whole(path, data)
        return path.encode()

    def _add(
        self,
        saver: Saver,
        tags: Iterable[str],
        signatures: Mapping[str, SignatureDef] | None,
        assets: Any,
        init_op: Operation | None,
        init_key: str,
        clear_devices: bool,
        strip_default_attrs: bool,
    ) -> None:
        graph = get_default_graph()
        if init_op is not None:
            if not isinstance(init_op, Operation):
                raise TypeError(f"main_op needs to be an Operation: {init_op!r}")
            graph.clear_collection(init_key)
            graph.add_to_collection(init_key, init_op)
        meta_graph = saver.export_meta_graph(
            clear_devices=clear_devices, strip_default_attrs=strip_default_attrs
        )
        meta_graph.meta_info_def.tags.extend(tags)
        for key, signature in (signatures or {}).items():
            proto = as_message(signature, SignatureDef, "signature_def_map")
            _check_signature(key, proto)
            meta_graph.signature_def[key].CopyFrom(proto)
        _describe_assets(meta_graph, assets)
        self._saved_model.meta_graphs.add().CopyFrom(meta_graph)

    def _copy_assets(self, assets: Any) -> None:
        folder = os.path.join(self._export_dir, constants.ASSETS_DIRECTORY)
        copied: dict[str, str] = {}
        for path in _asset_paths(assets):
            name = os.path.basename(path)
            if copied.setdefault(name, path) != path:
                raise ValueError(
                    f"the assets {copied[name]!r} and {path!r} have the same file name"
                )
            os.makedirs(folder, exist_ok=True)
            shutil.copyfile(path, os.path.join(folder, name))


def _asset_paths(assets: Any) -> list[str]:
    paths = []
    for tensor in assets or ():
        value = constant_value(tensor)
        if value is None or value.dtype.kind != "O":
            raise ValueError(f"Invalid asset filepath tensor {tensor}: want a string constant")
        paths.append(value.ravel()[0].decode())
    return paths


def _describe_assets(meta_graph: MetaGraphDef, assets: Any) -> None:
    for tensor, path in zip(assets or (), _asset_paths(assets), strict=True):
        asset = meta_graph.asset_file_def.add(filename=os.path.basename(path))
        asset.tensor_info.name = build_tensor_info(tensor).name
        # Programs before TensorFlow 1.15 look here; they unpack by the name of TensorFlow's type.
        listed = meta_graph.collection_def[constants.ASSETS_KEY].any_list.value.add()
        listed.type_url = "type.googleapis.com/tensorflow.AssetFileDef"
        listed.value = asset.SerializeToString()


def _check_signature(key: str, signature: SignatureDef) -> None:
    for infos in (signature.inputs, signature.outputs):
        for name, info in infos.items():
            if not info.name and not info.WhichOneof("encoding"):
                raise AssertionError(f"signature {key!r}: the TensorInfo of {name!r} has no name")


def simple_save(
    session: Any,
    export_dir: str | os.PathLike[str],
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    legacy_init_op: Operation | None = None,
) -> None:
    """Write the session's graph and variables for serving: one signature of tensors by name."""
    builder = SavedModelBuilder(export_dir)
    with session.graph.as_default():
        builder.add_meta_graph_and_variables(
            session,
            [tag_constants.SERVING],
            {
                signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY: predict_signature_def(
                    inputs, outputs
                )
            },
            assets_collection=session.graph.get_collection(GraphKeys.ASSET_FILEPATHS),
            main_op=legacy_init_op,
            clear_devices=True,
        )
    builder.save()
