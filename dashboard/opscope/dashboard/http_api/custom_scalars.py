"""The route of the custom scalars page; its curves come from the scalars page's."""

from __future__ import annotations

from opscope.dashboard.http_api.card_parts import INDEX_FIELDS
from opscope.dashboard.http_api.operation import Operation
from opscope.dashboard.http_api.schema import BOOLEAN, STRING, array, described, obj, words

CHART = obj(
    {
        "title": STRING,
        "kind": words("multiline", "margin"),
        "tags?": array(STRING, "of a multiline chart: expressions that tags match"),
        "series?": array(
            obj({"value": STRING, "lower": STRING, "upper": STRING}), "of a margin chart: tags"
        ),
    }
)
CUSTOM_SCALARS = (
    Operation(
        "/api/custom_scalars/tags",
        "scalar tags, and the layouts of all runs as one",
        answer=obj(
            {
                **INDEX_FIELDS,
                "layout": array(obj({"title": STRING, "closed": BOOLEAN, "charts": array(CHART)})),
                "wrong": described(array(STRING), "layouts that are damaged"),
            }
        ),
    ),
)
