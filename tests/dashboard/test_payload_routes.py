from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from event_oracle import oracle, unpack_logs
from flask.testing import FlaskClient

from opscope.dashboard.app import create_app
from opscope.dashboard.media_type import picture_problem
from opscope.dashboard.safe_markup import MOST_CHARACTERS, safe_html, text_table
from opscope.dashboard.store import Store
from opscope.events import EventFileWriter
from opscope.events.proto.event_pb2 import Event
from opscope.events.proto.summary_pb2 import Summary


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_logs(tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="module")
def reader(logs: Path) -> Iterator[FlaskClient]:
    with Store(logs, reload_interval=0) as store:
        store.wait()
        client: FlaskClient = create_app(store).server.test_client()
        yield client


def client_of(folder: Path) -> FlaskClient:
    store = Store(folder, reload_interval=0).start()
    store.wait()
    client: FlaskClient = create_app(store).server.test_client()
    return client


def write_images(folder: Path, *pictures: bytes) -> None:
    writer = EventFileWriter(str(folder))
    for step, data in enumerate(pictures):
        summary = Summary()
        image = summary.value.add(tag="picture").image
        image.width, image.height, image.encoded_image_string = 1, 1, data
        writer.add_event(Event(wall_time=1.0, step=step, summary=summary))
    writer.close()


def png_of(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_percentiles_come_with_their_steps(client: FlaskClient) -> None:
    drawn = client.get("/api/distributions?run=train&tag=layer/weights&steps=4").json
    assert drawn["percent"] == [0, 6.68, 15.87, 30.85, 50, 69.15, 84.13, 93.32, 100]
    assert (drawn["total"], drawn["step"]) == (10, [0, 60, 120, 180])
    assert all(row == sorted(row) and len(row) == 9 for row in drawn["values"])
    rows = client.get("/data/plugin/distributions/distributions?run=train&tag=layer/weights").json
    assert [row[1] for row in rows] == list(range(0, 200, 20))
    assert [value for _, value in rows[0][2]] == drawn["values"][0]
    assert [point for point, _ in rows[0][2]] == [round(p * 100) for p in drawn["percent"]]


def test_the_pictures_are_those_of_the_log(logs: Path, reader: FlaskClient) -> None:
    for run in ("tf1/test", "torch/all"):
        for (tag, step), value in oracle(logs, run).items():
            if value["kind"] != "image":
                continue
            points = reader.get(f"/api/images/points?run={run}&tag={tag}").json
            index = points["index"][points["step"].index(step)]
            name = f"run={run}&tag={tag}&index={index}"
            found = reader.get(f"/api/images/point?{name}").json
            image = value["image"]
            assert (found["width"], found["height"]) == (image["width"], image["height"])
            assert [one["bytes"] for one in found["samples"]] == [image["bytes"]]
            answer = reader.get(f"/api/images/picture?{name}")
            assert answer.mimetype == "image/png"
            assert hashlib.sha1(answer.data).hexdigest()[:16] == image["sha1"]


def test_a_picture_known_to_the_browser_is_not_sent_again(reader: FlaskClient) -> None:
    address = "/api/images/picture?run=tf2/main&tag=img&index=0&sample=1"
    first = reader.get(address)
    again = reader.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert "sandbox" in first.headers["Content-Security-Policy"]


def test_pictures_that_are_none_are_told(tmp_path: Path) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    write_images(tmp_path, svg, b"", png_of(20_000, 20_000), png_of(3, 2)[:20])
    client = client_of(tmp_path)
    for index, word in enumerate(["no PNG", "is empty", "too many", "damaged"]):
        name = f"run=.&tag=picture&index={index}"
        (sample,) = client.get(f"/api/images/point?{name}").json["samples"]
        answer = client.get(f"/api/images/picture?{name}")
        assert word in sample["problem"]
        assert (answer.status_code, answer.json) == (415, {"error": sample["problem"]})
    assert picture_problem(png_of(3, 2)) is None


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("images/points?run=tf2/main&tag=note", 404),
        ("images/points?run=gone&tag=img", 404),
        ("images/point?run=tf2/main&tag=img", 400),
        ("images/point?run=tf2/main&tag=img&index=4", 404),
        ("images/point?run=tf2/main&tag=img&index=-1", 400),
        ("images/picture?run=tf2/main&tag=img&index=0&sample=2", 404),
        ("text/point?run=tf2/main&tag=img&index=0", 404),
        ("text/point?run=tf2/main&tag=note&index=x", 400),
    ],
)
def test_what_is_not_there_is_told(reader: FlaskClient, address: str, status: int) -> None:
    answer = reader.get(f"/api/{address}")
    assert (answer.status_code, list(answer.json)) == (status, ["error"])


