"""The generated code that keeps what is fetched, and hands it out at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.plan import PLAIN

if TYPE_CHECKING:
    from opscope.runtime.codegen import Generator


class FetchCode:
    """Names the local that each fetched tensor is in."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self.results: dict[Tensor, str] = {}

    def fetch(self, tensor: Tensor, op: Operation) -> None:
        """Fix what is fetched of an op right after it ran, before an update can change it."""
        if tensor in self.results:
            return
        generator = self.generator
        lifetimes = generator.memory.lifetimes
        name = generator.value(tensor, op, None)
        reserved = None if generator.flow is None else generator.flow.fetch_locals.get(tensor)
        is_shared = generator.roots.of(tensor)[0] in ("slot", "constant", "merged")
        is_shared = is_shared or generator.recorder.holds
        if reserved or is_shared or lifetimes.is_kept(name):
            local = reserved or generator.new_local()
            copied = f"{name}.copy()" if _copies(tensor) else name
            generator.text.add(f"{local} = {copied}", op)
            name = local
        self.results[tensor] = name
        lifetimes.keep(name)

    def result(self) -> str:
        """What the program returns, see `Program`."""
        generator = self.generator
        fetches = generator.inputs.fetches
        values = [self.results[e] if isinstance(e, Tensor) else "None" for e in fetches.elements]
        if fetches.structure == "single":
            result = values[0]
        elif fetches.structure == "list":
            result = f"[{', '.join(values)}]"
        else:
            result = f"{generator.bind(fetches.rebuild, 'r')}([{', '.join(values)}])"
        if generator.inputs.instrument is PLAIN:
            return result
        if generator.flow is not None:
            return f"{result}, seen, hits, times, over"
        recorded = "".join(f"{r.local or None}, " for r in generator.recorder.recorded)
        return f"{result}, ({recorded}), hits, times, over"


def _copies(tensor: Tensor) -> bool:
    """False for strings: their scalars are plain bytes."""
    return tensor.dtype.numpy_dtype.kind != "O" or tensor.shape.ndims not in (0, None)
