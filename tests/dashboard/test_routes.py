from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient


def test_tensorboards_endpoints_have_its_shapes(client: FlaskClient) -> None:
    assert client.get("/data/runs").json == ["test", "train"]
    assert set(client.get("/data/plugin/scalars/tags").json["train"]) == {"accuracy", "loss/total"}
    assert set(client.get("/data/plugin/histograms/tags").json) == {"train"}
    assert client.get("/data/logdir").json.keys() == {"logdir"}
    assert "window_title" in client.get("/data/environment").json
    assert client.get("/data/plugins_listing").json["scalars"]["enabled"] is True


def test_scalars_are_all_points_with_nan_by_name(client: FlaskClient) -> None:
    rows = client.get("/data/plugin/scalars/scalars?run=train&tag=loss/total").json
    assert len(rows) == 200
    assert rows[10][:2] == [1_700_000_005.0, 10]
    assert [rows[150][2], rows[151][2]] == ["NaN", "Infinity"]


def test_scalars_as_csv(client: FlaskClient) -> None:
    answer = client.get("/data/plugin/scalars/scalars?run=test&tag=loss/total&format=csv")
    lines = answer.text.splitlines()
    assert answer.mimetype == "text/csv"
    assert (lines[0], lines[1], len(lines)) == ("Wall time,Step,Value", "1700000000.0,0,1.0", 21)


def test_histograms_are_buckets(client: FlaskClient) -> None:
    rows = client.get("/data/plugin/histograms/histograms?run=train&tag=layer/weights").json
    assert [row[1] for row in rows] == list(range(0, 200, 20))
    assert sum(count for _, _, count in rows[0][2]) == 500


def test_a_chart_gets_its_runs_in_one_answer(client: FlaskClient) -> None:
    drawn = client.get(
        "/api/scalars/curves?tag=loss/total&run=train&run=test&smoothing=0.6&points=100"
    ).json
    assert [series["run"] for series in drawn["series"]] == ["train", "test"]
    train = drawn["series"][0]
    assert len(train["step"]) == len(train["value"]) == len(train["smoothed"]) == len(train["wall"])
    assert (train["count"], train["nan"], train["inf"], train["whole"]) == (200, 1, 1, False)
    assert drawn["extent"] == drawn["robust"]


def test_the_index_gives_each_run_a_colour(client: FlaskClient) -> None:
    index = client.get("/api/scalars/tags").json
    colours = {row["run"]: row["colour"] for row in index["runs"]}
    assert len(set(colours.values())) == 2
    histograms = client.get("/api/histograms/tags").json
    assert histograms["runs"] == [{"run": "train", "colour": colours["train"]}]
    assert index["tags"][1] == {
        "tag": "loss/total",
        "runs": ["test", "train"],
        "description": "",
    }


def test_histograms_come_on_common_bins(client: FlaskClient) -> None:
    drawn = client.get("/api/histograms/bins?run=train&tag=layer/weights&steps=3").json
    (train,) = drawn["series"]
    assert (len(drawn["edges"]), train["total"], train["step"]) == (31, 10, [0, 80, 180])
    assert [round(sum(row)) for row in train["counts"]] == [500, 500, 500]


def test_histograms_come_as_they_were_written_and_of_a_range(client: FlaskClient) -> None:
    query = "run=train&tag=layer/weights&low=40&high=100"
    drawn = client.get(f"/api/histograms/bins?{query}&bins=written").json
    (train,) = drawn["series"]
    assert (drawn["edges"], train["total"], train["step"]) == (None, 4, [40, 60, 80, 100])
    for left, right, count in train["buckets"]:
        assert all(a < b for a, b in zip(left, right, strict=True))
        assert sum(count) == 500
    assert train["astray"] == [0, 0, 0, 0]
    percents = client.get(f"/api/distributions?{query}").json
    assert percents["step"] == train["step"]


@pytest.mark.parametrize(
    ("address", "status", "word"),
    [
        ("/data/plugin/scalars/scalars?run=train", 400, "tag="),
        ("/data/plugin/scalars/scalars?run=gone&tag=x", 404, "'gone'"),
        ("/data/plugin/scalars/scalars?run=train&tag=x", 404, "'x'"),
        ("/data/plugin/histograms/histograms?run=train&tag=accuracy", 404, "histogram"),
        ("/api/scalars/curves?tag=accuracy&run=train&axis=moon", 400, "moon"),
        ("/api/scalars/curves?tag=accuracy&run=train&points=many", 400, "many"),
        ("/api/scalars/curves?tag=accuracy&run=train&smoothing=1", 400, "smoothing"),
        ("/api/histograms/bins?run=train&tag=layer/weights&steps=0", 400, "steps"),
        ("/api/histograms/bins?run=train&tag=layer/weights&bins=7", 400, "bins"),
        ("/api/histograms/bins?run=train&tag=layer/weights&low=x", 400, "low"),
        ("/api/nothing", 404, "not found"),
        ("/data/../../../etc/passwd", 404, "not found"),
    ],
)
def test_errors_are_json_that_says_what_is_wrong(
    client: FlaskClient, address: str, status: int, word: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert word in json.loads(answer.text)["error"]


def test_no_path_leads_out_of_the_assets(client: FlaskClient) -> None:
    for path in ("/assets/../app.py", "/assets/%2e%2e/app.py", "/assets//etc/passwd"):
        assert b"import" not in client.get(path).data


def test_the_page_may_only_load_what_this_server_serves(client: FlaskClient) -> None:
    policy = client.get("/scalars").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy
