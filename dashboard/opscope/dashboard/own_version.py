"""The version of opscope that is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def own_version() -> str:
    """The version, as pip knows it; "0" of a source tree that is not installed."""
    try:
        return version("opscope")
    except PackageNotFoundError:
        return "0"
