"""Logdirs of TensorFlow 1, TensorFlow 2 and PyTorch: every tag of theirs can be looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import unpack_archive
from flask.testing import FlaskClient

from opscope.dashboard.app import create_app
from opscope.dashboard.store import Store

ARCHIVES = sorted((Path(__file__).parents[1] / "data/events").glob("events_*.tar.gz"))


@pytest.fixture(scope="module", params=ARCHIVES, ids=lambda path: path.name.split(".")[0])
def theirs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlaskClient]:
    root = tmp_path_factory.mktemp("theirs")
    unpack_archive(request.param, root)
    with Store(root, reload_interval=0) as store:
        store.wait()
        yield create_app(store).server.test_client()


def test_every_curve_can_be_drawn(theirs: FlaskClient) -> None:
    tags = theirs.get("/api/scalars/tags").json["tags"]
    assert tags
    for one in tags:
        query = {"tag": one["tag"], "run": one["runs"], "smoothing": 0.6, "points": 100}
        answer = theirs.get("/api/scalars/curves", query_string=query)
        assert answer.status_code == 200, answer.text
        for series in answer.json["series"]:
            raw = theirs.get(
                "/data/plugin/scalars/scalars",
                query_string={"run": series["run"], "tag": one["tag"]},
            ).json
            assert series["count"] == len(raw)


def test_every_histogram_can_be_drawn(theirs: FlaskClient) -> None:
    tags = theirs.get("/api/histograms/tags").json["tags"]
    assert tags
    for one in tags:
        for run in one["runs"]:
            query = {"run": run, "tag": one["tag"]}
            (drawn,) = theirs.get("/api/histograms/bins", query_string=query).json["series"]
            raw = theirs.get("/data/plugin/histograms/histograms", query_string=query).json
            assert drawn["step"] == [step for _, step, _ in raw]
            for bins, (_, _, buckets) in zip(drawn["counts"], raw, strict=True):
                assert sum(bins) == pytest.approx(sum(count for _, _, count in buckets))


def test_the_pages_with_data_are_listed(theirs: FlaskClient) -> None:
    listing = theirs.get("/data/plugins_listing").json
    enabled = {name for name, plugin in listing.items() if plugin["enabled"]}
    assert set(listing) - enabled <= {"custom_scalars", "hparams", "pr_curves"}
    assert theirs.get("/").headers["Location"].endswith("/graph")


def test_answers_are_strict_json(theirs: FlaskClient) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    for run, tags in theirs.get("/data/plugin/scalars/tags").json.items():
        for tag in tags:
            query = {"run": run, "tag": tag}
            text = theirs.get("/data/plugin/scalars/scalars", query_string=query).text
            json.loads(text, parse_constant=refuse)
