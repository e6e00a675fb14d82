"""What another reader found in the event files of tests/data/events, from the JSON beside them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from archives import unpack_archive

DATA = Path(__file__).parents[1] / "data" / "events"


def unpack_logs(folder: Path) -> Path:
    """Unpack the logs of TensorFlow 1 and 2 and PyTorch below a folder; gives the logdir."""
    for archive in sorted(DATA.glob("events_*.tar.gz")):
        unpack_archive(archive, folder)
    return folder / "events"


def oracle(logdir: Path, run: str) -> dict[tuple[str, int], dict[str, Any]]:
    """The values of a run of one event file, by tag and step."""
    (file,) = (logdir / run).glob("*.json")
    events = json.loads(file.read_text())["events"]
    return {
        (value["tag"], event["step"]): value
        for event in events
        for value in event.get("values", [])
    }


def said_of(data: bytes) -> dict[str, Any]:
    """How the JSON describes a long string."""
    return {"len": len(data), "sha1": hashlib.sha1(data).hexdigest()[:16]}
