"""Watching a run: which tensors, which test in the middle of the step, who is told."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from opscope.events import AnyOf, BuiltInFilter, HasInfOrNan
from opscope.runtime.operation import Tensor

if TYPE_CHECKING:
    from opscope.events.proto.debug_pb2 import DebugOptions
    from opscope.runtime.watched_run import WatchedRun

MEMORY_CALLBACK_SCHEME = "memcbk:///"

DEFAULT_HISTORY_BYTES = 1 << 30
"""What the runs that `Watch.keep_last` holds may take."""

Filter = Callable[[Any, Any], bool]
"""Called with a WatchedTensor and its value, as tfdbg calls a filter with datum and tensor."""

# Types whose values are objects of the session, not arrays.
_HANDLES = frozenset({"resource", "variant"})


@dataclass(frozen=True)
class Watch:
    """Which tensors of a run are watched; the regexes match at the start and are AND-ed.

    filter: each watched tensor is tested as soon as it is computed; those that pass are the run's
    hits. The filters of `opscope.events` (HasInfOrNan, HasNan, OutOfRange, AllZero, AbsoluteAbove)
    are tested in their fastest exact form, a function is called with (WatchedTensor, value). Where
    a function fails it is asked no more and the run goes on; `WatchedRun.filter_error` says why.

    check: short for `filter=HasInfOrNan()`.

    stop: end the run at the op of the first hit; what comes after it, updates of variables too,
    does not happen.

    summaries: the 14 numbers of each tensor's health are taken as it is computed, and its value is
    not kept. With a filter values are kept, for the hits; `keep_last` then holds the summaries.

    keep_last: that many runs, the last one included, stay in memory as `WatchedRun.history`, within
    `byte_budget` bytes.
    """

    node_name: str | None = None
    op_type: str | None = None
    tensor_dtype: str | None = None
    check: bool = False
    filter: Filter | None = None
    stop: bool = False
    summaries: bool = False
    keep_last: int = 0
    byte_budget: int = DEFAULT_HISTORY_BYTES

    def __post_init__(self) -> None:
        if self.filter is not None and not callable(self.filter):
            raise TypeError(f"filter must be called with (datum, tensor), got {self.filter!r}")
        if isinstance(self.filter, HasInfOrNan):
            object.__setattr__(self, "filter", None)
            object.__setattr__(self, "check", True)
        if self.check and self.filter is not None:
            raise ValueError(
                "check=True is a filter of its own: give filter=AnyOf((HasInfOrNan(), ...)) instead"
            )
        if self.stop and not self.tests:
            raise ValueError("stop=True ends a run at a hit: give filter= or check=True")
        if self.keep_last < 0 or self.byte_budget < 0:
            raise ValueError("keep_last and byte_budget are 0 or more")

    @property
    def tests(self) -> bool:
        """True when each tensor is tested."""
        return self.check or self.filter is not None

    @property
    def summarizes(self) -> bool:
        """True when a run takes summaries in place of values."""
        return self.summaries and not self.tests

    @property
    def holds_values(self) -> bool:
        """True when the values of runs gone by are held."""
        return self.keep_last > 0 and not self.summaries

    @property
    def asks_by_name(self) -> bool:
        """True when the filter is the user's: it may tell one value's names apart."""
        return self.filter is not None and not isinstance(self.filter, BuiltInFilter)

    @property
    def wants_all(self) -> bool:
        """True when no pattern leaves anything out."""
        return self.node_name is None and self.op_type is None and self.tensor_dtype is None

    def wants(self, tensor: Tensor) -> bool:
        """True when the tensor passes every pattern; handles have no value to look at."""
        if is_handle(tensor):
            return False
        return all(
            pattern is None or re.match(pattern, text) is not None
            for pattern, text in (
                (self.node_name, tensor.op.name),
                (self.op_type, tensor.op.type),
                (self.tensor_dtype, tensor.dtype.name),
            )
        )

    @staticmethod
    def for_all(watches: Iterable[Watch]) -> Watch:
        """One watch that sees and tests what each of these does."""
        different = list(dict.fromkeys(watches))
        if len(different) == 1:
            return different[0]
        filters: list[Filter] = [w.filter for w in different if w.filter is not None]
        check = any(w.check for w in different)
        if check and filters:
            filters.insert(0, HasInfOrNan())
        filters = list(dict.fromkeys(filters))
        return Watch(
            check=check and not filters,
            filter=AnyOf(tuple(filters)) if len(filters) > 1 else next(iter(filters), None),
            stop=any(w.stop for w in different),
            summaries=all(w.summaries for w in different),
            keep_last=max(w.keep_last for w in different),
            byte_budget=min(w.byte_budget for w in different),
        )


def is_handle(tensor: Tensor) -> bool:
    """True for a tensor whose value is an object of the session, no array."""
    return tensor.dtype.name.removesuffix("_ref") in _HANDLES


class WatchedTensor(NamedTuple):
    """One tensor of a watched run; a filter written for tfdbg's datum reads it as that.

    value: the array (shared with the run, not to be written to), None for a variable without a
    value. timestamp: microseconds since the epoch, strictly increasing in execution order over all
    devices. inputs: of a hit, the values that its op read; empty in other tensors.
    """

    node_name: str
    output_slot: int
    device_name: str
    op_type: str
    timestamp: int
    value: Any
    inputs: tuple[WatchedTensor, ...] = ()

    @property
    def name(self) -> str:
        """The tensor's name, "node:slot"."""
        return f"{self.node_name}:{self.output_slot}"

    @property
    def tensor_name(self) -> str:
        """The tensor's name, "node:slot"."""
        return self.name

    @property
    def debug_op(self) -> str:
        """`DebugIdentity`: the value itself is looked at."""
        return "DebugIdentity"

    @property
    def watch_key(self) -> str:
        """The tensor's name with the debug op, "node:slot:DebugIdentity"."""
        return f"{self.name}:{self.debug_op}"

    def get_tensor(self) -> Any:
        """The value."""
        return self.value


