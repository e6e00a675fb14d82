"""A process that reads one logdir with one reader and prints what that took, as JSON.

    python -m benchmarks.event_readers READER LOGDIR

The times begin after the imports and end when every point can be had. `peak` is the most memory
that was in use above what the imports took, in bytes; of the server it is the whole process. The
server has no imports, its time begins with its start and ends when it lists every tag's last step.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

Reading = dict[str, float]
Start = Callable[[], None]


def peak_memory(process: int | str = "self") -> int:
    """The most memory that a process had, in bytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


class Meter:
    """Clock, processor time and memory from its making on."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # the peak is what is used now
        self._memory = peak_memory()
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def reading(self, points: int) -> Reading:
        """What was used so far."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return {"wall": wall, "cpu": cpu, "peak": peak_memory() - self._memory, "points": points}


def opscope(root: str) -> Reading:
    from opscope.events import open_logdir

    meter = Meter()
    logdir = open_logdir(root)
    for run in logdir.runs():  # the first look at a run sorts its points by tag
        logdir.summary(run, logdir.tags(run)[0])
    used = meter.reading(0)
    used["points"] = sum(
        logdir.summary(run, tag).count for run in logdir.runs() for tag in logdir.tags(run)
    )
    return used


def event_accumulator(root: str) -> Reading:
    # The module that tells TensorBoard to do without TensorFlow.
    sys.modules["tensorboard.compat.notf"] = types.ModuleType("tensorboard.compat.notf")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.compat import tf

    assert tf.__version__
    assert "tensorflow" not in sys.modules, "TensorBoard would use TensorFlow's reader"
    kinds = ("scalars", "histograms", "compressedHistograms", "images", "audio", "tensors")
    runs = sorted({path.parent for path in Path(root).rglob("*tfevents*")})
    meter = Meter()
    readers = [EventAccumulator(str(run), dict.fromkeys(kinds, 0)).Reload() for run in runs]
    used = meter.reading(0)
    for reader in readers:
        tags = reader.Tags()
        used["points"] += sum(len(reader.Scalars(tag)) for tag in tags["scalars"])
        used["points"] += sum(len(reader.Tensors(tag)) for tag in tags["tensors"])
        used["points"] += sum(len(reader.Histograms(tag)) for tag in tags["histograms"])
    return used


def tbparse(root: str) -> Reading:
    sys.modules["tensorboard.compat.notf"] = types.ModuleType("tensorboard.compat.notf")
    from tbparse import SummaryReader

    meter = Meter()
    reader = SummaryReader(root, extra_columns={"dir_name", "wall_time"})
    points = len(reader.scalars) + len(reader.tensors) + len(reader.histograms)
    return meter.reading(points)


class Server:
    """TensorBoard's Rust data server on a logdir, which it reads once, keeping every point."""

    def __init__(self, root: str, checksums: bool) -> None:
        import tensorboard_data_server

        self._folder = tempfile.TemporaryDirectory()
        self._port_file = Path(self._folder.name) / "port"
        command = [tensorboard_data_server.server_binary(), "--logdir", root, "--port", "0"]
        command += ["--port-file", str(self._port_file), "--reload", "once"]
        command += ["--samples-per-plugin", "scalars=all,histograms=all,images=all"]
        self._process = subprocess.Popen(
            command + ["--checksum"] * checksums, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def address(self) -> str:
        """Where it listens, once it does."""
        while not (self._port_file.exists() and self._port_file.read_text().endswith("\n")):
            time.sleep(0.002)
        return "localhost:" + self._port_file.read_text().strip()

    def cpu(self) -> float:
        """Processor seconds used so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self) -> int:
        """The most memory it had, in bytes."""
        return peak_memory(self._process.pid)


def rust(root: str, checksums: bool = True) -> Reading:
    import grpc
    from tensorboard.data.proto import data_provider_pb2 as messages
    from tensorboard.data.proto.data_provider_pb2_grpc import TensorBoardDataProviderStub

    expected = json.loads(Path(root + ".json").read_text())
    start = time.perf_counter()
    with Server(root, checksums) as server:
        channel = grpc.insecure_channel(
            server.address(), options=[("grpc.max_receive_message_length", -1)]
        )
        provider = TensorBoardDataProviderStub(channel)
        lists = [(provider.ListScalars, messages.ListScalarsRequest, "scalars")]
        lists.append((provider.ListTensors, messages.ListTensorsRequest, "histograms"))

        def finished() -> int:
            found = 0
            for call, request, plugin in lists:
                listed = call(
                    request(plugin_filter=messages.PluginFilter(plugin_name=plugin)),
                    wait_for_ready=True,
                )
                found += sum(
                    tag.metadata.max_step >= expected["last_steps"].get(tag.tag_name, 1 << 62)
                    for run in listed.runs
                    for tag in run.tags
                )
            return found

        while finished() < expected["series"]:
            time.sleep(0.02)
        wall, cpu = time.perf_counter() - start, server.cpu()
        return {"wall": wall, "cpu": cpu, "peak": server.peak(), "points": -1}


READERS: dict[str, Callable[[str], Reading]] = {
    "opscope": opscope,
    "rust+crc": rust,
    "rust": lambda root: rust(root, checksums=False),
    "EventAccumulator": event_accumulator,
    "tbparse": tbparse,
}


def main() -> None:
    """Read once and print the figures."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    reading: Any = READERS[sys.argv[1]](sys.argv[2])
    print(json.dumps(reading))


if __name__ == "__main__":
    main()
