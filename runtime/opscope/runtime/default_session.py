"""The default session of a thread, which `Tensor.eval` and `Operation.run` use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from opscope.runtime.graph import Graph

if TYPE_CHECKING:
    from opscope.runtime.session import BaseSession


class _DefaultSessions(threading.local):
    """The stack of default sessions of one thread."""

    def __init__(self) -> None:
        self.stack: list[BaseSession] = []

    @contextmanager
    def entered(self, session: BaseSession) -> Iterator[BaseSession]:
        self.stack.append(session)
        try:
            yield session
        finally:
            self.stack.remove(session)


_default_sessions = _DefaultSessions()


def default_session(session: Any) -> AbstractContextManager[Any]:
    """Make a session, or what stands in for one, the default inside a `with` block."""
    return _default_sessions.entered(session)


def get_default_session() -> BaseSession | None:
    """The innermost default session of this thread, or None."""
    return _default_sessions.stack[-1] if _default_sessions.stack else None


def session_for(session: BaseSession | None, graph: Graph) -> BaseSession:
    """`session`, or the default one; ValueError when there is none or it runs another graph."""
    found = session or get_default_session()
    if found is None:
        raise ValueError(
            "Cannot evaluate without a session: no default session is registered. "
            "Use `with sess.as_default()` or pass an explicit session."
        )
    if found.graph is not graph:
        raise ValueError(
            "Cannot use the default session: the tensor's graph is different from the session's "
            "graph. Pass an explicit session."
        )
    return found
