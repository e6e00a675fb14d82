"""Dash components as HTML text, for what is to stand in the page before Dash has started."""

from __future__ import annotations

from html import escape
from typing import Any

_NAMES = {"className": "class", "tabIndex": "tabindex", "htmlFor": "for"}
_EMPTY = {"input", "img", "br", "hr"}


def markup(component: Any, prefix: str) -> str:
    """HTML of a component and what is inside it; ids get the prefix, since Dash draws them again.

    Elements of `dash.html` and links become what they are; of other components, which have no
    looks of their own (`dcc.Store`) or need Dash to get them, only the children are written.
    """
    if component is None:
        return ""
    if isinstance(component, list | tuple):
        return "".join(markup(child, prefix) for child in component)
    if isinstance(component, str | int | float):
        return escape(str(component))
    described = component.to_plotly_json()
    properties = dict(described["props"])
    inside = markup(properties.pop("children", None), prefix)
    if described["namespace"] == "dash_html_components":
        name = str(described["type"]).lower()
    elif described["type"] == "Link":
        name = "a"
    else:
        return inside
    attributes = "".join(_attribute(key, value, prefix) for key, value in properties.items())
    return f"<{name}{attributes}>" + ("" if name in _EMPTY else f"{inside}</{name}>")


def _attribute(key: str, value: Any, prefix: str) -> str:
    if value is None or value is False or key in ("refresh", "style"):
        return ""
    if key == "id":
        value = prefix + str(value)
    name = _NAMES.get(key, key)
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
