"""Signatures: which tensors of a graph are a function's inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opscope.events.proto import types_pb2
from opscope.events.proto.meta_graph_pb2 import SignatureDef, TensorInfo
from opscope.runtime.saved_model import signature_constants as keys
from opscope.runtime.saved_model.tensor_info import build_tensor_info


def build_signature_def(
    inputs: Mapping[str, TensorInfo] | None = None,
    outputs: Mapping[str, TensorInfo] | None = None,
    method_name: str | None = None,
) -> SignatureDef:
    """A signature of these inputs and outputs."""
    return SignatureDef(inputs=inputs, outputs=outputs, method_name=method_name)


def predict_signature_def(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> SignatureDef:
    """The signature of a prediction, of tensors by name; ValueError when there are none."""
    _require(inputs, "Prediction inputs cannot be None or empty.")
    _require(outputs, "Prediction outputs cannot be None or empty.")
    return build_signature_def(
        {key: build_tensor_info(value) for key, value in inputs.items()},
        {key: build_tensor_info(value) for key, value in outputs.items()},
        keys.PREDICT_METHOD_NAME,
    )


def regression_signature_def(examples: Any, predictions: Any) -> SignatureDef:
    """The signature of a regression on serialized examples; ValueError for wrong dtypes."""
    _require(examples, "Regression examples cannot be None.")
    _require(predictions, "Regression predictions cannot be None.")
    given, found = build_tensor_info(examples), build_tensor_info(predictions)
    _require_dtype(given, types_pb2.DT_STRING, "Regression input tensors must be of type string.")
    _require_dtype(found, types_pb2.DT_FLOAT, "Regression output tensors must be of type float.")
    return build_signature_def(
        {keys.REGRESS_INPUTS: given}, {keys.REGRESS_OUTPUTS: found}, keys.REGRESS_METHOD_NAME
    )


def classification_signature_def(examples: Any, classes: Any, scores: Any) -> SignatureDef:
    """The signature of a classification of serialized examples; ValueError for wrong dtypes."""
    _require(examples, "Classification examples cannot be None.")
    if classes is None and scores is None:
        raise ValueError("Classification classes and scores cannot both be None.")
    given = build_tensor_info(examples)
    _require_dtype(
        given, types_pb2.DT_STRING, "Classification input tensors must be of type string."
    )
    outputs = {}
    for key, tensor, dtype, kind in (
        (keys.CLASSIFY_OUTPUT_CLASSES, classes, types_pb2.DT_STRING, "string"),
        (keys.CLASSIFY_OUTPUT_SCORES, scores, types_pb2.DT_FLOAT, "float"),
    ):
        if tensor is not None:
            outputs[key] = build_tensor_info(tensor)
            _require_dtype(outputs[key], dtype, f"Classification {key} must be {kind} tensors.")
    return build_signature_def({keys.CLASSIFY_INPUTS: given}, outputs, keys.CLASSIFY_METHOD_NAME)


def is_valid_signature(signature_def: SignatureDef) -> bool:
    """True for a signature of one of the three usual methods with the inputs and outputs it has."""
    if signature_def.method_name == keys.PREDICT_METHOD_NAME:
        return bool(signature_def.inputs and signature_def.outputs)
    outputs = set(signature_def.outputs)
    if signature_def.method_name == keys.REGRESS_METHOD_NAME:
        return set(signature_def.inputs) == {keys.REGRESS_INPUTS} and outputs == {
            keys.REGRESS_OUTPUTS
        }
    if signature_def.method_name == keys.CLASSIFY_METHOD_NAME:
        usual = {keys.CLASSIFY_OUTPUT_CLASSES, keys.CLASSIFY_OUTPUT_SCORES}
        return set(signature_def.inputs) == {keys.CLASSIFY_INPUTS} and bool(
            outputs and outputs <= usual
        )
    return False


def _require(value: Any, message: str) -> None:
    if value is None or (isinstance(value, Mapping) and not value):
        raise ValueError(message)


def _require_dtype(info: TensorInfo, dtype: int, message: str) -> None:
    if info.dtype != dtype:
        raise ValueError(f"{message} Got {types_pb2.DataType.Name(info.dtype)}.")
