"""The routes of the shell."""

from __future__ import annotations

from opscope.dashboard.http_api.operation import (
    Operation,
)
from opscope.dashboard.http_api.schema import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    array,
    described,
    maybe,
    obj,
    row,
)

SHELL = (
    Operation(
        "/api/openapi.json",
        "this description of the API, as OpenAPI 3.1",
        answer=obj({"openapi": STRING, "info": ANY, "paths": ANY}, more=True),
    ),
    Operation(
        "/api/generation",
        "a number that rises with every change of the logdir, and how far the first reading is",
        answer=obj(
            {
                "generation": INTEGER,
                "loaded": described(BOOLEAN, "whether the first reading has ended"),
                "read": maybe(row(INTEGER, INTEGER, description="bytes read, and of how many")),
                "error": maybe(STRING),
                "problems": described(INTEGER, "how many places are damaged"),
            }
        ),
    ),
    Operation(
        "/api/reload",
        "reads what was added, now",
        obj({"changed": BOOLEAN}),
        method="POST",
    ),
    Operation(
        "/api/problems",
        "damaged places of the logdir",
        answer=array(obj({"file": STRING, "offset": INTEGER, "message": STRING})),
    ),
)
