"""What Keras asks of a TensorFlow session: a callable described by a CallableOptions message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def options_runner(
    plain: Callable[[Any], Callable[..., Any]], callable_options: Any, run: Callable[..., Any]
) -> Callable[..., Any]:
    """A function of the values of `callable_options.feed` that runs as `run` of a session does.

    It returns the list of what is fetched. Where tensors are connected to others
    (`tensor_connection`), which no run can say, `plain` makes TensorFlow's own callable, unwatched.
    """
    if callable_options.tensor_connection:
        return plain(callable_options)
    feeds = list(callable_options.feed)
    fetches = list(callable_options.fetch)
    targets = list(callable_options.target)
    asked = type(callable_options.run_options)()
    asked.CopyFrom(callable_options.run_options)

    def runner(*values: Any, run_metadata: Any = None) -> list[Any]:
        if len(values) != len(feeds):
            raise ValueError(f"expected {len(feeds)} values to feed, got {len(values)}")
        fed = dict(zip(feeds, values, strict=True)) or None
        results = run([*fetches, *targets], fed, asked, run_metadata)
        return list(results[: len(fetches)])

    return runner
