"""One call of a session's run, as the caller made it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from opscope.tfdbg.session_run import SessionRun, fetch_names


class RunCall(NamedTuple):
    """What was asked of the session; `number` counts the wrapper's runs from 1."""

    number: int
    fetches: Any
    feed_dict: Any = None
    options: Any = None
    run_metadata: Any = None
    is_callable_runner: bool = False

    @property
    def described(self) -> SessionRun:
        """The run as the screens show it."""
        feeds = self.feed_dict if isinstance(self.feed_dict, Mapping) else None
        return SessionRun.of(self.number, self.fetches, feeds, self.is_callable_runner)

    @property
    def is_empty(self) -> bool:
        """True for `[]`, `{}` and nestings of them: nothing would run."""
        return isinstance(self.fetches, list | tuple | Mapping) and not fetch_names(self.fetches)

    def passed_to(self, run: Callable[..., Any]) -> Any:
        """What `run` of a session answers to this call."""
        return run(
            self.fetches,
            feed_dict=self.feed_dict,
            options=self.options,
            run_metadata=self.run_metadata,
        )
