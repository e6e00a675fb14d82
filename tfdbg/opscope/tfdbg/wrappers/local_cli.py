"""The session wrapper that stops at runs and talks to the user in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opscope.tfdbg.filters import TensorFilter
from opscope.tfdbg.wrappers.base import BaseDebugWrapperSession
from opscope.tfdbg.wrappers.dialog import Dialog
from opscope.tfdbg.wrappers.run_call import RunCall


class LocalCLIDebugWrapperSession(BaseDebugWrapperSession):
    """A session that asks before its first run how to go on, and shows what a run computed.

    Everything is looked at in memory. With `dump_root`, the run that passes a filter and the run
    that fails are also written below it, for `opscope debug`. `ui_type` is auto, screen or line
    (TensorFlow's curses and readline are accepted). An OpError is shown, with the tensors
    computed before it, and then raised.
    """

    def __init__(
        self,
        sess: Any,
        dump_root: str | Path | None = None,
        ui_type: str = "auto",
        thread_name_filter: str | None = None,
    ) -> None:
        super().__init__(sess, thread_name_filter)
        self._dialog = Dialog(dump_root, ui_type)

    def add_tensor_filter(self, filter_name: str, tensor_filter: TensorFilter) -> None:
        """Register `tensor_filter(datum, tensor) -> bool` for `run -f` and `lt -f`."""
        self._dialog.add_tensor_filter(filter_name, tensor_filter)

    def attach(self) -> None:
        """Come back after `detach`: the next run is announced."""
        self._dialog.control.attach()
        super().attach()

    def debugged_run(self, call: RunCall) -> Any:
        """The result of a run, watched where the user wants it."""
        dialog = self._dialog
        request = dialog.begin(call, self.plain_session)
        if request is None:
            if dialog.control.detached and dialog.control.attach_at is None:
                self.detach()
            return self.plain_run(call)
        if request.profile:
            return self._profiled(call)
        result, watched = self.watched_run(call, dialog.watch(request))
        dialog.end(call, request, watched, self.debug_graph)
        if watched.error is not None:
            raise watched.error
        return result

    def _profiled(self, call: RunCall) -> Any:
        try:
            result, metadata = self.traced_run(call)
        except Exception as error:
            if hasattr(error, "op"):  # an OpError, ours or TensorFlow's
                self._dialog.end_failed(call, error)
            raise
        self._dialog.end_profiled(call, metadata, self.debug_graph)
        return result
