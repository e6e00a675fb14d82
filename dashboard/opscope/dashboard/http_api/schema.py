"""JSON Schemas (2020-12, as OpenAPI 3.1 has them) in a few words."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
BOOLEAN: Schema = {"type": "boolean"}
ANY: Schema = {}
SPELT: Schema = {
    "description": "a number; NaN and the infinities by name",
    "anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}],
}
"""What `scalar_series.spelt` gives."""
STEPS = {"type": "array", "items": INTEGER, "description": "steps"}
WALLS = {"type": "array", "items": SPELT, "description": "seconds since the epoch"}


def array(items: Schema, description: str = "", length: int | None = None) -> Schema:
    """A list, of so many items where that is known."""
    found: Schema = {"type": "array", "items": items}
    if length is not None:
        found |= {"minItems": length, "maxItems": length}
    return found | ({"description": description} if description else {})


def row(*items: Schema, description: str = "") -> Schema:
    """A list whose items have each their own meaning."""
    size = len(items)
    found: Schema = {"type": "array", "prefixItems": list(items), "items": False, "minItems": size}
    return found | ({"description": description} if description else {})


def either(*schemas: Schema) -> Schema:
    """One of these."""
    return {"anyOf": list(schemas)}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return either(schema, {"type": "null"})


def words(*choices: str) -> Schema:
    """One of some words."""
    return {"enum": list(choices)}


def by_name(values: Schema, description: str = "") -> Schema:
    """An object whose keys are names of the logdir."""
    found: Schema = {"type": "object", "additionalProperties": values}
    return found | ({"description": description} if description else {})


def obj(fields: dict[str, Schema], description: str = "", more: bool = False) -> Schema:
    """An object; a field whose name ends in "?" may be missing. `more` allows others."""
    properties = {name.rstrip("?"): schema for name, schema in fields.items()}
    found: Schema = {
        "type": "object",
        "properties": properties,
        "required": [name for name in fields if not name.endswith("?")],
        "additionalProperties": more,
    }
    return found | ({"description": description} if description else {})


def described(schema: Schema, description: str) -> Schema:
    """The same with a description."""
    return {**schema, "description": description}
