"""The dumps that the debugger is tested on: TensorFlow's, with their oracles, and ours."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from archives import unpack_archive

from opscope.events import DumpWriter
from opscope.events.proto.graph_pb2 import GraphDef
from opscope.tfdbg import DebugDump

DATA = Path(__file__).parents[1] / "data"
RUNS = {
    "cf1": "tfdbg/cf1/run_1795161826334293_0",
    "uninit": "tfdbg/uninit/run_1795161860054228_0",
    "debugops": "tfdbg/debugops/run_1795161960167510_0",
    "dtypes": "tfdbg/dtypes/run_1795161849001529_0",
    "mnist": "tfdbg/mnist_norewrite_ref/run_1795161719258243_4",
}
NO_REWRITE, REWRITTEN = "tfdbg/mnist_norewrite_ref/run_", "tfdbg/mnist_default_resource/run_"
EVERY_RUN = {
    **RUNS,
    "debugops second": "tfdbg/debugops/run_1795161960250455_1",
    "mnist 0": f"{NO_REWRITE}1795161718690873_0",
    "mnist 1": f"{NO_REWRITE}1795161718847469_1",
    "mnist 2": f"{NO_REWRITE}1795161718958841_2",
    "mnist 3": f"{NO_REWRITE}1795161719094393_3",
    "mnist 5": f"{NO_REWRITE}1795161719381336_5",
    "rewritten 0": f"{REWRITTEN}1795161758976660_0",
    "rewritten 1": f"{REWRITTEN}1795161759127331_1",
    "rewritten 2": f"{REWRITTEN}1795161759437846_2",
    "rewritten 3": f"{REWRITTEN}1795161759557738_3",
    "rewritten 4": f"{REWRITTEN}1795161759691680_4",
    "rewritten 5": f"{REWRITTEN}1795161759852027_5",
}
"""Every run in every archive of TensorFlow's dumps."""
CPU0 = "/job:localhost/replica:0/task:0/device:CPU:0"
CPU1 = "/job:localhost/replica:0/task:0/device:CPU:1"
T0 = 1_700_000_000_000_000


def unpack(folder: Path) -> Path:
    """Unpack every archive of dumps below a folder, and return the folder."""
    for archive in (*DATA.glob("events/tfdbg_*.tar.gz"), *DATA.glob("tfdbg/*.tar.gz")):
        unpack_archive(archive, folder)
    return folder


def expected(folder: Path, name: str) -> dict[str, Any]:
    """What TensorFlow's DebugDumpDir says of a run."""
    return json.loads((folder / f"{EVERY_RUN[name]}.expected.json").read_text())


def transcript(folder: Path, name: str) -> dict[str, list[str]]:
    """What TensorFlow's debugger printed: rows by command."""
    name = {"mnist": "mnist_norewrite_ref"}.get(name, name)
    entries = json.loads((folder / f"cli/{name}.json").read_text())["commands"]
    return {entry["cmd"]: entry["lines"] for entry in entries if "lines" in entry}


def transcript_links(folder: Path, name: str) -> dict[str, list[tuple[int, int, int, str]]]:
    """The links in what TensorFlow's debugger printed: row, columns, command; by command."""
    name = {"mnist": "mnist_norewrite_ref"}.get(name, name)
    found = {}
    for entry in json.loads((folder / f"cli/{name}.json").read_text())["commands"]:
        found[entry["cmd"]] = [
            (int(row), start, end, item.removesuffix(")").partition("|")[2])
            for row, spans in entry.get("attrs", {}).items()
            for start, end, items in spans
            for item in items
            if isinstance(items, list) and item.startswith("MenuItem(")
        ]
    return found


def graph(**nodes: str) -> GraphDef:
    """A graph of `name="Op input input ^control"`; `__` in a name stands for a slash."""
    made = GraphDef()
    for name, text in nodes.items():
        op, *inputs = text.split()
        made.node.add(name=name.replace("__", "/"), op=op, input=inputs)
    return made


def memory_dump(
    graphs: dict[str, GraphDef], *tensors: tuple[Any, ...], **details: Any
) -> DebugDump:
    """A dump in memory; a tensor is (device, node, slot, value), one microsecond apart."""
    values = [
        SimpleNamespace(
            device_name=device, node_name=node, output_slot=slot, value=value, timestamp=T0 + at
        )
        for at, (device, node, slot, value) in enumerate(tensors)
    ]
    return DebugDump.from_memory(values, graphs, **details)


def own_graphs() -> dict[str, GraphDef]:
    """Two devices: x -> softmax on CPU:0, sent to CPU:1 -> log -> loss."""
    first = graph(
        x="Placeholder", softmax="Softmax x", softmax___1="_Send softmax", unused="NoOp ^softmax"
    )
    second = graph(
        softmax___0="_Recv", loss__Log="Log softmax/_0", loss__Neg="Neg loss/Log", scale="Const"
    )
    for made in (first, second):
        for node in made.node:
            if node.op in ("_Send", "_Recv"):
                node.attr["tensor_name"].s = b"edge_1_softmax"
    return {CPU0: first, CPU1: second}


def write_own_dump(root: Path) -> Path:
    """A dump of ours with stacks, source, and feeds, in which loss/Log goes to -inf first."""
    writer = DumpWriter(root)
    writer.write_core_metadata(
        session_run_index=7, global_step=41, input_names=["x:0"], output_names=["loss/Neg:0"]
    )
    for device, made in own_graphs().items():
        writer.write_graph(device, made, T0)
    x = np.array([[1.0, -200.0]], np.float32)
    softmax = np.array([[1.0, 0.0]], np.float32)
    log = np.array([[0.0, -np.inf]], np.float32)
    for at, (device, node, value) in enumerate(
        [
            (CPU0, "x", x),
            (CPU0, "softmax", softmax),
            (CPU1, "scale", np.float32(2)),
            (CPU1, "softmax/_0", softmax),
            (CPU1, "loss/Log", log),
            (CPU1, "loss/Neg", -log),
        ]
    ):
        writer.write_tensor(device, node, 0, np.asarray(value), T0 + 1000 + 250 * at)
    writer.write_fetches_info("loss/Neg:0")
    writer.write_feed_keys_info("['x:0']")
    writer.write_feeds({"x:0": x})
    writer.write_tracebacks(
        {
            "loss/Log": [
                ("/src/train.py", 30, "<module>", "main()"),
                ("/src/train.py", 17, "main", "loss = -tf.log(softmax)"),
            ]
        }
    )
    writer.write_sources({"/src/train.py": "loss = -tf.log(softmax)\n"})
    return root
