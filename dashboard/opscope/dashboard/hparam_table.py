"""The table of the hparams page: a row for each session, columns of hyperparameters and metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from opscope.dashboard.hparam_sessions import (
    Declared,
    Session,
    Setting,
    declared_of,
    group_of_run,
    sessions_of,
)
from opscope.dashboard.json_number import spelt
from opscope.dashboard.store import Store
from opscope.events import Logdir, Scalars
from opscope.events.natural import natural_key
from opscope.events.proto import hparams_pb2

TYPES = {
    hparams_pb2.DATA_TYPE_STRING: "string",
    hparams_pb2.DATA_TYPE_BOOL: "bool",
    hparams_pb2.DATA_TYPE_FLOAT64: "number",
}
Figures = dict[str, Any]


class HparamTable:
    """Gives the table of a store; figures of a metric are kept until it has more points."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._known: dict[tuple[str, str], tuple[tuple[int, float], Figures]] = {}

    def table(self) -> dict[str, Any]:
        """Columns and rows as JSON.

        `hparams` are `{id, name, title, description, type, domain}`, `metrics` `{id, group, tag,
        title, description, dataset, declared}`, `sessions` `{run, runs, colour, group, status,
        started, ended, model, monitor, hparams, metrics}`: hyperparameters by name, and by the id
        of a metric `{last, step, min, max, count}`. What a session lacks is not in it.
        """
        with self.store.reading() as logdir:
            sessions, declared = sessions_of(logdir), declared_of(logdir)
            colours = self.store.colours.of(logdir.runs())
            rows = [(session, self._metrics(logdir, session)) for session in sessions]
        found = {name for _, metrics in rows for name in metrics}
        return {
            "name": declared.name,
            "description": declared.description,
            "hparams": [_hparam(name, declared, sessions) for name in _names(declared, sessions)],
            "metrics": [_metric(name, declared) for name in _metric_names(declared, found)],
            "sessions": [
                {
                    "run": session.run,
                    "runs": session.runs,
                    "colour": colours[session.run],
                    "group": session.group,
                    "status": session.status,
                    "started": session.started,
                    "ended": session.ended,
                    "model": session.model,
                    "monitor": session.monitor,
                    "hparams": {n: _told(value) for n, value in session.hparams.items()},
                    "metrics": {_id(name): figures for name, figures in metrics.items()},
                }
                for session, metrics in rows
            ],
        }

    def _metrics(self, logdir: Logdir, session: Session) -> dict[tuple[str, str], Figures]:
        found = {}
        for run in session.runs:
            group = group_of_run(session, run)
            for tag in logdir.tags(run, "scalar"):
                points = logdir.scalars(run, tag)
                if not len(points.step):
                    continue
                state = len(points.step), float(points.wall_time[-1])
                known, figures = self._known.get((run, tag), (None, {}))
                if known != state:
                    figures = figures_of(points)
                    self._known[run, tag] = state, figures
                found[group, tag] = figures
        return found


def figures_of(points: Scalars) -> Figures:
    """The last value of a metric and its step; the least and the greatest that are finite."""
    value = points.value[np.isfinite(points.value)]
    return {
        "last": spelt(float(points.value[-1])),
        "step": int(points.step[-1]),
        "min": float(value.min()) if len(value) else None,
        "max": float(value.max()) if len(value) else None,
        "count": len(points.step),
    }


def _names(declared: Declared, sessions: Sequence[Session]) -> list[str]:
    """Declared hyperparameters in their order, then those that only runs have, by name."""
    more = {name for session in sessions for name in session.hparams} - declared.hparams.keys()
    return [*declared.hparams, *sorted(more, key=natural_key)]


def _metric_names(declared: Declared, found: set[tuple[str, str]]) -> list[tuple[str, str]]:
    more = sorted(found - declared.metrics.keys(), key=lambda name: natural_key("/".join(name)))
    return [*declared.metrics, *more]


def _hparam(name: str, declared: Declared, sessions: Sequence[Session]) -> dict[str, Any]:
    info = declared.hparams.get(name, hparams_pb2.HParamInfo(name=name))
    values = [session.hparams[name] for session in sessions if name in session.hparams]
    domain: dict[str, Any] = {}
    if info.HasField("domain_interval"):
        interval = info.domain_interval
        domain = {"interval": [spelt(interval.min_value), spelt(interval.max_value)]}
    elif info.HasField("domain_discrete"):
        domain = {"values": [_told(value) for value in info.domain_discrete if value is not None]}
    return {
        "id": f"h:{name}",
        "name": name,
        "title": info.display_name or name,
        "description": info.description,
        "type": _type(values) or TYPES.get(info.type, "string"),
        "domain": domain,
    }


def _type(values: Sequence[Setting]) -> str | None:
    """What all values are; those of several types are shown as strings."""
    types = {
        "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
        for value in values
    }
    return types.pop() if len(types) == 1 else "string" if types else None


def _metric(name: tuple[str, str], declared: Declared) -> dict[str, Any]:
    info = declared.metrics.get(name, hparams_pb2.MetricInfo())
    group, tag = name
    datasets = {
        hparams_pb2.DATASET_TRAINING: "training",
        hparams_pb2.DATASET_VALIDATION: "validation",
    }
    return {
        "id": _id(name),
        "group": group,
        "tag": tag,
        "title": info.display_name or (f"{group}/{tag}" if group else tag),
        "description": info.description,
        "dataset": datasets.get(info.dataset_type, ""),
        "declared": name in declared.metrics,
    }


def _id(name: tuple[str, str]) -> str:
    return f"m:{name[0]}:{name[1]}"


def _told(value: Any) -> Any:
    return spelt(value) if isinstance(value, float) else value
