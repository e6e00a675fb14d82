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


def get_logger() -> _logging.Logger:
    """The logger that the messages go to."""
    return _logger


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


def log_if(level: int, msg: str, condition: object, *args: object) -> None:
    """Show a message when `condition` is true."""
    if condition:
        _logger.log(level, msg, *args)


def vlog(level: int, msg: str, *args: object) -> None:
    """Show a message for whoever looks closely: below DEBUG for each level above 1."""
    _logger.log(max(1, DEBUG - level + 1), msg, *args)


def log_every_n(level: int, msg: str, n: int, *args: object) -> None:
    """Show every `n`-th message of the line that calls, beginning with the first."""
    if (_calls_from_here() - 1) % n == 0:
        _logger.log(level, msg, *args)


def log_first_n(level: int, msg: str, n: int, *args: object) -> None:
    """Show the first `n` messages of the line that calls."""
    if _calls_from_here() <= n:
        _logger.log(level, msg, *args)


def TaskLevelStatusMessage(msg: str) -> None:  # noqa: N802 - TensorFlow's name
    """Show what a whole task has to say."""
    _logger.error(msg)


def flush() -> None:
    """Hand what was written to the operating system."""
    for handler in _logger.handlers:
        handler.flush()


_call_counts: dict[tuple[str, int], int] = {}


def _calls_from_here() -> int:
    """How often the line that called our caller did so, this time included."""
    frame = sys._getframe(2)
    place = (frame.f_code.co_filename, frame.f_lineno)
    _call_counts[place] = _call_counts.get(place, 0) + 1
    return _call_counts[place]
