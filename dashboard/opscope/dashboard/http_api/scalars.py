"""The routes of the scalars page."""

from __future__ import annotations

from opscope.dashboard.http_api.card_parts import FLAG, tags_of
from opscope.dashboard.http_api.operation import (
    Operation,
    Parameter,
    repeated,
)
from opscope.dashboard.http_api.schema import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    SPELT,
    STEPS,
    STRING,
    WALLS,
    array,
    described,
    maybe,
    obj,
    words,
)

STATS = obj(
    {
        "count": INTEGER,
        **dict.fromkeys(("first", "last", "min", "max"), NUMBER),
        **dict.fromkeys(("first_step", "last_step", "min_step", "max_step"), INTEGER),
        "mean": NUMBER,
        "std": NUMBER,
    },
    "of the finite values inside the range",
)
CURVE = obj(
    {
        "run": STRING,
        "tag": STRING,
        "step": STEPS,
        "wall": WALLS,
        "start": SPELT,
        "value": array(SPELT, "as many as the plot can show, the extremes of each stretch kept"),
        "smoothed": maybe(array(maybe(NUMBER), "debiased moving average over all points")),
        "count": described(INTEGER, "points of the whole curve"),
        "nan": INTEGER,
        "inf": INTEGER,
        "whole": described(BOOLEAN, "whether nothing was left out"),
        "stats": maybe(STATS),
        "at": maybe(obj({"step": INTEGER, "wall": SPELT, "value": SPELT, "smoothed": SPELT})),
        "orphans": maybe(obj({"step": STEPS, "wall": WALLS, "value": array(SPELT)})),
    }
)
BAND = obj(
    {
        "group": STRING,
        "tag": STRING,
        "runs": array(STRING),
        "x": array(NUMBER),
        **dict.fromkeys(("mean", "low", "high"), array(maybe(NUMBER))),
        "count": array(INTEGER, "runs that have a value there"),
        "nan": INTEGER,
        "inf": INTEGER,
    }
)
RANGE = maybe(array(NUMBER, length=2))
SUMMARY_ROW = obj(
    {
        "run": STRING,
        "tag": STRING,
        "count": INTEGER,
        "bad": described(INTEGER, "values that are NaN or infinite"),
        "bad_step": maybe(INTEGER),
        "last_step": maybe(INTEGER),
        "last_wall": maybe(SPELT),
        **dict.fromkeys(("last", "min", "max"), maybe(NUMBER)),
        "min_step?": INTEGER,
        "max_step?": INTEGER,
    }
)

SCALARS = (
    tags_of("scalars"),
    Operation(
        "/api/scalars/curves",
        "curves as a plot needs them, over a range, with figures of each",
        parameters=(
            repeated("tag", "one or more tags", needed=True),
            repeated("run", "the runs"),
            Parameter("axis", "what lies on the x axis", words("step", "relative", "wall")),
            Parameter("low", "begin of the range on the axis", NUMBER),
            Parameter("high", "end of the range", NUMBER),
            Parameter("smoothing", "weight of the moving average, from 0 to below 1", NUMBER),
            Parameter("points", "about how many points a curve may have (600)", INTEGER),
            Parameter("at", "a place on the axis, of which each curve's nearest point is told"),
            Parameter("orphaned", "1: with the points that a restart made obsolete", FLAG),
            repeated("group", "a group for each run, in their order: gives bands"),
            Parameter("spread", "what a band shows", words("std", "sem", "range")),
        ),
        answer=obj(
            {
                "tag": STRING,
                "tags": array(STRING),
                "axis": STRING,
                "series": array(CURVE),
                "extent": described(RANGE, "lowest and highest value inside the range"),
                "robust": described(RANGE, "the same without outliers"),
                "positive": described(maybe(NUMBER), "least value above 0"),
                "smallest": described(maybe(NUMBER), "least magnitude above 0"),
                "bands?": array(BAND),
            }
        ),
        example={
            "tag": "accuracy_1",
            "run": ["tf1/train", "tf1/test"],
            "group": ["a", "a"],
            "smoothing": 0.6,
            "at": 10,
            "orphaned": 1,
        },
    ),
    Operation(
        "/api/scalars/summary", "every run and tag in a few figures", answer=array(SUMMARY_ROW)
    ),
    Operation(
        "/api/scalars/table",
        "every point of some runs and tags as one CSV: run, tag, step, wall_time, value; "
        "with the format json, an object of columns for each run and tag",
        method="POST",
        media="text/csv",
        body=(
            "application/json",
            obj({"runs": array(STRING), "tags": array(STRING), "format?": STRING}),
        ),
        example_body={"runs": ["tf1/train"], "tags": ["accuracy_1"]},
    ),
)
