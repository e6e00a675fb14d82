"""Record a terminal session as a text cast, or play one: asciicast version 2.

    python tools/cast.py record docs/casts/demo.cast
    python tools/cast.py play docs/casts/demo.cast

Recording types SESSION into a shell in a pseudo terminal; what the programs print is the recording.
The file is JSON lines: a header, then [seconds, "o", text]; `asciinema play` plays it as well.
"""

from __future__ import annotations

import codecs
import fcntl
import json
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
COLUMNS, ROWS = 100, 30
LONGEST_PAUSE = 2.0  # seconds of silence that a viewer is to sit through
KEY_PAUSE = 0.06


class Step(NamedTuple):
    """What to type once a text has been printed, and how long the picture stays before."""

    awaited: str
    typed: str
    look: float = 1.5


SESSION = (
    Step("$ ", "opscope demo --once --logdir demo\r"),
    Step("opscope debug", "opscope debug demo/tfdbg\r", 4.0),
    Step("passing filter", "origin\r", 3.0),
    Step("Made at:", "pt probabilities:0[74] -s\r", 4.0),
    Step("shape", "lt -v -f has_inf_or_nan\r", 3.0),
    Step("passing filter", "keys\r", 3.0),
    Step("Shift-Tab", "\x04", 3.0),
    Step("$ ", "exit\r"),
)


class Recorder:
    """A shell in a pseudo terminal, and what it printed with the seconds at which it did."""

    def __init__(self, folder: Path) -> None:
        self.events: list[tuple[float, str]] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._clock, self._last = 0.0, time.monotonic()
        self._unread = ""
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "PS1": "$ ",
            "HOME": str(folder),
            "COLORTERM": "truecolor",
        }
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe("sh", ["sh"], environment)
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)

    def read(self, seconds: float) -> bool:
        """Take what is printed within some seconds; False where the shell has ended."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._terminal], [], [], left)[0]:
                break
            try:
                data = os.read(self._terminal, 65536)
            except OSError:
                return False
            if not data:
                return False
            now = time.monotonic()
            self._clock += min(now - self._last, LONGEST_PAUSE)
            self._last = now
            text = self._decoder.decode(data)
            self._unread += text
            self.events.append((round(self._clock, 3), text))
        return True

    def wait(self, text: str, deadline: float = 180) -> None:
        """Read until a text was printed; TimeoutError where it is not."""
        end = time.monotonic() + deadline
        while text not in self._unread:
            if time.monotonic() > end or not self.read(0.1):
                raise TimeoutError(f"{text!r} did not come:\n{self._unread[-2000:]}")
        self._unread = ""

    def type(self, keys: str) -> None:
        """Type as a person does, key by key."""
        for key in keys:
            os.write(self._terminal, key.encode())
            self.read(KEY_PAUSE)


def record(path: Path) -> None:
    """Type SESSION and write what was shown."""
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder))
        for step in SESSION:
            recorder.wait(step.awaited)
            recorder.read(step.look)
            recorder.type(step.typed)
        while recorder.read(1.0):
            pass
        os.waitpid(recorder.pid, 0)
    header = {"version": 2, "width": COLUMNS, "height": ROWS, "title": "opscope demo and debug"}
    lines = [json.dumps(header), *(json.dumps([at, "o", text]) for at, text in recorder.events)]
    text = "\n".join(lines) + "\n"
    path.write_text(text.replace(folder, "~").replace(str(ROOT), "~/opscope"))


def play(path: Path) -> None:
    """Print a cast at its own pace."""
    _, *events = (json.loads(line) for line in path.read_text().splitlines())
    start = time.monotonic()
    for at, kind, text in events:
        if kind == "o":
            time.sleep(max(at - (time.monotonic() - start), 0))
            sys.stdout.write(text)
            sys.stdout.flush()


if __name__ == "__main__":
    actions = {"record": record, "play": play}
    if len(sys.argv) != 3 or sys.argv[1] not in actions:
        sys.exit(__doc__)
    actions[sys.argv[1]](Path(sys.argv[2]))
