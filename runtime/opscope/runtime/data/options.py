"""Options: how a pipeline is to be run, which changes none of its elements."""

from __future__ import annotations

from typing import Any


class _Group:
    """Options of one subject; any name may be set."""

    def __init__(self) -> None:
        self.__dict__["_set"] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.__dict__["_set"].get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["_set"][name] = value

    def updated(self, other: _Group) -> None:
        """Take over what the other sets."""
        self.__dict__["_set"].update(other.__dict__["_set"])


class ThreadingOptions(_Group):
    """How many threads a pipeline has."""


class OptimizationOptions(_Group):
    """Which rewrites a pipeline undergoes; there are none here."""


class DistributeOptions(_Group):
    """How a pipeline is spread over machines."""


class AutotuneOptions(_Group):
    """How a pipeline's parallelism is chosen."""


class Options:
    """How a pipeline is to be run: `dataset.with_options(options)`.

    They are kept and written to the graph; here a pipeline runs in order whatever they say.
    """

    def __init__(self) -> None:
        self.deterministic: bool | None = None
        self.autotune = AutotuneOptions()
        self.experimental_distribute = DistributeOptions()
        self.experimental_optimization = OptimizationOptions()
        self.threading = ThreadingOptions()
        self.experimental_slack: bool | None = None
        self.experimental_external_state_policy: Any = None
        self.experimental_stateful_whitelist: Any = None
        self.experimental_warm_start: bool | None = None

    @property
    def experimental_deterministic(self) -> bool | None:
        """Whether the order of elements is fixed."""
        return self.deterministic

    @experimental_deterministic.setter
    def experimental_deterministic(self, value: bool | None) -> None:
        self.deterministic = value

    @property
    def experimental_threading(self) -> ThreadingOptions:
        """How many threads a pipeline has."""
        return self.threading

    @experimental_threading.setter
    def experimental_threading(self, value: ThreadingOptions) -> None:
        self.threading = value

    def merge(self, options: Options) -> Options:
        """These options, but where the others say something else, theirs."""
        merged = Options()
        for source in (self, options):
            for name, value in vars(source).items():
                if isinstance(value, _Group):
                    vars(merged)[name].updated(value)
                elif value is not None:
                    setattr(merged, name, value)
        return merged

    def serialized(self) -> bytes:
        """The options as TensorFlow's dataset_options.proto has them, as far as ops need it."""
        threads = b""
        names = ("max_intra_op_parallelism", "private_threadpool_size")
        for number, name in enumerate(names, 1):
            value = getattr(self.threading, name)
            if value is not None:
                threads += bytes([number << 3]) + _varint(value)
        out = b"" if self.deterministic is None else bytes([1 << 3, self.deterministic])
        for number, content in ((2, b""), (3, b""), (4, None), (5, threads), (7, b""), (12, b"")):
            if content is not None:
                out += bytes([number << 3 | 2, len(content)]) + content
            elif self.experimental_slack is not None:
                out += bytes([number << 3, self.experimental_slack])
        return out


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
