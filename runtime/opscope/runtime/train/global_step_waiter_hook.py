"""GlobalStepWaiterHook: holds training back until others have trained so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from opscope.runtime import logging
from opscope.runtime.train.basic_session_run_hooks import global_step_tensor
from opscope.runtime.train.session_run_hook import SessionRunContext, SessionRunHook

# How many steps pass between two messages.
_STEPS_PER_MESSAGE = 1000


class GlobalStepWaiterHook(SessionRunHook):
    """Delays the first run until the global step has reached `wait_until_step`.

    It looks every half second; `wait(seconds)` is what it does meanwhile.
    """

    def __init__(
        self, wait_until_step: int, *, wait: Callable[[float], object] = time.sleep
    ) -> None:
        self._wait_until_step = wait_until_step
        self._wait = wait
        self._has_started = False
        self._global_step: Any = None

    def begin(self) -> None:
        """Find the global step; RuntimeError when there is none."""
        self._has_started = False
        self._global_step = global_step_tensor("GlobalStepWaiterHook")

    def before_run(self, run_context: SessionRunContext) -> None:
        """Wait, if training has not begun."""
        if self._has_started:
            return
        if self._wait_until_step > 0:
            self._wait_for_step(run_context.session)
        self._has_started = True

    def _wait_for_step(self, session: Any) -> None:
        text = f"Waiting for global step {self._wait_until_step} before starting training."
        logging.info(text)
        shown = 0
        while (step := int(session.run(self._global_step))) < self._wait_until_step:
            if step - shown > _STEPS_PER_MESSAGE:
                logging.info(f"{text} Current step is {step}.")
                shown = step
            self._wait(0.5)
