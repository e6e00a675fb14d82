"""What a report shows, as the server's own routes answer it, so that its pages are the server's."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from opscope.dashboard.report import request as limits
from opscope.dashboard.report.request import ReportRequest

PAGES = {
    "scalars": "Scalars",
    "histograms": "Histograms",
    "distributions": "Distributions",
    "images": "Images",
    "text": "Text",
}
DIGITS = 7  # of what is drawn; figures in tables are exact


class Collector:
    """Asks the routes for what a request wants; `data` is what the report's scripts read.

    `data["tags"]`: by page the index of its tags; `data["curves"]`: by tag and run the curve;
    `data["answers"]`: every other answer by its key (see `key`); `notes` say what was left out.
    """

    def __init__(self, client: FlaskClient, asked: ReportRequest) -> None:
        self.notes: list[str] = []
        self._client = client
        self._asked = asked
        self._picture_bytes = 0
        self.data: dict[str, Any] = {
            "smoothing": asked.smoothing,
            "tags": {},
            "curves": {},
            "answers": {},
        }

    def get(self, path: str, **query: Any) -> Any:
        """The JSON answer of a route; None where it is an error."""
        answer = self._client.get(path, query_string=query)
        return answer.get_json() if answer.status_code == 200 else None

    def collect(self) -> None:
        """Ask for everything."""
        self._curves(self._index("scalars", limits.MOST_SERIES))
        for run, tag in self._index("histograms", limits.MOST_CARDS):
            self._keep("/api/histograms/bins", run, tag, steps=limits.STEPS)
        for run, tag in self._index("distributions", limits.MOST_CARDS):
            self._keep("/api/distributions", run, tag, steps=4 * limits.STEPS)
        for page, keep in (("images", self._picture), ("text", self._text)):
            for run, tag in self._index(page, limits.MOST_CARDS):
                self._payloads(page, run, tag, keep)
        self._keep("/api/hparams/runs")
        for page in [name for name, index in self.data["tags"].items() if not index["tags"]]:
            del self.data["tags"][page]

    def rows(self) -> list[dict[str, Any]]:
        """A row of figures for each curve, exact, over all points."""
        found = self.get("/api/scalars/summary") or []
        return [row for row in found if self._asked.wants(row["run"], row["tag"])]

    def graphs(self) -> list[dict[str, Any]]:
        """The graphs of the runs, each picture once: `runs` that have it, `tag`, `view`."""
        found: dict[str, dict[str, Any]] = {}
        listed = (self.get("/api/graph/list") or {}).get("runs", [])
        wanted = [one for one in listed if one["graphs"] and self._asked.wants_run(one["run"])]
        for one in wanted:
            if len(found) == limits.MOST_GRAPHS:
                self.notes.append(f"Graphs: those of the first runs, {limits.MOST_GRAPHS} in all.")
                break
            tag = one["graphs"][0]["tag"]
            view = self.get("/api/graph/view", run=one["run"], tag=tag)
            if view is not None:
                graph = found.setdefault(view["graph"], {"runs": [], "tag": tag, "view": view})
                graph["runs"].append(one["run"])
        return list(found.values())

    def _index(self, page: str, most: int) -> list[tuple[str, str]]:
        """The pairs of run and tag of a page, at most so many; keeps its index with only those."""
        index = self.get(f"/api/{page}/tags")
        pairs = [
            (run, one["tag"])
            for one in index["tags"]
            for run in one["runs"]
            if self._asked.wants(run, one["tag"])
        ]
        if len(pairs) > most:
            self.notes.append(
                f"{PAGES[page]}: {most} of {len(pairs)} series, by the order of their tags; "
                "--run and --tag choose others."
            )
        kept = set(pairs[:most])
        runs = {run for run, _ in kept}
        tags = [
            {**one, "runs": [run for run in one["runs"] if (run, one["tag"]) in kept]}
            for one in index["tags"]
        ]
        self.data["tags"][page] = {
            "runs": [one for one in index["runs"] if one["run"] in runs],
            "tags": [one for one in tags if one["runs"]],
        }
        return pairs[:most]

    def _curves(self, pairs: list[tuple[str, str]]) -> None:
        points = self._asked.points_each(len(pairs))
        counts = {(row["run"], row["tag"]): row["count"] for row in self.rows()}
        thinned = 0
        for run, tag in pairs:
            # A route gives up to three times as many: extremes of the raw and of the smoothed.
            answer = self.get(
                "/api/scalars/curves",
                run=run,
                tag=tag,
                smoothing=self._asked.smoothing,
                points=max(4, points if points >= counts.get((run, tag), 0) else points // 3),
            )
            if answer is None:
                continue
            (series,) = answer.pop("series")
            thinned += not series["whole"]
            for column in ("value", "smoothed"):
                series[column] = series[column] and [_short(value) for value in series[column]]
            series["wall"] = [round(wall, 3) for wall in series["wall"]]
            ranges = ("extent", "robust", "positive", "smallest")
            series["ranges"] = {name: answer[name] for name in ranges}
            self.data["curves"].setdefault(tag, {})[run] = series
        if thinned:
            self.notes.append(
                f"Scalars: {thinned} of {len(pairs)} curves are drawn from about {points} of their "
                "points, the lowest and highest of each stretch among them; smoothing, the figures "
                "of tables and the list of curves are of all points."
            )

    def _payloads(
        self, page: str, run: str, tag: str, keep: Callable[[str, str, int], None]
    ) -> None:
        points = self.get(f"/api/{page}/points", run=run, tag=tag)
        if points is None:
            return
        chosen = _ends_and_between(len(points["index"]), limits.PAYLOAD_STEPS)
        if len(chosen) < len(points["index"]):
            note = f"{PAGES[page]}: of each tag at most {limits.PAYLOAD_STEPS} steps, the last too."
            if note not in self.notes:
                self.notes.append(note)
        for name in ("index", "step", "wall"):
            points[name] = [points[name][i] for i in chosen]
        self.data["answers"][key(f"/api/{page}/points", run, tag)] = points
        for index in points["index"]:
            keep(run, tag, index)

    def _text(self, run: str, tag: str, index: int) -> None:
        self._keep("/api/text/point", run, tag, index)

    def _picture(self, run: str, tag: str, index: int) -> None:
        point = self.get("/api/images/point", run=run, tag=tag, index=index)
        if point is None:
            return
        for number, sample in enumerate(point["samples"]):
            if sample["problem"]:
                continue
            room = limits.ALL_PICTURE_BYTES - self._picture_bytes
            if sample["bytes"] > min(limits.PICTURE_BYTES, room):
                sample["problem"] = f"{sample['bytes']:,} bytes: too large for this file"
                continue
            words = {"run": run, "tag": tag, "index": index, "sample": number}
            answer = self._client.get("/api/images/picture", query_string=words)
            self._picture_bytes += sample["bytes"]
            encoded = base64.b64encode(answer.data).decode()
            address = f"data:{sample['type']};base64,{encoded}"
            self.data["answers"][key("/api/images/picture", run, tag, index, number)] = address
        self.data["answers"][key("/api/images/point", run, tag, index)] = point

    def _keep(
        self,
        path: str,
        run: str | None = None,
        tag: str | None = None,
        index: int | None = None,
        **words: Any,
    ) -> None:
        query = {"run": run, "tag": tag, "index": index, **words}
        answer = self.get(path, **{name: one for name, one in query.items() if one is not None})
        if answer is not None:
            self.data["answers"][key(path, run, tag, index)] = answer


def key(path: str, *words: str | int | None) -> str:
    """Under which name the scripts look for an answer: its path, run, tag, index, sample."""
    return "\n".join([path, *(str(word) for word in words if word is not None)])


def _short(value: Any) -> Any:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _ends_and_between(count: int, most: int) -> list[int]:
    """At most so many places among `count`, evenly, the last one among them."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]
