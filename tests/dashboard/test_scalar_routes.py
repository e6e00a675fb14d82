"""Routes of the scalars page: several tags, groups, restarts, summaries, one table."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from run_writer import RunWriter

from opscope.dashboard.app import create_app
from opscope.dashboard.store import Store

Ask = Callable[..., Any]


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """Answers of /api/scalars/curves."""
    return lambda **query: client.get("/api/scalars/curves", query_string=query)


def test_several_tags_in_one_answer(ask: Ask) -> None:
    answer = ask(tag=["loss/total", "accuracy"], run=["train", "test"]).json
    found = [(one["run"], one["tag"]) for one in answer["series"]]
    assert found == [("train", "loss/total"), ("test", "loss/total"), ("train", "accuracy")]


def test_stats_and_the_point_at_a_place(ask: Ask) -> None:
    (one,) = ask(tag="accuracy", run="train", at=52, low=10, high=100).json["series"]
    assert one["at"]["step"] == 50
    stats = one["stats"]
    assert (stats["count"], stats["first_step"], stats["last_step"]) == (19, 10, 100)
    assert (stats["min_step"], stats["max_step"]) == (10, 100)
    assert stats["min"] <= stats["mean"] <= stats["max"]


def test_groups(ask: Ask) -> None:
    query = {"tag": "loss/total", "run": ["train", "test"], "group": ["all", "all"]}
    (band,) = ask(**query, spread="range").json["bands"]
    assert (band["group"], band["runs"]) == ("all", ["train", "test"])
    assert (band["nan"], band["inf"]) == (1, 1)
    assert all(
        low <= mean <= high
        for low, mean, high in zip(*(band[k] for k in ("low", "mean", "high")), strict=True)
    )
    assert ask(**query, spread="wide").status_code == 400
    assert ask(tag="loss/total", run=["train", "test"], group="all").status_code == 400


def test_what_a_restart_left_behind(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path)
    writer.scalars("loss", [(step, float(step)) for step in range(10)])
    writer.restart(5)
    writer.scalars("loss", [(step, 0.5) for step in range(5, 8)], seconds_per_step=0.6)
    writer.close()
    with Store(tmp_path, reload_interval=0) as store:
        store.wait()
        client = create_app(store).server.test_client()
        query = "/api/scalars/curves?tag=loss&run=."
        (plain,) = client.get(query).get_json()["series"]
        (one,) = client.get(query + "&orphaned=1").get_json()["series"]
    assert plain["orphans"] is None
    assert one["step"] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert one["orphans"]["step"] == [5, 6, 7, 8, 9]


def test_summaries(client: FlaskClient) -> None:
    rows = {(row["run"], row["tag"]): row for row in client.get("/api/scalars/summary").get_json()}
    assert set(rows) == {("train", "loss/total"), ("train", "accuracy"), ("test", "loss/total")}
    row = rows["train", "loss/total"]
    assert (row["count"], row["bad"], row["bad_step"], row["last_step"]) == (200, 2, 150, 199)
    assert row["min"] <= row["last"] <= row["max"]
    assert client.get("/api/scalars/summary").get_json() == list(rows.values())


def test_every_point_in_one_table(client: FlaskClient) -> None:
    asked = {"runs": ["train", "test", "gone"], "tags": ["loss/total", "accuracy"]}
    answer = client.post("/api/scalars/table", json=asked)
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert len(rows) == 200 + 20 + 40
    assert (rows[150]["run"], rows[150]["step"], rows[150]["value"]) == ("train", "150", "nan")
    columns = client.post("/api/scalars/table", json={**asked, "format": "json"}).json
    assert sum(len(each["step"]) for each in columns) == len(answer.text.splitlines()) - 1
    assert {value for each in columns for value in each["value"]} >= {"NaN", "Infinity"}
    assert client.post("/api/scalars/table", json={"runs": 3}).status_code == 400
    assert client.post("/api/scalars/table", data="{").status_code == 400
