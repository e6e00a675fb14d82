"""The hparams page: what was tried, and what came of it; a table and two plots."""

from __future__ import annotations

from typing import Any

import flask

from opscope.dashboard.hparam_sessions import START, sessions_of, settings_by_run
from opscope.dashboard.hparam_table import HparamTable
from opscope.dashboard.json_number import spelt
from opscope.dashboard.page import Page
from opscope.dashboard.pages.card_frame import card_page
from opscope.dashboard.responses import json_response
from opscope.dashboard.store import Store
from opscope.events import kind as kinds


def layout(_: Store) -> Any:
    """An empty split page; assets/hparams.js fills it from the routes below."""
    return card_page("hparams", "Hyperparameters")


def routes(server: flask.Flask, store: Store) -> None:
    """The table of sessions, and the hyperparameters of each run for other pages."""
    hparams = HparamTable(store)

    @server.get("/api/hparams/table")
    def hparam_table() -> flask.Response:
        return json_response(hparams.table())

    @server.get("/api/hparams/runs")
    def hparams_by_run() -> flask.Response:
        with store.reading() as logdir:
            by_run = settings_by_run(sessions_of(logdir))
        told = {
            run: {
                name: spelt(value) if isinstance(value, float) else value
                for name, value in settings.items()
            }
            for run, settings in by_run.items()
        }
        names = sorted({name for settings in told.values() for name in settings})
        return json_response({"hparams": names, "runs": told})


def _has_sessions(store: Store) -> bool:
    with store.reading() as logdir:
        return any(START in logdir.tags(run, kinds.HPARAMS) for run in logdir.runs())


PAGE = Page(
    path="/hparams",
    title="HParams",
    icon="hparams",
    order=70,
    has_data=_has_sessions,
    layout=layout,
    routes=routes,
    assets=(
        "cards.css",
        "controls.css",
        "hparams.css",
        "controls.js",
        "run_names.js",
        "axis_scale.js",
        "svg_axes.js",
        "fact_tip.js",
        "early_page.js",
        "hparam_columns.js",
        "hparam_filters.js",
        "hparam_table.js",
        "hparam_parallel.js",
        "hparam_scatter.js",
        "hparam_export.js",
        "hparam_choices.js",
        "hparams.js",
    ),
    early=True,
)
