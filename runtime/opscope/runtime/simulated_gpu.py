"""A GPU for tests on machines without one: NumPy arrays behind a device border."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from opscope.runtime.devices import Device, stand_in_gpus


@dataclass(frozen=True, eq=False)
class SimulatedGpu(Device):
    """Computes with NumPy and counts what crosses its border."""

    copies: list[str] = field(default_factory=list)

    def from_host(self, value: Any) -> Any:
        """Take a value over the border."""
        self.copies.append("to device")
        return value

    def to_host(self, value: Any) -> Any:
        """Give a value back over the border."""
        self.copies.append("to host")
        return value


@contextmanager
def simulated_gpu(count: int = 1) -> Iterator[list[SimulatedGpu]]:
    """Sessions made inside see `count` simulated GPUs, described as such in `list_devices`."""
    made = [
        SimulatedGpu("GPU", i, np, "SIMULATED GPU for tests (NumPy, no hardware)")
        for i in range(count)
    ]
    stand_in_gpus[:] = made
    try:
        yield made
    finally:
        stand_in_gpus.clear()
