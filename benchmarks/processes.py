"""What the page benchmarks know of a server's process: a port for it, and its memory."""

import re
import socket
from pathlib import Path


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def memory(process: int, field: str = "VmHWM") -> int:
    """Bytes that a process and its children hold, or by VmHWM the most they ever held.

    The field is one of /proc/PID/status; VmRSS is what is held now.
    """
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        found = re.search(rf"^{field}:\s+(\d+)", text, re.M)
        parent = re.search(r"^PPid:\s+(\d+)", text, re.M)
        mine = status.parent.name == str(process) or (parent and parent[1] == str(process))
        if found and mine:
            total += int(found[1]) * 1024
    return total
