"""Checkpoints as they come: for programs that evaluate while another trains."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

from opscope.runtime import logging
from opscope.runtime.checkpoint.checkpoint_state import latest_checkpoint


def checkpoints_iterator(
    checkpoint_dir: str | os.PathLike[str],
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """The newest checkpoint of a folder, and each time there is another one, that.

    timeout: seconds to wait for one; then, and after each, timeout_fn() says whether to end.
    Without it the first timeout ends. min_interval_secs: the least time between two.
    """
    path: str | None = None
    while True:
        found = _next_checkpoint(os.fspath(checkpoint_dir), path, timeout)
        if found is not None:
            start = time.monotonic()
            path = found
            yield path
            time.sleep(max(0.0, start + min_interval_secs - time.monotonic()))
        elif timeout_fn is None:
            logging.info("Timed-out waiting for a checkpoint (without timeout_fn).")
            return
        if timeout_fn is not None and timeout_fn():
            logging.info("Done. No new checkpoints will be generated.")
            return


def _next_checkpoint(folder: str, known: str | None, timeout: float | None) -> str | None:
    """The latest checkpoint once it is another than the known one; None when time is over."""
    end = None if timeout is None else time.monotonic() + timeout
    while (found := latest_checkpoint(folder)) in (None, known):
        if end is not None and time.monotonic() + 1 > end:
            return None
        time.sleep(1)
    return found
