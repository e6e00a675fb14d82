"""The op types, by subject; importing this package defines them all."""

from opscope.runtime.ops import basic, state

__all__ = ["basic", "state"]