Sink = Callable[["WatchedRun"], None]


@dataclass
class _Callbacks:
    """The in-process receivers of `memcbk:///KEY` URLs."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    entries: dict[str, tuple[Watch, Sink]] = field(default_factory=dict)
    serial: itertools.count[int] = field(default_factory=itertools.count)


_callbacks = _Callbacks()


def register_callback(key: str, watch: Watch, sink: Sink) -> Callable[[], None]:
    """Let runs whose debug options name the URL `memcbk:///KEY` be watched and given to `sink`.

    Returns a function that ends this. ValueError when the key is taken.
    """
    with _callbacks.lock:
        if key in _callbacks.entries:
            raise ValueError(f"a watch callback named {key!r} is registered already")
        _callbacks.entries[key] = (watch, sink)

    def unregister() -> None:
        with _callbacks.lock:
            _callbacks.entries.pop(key, None)

    return unregister


Receivers = Callable[[Sequence[Any], Any], list[tuple[Watch, Sink]]]
"""From the watch entries and the graph of a run to what is watched and who gets the run."""


def register_url_scheme(scheme: str, receivers: Receivers) -> None:
    """Have `receivers` say who gets the runs whose debug options name a URL of this scheme."""
    _schemes[scheme] = receivers


_schemes: dict[str, Receivers] = {}


def callbacks_of(options: DebugOptions, graph: Any = None) -> list[tuple[Watch, Sink]]:
    """The callbacks and receivers that the watches of `options` name, each once.

    ValueError for a URL of an unknown scheme or a key that nobody registered.
    """
    keys: dict[str, None] = {}
    schemes: dict[str, None] = {}
    for entry in options.debug_tensor_watch_opts:
        for url in entry.debug_urls:
            scheme = next((name for name in _schemes if url.startswith(name)), None)
            if scheme is not None:
                schemes[scheme] = None
            elif url.startswith(MEMORY_CALLBACK_SCHEME):
                keys[url.removeprefix(MEMORY_CALLBACK_SCHEME)] = None
            else:
                raise ValueError(
                    f"debug URL {url!r}: {MEMORY_CALLBACK_SCHEME}KEY is watched, and file://DIR "
                    "once opscope.tfdbg.add_debug_tensor_watch or watch_graph has named one"
                )
    found = []
    for scheme in schemes:
        found += _schemes[scheme](options.debug_tensor_watch_opts, graph)
    with _callbacks.lock:
        missing = [k for k in keys if k not in _callbacks.entries]
        if missing:
            raise ValueError(
                f"no watch callback is registered for {MEMORY_CALLBACK_SCHEME}{missing[0]}"
            )
        return found + [_callbacks.entries[k] for k in keys]
