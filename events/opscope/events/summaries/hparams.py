"""Hyperparameters of a training and the metrics that it is judged by."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from google.protobuf.struct_pb2 import ListValue, Value

from opscope.events.proto.hparams_pb2 import (
    DATA_TYPE_BOOL,
    DATA_TYPE_FLOAT64,
    DATA_TYPE_STRING,
    STATUS_SUCCESS,
    Experiment,
    HParamInfo,
    HParamsPluginData,
    HParamType,
    MetricInfo,
    MetricName,
    SessionEndInfo,
    SessionStartInfo,
)
from opscope.events.proto.summary_pb2 import Summary
from opscope.events.summaries.host_array import number
from opscope.events.summaries.plugin_value import plugin_value

EXPERIMENT_TAG = "_hparams_/experiment"
START_TAG = "_hparams_/session_start_info"
END_TAG = "_hparams_/session_end_info"


def hparams_summaries(
    hparams: Mapping[str, Any],
    metrics: Sequence[str],
    discrete: Mapping[str, Sequence[Any]] | None = None,
) -> list[Summary]:
    """The experiment, the session's start and its end, a summary each.

    Hyperparameters are bool, str, numbers or one-element arrays; None is left out. `metrics` are
    scalar tags, `discrete` holds all values that a hyperparameter can have.
    """
    discrete = discrete or {}
    unknown = discrete.keys() - hparams.keys()
    if unknown:
        raise ValueError(f"values are given for what is no hyperparameter: {sorted(unknown)}")
    experiment = Experiment()
    start = SessionStartInfo()
    for name, given in hparams.items():
        if given is None:
            continue
        value, kind = _value(name, given)
        start.hparams[name].CopyFrom(value)
        info = HParamInfo(name=name, type=kind)
        if name in discrete:
            choices = [_value(name, choice) for choice in discrete[name]]
            if any(chosen != kind for _, chosen in choices):
                raise TypeError(f"hyperparameter {name!r} and its values differ in type")
            info.domain_discrete.CopyFrom(ListValue(values=[choice for choice, _ in choices]))
        experiment.hparam_infos.append(info)
    experiment.metric_infos.extend(MetricInfo(name=MetricName(tag=tag)) for tag in metrics)
    end = SessionEndInfo(status=STATUS_SUCCESS)
    return [
        Summary(value=[plugin_value(tag, "hparams", content.SerializeToString())])
        for tag, content in (
            (EXPERIMENT_TAG, HParamsPluginData(experiment=experiment)),
            (START_TAG, HParamsPluginData(session_start_info=start)),
            (END_TAG, HParamsPluginData(session_end_info=end)),
        )
    ]


def _value(name: str, given: Any) -> tuple[Value, HParamType]:
    if isinstance(given, bool | np.bool_):
        return Value(bool_value=bool(given)), DATA_TYPE_BOOL
    if isinstance(given, str):
        return Value(string_value=given), DATA_TYPE_STRING
    try:
        return Value(number_value=number(given)), DATA_TYPE_FLOAT64
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"hyperparameter {name!r} is a {type(given).__name__}: a bool, str or number is needed"
        ) from error
