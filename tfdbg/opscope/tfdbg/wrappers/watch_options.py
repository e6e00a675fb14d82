"""What to watch: WatchOptions of a watch function, and watches in RunOptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from opscope.events.proto.config_pb2 import RunOptions
from opscope.tfdbg.wrappers.file_urls import FILE_SCHEME, accept_file_urls


@dataclass(frozen=True)
class WatchOptions:
    """What a watch function answers for one run.

    The patterns are start-anchored regular expressions; a tensor is watched where all that are
    given match.
    """

    debug_ops: Sequence[str] = ("DebugIdentity",)
    node_name_regex_allowlist: str | None = None
    op_type_regex_allowlist: str | None = None
    tensor_dtype_regex_allowlist: str | None = None
    tolerate_debug_op_creation_failures: bool = False


WatchFunction = Callable[[Any, Any], object]
"""Called with fetches and feed_dict before each run; answers WatchOptions or TF's old tuples."""


def asked(watch_fn: WatchFunction | None, fetches: object, feed_dict: object) -> WatchOptions:
    """What the function wants watched; everything where there is none.

    Old watch functions answer `(debug_ops, node_name_regex, op_type_regex)`. Raises TypeError
    for any other answer.
    """
    if watch_fn is None:
        return WatchOptions()
    answer = watch_fn(fetches, feed_dict)
    if isinstance(answer, WatchOptions):
        return answer
    if isinstance(answer, tuple) and 1 <= len(answer) <= 3:
        ops = [answer[0]] if isinstance(answer[0], str) else list(answer[0])
        return WatchOptions(ops, *answer[1:])
    raise TypeError(f"watch_fn must answer WatchOptions, got {answer!r}")


def check_watch_fn(watch_fn: object) -> None:
    """Raise TypeError where a watch function cannot be called."""
    if watch_fn is not None and not callable(watch_fn):
        raise TypeError("watch_fn is not callable")


def add_debug_tensor_watch(
    run_options: RunOptions,
    node_name: str,
    output_slot: int = 0,
    debug_ops: str | Sequence[str] = "DebugIdentity",
    debug_urls: str | Sequence[str] | None = None,
    tolerate_debug_op_creation_failures: bool = False,
    global_step: int = -1,
) -> None:
    """Watch one output of a node in runs with these options; `-1` is every output.

    The node `*` is every node. URLs are `file://DIR` and `memcbk:///KEY`.
    """
    if any(url.startswith(FILE_SCHEME) for url in _listed(debug_urls)):
        accept_file_urls()
    run_options.debug_options.global_step = global_step
    run_options.debug_options.debug_tensor_watch_opts.add(
        node_name=node_name,
        output_slot=output_slot,
        debug_ops=_listed(debug_ops),
        debug_urls=_listed(debug_urls),
        tolerate_debug_op_creation_failures=tolerate_debug_op_creation_failures,
    )


def watch_graph(
    run_options: RunOptions,
    graph: Any,
    debug_ops: str | Sequence[str] = "DebugIdentity",
    debug_urls: str | Sequence[str] | None = None,
    node_name_regex_allowlist: str | None = None,
    op_type_regex_allowlist: str | None = None,
    tensor_dtype_regex_allowlist: str | None = None,
    tolerate_debug_op_creation_failures: bool = False,
    global_step: int = -1,
    reset_disk_byte_usage: bool = False,
) -> None:
    """Watch every output of every op of a graph that passes all patterns that are given.

    Raises ValueError without debug ops or URLs.
    """
    _check(debug_ops, debug_urls)
    run_options.debug_options.reset_disk_byte_usage = reset_disk_byte_usage
    patterns = (
        node_name_regex_allowlist,
        op_type_regex_allowlist,
        tensor_dtype_regex_allowlist,
    )
    rest = (debug_ops, debug_urls, tolerate_debug_op_creation_failures, global_step)
    if not any(patterns):
        add_debug_tensor_watch(run_options, "*", -1, *rest)
        return
    node_name, op_type, dtype = (re.compile(pattern or "") for pattern in patterns)
    for operation in graph.get_operations():
        if not (node_name.match(operation.name) and op_type.match(operation.type)):
            continue
        for slot, output in enumerate(operation.outputs):
            if dtype.match(output.dtype.name):
                add_debug_tensor_watch(run_options, operation.name, slot, *rest)


def watch_graph_with_denylists(
    run_options: RunOptions,
    graph: Any,
    debug_ops: str | Sequence[str] = "DebugIdentity",
    debug_urls: str | Sequence[str] | None = None,
    node_name_regex_denylist: str | None = None,
    op_type_regex_denylist: str | None = None,
    tensor_dtype_regex_denylist: str | None = None,
    tolerate_debug_op_creation_failures: bool = False,
    global_step: int = -1,
    reset_disk_byte_usage: bool = False,
) -> None:
    """Watch every output of every op of a graph that none of the given patterns matches.

    Raises ValueError without debug ops or URLs.
    """
    _check(debug_ops, debug_urls)
    run_options.debug_options.reset_disk_byte_usage = reset_disk_byte_usage
    rest = (debug_ops, debug_urls, tolerate_debug_op_creation_failures, global_step)

    def denied(pattern: str | None, text: str) -> bool:
        return pattern is not None and re.match(pattern, text) is not None

    for operation in graph.get_operations():
        if denied(node_name_regex_denylist, operation.name):
            continue
        if denied(op_type_regex_denylist, operation.type):
            continue
        for slot, output in enumerate(operation.outputs):
            if not denied(tensor_dtype_regex_denylist, output.dtype.name):
                add_debug_tensor_watch(run_options, operation.name, slot, *rest)


def _check(debug_ops: object, debug_urls: object) -> None:
    if not debug_ops:
        raise ValueError("debug_ops must not be empty or None.")
    if not debug_urls:
        raise ValueError("debug_urls must not be empty or None.")


def _listed(words: str | Sequence[str] | None) -> list[str]:
    if words is None:
        return []
    return [words] if isinstance(words, str) else list(words)
