"""The line mode in a terminal that cannot draw: Tab, Up, and what is left behind."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tfdbg_data import RUNS

pytest.importorskip("readline")

PROGRAM = """
import readline, sys
readline.add_history("mine")
before = (readline.get_completer(), readline.get_completer_delims())
from opscope.cli.main import main
main(["debug", sys.argv[1]])
after = (readline.get_completer(), readline.get_completer_delims())
print("KEPT", before == after, readline.get_current_history_length())
"""


class Terminal:
    """A program in a dumb pseudo terminal."""

    def __init__(self, folder: Path, dump: Path) -> None:
        (folder / "program.py").write_text(PROGRAM)
        self._master, slave = pty.openpty()
        environment = os.environ | {"TERM": "dumb", "PYTHONPATH": os.pathsep.join(sys.path)}
        environment |= {"HOME": str(folder), "INPUTRC": "/dev/null"}
        self._program = subprocess.Popen(
            [sys.executable, str(folder / "program.py"), str(dump)],
            **dict.fromkeys(("stdin", "stdout", "stderr"), slave),  # type: ignore[call-overload]
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.unread = ""

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def expect(self, text: str) -> str:
        """What was printed up to a text, which must come."""
        end = time.monotonic() + 30
        while text not in self.unread:
            assert time.monotonic() < end, self.unread
            if select.select([self._master], [], [], 0.5)[0]:
                try:
                    self.unread += os.read(self._master, 4096).decode()
                except OSError:
                    assert text in self.unread, self.unread
        before, _, self.unread = self.unread.partition(text)
        return before

    def end(self) -> None:
        os.close(self._master)
        self._program.wait(20)


def test_tab_completes_up_recalls_and_the_program_keeps_its_own(
    dumps: Path, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path, dumps / RUNS["mnist"])
    terminal.expect("tfdbg> ")
    terminal.type("node_i\t hidden/weights/Variable/r\t\n")
    terminal.expect("node_info hidden/weights/Variable/read")
    terminal.expect("Node hidden/weights/Variable/read")
    terminal.expect("tfdbg> ")
    terminal.type("list_\t\t")
    terminal.expect("list_inputs")
    terminal.expect("list_tensors")
    terminal.type("\x15\x10\n")
    terminal.expect("Node hidden/weights/Variable/read")
    terminal.expect("tfdbg> ")
    terminal.type("\x04")
    terminal.expect("KEPT True 1")
    terminal.end()
