"""The devices of a session: CPUs on NumPy, GPUs on CuPy."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np

from opscope.events.proto.config_pb2 import ConfigProto
from opscope.runtime.device_spec import DeviceSpec

_TASK = "/job:localhost/replica:0/task:0"


@dataclass(frozen=True)
class DeviceAttributes:
    """What `Session.list_devices` says of one device; memory in bytes, 0 when not limited."""

    name: str
    device_type: str
    memory_limit_bytes: int
    physical_device_desc: str


@dataclass(frozen=True, eq=False)
class Device:
    """Where ops run: a name, and the array namespace that computes there."""

    device_type: str
    index: int
    xp: Any
    description: str
    memory_limit_bytes: int = 0
    task: str = _TASK

    @property
    def name(self) -> str:
        """The full name, "/job:localhost/replica:0/task:0/device:CPU:0"."""
        return f"{self.task}/device:{self.device_type}:{self.index}"

    @property
    def spec(self) -> DeviceSpec:
        """The name taken apart."""
        return DeviceSpec.parse(self.name)

    @property
    def attributes(self) -> DeviceAttributes:
        """The device as `list_devices` shows it."""
        return DeviceAttributes(
            self.name, self.device_type, self.memory_limit_bytes, self.description
        )

    def from_host(self, value: Any) -> Any:
        """Bring a host array or scalar to this device."""
        return value

    def to_host(self, value: Any) -> Any:
        """Bring a value of this device to the host."""
        return value


@dataclass(frozen=True, eq=False)
class CudaDevice(Device):
    """A GPU driven through CuPy."""

    def from_host(self, value: Any) -> Any:
        """Copy an array to the GPU; a scalar becomes a 0-d array there."""
        if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind == "O":
            return value
        with self.xp.cuda.Device(self.index):
            return self.xp.asarray(value)

    def to_host(self, value: Any) -> Any:
        """Copy an array from the GPU; a 0-d array becomes a NumPy scalar."""
        if isinstance(value, self.xp.ndarray):
            host = self.xp.asnumpy(value)
            return host[()] if host.ndim == 0 else host
        return value


def _cuda_devices() -> list[Device]:
    """The GPUs CuPy can use; empty when CuPy or a working driver is missing."""
    if importlib.util.find_spec("cupy") is None:
        return []
    import cupy

    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError:
        return []
    devices: list[Device] = []
    for i in range(count):
        properties = cupy.cuda.runtime.getDeviceProperties(i)
        name = properties["name"].decode()
        devices.append(CudaDevice("GPU", i, cupy, name, properties["totalGlobalMem"]))
    return devices


# Stands in for the real GPUs while it is not empty; see `simulated_gpu`.
stand_in_gpus: list[Device] = []


def local_devices(config: ConfigProto | None = None) -> list[Device]:
    """The devices of a new session: CPU:0 and every GPU unless `device_count` says otherwise."""
    wanted = dict(config.device_count) if config is not None else {}
    cpus = max(1, wanted.get("CPU", 1))
    devices = [Device("CPU", i, np, "host CPU (NumPy)") for i in range(cpus)]
    gpu_limit = wanted.get("GPU")
    if gpu_limit != 0:
        gpus = list(stand_in_gpus) or _cuda_devices()
        devices += gpus if gpu_limit is None else gpus[:gpu_limit]
    return devices


def needs_copy(home: Device | None, device: Device | None) -> bool:
    """True when a value has to cross a border: all CPUs and the host share one memory."""
    here = home if home is not None and home.device_type != "CPU" else None
    there = device if device is not None and device.device_type != "CPU" else None
    return here is not there


def why_no_gpu() -> str:
    """What is missing when a GPU was asked for and none is there."""
    if importlib.util.find_spec("cupy") is None:
        return "CuPy is not installed: pip install 'opscope[gpu]'"
    return "CuPy finds no usable CUDA device"
