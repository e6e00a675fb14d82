"""TensorBoard's read endpoints below /data/, for programs that speak to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import flask

from opscope.dashboard.page import Page
from opscope.dashboard.percentiles import BASIS_POINTS, percentiles
from opscope.dashboard.responses import error_response, json_response, required
from opscope.dashboard.safe_markup import safe_html
from opscope.dashboard.scalar_series import spelt
from opscope.dashboard.store import Store
from opscope.dashboard.tag_index import histograms_of, scalars_of, shown_name
from opscope.dashboard.tensorboard_series_routes import KINDS
from opscope.events import Scalars

TENSORBOARD = "2.21.0"  # whose endpoints these are: programs ask for the version
PLUGINS = {
    "/scalars": "scalars",
    "/histograms": "histograms",
    "/distributions": "distributions",
    "/images": "images",
    "/text": "text",
    "/custom_scalars": "custom_scalars",
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
                "version": TENSORBOARD,
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

    @server.get("/data/experiments")
    def experiments() -> flask.Response:
        return json_response([])  # a logdir is one, and TensorBoard lists it no more than this

    @server.get("/data/experiment_runs")
    def experiment_runs() -> flask.Response:
        return json_response([])

    @server.get("/data/notifications")
    def notifications() -> flask.Response:
        return json_response({"notifications": []})

    @server.get("/data/runs")
    def runs() -> flask.Response:
        with store.reading() as logdir:
            return json_response(logdir.runs())

    @server.get("/data/plugins_listing")
    def plugins_listing() -> flask.Response:
        named = {PLUGINS[page.path]: page for page in pages if page.path in PLUGINS}
        enabled = {name: page.has_data(store) for name, page in named.items()}
        titles = {name: page.title for name, page in named.items()}
        enabled["timeseries"] = any(enabled.get(name) for name in KINDS)
        return json_response(
            {
                name: {
                    "enabled": enabled[name],
                    "tab_name": titles.get(name, "Time Series"),
                    "disable_reload": False,
                    "remove_dom": False,
                    "loading_mechanism": {"type": "NONE"},
                }
                for name in enabled
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
                    tag: {
                        "displayName": shown_name(plugin, tag),
                        "description": safe_html(plugin.description),
                    }
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
        rows = _rows(points)
        if flask.request.args.get("format") == "csv":
            lines = [f"{wall},{step},{value}\r\n" for wall, step, value in rows]
            text = "".join(["Wall time,Step,Value\r\n", *lines])
            return flask.Response(text, mimetype="text/csv")
        return json_response([[spelt(wall), step, spelt(value)] for wall, step, value in rows])

    @server.post("/data/plugin/scalars/scalars_multirun")
    def scalars_of_runs() -> flask.Response:
        tags, runs = flask.request.form.getlist("tag"), flask.request.form.getlist("runs")
        if len(tags) != 1:
            return error_response(400, "the form needs tag=... exactly once")
        (tag,) = tags
        with store.reading() as logdir:
            with_tag = [run for run in logdir.runs() if tag in logdir.tags(run, "scalar")]
            found = {
                run: _rows(logdir.scalars(run, tag)) for run in with_tag if not runs or run in runs
            }
        return json_response(
            {
                run: [[spelt(wall), step, spelt(value)] for wall, step, value in rows]
                for run, rows in found.items()
            }
        )

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


def _rows(points: Scalars) -> Iterator[tuple[float, int, float]]:
    return zip(points.wall_time.tolist(), points.step.tolist(), points.value.tolist(), strict=True)
