"""What a user may set for all sessions of the debugger, kept in a file."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

FILE = "~/.tfdbg_config"
"""TensorFlow's debugger keeps its settings there too, under the same names."""

DEFAULTS: Mapping[str, int | bool] = {"graph_recursion_depth": 20, "mouse_mode": True}
_TRUE = ("1", "true", "t", "yes", "y", "on")
_FALSE = ("0", "false", "f", "no", "n", "off")


class SettingError(ValueError):
    """There is no setting of this name, or the text is no value for it."""


class Settings:
    """The settings by name, changed by `set` and written to `path` then.

    Without a path they last as long as the value. A file that is missing, damaged or cannot be
    written counts as none: a read-only home directory must not stop a debugging session.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._values = dict(DEFAULTS)
        if path is not None:
            self._values |= _stored(path)

    @classmethod
    def of_user(cls) -> Settings:
        """The settings in the user's home directory."""
        return cls(Path(FILE).expanduser())

    @property
    def values(self) -> Mapping[str, int | bool]:
        """All settings by name."""
        return self._values

    @property
    def graph_recursion_depth(self) -> int:
        """How many levels `li -r` and `lo -r` show where `-d` is not given."""
        return int(self._values["graph_recursion_depth"])

    @property
    def mouse_mode(self) -> bool:
        """Whether the full screen takes clicks and the wheel."""
        return bool(self._values["mouse_mode"])

    def set(self, name: str, text: str) -> None:
        """Give a setting the value that `text` stands for; raises SettingError."""
        if name not in DEFAULTS:
            known = ", ".join(DEFAULTS)
            raise SettingError(f"{name} is not a valid property name. Properties: {known}")
        self._values[name] = _parsed(name, text)
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.write_text(json.dumps(self._values) + "\n", "utf-8")


def _parsed(name: str, text: str) -> int | bool:
    if isinstance(DEFAULTS[name], bool):
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
        raise SettingError(f"Invalid string value for bool type: {text}")
    if not text.isdecimal() or int(text) < 1:
        raise SettingError(f"{name} needs a whole number from 1 on, got {text}")
    return int(text)


def _stored(path: Path) -> dict[str, int | bool]:
    """The settings of a file that have a name and a type of ours."""
    try:
        held = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(held, dict):
        return {}
    found = {name: held[name] for name in DEFAULTS if type(held.get(name)) is type(DEFAULTS[name])}
    return {name: value for name, value in found.items() if value is False or value >= 1}
