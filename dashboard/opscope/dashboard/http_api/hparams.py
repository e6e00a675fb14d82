"""The routes of the hparams page."""

from __future__ import annotations

from opscope.dashboard.http_api.operation import (
    Operation,
)
from opscope.dashboard.http_api.schema import (
    ANY,
    BOOLEAN,
    INTEGER,
    NUMBER,
    SPELT,
    STRING,
    array,
    by_name,
    maybe,
    obj,
    words,
)

HPARAM = obj(
    {
        **dict.fromkeys(("id", "name", "title", "description"), STRING),
        "type": words("string", "bool", "number"),
        "domain": obj({"interval?": array(SPELT, length=2), "values?": array(ANY)}),
    }
)
METRIC = obj(
    {
        **dict.fromkeys(("id", "group", "tag", "title", "description", "dataset"), STRING),
        "declared": BOOLEAN,
    }
)
FIGURES = obj(
    {
        "last": SPELT,
        "step": INTEGER,
        "min": maybe(NUMBER),
        "max": maybe(NUMBER),
        "count": INTEGER,
    }
)
SESSION = obj(
    {
        "run": STRING,
        "runs": array(STRING),
        **dict.fromkeys(("colour", "group", "status", "model", "monitor"), STRING),
        "started": maybe(SPELT),
        "ended": maybe(SPELT),
        "hparams": by_name(ANY),
        "metrics": by_name(FIGURES),
    }
)
HPARAMS = (
    Operation(
        "/api/hparams/table",
        "the sessions of an experiment with their hyperparameters and metrics",
        answer=obj(
            {
                "name": STRING,
                "description": STRING,
                "hparams": array(HPARAM),
                "metrics": array(METRIC),
                "sessions": array(SESSION),
            }
        ),
    ),
    Operation(
        "/api/hparams/runs",
        "the hyperparameters of each run",
        answer=obj({"hparams": array(STRING), "runs": by_name(by_name(ANY))}),
    ),
)
