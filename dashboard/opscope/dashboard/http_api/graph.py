"""The routes of the graph page."""

from __future__ import annotations

from opscope.dashboard.http_api.operation import RUN, Operation, Parameter, needed, repeated
from opscope.dashboard.http_api.schema import (
    ANY,
    BOOLEAN,
    INTEGER,
    NUMBER,
    STRING,
    array,
    by_name,
    described,
    either,
    maybe,
    obj,
    row,
    words,
)

GRAPH = (RUN, Parameter("tag", "which graph of the run, as `list` names it (the first)"))
DRAWN = (
    repeated("e", "a scope that is open"),
    repeated("x", "a node that is hidden"),
    repeated("i", "a node that is isolated"),
    repeated("a", "a node that is put aside"),
    repeated("m", "a node that is put into the flow"),
    repeated("u", "a series that is taken apart"),
    repeated("g", "a group that is put together"),
    Parameter("d", "`lr`: from left to right", words("tb", "lr")),
)
COLOUR = (
    Parameter("c", "colour mode, `structure` if not given: one of the answer's `modes`"),
    Parameter("meta", "run metadata for time and memory"),
)
NAME = needed("name", "name of a node or scope")
HUES = array(array(either(NUMBER, STRING)))
COLOURS = obj(
    {
        "mode": STRING,
        "nodes": by_name(either(HUES, NUMBER, STRING), "hues with shares, or a share, by id"),
        "legend": array(obj({"label": STRING, "title": STRING}, more=True)),
        "scale": maybe(obj({"low": STRING, "high": STRING}, more=True)),
        "modes": array(obj({"name": STRING, "title": STRING, "why": STRING})),
        "steps": array(obj({"tag": STRING, "step": INTEGER})),
    }
)
NODE = obj(
    {
        "id": STRING,
        "label": STRING,
        **dict.fromkeys(("x", "y", "w", "h"), NUMBER),
        "depth": INTEGER,
        "parent": STRING,
        "range": row(INTEGER, INTEGER, description="first and last node inside, in preorder"),
        "kind": STRING,
        "count?": described(STRING, "how many ops a scope has"),
        "group?": BOOLEAN,
        "open?": BOOLEAN,
        "op?": STRING,
        "aside?": BOOLEAN,
        "signs?": ANY,
    },
    more=True,
)
EDGE = obj(
    {
        "a": described(STRING, "id of the box it leaves"),
        "b": described(STRING, "id of the box it enters"),
        "scope": STRING,
        "points": array(NUMBER, "x and y by turns"),
        "width?": NUMBER,
        "count?": INTEGER,
        "kind?": STRING,
        "port?": described(STRING, "a line inside an open scope, to its border"),
        "label?": STRING,
        "at?": array(NUMBER, length=2),
    },
    more=True,
)
NEIGHBOURS = obj({"total": INTEGER, "rows": array(obj({"id": STRING, "op": STRING}, more=True))})
CARD = obj(
    {
        "id": STRING,
        "name": STRING,
        "kind": STRING,
        "devices": array(row(STRING, INTEGER)),
        **dict.fromkeys(("inputs", "outputs", "control_inputs", "control_outputs"), NEIGHBOURS),
        "summaries": array(
            obj({"page": STRING, "tags": array(STRING), "total": INTEGER, "pattern": STRING})
        ),
        "op?": STRING,
        "attributes?": array(obj({"name": STRING, "value": STRING})),
        "results?": array(obj({"slot": INTEGER, "shape": STRING, "dtype": STRING})),
    },
    "the info card of a node or scope",
    more=True,
)
SOURCE = obj({"name": STRING, "title": STRING, "steps": array(INTEGER)})
EXAMPLE = {"run": "tf1/train"}

