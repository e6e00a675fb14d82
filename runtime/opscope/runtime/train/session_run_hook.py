"""Hooks: what runs around every `run` of a monitored session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from opscope.events.proto.config_pb2 import RunMetadata, RunOptions


@dataclass
class SessionRunArgs:
    """What a hook adds to the next run: fetches, feeds and options."""

    fetches: Any = None
    feed_dict: Any = None
    options: RunOptions | None = None


class SessionRunValues(NamedTuple):
    """What a hook gets after a run: the values of its fetches, the options, the metadata."""

    results: Any
    options: RunOptions
    run_metadata: RunMetadata


@dataclass
class SessionRunContext:
    """The run that a hook is called around.

    original_args: what the user asked for. session: the session itself, for further runs.
    """

    original_args: SessionRunArgs
    session: Any
    _stop_requested: bool = False

    @property
    def stop_requested(self) -> bool:
        """True when a hook asked for the end of training."""
        return self._stop_requested

    def request_stop(self) -> None:
        """Ask for the end of training: `should_stop` is True after this run."""
        self._stop_requested = True


class SessionRunHook:
    """The base of the hooks; every method may be left out.

    Order: `begin`, `after_create_session`, then `before_run` and `after_run` around each run, and
    `end` when the session is closed without an error.
    """

    def begin(self) -> None:
        """The graph can still be changed; it is finalized after this."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """A session was made and its variables initialized; the graph is final."""

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Return what is to be added to the run, or None."""

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """The run succeeded; `run_values.results` has what `before_run` asked for."""

    def end(self, session: Any) -> None:
        """The session is about to close; not called after an error."""
