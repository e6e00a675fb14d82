"""What the routes of several pages of cards take and give."""

from __future__ import annotations

from opscope.dashboard.http_api.operation import (
    Operation,
    Parameter,
    needed,
)
from opscope.dashboard.http_api.schema import (
    INTEGER,
    NUMBER,
    SPELT,
    STEPS,
    STRING,
    WALLS,
    array,
    described,
    obj,
    words,
)

FLAG = words("0", "1")
STEP_RANGE = (
    Parameter("low", "least step that is wanted", NUMBER),
    Parameter("high", "greatest step that is wanted", NUMBER),
)
INDEX = needed("index", "which point of the tag, as `points` counts them", INTEGER)

INDEX_FIELDS = {
    "runs": array(obj({"run": STRING, "colour": STRING}), "runs that have such a tag"),
    "tags": array(obj({"tag": STRING, "runs": array(STRING), "description": STRING})),
}
TAGS_ANSWER = obj(INDEX_FIELDS)
POINTS_ANSWER = obj(
    {
        "index": array(INTEGER, "what names a point in `point`"),
        "step": STEPS,
        "wall": WALLS,
        "start": described(SPELT, "wall time of the first point"),
    }
)


def tags_of(page: str) -> Operation:
    """The tag index of a page."""
    return Operation(f"/api/{page}/tags", f"runs and tags of the {page} page", TAGS_ANSWER)
