"""A GPU for tests on machines without one: NumPy behind the border that CuPy has.

Its arrays cannot be mixed with the host's, as CuPy's cannot: a kernel that forgets to ask its `xp`
for an array, or a plan that forgets a copy, fails here as it would on the real device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from types import ModuleType
from typing import Any

import numpy as np

from opscope.runtime.devices import Device, stand_in_gpus


class DeviceArray(np.ndarray[Any, np.dtype[Any]]):
    """An array of the simulated GPU."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Compute among device arrays and scalars; TypeError when a host array is among them."""
        out = kwargs.get("out", ())
        for value in (*inputs, *out):
            if isinstance(value, np.ndarray) and not isinstance(value, DeviceArray):
                raise TypeError(f"{ufunc.__name__} mixes a device array with a host array")
        plain = [_bare(value) for value in inputs]
        if out:
            kwargs["out"] = tuple(_bare(value) for value in out)
        result = getattr(ufunc, method)(*plain, **kwargs)
        if out:
            return out[0] if len(out) == 1 else out
        return _on_device(result)

    def __getitem__(self, key: Any) -> Any:
        """A part of the array; one element is a 0-d array, as in CuPy."""
        return _on_device(super().__getitem__(key))

    def dot(self, other: Any, out: Any = None) -> Any:
        """The matrix product with another device array."""
        if not isinstance(other, DeviceArray):
            raise TypeError("dot mixes a device array with a host array")
        if out is not None:
            _bare(self).dot(_bare(other), _bare(out))
            return out
        return _on_device(_bare(self).dot(_bare(other)))


def _bare(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, DeviceArray) else value


def _on_device(value: Any) -> Any:
    """Results as device arrays; what NumPy makes a scalar is a 0-d array there, as in CuPy."""
    if isinstance(value, tuple):
        return tuple(_on_device(v) for v in value)
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value).view(DeviceArray)
    return value


class DeviceNamespace:
    """NumPy's functions, giving device arrays; `ndarray` is the device's array type."""

    ndarray = DeviceArray

    def __init__(self, module: ModuleType = np) -> None:
        self._module = module
        self.__name__ = f"simulated {module.__name__}"

    @property
    def random(self) -> DeviceRandom:
        """The device's random generators."""
        return DeviceRandom()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if isinstance(found, ModuleType):
            return DeviceNamespace(found)
        if isinstance(found, np.ufunc) or not callable(found) or isinstance(found, type):
            return found
        return _returning_device_arrays(found)


# CuPy's functions that take host arrays: they are how an array gets onto the device.
_TAKE_HOST_ARRAYS = frozenset({"array", "asarray", "ascontiguousarray"})


def _returning_device_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if function.__name__ not in _TAKE_HOST_ARRAYS:
            _refuse_host_arrays(function.__name__, (*args, *kwargs.values()))
        return _on_device(function(*args, **kwargs))

    return call


class DeviceRandom:
    """`cupy.random` as far as kernels use it."""

    Philox4x3210 = np.random.Philox

    class Generator:
        """Draws device arrays."""

        def __init__(self, bits: Any) -> None:
            self._generator = np.random.Generator(bits)

        def __getattr__(self, name: str) -> Any:
            return _returning_device_arrays(getattr(self._generator, name))


def _refuse_host_arrays(name: str, values: Any) -> None:
    for value in values:
        if isinstance(value, (list, tuple)):
            _refuse_host_arrays(name, value)
        elif isinstance(value, np.ndarray) and not isinstance(value, DeviceArray):
            raise TypeError(f"{name} was given a host array on the device")


@dataclass(frozen=True, eq=False)
class SimulatedGpu(Device):
    """Computes with NumPy and counts what crosses its border."""

    copies: list[str] = field(default_factory=list)

    def from_host(self, value: Any) -> Any:
        """Take an array or scalar over the border."""
        if not isinstance(value, (np.ndarray, np.generic)) or value.dtype.kind == "O":
            return value
        if isinstance(value, DeviceArray):
            raise TypeError("the value is on the device already")
        self.copies.append("to device")
        return np.array(value).view(DeviceArray)

    def to_host(self, value: Any) -> Any:
        """Give an array back over the border; a 0-d array becomes a scalar."""
        if not isinstance(value, DeviceArray):
            return value
        self.copies.append("to host")
        host = np.array(value.view(np.ndarray))
        return host[()] if host.ndim == 0 else host


@contextmanager
def simulated_gpu(count: int = 1) -> Iterator[list[SimulatedGpu]]:
    """Sessions made inside see `count` simulated GPUs, described as such in `list_devices`."""
    description = "SIMULATED GPU for tests (NumPy, no hardware)"
    made = [SimulatedGpu("GPU", i, DeviceNamespace(), description) for i in range(count)]
    stand_in_gpus[:] = made
    try:
        yield made
    finally:
        stand_in_gpus.clear()
