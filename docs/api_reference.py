"""Print docs/api.md: every route of the dashboard's server, from the table it describes itself by.

`make docs` writes the file; tests/test_documentation.py compares it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from opscope.dashboard.http_api import SECTIONS
from opscope.dashboard.http_api.document import ERRORS
from opscope.dashboard.http_api.operation import Operation, Parameter
from opscope.dashboard.http_api.schema import Schema

HEADING = """\
# The HTTP API

Written by `make docs` from `opscope.dashboard.http_api`, the table that the server describes
itself by: `/api/openapi.json` is the same as an OpenAPI 3.1 document, with a schema of every
answer. A test asks every route here and holds the answer to its schema, and the server's routes to
the table.

Answers are compressed (gzip) where the client takes that, and carry an `ETag`: a request with
`If-None-Match` gets 304 without a body where nothing has changed. Behind `--token` send
`Authorization: Bearer TOKEN`. Paths come after the `--path_prefix`.

An error is `{"error": "what is wrong"}`:
"""


def sections() -> Iterator[str]:
    """The document, part by part."""
    yield HEADING
    yield "\n"
    for status, means in ERRORS.items():
        yield f"- {status}: {means}\n"
    for title, operations in SECTIONS.items():
        yield f"\n## {title}\n"
        for operation in operations:
            yield from described(operation)


def described(operation: Operation) -> Iterator[str]:
    """One route: what it takes, what it gives, an example."""
    yield f"\n### `{operation.method} {operation.path}`\n\n"
    yield f"{operation.summary[0].upper()}{operation.summary[1:]}.\n"
    for title, parameters in (("Query", operation.parameters), ("Form", operation.form)):
        if parameters:
            yield f"\n{title}:\n\n"
            yield from map(listed, parameters)
    if operation.body:
        media, schema = operation.body
        yield f"\nBody: `{media}`"
        yield f", `{shape(schema)}`\n" if media == "application/json" else "\n"
    given = shape(operation.answer) if operation.answer else ""
    if len(given) > 70:
        yield f"\nAnswer:\n\n```\n{shape(operation.answer or {}, '')}\n```\n"
    else:
        yield f"\nAnswer: `{given or operation.media}`\n"
    if operation.example and operation.method == "GET":
        yield f"\nExample: `{operation.path}?{query(operation.example)}`\n"


def listed(parameter: Parameter) -> str:
    """A parameter as one item of a list."""
    more = [
        *(["needed"] if parameter.needed else []),
        *(["may be repeated"] if parameter.repeated else []),
        *([shape(parameter.schema)] if parameter.schema.get("type") != "string" else []),
    ]
    told = f" ({', '.join(more)})" if more else ""
    return f"- `{parameter.name}`{told}: {parameter.means}\n"


def query(example: Mapping[str, Any]) -> str:
    """The example's parameters as they stand in an address."""
    return urlencode(example, doseq=True, safe='/,:{}[]"')


def shape(schema: Schema, indent: str | None = None) -> str:
    """A schema in the form of an example: `{"step": [integer], ...}`; lines where indented."""
    if "enum" in schema:
        return " | ".join(json.dumps(word) for word in schema["enum"])
    if "anyOf" in schema:
        return alternatives([shape(each, indent) for each in schema["anyOf"]])
    kind = schema.get("type")
    if kind == "array":
        items: Sequence[Schema] = schema.get("prefixItems") or [schema["items"]]
        inside = ", ".join(shape(each, indent) for each in items)
        return f"[{inside}{'' if 'prefixItems' in schema else ', ...'}]"
    if kind != "object":
        return str(kind or "any")
    if not schema.get("properties"):
        values = schema.get("additionalProperties")
        return "{NAME: " + (shape(values, indent) if isinstance(values, dict) else "any") + ", ...}"
    needed = set(schema.get("required", ()))
    deeper = None if indent is None else indent + "  "
    fields = [
        (
            f'"{name}"{"" if name in needed else "?"}: {shape(each, deeper)}',
            f"  // {each['description']}" if "description" in each else "",
        )
        for name, each in schema["properties"].items()
    ]
    if schema.get("additionalProperties"):
        fields.append(("...", ""))
    if indent is None:
        return "{" + ", ".join(field for field, _ in fields) + "}"
    lines = [f"{deeper}{field},{note}\n" for field, note in fields]
    return "{\n" + "".join(lines) + f"{indent}}}"


def alternatives(found: list[str]) -> str:
    """One of some shapes, those of a spelt number by their common name."""
    return "number" if found[0] == "number" and '"NaN"' in found[1] else " | ".join(found)


if __name__ == "__main__":
    print("".join(sections()), end="")