GRAPHS = (
    Operation(
        "/api/graph/list",
        "runs and their graphs",
        answer=obj(
            {
                "runs": array(
                    obj({"run": STRING, "graphs": array(obj({"tag": STRING, "kind": STRING}))})
                ),
                "generation": INTEGER,
                "problems": array(STRING, "what of it cannot be read"),
            },
        ),
    ),
    Operation(
        "/api/graph/upload",
        "takes a graph file, kept in memory; gives the run that it is shown as",
        method="POST",
        parameters=(needed("name", "name of the file"),),
        body=("application/octet-stream", {"type": "string", "format": "binary"}),
        answer=obj({"run": STRING}),
        example={"name": "graph.pbtxt"},
        example_body=b'node { name: "a" op: "NoOp" }',
    ),
    Operation(
        "/api/graph/view",
        "boxes, lines and labels with coordinates, and their colours",
        parameters=(*GRAPH, *DRAWN, Parameter("s", "the node that is selected"), *COLOUR),
        answer=obj(
            {
                "graph": described(STRING, "digest of the graph"),
                "width": NUMBER,
                "height": NUMBER,
                "flow": STRING,
                "nodes": array(NODE),
                "edges": array(EDGE),
                **dict.fromkeys(("expanded", "hidden", "isolated"), array(STRING)),
                "selected": maybe(STRING),
                "revealed": maybe(STRING),
                "totals": by_name(INTEGER),
                "problems": array(STRING),
                "colours": COLOURS,
            },
            more=True,
        ),
        example={**EXAMPLE, "e": "layer1"},
    ),
    Operation(
        "/api/graph/colours",
        "the colours alone",
        parameters=(*GRAPH, *DRAWN, *COLOUR),
        answer=COLOURS,
        example=EXAMPLE,
    ),
    Operation(
        "/api/graph/health",
        "health of what is drawn; with `name`, of a node's outputs",
        parameters=(
            *GRAPH,
            *DRAWN,
            Parameter("source", "where the health comes from, one of the answer's `sources`"),
            Parameter("step", "step of the source", INTEGER),
            Parameter("name", "a node"),
        ),
        answer=obj(
            {
                "sources?": array(SOURCE),
                "source?": STRING,
                "step?": INTEGER,
                "nodes?": by_name(obj({"counts": array(NUMBER), "bad": INTEGER}, more=True)),
                "outputs?": array(obj({"slot": INTEGER, "counts": array(NUMBER)}, more=True)),
            },
            more=True,
        ),
        example=EXAMPLE,
    ),
    Operation(
        "/api/graph/within",
        "the scopes to open so that so many levels are seen",
        parameters=(
            *GRAPH,
            *DRAWN,
            Parameter("name", "the scope (the graph)"),
            Parameter("depth", "levels (1)", INTEGER),
        ),
        answer=obj({"expanded": array(STRING)}),
        example={**EXAMPLE, "depth": 2},
    ),
    Operation(
        "/api/graph/node",
        "the info card of a node or scope",
        parameters=(*GRAPH, NAME, Parameter("meta", "run metadata for time and memory")),
        answer=CARD,
        example={**EXAMPLE, "name": "layer1"},
    ),
    Operation(
        "/api/graph/search",
        "nodes found by name, op or attribute",
        parameters=(*GRAPH, needed("q", "what is looked for")),
        answer=obj(
            {
                "total": INTEGER,
                "hits": array(obj({"id": STRING, "kind": STRING}, more=True)),
                "marks": array(INTEGER),
            },
            more=True,
        ),
        example={**EXAMPLE, "q": "layer"},
    ),
    Operation(
        "/api/graph/trace",
        "what a node depends on, what depends on it, or a path, as ranges of nodes",
        parameters=(
            *GRAPH,
            repeated("of", "the node, or the two of a path"),
            needed("t", "what is traced", words("inputs", "outputs", "path")),
            Parameter("ctl", "1: along control edges, too", words("0", "1")),
            repeated("e", "a scope that is open"),
        ),
        answer=obj(
            {
                "total": INTEGER,
                "ranges": array(row(INTEGER, INTEGER)),
                "edges": array(array(STRING)),
                "backward": BOOLEAN,
            },
            more=True,
        ),
        example={**EXAMPLE, "t": "inputs", "of": "layer1"},
    ),
    Operation(
        "/api/graph/export",
        "the graph, a scope or what is drawn, as a file",
        media="*/*",
        parameters=(
            *GRAPH,
            *DRAWN,
            needed("format", "the form", words("dot", "graphml", "json")),
            Parameter("what", "what of it", words("drawn", "scope", "graph")),
            Parameter("name", "the scope"),
        ),
        example={**EXAMPLE, "format": "dot"},
    ),
)