def test_texts_are_cells_of_clean_html(reader: FlaskClient) -> None:
    note = "/api/text/point?run=tf2/main&tag=note&index=1"
    assert reader.get(note).json["cells"] == [["<p>step <strong>5</strong></p>\n"]]
    assert reader.get(f"{note}&raw=1").json["cells"] == [["step **5**"]]
    table = reader.get("/api/text/point?run=tf2/main&tag=tbl&index=0&raw=1").json
    assert (table["shape"], table["cells"]) == ([2, 2], [["h1", "h2"], ["1", "2"]])


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![a](javascript:alert(1))",
        "![a](https://example.com/pixel.png)",
        "[a](javascript:alert(1))",
        "<a href='JaVaScRiPt:alert(1)'>a</a>",
        "<svg onload=alert(1)><style>@import 'https://example.com'</style></svg>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<math><mtext></p><style><img src=x onerror=alert(1)></style>",
        "<p style='background:url(https://example.com)' class=x id=page onclick=alert(1)>a</p>",
        "<form action=//example.com><input name=a><button formaction=javascript:alert(1)>",
        '```x" onload=alert(1)\n<script>\n```',
        "a | b\n--|--\n<script>alert(1)</script> | [x](data:text/html,<script>alert(1)</script>)",
    ],
)
def test_hostile_text_becomes_harmless(hostile: str) -> None:
    clean = safe_html(hostile).lower()
    for part in ("<script", "<img", "<svg", "<style", "<iframe", "<form", "<input", "<button"):
        assert part not in clean
    tags = [piece.partition(">")[0] for piece in clean.split("<")[1:]]
    for word in ("javascript:", "data:", " on", "style=", "class=", "id=", "src="):
        assert not any(word in tag for tag in tags), (word, clean)


def test_long_and_deep_texts_are_cut() -> None:
    assert "[7 more characters]" in safe_html("a" * (MOST_CHARACTERS + 7))
    rows, told = text_table(np.full((2, 3, 4), "x", object))
    assert (len(rows), len(rows[0]), told) == (
        3,
        4,
        "The first matrix of a tensor of shape [2, 3, 4].",
    )
    rows, told = text_table(np.full((30_000,), "x", object))
    assert (len(rows), told) == (10_000, "The first 10000 of 30000 rows.")
    assert text_table(np.full((0, 2), "x", object)) == ([], "")
    assert text_table(np.full((0, 2, 2), "x", object))[0] == []


def test_tensorboards_endpoints_give_pictures_and_texts(logs: Path, reader: FlaskClient) -> None:
    tags = reader.get("/data/plugin/images/tags").json
    assert tags["tf2/main"]["img"]["samples"] == 2
    rows = reader.get("/data/plugin/images/images?run=tf2/main&tag=img&sample=1").json
    assert [row["step"] for row in rows] == [0, 5, 10, 15]
    picture = reader.get(f"/data/plugin/images/individualImage?{rows[2]['query']}").data
    described = oracle(logs, "tf2/main")["img", 10]["tensor"]["strings"][3]
    assert hashlib.sha1(picture).hexdigest()[:16] == described["sha1"]
    assert reader.get("/data/plugin/images/individualImage?blob_key=eA==").status_code == 400
    assert "note" in reader.get("/data/plugin/text/tags").json["tf2/main"]
    texts = reader.get("/data/plugin/text/text?run=tf2/main&tag=tbl").json
    assert texts[0]["text"].count("<td>") == 4
    plain = reader.get("/data/plugin/text/text?run=tf2/main&tag=note&markdown=false").json
    assert plain[0]["text"] == "step **0**"
