"""One route of the server as its documentation tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opscope.dashboard.http_api.schema import STRING, Schema


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query, or a field of a form; `repeated` ones may come several times."""

    name: str
    means: str
    schema: Schema = field(default_factory=lambda: STRING)
    needed: bool = False
    repeated: bool = False


@dataclass(frozen=True)
class Operation:
    """A path, what it takes and what it gives.

    `answer` is the schema of a JSON answer; without it the answer is of type `media`. A POST takes
    a `form` or a `body` (media type and schema). `example` holds values of the parameters, of the
    form or the body, that work on the logs of the tests.
    """

    path: str
    summary: str
    answer: Schema | None = None
    method: str = "GET"
    media: str = "application/json"
    parameters: tuple[Parameter, ...] = ()
    form: tuple[Parameter, ...] = ()
    body: tuple[str, Schema] | None = None
    example: Mapping[str, Any] = field(default_factory=dict)
    example_body: Any = None


def needed(name: str, means: str, schema: Schema = STRING) -> Parameter:
    """A parameter that a request must have."""
    return Parameter(name, means, schema, needed=True)


def repeated(name: str, means: str, needed: bool = False) -> Parameter:
    """A parameter that may come several times."""
    return Parameter(name, means, STRING, needed, repeated=True)


RUN = needed("run", "name of a run, one of `/data/runs`")
TAG = needed("tag", "name of a tag of the run")
