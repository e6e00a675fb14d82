"""The routes of the pages of histograms, distributions, pictures, texts and files."""

from __future__ import annotations

from opscope.dashboard.http_api.card_parts import FLAG, INDEX, POINTS_ANSWER, STEP_RANGE, tags_of
from opscope.dashboard.http_api.operation import (
    RUN,
    TAG,
    Operation,
    Parameter,
    needed,
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
    Schema,
    array,
    described,
    maybe,
    obj,
    words,
)

HISTOGRAMS = (
    tags_of("histograms"),
    Operation(
        "/api/histograms/bins",
        "the histograms of a tag's runs: counts over common bins, or buckets as written",
        parameters=(
            TAG,
            repeated("run", "the runs"),
            Parameter("bins", "`common` (30 bins) or `written`", words("common", "written")),
            Parameter("steps", "at most so many steps, evenly chosen", INTEGER),
            *STEP_RANGE,
        ),
        answer=obj(
            {
                "tag": STRING,
                "edges": maybe(array(NUMBER, "edges of the common bins")),
                "series": array(
                    obj(
                        {
                            "run": STRING,
                            "total": described(INTEGER, "steps within the range"),
                            "step": STEPS,
                            "wall": WALLS,
                            "start": SPELT,
                            "counts?": array(array(NUMBER), "a row for each step"),
                            "buckets?": array(array(array(maybe(NUMBER)), length=3)),
                            "astray": array(NUMBER, "what counts as infinite or NaN"),
                        }
                    )
                ),
            }
        ),
        example={"tag": "layer1/activations", "run": ["tf1/train", "tf1/test"], "steps": 5},
    ),
)
DISTRIBUTIONS = (
    tags_of("distributions"),
    Operation(
        "/api/distributions",
        "nine percentiles of each step of a histogram tag",
        parameters=(
            RUN,
            TAG,
            Parameter("steps", "at most so many steps, evenly chosen", INTEGER),
            *STEP_RANGE,
        ),
        answer=obj(
            {
                "run": STRING,
                "tag": STRING,
                "total": INTEGER,
                "percent": array(NUMBER, length=9),
                "step": STEPS,
                "wall": WALLS,
                "start": SPELT,
                "values": array(array(maybe(NUMBER), length=9), "a row for each step"),
            }
        ),
        example={"run": "tf1/train", "tag": "layer1/activations"},
    ),
)
PICTURE = {"run": "tf1/train", "tag": "special/rgb/image/0"}
NOTE = {"run": "tf1/train", "tag": "special/note"}
IMAGES = (
    tags_of("images"),
    Operation(
        "/api/images/points",
        "when the pictures of a tag were written",
        POINTS_ANSWER,
        parameters=(RUN, TAG),
        example=PICTURE,
    ),
    Operation(
        "/api/images/point",
        "size of the pictures of one point, and of each sample its type and bytes",
        parameters=(RUN, TAG, INDEX),
        answer=obj(
            {
                "width": INTEGER,
                "height": INTEGER,
                "samples": array(
                    obj({"bytes": INTEGER, "type": maybe(STRING), "problem": maybe(STRING)})
                ),
            }
        ),
        example={**PICTURE, "index": 0},
    ),
    Operation(
        "/api/images/picture",
        "a picture as it was written",
        media="image/*",
        parameters=(RUN, TAG, INDEX, Parameter("sample", "which one of the point (0)", INTEGER)),
        example={**PICTURE, "index": 0},
    ),
)
TEXT = (
    tags_of("text"),
    Operation(
        "/api/text/points",
        "when the texts of a tag were written",
        POINTS_ANSWER,
        parameters=(RUN, TAG),
        example=NOTE,
    ),
    Operation(
        "/api/text/point",
        "the text of one point as rows of cells: clean HTML, or as it was written",
        parameters=(RUN, TAG, INDEX, Parameter("raw", "1: as it was written", FLAG)),
        answer=obj(
            {
                "shape": array(INTEGER),
                "raw": BOOLEAN,
                "cells": array(array(STRING)),
                "note": described(STRING, "what was left out"),
            }
        ),
        example={**NOTE, "index": 0},
    ),
)
CURVE = {"run": "tf2/main", "tag": "pr/pr_curves"}
CURVE_COLUMNS = obj(
    dict.fromkeys(
        ("thresholds", "tp", "fp", "tn", "fn", "precision", "recall"), array(maybe(NUMBER))
    )
)
PR_CURVES = (
    tags_of("pr_curves"),
    Operation(
        "/api/pr_curves/points",
        "when the curves of a tag were written, in each of some runs",
        parameters=(
            TAG,
            repeated("run", "the runs"),
            Parameter("curves", "1: of each run, the curve nearest to `step`, too", FLAG),
            Parameter("step", "without it, the newest", NUMBER),
        ),
        answer=obj(
            {
                "tag": STRING,
                "series": array(
                    obj(
                        {
                            "run": STRING,
                            "index": array(INTEGER),
                            "step": STEPS,
                            "wall": WALLS,
                            "start": SPELT,
                            "shown?": described(INTEGER, "the point whose curve this is"),
                            "curve?": CURVE_COLUMNS,
                            "wrong?": described(STRING, "why there is no curve"),
                        }
                    )
                ),
            }
        ),
        example={**CURVE, "curves": 1},
    ),
    Operation(
        "/api/pr_curves/curve",
        "one curve: counts, precision and recall by threshold",
        parameters=(RUN, TAG, INDEX),
        answer=CURVE_COLUMNS,
        example={**CURVE, "index": 0},
    ),
)
KIND = needed("kind", "what the tag holds: `text`, `image`, `tensor`, ...")
FACTS: dict[str, Schema] = {
    "bytes?": INTEGER,
    "holds?": STRING,
    "clips?": array(obj({"bytes": INTEGER, "type": maybe(STRING)})),
}
FILES = (
    tags_of("files"),
    Operation(
        "/api/files/run",
        "tags of a run that no other page draws, and the files nearest to it",
        parameters=(RUN, Parameter("every", "1: all its tags", FLAG)),
        answer=obj(
            {
                "tags": array(
                    obj(
                        {
                            **dict.fromkeys(("tag", "kind", "plugin", "description"), STRING),
                            "index": array(INTEGER),
                            "step": STEPS,
                            "wall": WALLS,
                            **FACTS,
                        }
                    )
                ),
                "files": array(
                    obj(
                        {
                            "name": described(STRING, "path below the logdir"),
                            "kind": STRING,
                            "size": maybe(INTEGER),
                            "modified": NUMBER,
                            "files": INTEGER,
                        }
                    )
                ),
                "more": described(BOOLEAN, "whether the logdir has more files than were listed"),
                "remote": BOOLEAN,
            }
        ),
        example={"run": "tf2/main", "every": 1},
    ),
    Operation(
        "/api/files/point",
        "what a point holds",
        parameters=(RUN, TAG, KIND, INDEX),
        answer=obj(FACTS),
        example={**NOTE, "kind": "text", "index": 0},
    ),
    Operation(
        "/api/files/payload",
        "a point as a file: the `Summary.Value` message, or its array as .npy",
        media="application/octet-stream",
        parameters=(
            RUN,
            TAG,
            KIND,
            Parameter("index", "which point of the tag (0)", INTEGER),
            Parameter("form", "what is wanted", words("message", "array")),
        ),
        example={**NOTE, "kind": "text", "index": 0},
    ),
    Operation(
        "/api/files/clip",
        "a clip of an audio tag",
        media="audio/*",
        parameters=(RUN, TAG, INDEX, Parameter("clip", "which one of the point (0)", INTEGER)),
        example={"run": "tf2/main", "tag": "tone", "index": 0},
    ),
    Operation(
        "/api/files/file",
        "a file below the logdir; hidden ones and links out of it are refused",
        media="application/octet-stream",
        parameters=(needed("name", "path as `/api/files/run` lists it"),),
        example={"name": "tf1/graph.pbtxt"},
    ),
)
