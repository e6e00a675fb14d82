"""TensorBoard's read endpoints below /data/, for programs that speak to it."""

from __future__ import annotations

from collections.abc import Sequence

import flask

from opscope.dashboard.page import Page
from opscope.dashboard.percentiles import BASIS_POINTS, percentiles
from opscope.dashboard.responses import json_response, required
from opscope.dashboard.scalar_series import spelt
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import histograms_of, scalars_of

PLUGINS = {
    "/scalars": "scalars",
    "/histograms": "histograms",
    "/distributions": "distributions",
    "/images": "images",
    "/text": "text",
    "/pr_curves": "pr_curves",
    "/hparams": "hparams",
    "/graph": "graphs",
}


def install(server: flask.Flask, store: Store, pages: Sequence[Page], window_title: str) -> None:
    """Add the endpoints to the server."""

    @server.get("/data/logdir")
    def logdir() -> flask.Response:
        return json_response({"logdir": str(store.path)})

    @server.get("/data/environment")
    def environment() -> flask.Response:
        return json_response(
            {
                "data_location": str(store.path),
                "window_title": window_title,
                "experiment_name": "",
                "experiment_description": "",
                "creation_time": 0,
            }
        )

    @server.get("/data/window_properties")
    def window_properties() -> flask.Response:
        return json_response({"window_title": window_title})

    @server.get("/data/runs")
    def runs() -> flask.Response:
        with store.reading() as logdir:
            return json_response(logdir.runs())

    @server.get("/data/plugins_listing")
    def plugins_listing() -> flask.Response:
        return json_response(
            {
                PLUGINS[page.path]: {
                    "enabled": page.has_data(store),
                    "tab_name": page.title,
                    "disable_reload": False,
                    "remove_dom": False,
                    "loading_mechanism": {"type": "NONE"},
                }
                for page in pages
                if page.path in PLUGINS
            }
        )

    def tags(kind: str) -> flask.Response:
        with store.reading() as logdir:
            named = {
                run: {tag: logdir.plugin(run, tag) for tag in logdir.tags(run, kind)}
                for run in logdir.runs()
            }
        return json_response(
            {
                run: {
                    tag: {"displayName": plugin.display_name, "description": plugin.description}
                    for tag, plugin in plugins.items()
                }
                for run, plugins in named.items()
                if plugins
            }
        )

    @server.get("/data/plugin/scalars/tags")
    def scalar_tags() -> flask.Response:
        return tags("scalar")

    @server.get("/data/plugin/histograms/tags")
    def histogram_tags() -> flask.Response:
        return tags("histogram")

    @server.get("/data/plugin/distributions/tags")
    def distribution_tags() -> flask.Response:
        return tags("histogram")

    @server.get("/data/plugin/scalars/scalars")
    def scalars() -> flask.Response:
        points = scalars_of(store, required("run"), required("tag"))
        rows = zip(
            points.wall_time.tolist(), points.step.tolist(), points.value.tolist(), strict=True
        )
        if flask.request.args.get("format") == "csv":
            lines = [f"{wall},{step},{value}\n" for wall, step, value in rows]
            return flask.Response("".join(["Wall time,Step,Value\n", *lines]), mimetype="text/csv")
        return json_response([[spelt(wall), step, spelt(value)] for wall, step, value in rows])

    @server.get("/data/plugin/histograms/histograms")
    def histograms() -> flask.Response:
        found = histograms_of(store, required("run"), required("tag"))
        return json_response(
            [
                [spelt(wall), step, [[spelt(number) for number in row] for row in buckets.tolist()]]
                for wall, step, buckets in zip(
                    found.wall_time.tolist(), found.step.tolist(), found.buckets, strict=True
                )
            ]
        )

    @server.get("/data/plugin/distributions/distributions")
    def distributions() -> flask.Response:
        found = histograms_of(store, required("run"), required("tag"))
        return json_response(
            [
                [
                    spelt(wall),
                    step,
                    [
                        [point, spelt(value)]
                        for point, value in zip(
                            BASIS_POINTS, percentiles(buckets).tolist(), strict=True
                        )
                    ],
                ]
                for wall, step, buckets in zip(
                    found.wall_time.tolist(), found.step.tolist(), found.buckets, strict=True
                )
            ]
        )
