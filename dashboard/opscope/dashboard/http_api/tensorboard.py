"""TensorBoard's read endpoints, in the shapes of its version 2.21."""

from __future__ import annotations

from opscope.dashboard.http_api.operation import RUN, TAG, Operation, Parameter, needed, repeated
from opscope.dashboard.http_api.schema import (
    ANY,
    BOOLEAN,
    INTEGER,
    NUMBER,
    SPELT,
    STRING,
    Schema,
    array,
    by_name,
    described,
    obj,
    row,
    words,
)

WALL = described(SPELT, "seconds since the epoch")
POINT = row(WALL, INTEGER, SPELT, description="wall time, step, value")
NAMED = obj({"displayName": STRING, "description": described(STRING, "clean HTML")})
TAGS = by_name(by_name(NAMED), "by run and tag")
BUCKET = row(SPELT, SPELT, SPELT, description="left edge, right edge, count")
EXAMPLE = {"run": "tf1/train", "tag": "accuracy_1"}
HISTOGRAM = {"run": "tf1/train", "tag": "layer1/activations"}
BY_PLUGIN = obj(
    {
        "runTagInfo": by_name(array(STRING), "tags by run"),
        "tagDescriptions": by_name(STRING, "clean HTML by tag"),
    }
)
SERIES_POINT = obj(
    {
        "wallTime": WALL,
        "step": INTEGER,
        "value?": SPELT,
        "bins?": array(obj({"min": SPELT, "max": SPELT, "count": SPELT})),
        "imageId?": STRING,
    }
)
SERIES = obj(
    {
        "plugin": ANY,
        "tag": ANY,
        "run?": STRING,
        "sample?": INTEGER,
        "runToSeries?": by_name(array(SERIES_POINT)),
        "error?": described(STRING, "what the question lacks"),
    }
)
LISTED = obj(
    {
        "enabled": BOOLEAN,
        "tab_name": STRING,
        "disable_reload": BOOLEAN,
        "remove_dom": BOOLEAN,
        "loading_mechanism": obj({"type": STRING}),
    }
)
REQUESTS = needed(
    "requests",
    'JSON: `[{"plugin": "scalars"|"histograms"|"images", "tag", "run"?, "sample"?}, ...]`',
)
QUESTIONS = '[{"plugin": "scalars", "tag": "accuracy_1"}]'


def _points(plugin: str, summary: str, answer: Schema, example: dict[str, str]) -> Operation:
    path = f"/data/plugin/{plugin}/{plugin}"
    return Operation(path, summary, array(answer), parameters=(RUN, TAG), example=example)


