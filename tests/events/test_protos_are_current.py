"""The committed protobuf modules are what protoc makes of the committed .proto files."""

import subprocess
import sys
from pathlib import Path

EVENTS = Path(__file__).parents[2] / "events"
PROTO = Path("opscope/events/proto")


def test_generating_the_modules_again_changes_nothing(tmp_path: Path) -> None:
    sources = sorted(str(path.relative_to(EVENTS)) for path in (EVENTS / PROTO).glob("*.proto"))
    subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc", "-I."),
            *(f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", *sources),
        ],
        cwd=EVENTS,
        check=True,
    )
    made = {path.name: path.read_text() for path in (tmp_path / PROTO).iterdir()}
    committed = {path.name: path.read_text() for path in (EVENTS / PROTO).glob("*_pb2.py*")}
    assert sorted(made) == sorted(committed)
    changed = [name for name in made if made[name] != committed[name]]
    assert changed == [], "run `make protos`"
