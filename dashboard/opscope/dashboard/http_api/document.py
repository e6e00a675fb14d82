"""The table of operations as an OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opscope.dashboard.http_api.operation import Operation, Parameter
from opscope.dashboard.http_api.schema import STRING, Schema, array, obj

OPENAPI = "3.1.0"
ERRORS = {
    "400": "the query is wrong",
    "401": "a token is asked for, and this is none",
    "403": "asked under another host's name, or by a page of another site",
    "404": "there is no such run, tag, point or file",
    "413": "too large",
    "415": "of a type that cannot be shown",
    "422": "damaged",
    "503": "the logdir cannot be read",
}
ERROR = obj({"error": STRING}, "what is wrong")


def openapi(operations: Sequence[Operation], version: str, base: str = "/") -> dict[str, Any]:
    """The document; `base` is what stands before every path."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "opscope dashboard",
            "version": version,
            "description": "What a logdir holds, and what its pages are drawn from.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base.rstrip("/") or "/"}],
        "paths": paths,
        "components": {
            "responses": {
                status: {
                    "description": means,
                    "content": {"application/json": {"schema": ERROR}},
                }
                for status, means in ERRORS.items()
            },
            "securitySchemes": {
                "header": {"type": "http", "scheme": "bearer"},
                "address": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
        "security": [{}, {"header": []}, {"address": []}],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    schema = operation.answer or {"type": "string", "format": "binary"}
    found: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": operation_id(operation),
        "responses": {
            "200": {
                "description": operation.summary,
                "content": {operation.media: {"schema": schema}},
            },
            **{status: {"$ref": f"#/components/responses/{status}"} for status in ERRORS},
        },
    }
    if operation.parameters:
        found["parameters"] = [_parameter(each, operation) for each in operation.parameters]
    if operation.form:
        fields = {
            each.name + ("" if each.needed else "?"): _schema(each) for each in operation.form
        }
        content: dict[str, Any] = {"schema": obj(fields), "example": dict(operation.example)}
        found["requestBody"] = {"content": {"application/x-www-form-urlencoded": content}}
    if operation.body:
        media, body = operation.body
        found["requestBody"] = {"required": True, "content": {media: {"schema": body}}}
        if not isinstance(operation.example_body, bytes):
            found["requestBody"]["content"][media]["example"] = operation.example_body
    return found


def operation_id(operation: Operation) -> str:
    """A name for the operation that no other has: "get_api_scalars_curves"."""
    words = operation.path.strip("/").replace(".", "_").replace("/", "_")
    return f"{operation.method.lower()}_{words}"


def _schema(parameter: Parameter) -> Schema:
    return array(parameter.schema) if parameter.repeated else parameter.schema


def _parameter(parameter: Parameter, operation: Operation) -> dict[str, Any]:
    found = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.means,
        "required": parameter.needed,
        "schema": _schema(parameter),
    }
    if parameter.name in operation.example:
        example = operation.example[parameter.name]
        several = parameter.repeated and not isinstance(example, list)
        found["example"] = [example] if several else example
    return found
