"""What runs say of their hyperparameters: sessions, and what an experiment declares of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Value

from opscope.events import Logdir, LogdirError
from opscope.events import kind as kinds
from opscope.events.proto import hparams_pb2
from opscope.events.proto.hparams_pb2 import HParamsPluginData

EXPERIMENT = "_hparams_/experiment"
START = "_hparams_/session_start_info"
END = "_hparams_/session_end_info"
STATUS = {
    hparams_pb2.STATUS_SUCCESS: "success",
    hparams_pb2.STATUS_FAILURE: "failure",
    hparams_pb2.STATUS_RUNNING: "running",
}
Setting: TypeAlias = float | str | bool


@dataclass
class Session:
    """A run with hyperparameters; times are seconds since the epoch, None where none is told.

    Sessions of one `group` belong together: trials of the same hyperparameters. `runs` are the run
    itself and the runs in folders below it, where its metrics may lie.
    """

    run: str
    hparams: dict[str, Setting]
    group: str
    started: float | None = None
    ended: float | None = None
    status: str = "unknown"
    model: str = ""
    monitor: str = ""
    runs: list[str] = field(default_factory=list)


@dataclass
class Declared:
    """What experiments say of hyperparameters and metrics beforehand, all of them together."""

    name: str = ""
    description: str = ""
    hparams: dict[str, hparams_pb2.HParamInfo] = field(default_factory=dict)
    metrics: dict[tuple[str, str], hparams_pb2.MetricInfo] = field(default_factory=dict)


def sessions_of(logdir: Logdir) -> list[Session]:
    """The sessions of a logdir, by run; one whose hyperparameters are damaged is left out."""
    runs = logdir.runs()
    found = {}
    for run in runs:
        starts = [
            each.session_start_info
            for each in _messages(logdir, run, START)
            if each.WhichOneof("data") == "session_start_info"
        ]
        if not starts:
            continue
        # Written again, they are added to: what the first did not know is not lost.
        session = Session(run, {}, starts[-1].group_name or run, runs=[])
        for start in starts:
            session.hparams |= {
                name: setting
                for name, value in start.hparams.items()
                if (setting := _setting(value)) is not None
            }
            session.started = session.started or start.start_time_secs or None
            session.model, session.monitor = start.model_uri, start.monitor_url
        for each in _messages(logdir, run, END):
            if each.WhichOneof("data") == "session_end_info":
                session.status = STATUS.get(each.session_end_info.status, "unknown")
                session.ended = each.session_end_info.end_time_secs or None
        found[run] = session
    for run in runs:
        owner = nearest_session(run, found)
        if owner is not None:
            found[owner].runs.append(run)
    return list(found.values())


def declared_of(logdir: Logdir) -> Declared:
    """What all experiments in a logdir declare; of a name that several declare, the first.

    TensorBoard looks at one experiment only, so that hyperparameters of later ones are lost there.
    """
    declared = Declared()
    for run in logdir.runs():
        for each in _messages(logdir, run, EXPERIMENT):
            experiment = each.experiment
            declared.name = declared.name or experiment.name
            declared.description = declared.description or experiment.description
            for info in experiment.hparam_infos:
                declared.hparams.setdefault(info.name, info)
            for metric in experiment.metric_infos:
                declared.metrics.setdefault((_clean(metric.name.group), metric.name.tag), metric)
    return declared


def nearest_session(run: str, sessions: Iterable[str]) -> str | None:
    """The session that a run belongs to: itself, or the nearest folder above that is one."""
    known = sessions if isinstance(sessions, (dict, set)) else set(sessions)
    place = run
    while place not in known:
        if place == ".":
            return None
        place = place.rpartition("/")[0] or "."
    return place


def group_of_run(session: Session, run: str) -> str:
    """Where a run lies below its session, as the group of a metric's name says it: "" is itself."""
    if run == session.run:
        return ""
    return run if session.run == "." else run[len(session.run) + 1 :]


def settings_by_run(sessions: Sequence[Session]) -> dict[str, dict[str, Setting]]:
    """The hyperparameters of each run: of a session, and of the runs in folders below it."""
    return {run: session.hparams for session in sessions for run in session.runs}


def _messages(logdir: Logdir, run: str, tag: str) -> Iterator[HParamsPluginData]:
    """The messages of a tag in the order written, those before a restart too."""
    if tag not in logdir.tags(run, kinds.HPARAMS):
        return
    count = len(logdir.points(run, tag, kinds.HPARAMS, orphaned=True).index)
    contents = [logdir.plugin(run, tag).content]
    for index in range(1, count):
        try:
            value = logdir.point(run, tag, kinds.HPARAMS, index)
        except LogdirError:
            continue  # damaged: it is among the logdir's problems
        contents.append(value.metadata.plugin_data.content)
    for content in contents:
        try:
            yield HParamsPluginData.FromString(content)
        except DecodeError:
            continue


def _setting(value: Value) -> Setting | None:
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        return value.number_value
    if kind == "string_value":
        return value.string_value
    if kind == "bool_value":
        return value.bool_value
    if kind in ("list_value", "struct_value"):
        return str(MessageToJson(value, indent=None))
    return None


def _clean(group: str) -> str:
    return "" if group in (".", "") else group.strip("/")
