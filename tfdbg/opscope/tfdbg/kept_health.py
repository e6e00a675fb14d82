"""What Debugger V2 keeps of a tensor in place of its value."""

from __future__ import annotations

from opscope.events.proto.tensor_pb2 import TensorProto
from opscope.tfdbg.debug_tensor import Array, InconvertibleTensorProto

_COUNTS = ("-inf", "+inf", "nan")
_NUMBERS = {
    "CURT_HEALTH": ("tensor id", "any inf or nan"),
    "CONCISE_HEALTH": ("tensor id", "elements", *_COUNTS),
    "FULL_HEALTH": (
        *("tensor id", "device id", "dtype", "rank", "elements", *_COUNTS),
        *("negative", "zero", "positive"),
    ),
    "SHAPE": ("tensor id", "dtype", "rank", "elements", *(f"size {n}" for n in range(6))),
}
"""What the numbers of each mode are: TensorFlow's `debug_event.proto`, TensorDebugMode."""


class KeptHealth(InconvertibleTensorProto):
    """The numbers that a debug mode keeps of a tensor; `counts` has them by name."""

    def __init__(self, mode: str, numbers: Array) -> None:
        super().__init__(TensorProto())
        self.mode = mode
        names = _NUMBERS.get(mode, ())
        self.counts = dict(zip(names, (float(n) for n in numbers.reshape(-1)), strict=False))
        if mode == "SHAPE" and self.counts:
            rank = int(self.counts["rank"])
            self.counts = dict(list(self.counts.items())[: 4 + min(rank, 6)])
        bad = ("any inf or nan", *_COUNTS)
        self.holds_inf_or_nan = any(self.counts.get(name, 0) > 0 for name in bad)

    def __str__(self) -> str:
        if not self.counts:
            return f"The debug mode {self.mode} keeps nothing of the value."
        rows = [f"  {name}: {number:g}" for name, number in self.counts.items()]
        return "\n".join([f"Kept by the debug mode {self.mode}, without the value:", *rows])
