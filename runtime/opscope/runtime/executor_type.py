"""The executors that ConfigProto.experimental.executor_type may name."""

from __future__ import annotations

from opscope.runtime.errors import NotFoundError

# Under this one every graph is interpreted.
INTERPRETER = "INTERPRETER"
_EXECUTORS = ("", "DEFAULT", "SINGLE_THREADED_EXECUTOR", INTERPRETER)


def require_executor(executor_type: str) -> None:
    """NotFoundError for an executor that there is not."""
    if executor_type not in _EXECUTORS:
        raise NotFoundError(
            None,
            None,
            f"No executor factory registered for the given executor type: {executor_type} (there "
            f"are {', '.join(_EXECUTORS[1:])})",
        )
