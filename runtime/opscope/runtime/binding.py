"""What an op's bind rule sees when a plan specialises the kernel of one node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opscope.runtime.operation import Operation


@dataclass(frozen=True)
class Binding:
    """One node on one device of one session.

    xp: the array namespace, numpy or cupy. session_state: values that live as long as the session.
    """

    node: Operation
    xp: Any
    device_type: str
    session_state: dict[Any, Any]

    @property
    def attrs(self) -> dict[str, Any]:
        """The node's attributes."""
        return self.node.attrs

    def state(self, key: Any, make: Callable[[], Any]) -> Any:
        """The session's value for `key`, made at first use: a random generator, a queue, ..."""
        if key not in self.session_state:
            self.session_state[key] = make()
        return self.session_state[key]
