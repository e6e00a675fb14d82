"""The debug ops that a watch may ask for: what each makes of a tensor's value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from opscope.events import health_summary

Value = npt.NDArray[np.generic] | np.generic | None
DebugOp = Callable[[Value], Value]
"""From a value (None: uninitialized) to what is dumped; None where nothing is."""

_SUMMARY_ATTRIBUTES = ("lower_bound", "upper_bound", "mute_if_healthy", "gated_grpc")


def debug_op(spec: str) -> DebugOp:
    """The op of `NAME` or `NAME(attribute=value;...)`.

    Raises ValueError where there is no such op, attribute or value.
    """
    name, attributes = _parsed(spec)
    if name == "DebugIdentity":
        _only(spec, attributes, ("gated_grpc",))
        return lambda value: value
    if name == "DebugNanCount":
        _only(spec, attributes, ("gated_grpc",))
        return _nan_count
    if name == "DebugNumericSummary":
        _only(spec, attributes, _SUMMARY_ATTRIBUTES)
        return _numeric_summary(attributes)
    raise ValueError(
        f'There is no debug op "{name}"; there are DebugIdentity, DebugNanCount and '
        "DebugNumericSummary."
    )


def _parsed(spec: str) -> tuple[str, dict[str, str]]:
    if "(" not in spec:
        return spec, {}
    if not spec.endswith(")"):
        raise ValueError(f'Malformed debug op name "{spec}"')
    name, _, inside = spec[:-1].partition("(")
    attributes: dict[str, str] = {}
    for part in filter(None, inside.split(";")):
        key, equals, value = part.partition("=")
        if not equals or not key:
            raise ValueError(f'Malformed attributes in debug op name "{spec}"')
        if key in attributes:
            raise ValueError(f'Duplicate attribute name "{key}" found in the debug op: "{spec}"')
        attributes[key] = value
    return name, attributes


def _only(spec: str, attributes: dict[str, str], allowed: tuple[str, ...]) -> None:
    unknown = sorted(set(attributes) - set(allowed))
    if unknown:
        raise ValueError(
            f'{len(unknown)} attribute key(s) were not valid for debug op "{spec}": '
            f"{', '.join(unknown)}"
        )


def _nan_count(value: Value) -> Value:
    return np.array([0 if value is None else int(health_summary(value)[2])], np.int64)


def _numeric_summary(attributes: dict[str, str]) -> DebugOp:
    low = float(attributes.get("lower_bound", "-inf"))
    high = float(attributes.get("upper_bound", "inf"))
    mute = attributes.get("mute_if_healthy", "false").lower() in ("true", "t", "1")

    def summary(value: Value) -> Value:
        numbers = health_summary(value, low, high)
        healthy = not numbers[[2, 3, 7]].any()
        return None if mute and healthy else numbers

    return summary