CORE = (
    Operation("/data/runs", "names of the runs", array(STRING)),
    Operation(
        "/data/environment",
        "what is shown",
        obj(
            {
                "version": described(STRING, "the TensorBoard whose endpoints these are"),
                **dict.fromkeys(("data_location", "window_title", "experiment_name"), STRING),
                "experiment_description": STRING,
                "creation_time": NUMBER,
            }
        ),
    ),
    Operation("/data/logdir", "where the logs lie", obj({"logdir": STRING})),
    Operation("/data/window_properties", "the title", obj({"window_title": STRING})),
    Operation("/data/experiments", "none: a logdir is one experiment", array(ANY)),
    Operation("/data/experiment_runs", "none", array(ANY)),
    Operation("/data/notifications", "none", obj({"notifications": array(ANY)})),
    Operation("/data/plugins_listing", "which kinds of data there are", by_name(LISTED)),
)
SCALARS = (
    Operation("/data/plugin/scalars/tags", "scalar tags", TAGS),
    Operation(
        "/data/plugin/scalars/scalars",
        "every point of a tag; as CSV with `format=csv`",
        array(POINT),
        parameters=(RUN, TAG, Parameter("format", "`json` or `csv`", words("json", "csv"))),
        example=EXAMPLE,
    ),
    Operation(
        "/data/plugin/scalars/scalars_multirun",
        "every point of a tag of several runs",
        by_name(array(POINT)),
        method="POST",
        form=(needed("tag", "name of a tag"), repeated("runs", "the runs")),
        example={"tag": "accuracy_1", "runs": ["tf1/train", "tf1/test"]},
    ),
)
HISTOGRAMS = (
    Operation("/data/plugin/histograms/tags", "histogram tags", TAGS),
    _points("histograms", "every histogram of a tag", row(WALL, INTEGER, array(BUCKET)), HISTOGRAM),
    Operation("/data/plugin/distributions/tags", "histogram tags", TAGS),
    _points(
        "distributions",
        "nine percentiles of every histogram of a tag",
        row(WALL, INTEGER, array(row(NUMBER, SPELT, description="basis point, value"), length=9)),
        HISTOGRAM,
    ),
)
PAYLOADS = (
    Operation(
        "/data/plugin/images/tags",
        "image tags",
        by_name(
            by_name(obj({"displayName": STRING, "description": STRING, "samples": INTEGER})),
            "by run and tag",
        ),
    ),
    Operation(
        "/data/plugin/images/images",
        "the pictures of a tag, each by a query for `individualImage`",
        array(obj({"wall_time": WALL, "step": INTEGER, "query": STRING})),
        parameters=(RUN, TAG, Parameter("sample", "which one of each step (0)", INTEGER)),
        example={"run": "tf1/train", "tag": "special/rgb/image/0"},
    ),
    Operation(
        "/data/plugin/images/individualImage",
        "one picture",
        media="image/*",
        parameters=(needed("blob_key", "from the query of `images`"),),
        example={"blob_key": "WyJ0ZjEvdHJhaW4iLCJzcGVjaWFsL3JnYi9pbWFnZS8wIiwwLDBd"},
    ),
    Operation("/data/plugin/text/tags", "text tags by run", by_name(array(STRING))),
    Operation(
        "/data/plugin/text/text",
        "the texts of a tag as clean HTML",
        array(obj({"wall_time": WALL, "step": INTEGER, "text": STRING})),
        parameters=(
            RUN,
            TAG,
            Parameter("markdown", "`false`: as it was written", words("true", "false")),
        ),
        example={"run": "tf1/train", "tag": "special/note"},
    ),
)
PR_POINT = obj(
    {
        "wall_time": WALL,
        "step": INTEGER,
        **dict.fromkeys(("precision", "recall", "thresholds"), array(SPELT)),
        **dict.fromkeys(
            ("true_positives", "false_positives", "true_negatives", "false_negatives"),
            array(INTEGER),
        ),
    }
)
PR_CURVES = (
    Operation("/data/plugin/pr_curves/tags", "tags of PR curves", TAGS),
    Operation(
        "/data/plugin/pr_curves/pr_curves",
        "every PR curve of a tag of some runs",
        by_name(array(PR_POINT), "by run"),
        parameters=(TAG, repeated("run", "the runs", needed=True)),
        example={"tag": "pr/pr_curves", "run": "tf2/main"},
    ),
)
CUSTOM_CHART = obj(
    {
        "title": STRING,
        "multiline?": obj({"tag": array(STRING)}),
        "margin?": obj({"series": array(obj({"value": STRING, "lower": STRING, "upper": STRING}))}),
    }
)
CUSTOM_SCALARS = (
    Operation(
        "/data/plugin/custom_scalars/layout",
        "the layouts of all runs as one; {} without any",
        obj(
            {
                "version?": INTEGER,
                "category?": array(
                    obj({"title": STRING, "closed": BOOLEAN, "chart": array(CUSTOM_CHART)})
                ),
            }
        ),
    ),
)
TIMESERIES = (
    Operation(
        "/data/plugin/timeseries/tags",
        "scalar, histogram and image tags",
        obj(
            {
                "scalars": BY_PLUGIN,
                "histograms": BY_PLUGIN,
                "images": obj(
                    {
                        "tagDescriptions": by_name(STRING),
                        "tagRunSampledInfo": by_name(by_name(obj({"maxSamplesPerStep": INTEGER}))),
                    }
                ),
            }
        ),
    ),
    Operation(
        "/data/plugin/timeseries/timeSeries",
        "the series of many questions at once",
        array(SERIES),
        parameters=(REQUESTS,),
        example={"requests": QUESTIONS},
    ),
    Operation(
        "/data/plugin/timeseries/timeSeries",
        "the same, the questions in a form",
        array(SERIES),
        method="POST",
        form=(REQUESTS,),
        example={"requests": QUESTIONS},
    ),
    Operation(
        "/data/plugin/timeseries/imageData",
        "one picture",
        media="image/*",
        parameters=(needed("imageId", "from `timeSeries`"),),
        example={"imageId": "WyJ0ZjEvdHJhaW4iLCJzcGVjaWFsL3JnYi9pbWFnZS8wIiwwLDBd"},
    ),
)
GRAPH_TAG = obj(
    {
        "tag": STRING,
        **dict.fromkeys(("conceptual_graph", "op_graph", "profile"), BOOLEAN),
    }
)
GRAPHS = (
    Operation(
        "/data/plugin/graphs/info",
        "which runs have which graphs",
        by_name(obj({"run": STRING, "run_graph": BOOLEAN, "tags": by_name(GRAPH_TAG)})),
    ),
    Operation(
        "/data/plugin/graphs/graph",
        "a GraphDef in protobuf's text format",
        media="text/x-protobuf",
        parameters=(
            RUN,
            Parameter("tag", "a tag of `info`; without it the run's own graph"),
            Parameter("conceptual", "accepted: the tag says it", words("true", "false")),
            Parameter("limit_attr_size", "leave out attributes above so many bytes", INTEGER),
            Parameter("large_attrs_key", "attribute that lists what was left out"),
        ),
        example={"run": "tf1/train", "limit_attr_size": 1024, "large_attrs_key": "_too_large"},
    ),
    Operation(
        "/data/plugin/graphs/run_metadata",
        "a RunMetadata in protobuf's text format",
        media="text/x-protobuf",
        parameters=(RUN, TAG),
        example={"run": "tf1/train", "tag": "step029"},
    ),
)
TENSORBOARD = (
    *CORE,
    *SCALARS,
    *HISTOGRAMS,
    *PAYLOADS,
    *PR_CURVES,
    *CUSTOM_SCALARS,
    *TIMESERIES,
    *GRAPHS,
)
