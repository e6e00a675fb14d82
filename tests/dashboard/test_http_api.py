"""The table of routes: all of the server's are in it, and answers are what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from openapi_spec_validator import validate
from tensorboard_answers import unpack_logs

from opscope.dashboard.app import create_app
from opscope.dashboard.http_api import OPERATIONS
from opscope.dashboard.http_api.document import openapi, operation_id
from opscope.dashboard.http_api.operation import Operation
from opscope.dashboard.store import Store

ARCHIVES = Path(__file__).parents[1] / "data/events"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    logs = unpack_logs(ARCHIVES, tmp_path_factory.mktemp("logs")) / "events"
    with Store(logs, reload_interval=0) as store:
        store.wait()
        yield create_app(store).server.test_client()


def test_every_route_of_the_server_is_in_the_table(client: FlaskClient) -> None:
    routes = {
        (method, rule.rule)
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/api/", "/data/"))
    }
    assert routes == {(operation.method, operation.path) for operation in OPERATIONS}


def test_the_document_is_valid_and_names_where_it_is_served(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").json
    validate(document)
    assert document["servers"] == [{"url": "/"}]
    assert openapi(OPERATIONS, "1", "/x/")["servers"] == [{"url": "/x"}]
    assert len({operation_id(operation) for operation in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=operation_id)
def test_the_example_gets_what_is_described(client: FlaskClient, operation: Operation) -> None:
    names = {parameter.name for parameter in (*operation.parameters, *operation.form)}
    assert set(operation.example) <= names
    needed = {each.name for each in (*operation.parameters, *operation.form) if each.needed}
    assert needed <= set(operation.example)
    media = operation.body[0] if operation.body else None
    body = operation.example_body
    answer = client.open(
        operation.path,
        method=operation.method,
        query_string={} if operation.form else dict(operation.example),
        data=dict(operation.example) if operation.form else body if media != JSON else None,
        json=body if media == JSON else None,
        content_type=media if media and media != JSON else None,
    )
    assert answer.status_code == 200, answer.text
    assert answer.data
    if operation.answer is None:
        assert answer.mimetype.startswith(operation.media.rstrip("*").rstrip("/*"))
    else:
        wrong = best_match(Draft202012Validator(operation.answer).iter_errors(answer.json))
        where = "$" if wrong is None else wrong.json_path
        assert wrong is None, f"{where}: {wrong.message[:300]} (opscope.dashboard.http_api)"
    for name in needed:
        less = {key: value for key, value in operation.example.items() if key != name}
        if operation.method == "GET":
            assert client.get(operation.path, query_string=less).status_code == 400, name


# What is sent piece by piece, and what may change without the logdir.
UNTAGGED = ("/api/files/file", "/api/graph/export")


@pytest.mark.parametrize(
    "operation",
    [one for one in OPERATIONS if one.method == "GET" and one.path not in UNTAGGED],
    ids=operation_id,
)
def test_an_answer_is_sent_once(client: FlaskClient, operation: Operation) -> None:
    asked = {"query_string": dict(operation.example), "headers": {"Accept-Encoding": "gzip"}}
    first = client.get(operation.path, **asked)
    textual = first.mimetype.startswith(("application/json", "text/"))
    assert first.content_encoding == "gzip" or not textual or len(first.data) < 1024
    asked["headers"] |= {"If-None-Match": first.headers["ETag"]}
    again = client.get(operation.path, **asked)
    assert (again.status_code, again.data) == (304, b"")


JSON = "application/json"
