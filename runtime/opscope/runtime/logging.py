"""Messages of the library (`tf.logging`): Python's logger "opscope", silent below WARN at first."""

from __future__ import annotations

import logging as _logging
import sys

DEBUG = _logging.DEBUG
INFO = _logging.INFO
WARN = WARNING = _logging.WARNING
ERROR = _logging.ERROR
FATAL = _logging.CRITICAL


class _StandardError(_logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to what `sys.stderr` is at the time, and only if the program set up no logging."""

    def emit(self, record: _logging.LogRecord) -> None:
        if not _logging.getLogger().handlers:
            self.stream = sys.stderr
            super().emit(record)


def _make_logger() -> _logging.Logger:
    logger = _logging.getLogger("opscope")
    logger.setLevel(WARN)
    handler = _StandardError()
    handler.setFormatter(_logging.Formatter("%(levelname)s:opscope:%(message)s"))
    logger.addHandler(handler)
    return logger


_logger = _make_logger()

debug = _logger.debug
info = _logger.info
warning = warn = _logger.warning
error = _logger.error
fatal = _logger.critical
log = _logger.log


def set_verbosity(level: int) -> None:
    """Show messages of this level and above."""
    _logger.setLevel(level)


def get_verbosity() -> int:
    """The level from which messages are shown."""
    return _logger.getEffectiveLevel()
