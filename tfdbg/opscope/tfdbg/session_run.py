"""The session run being debugged: its number, what it fetches, what it is fed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SessionRun:
    """One call of Session.run: its number from 1, the names it fetches, feeds by tensor name.

    `single_fetch` is True where one tensor or operation was asked for by itself and not in a
    list. A runner from Session.make_callable has neither fetches nor feeds to show.
    """

    run_call_count: int
    fetches: tuple[str, ...] = ()
    feeds: Mapping[str, object] = field(default_factory=dict)
    single_fetch: bool = True
    is_callable_runner: bool = False

    @classmethod
    def of(
        cls,
        run_call_count: int,
        fetches: object,
        feed_dict: Mapping[object, object] | None = None,
        is_callable_runner: bool = False,
    ) -> SessionRun:
        """The run of a call's arguments; fetches may be nested in lists, dicts and tuples."""
        feeds = {_name(key): value for key, value in (feed_dict or {}).items()}
        single = not isinstance(fetches, list | tuple | set | frozenset | Mapping)
        return cls(run_call_count, tuple(fetch_names(fetches)), feeds, single, is_callable_runner)

    @property
    def description(self) -> str:
        """`run #1: 1 fetch (loss:0); 2 feeds`."""
        start = f"run #{self.run_call_count}: "
        if self.is_callable_runner:
            return start + "runner from make_callable()"
        count = len(self.fetches)
        fetched = f"{count} fetch{'' if count == 1 else 'es'}"
        if count == 1 and self.single_fetch:
            fetched += f" ({self.fetches[0]})"
        fed = f"{len(self.feeds)} feed{'' if len(self.feeds) == 1 else 's'}"
        if len(self.feeds) == 1:
            fed += f" ({next(iter(self.feeds))})"
        return f"{start}{fetched}; {fed}"


def flat_fetches(fetches: object) -> list[Any]:
    """All fetches in a nest of lists, tuples and dicts, in order."""
    if isinstance(fetches, Mapping):
        return [fetch for value in fetches.values() for fetch in flat_fetches(value)]
    # A SparseTensor is a named tuple in some versions: what has a name is one fetch.
    if isinstance(fetches, list | tuple | set | frozenset) and not hasattr(fetches, "name"):
        return [fetch for value in fetches for fetch in flat_fetches(value)]
    return [fetches]


def fetch_names(fetches: object) -> list[str]:
    """The names of all fetches in a nest of lists, tuples and dicts, in order."""
    return [_name(fetch) for fetch in flat_fetches(fetches)]


def _name(element: object) -> str:
    name = getattr(element, "name", None)
    return name if isinstance(name, str) else str(element)
