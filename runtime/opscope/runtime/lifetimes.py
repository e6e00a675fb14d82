"""How long the locals of a generated function hold their values, and which names are used again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import prod

from opscope.runtime.generated_names import GeneratedNames
from opscope.runtime.operation import Tensor
from opscope.runtime.tensor_shape import Sizes, TensorShape


class Lifetimes:
    """Drops each value after its last use.

    reuses: the name of a value that nothing reads any more goes to the next one. Only for programs
    without blocks, all of whose values are read in the order of their lines. small: values of up to
    this many bytes are held on to; the line that would drop one costs more than its memory.
    """

    def __init__(
        self,
        names: GeneratedNames,
        last_use: Mapping[Tensor, int],
        shapes: Mapping[Tensor, TensorShape],
        reuses: bool,
        small: int,
    ) -> None:
        self._names = names
        self._last_use = last_use
        self._shapes = shapes
        self._reuses = reuses
        self._small = small
        self._last_read: dict[str, int] = {}  # of each local that may be dropped after it
        self._large: set[str] = set()
        self._releasing: list[str] = []
        self._free: list[str] = []
        self._kept: set[str] = set()
        self._elements: dict[Sizes, int] = {}

    def live_names(self) -> list[str]:
        """The names that have values something may still read, where names are used again."""
        return self._names.locals_without(self._free)

    def new_local(self) -> str:
        """A name whose value nothing reads any more, or a new one."""
        return self._free.pop() if self._free else self._names.new_local()

    def named(self, tensor: Tensor, name: str, holder: Tensor | None) -> None:
        """Note that `name` stands for a tensor, perhaps beside others.

        holder: the tensor whose memory that is; None when it stays anyway, as a variable's does.
        """
        if name[0] != "v" or name in self._kept:
            return
        before = self._last_read.get(name)
        if before is None and not self._reuses and self._shapes[tensor].sizes == ():
            return
        last = self._last_use.get(tensor, -1)
        self._last_read[name] = last if before is None else max(last, before)
        if holder is not None and not self._is_small(holder):
            self._large.add(name)

    def keep(self, name: str) -> None:
        """Let a value live until the end: it is fetched."""
        self._kept.add(name)
        self._last_read.pop(name, None)

    def is_kept(self, name: str) -> bool:
        """True for a value that is fetched, under whatever name."""
        return name in self._kept

    def release(self, names: Sequence[str], position: int) -> list[str]:
        """Of these locals, those that the op at `position` is the last to read.

        From now on their names may be given to its outputs; `to_drop` has to follow.
        """
        dead = []
        last_read = self._last_read
        for name in names:
            if name in last_read and last_read[name] <= position:
                del last_read[name]
                dead.append(name)
        if dead:
            if self._large:
                self._releasing = [n for n in dead if n in self._large]
                self._large.difference_update(dead)
            if self._reuses:
                self._free.extend(dead)
        return dead

    def take_back(self, name: str) -> None:
        """Do not give away a released name: its value is written to in place."""
        self._free.remove(name)

    def to_drop(self, targets: Collection[str] = ()) -> list[str]:
        """The released names that hold on to memory, less `targets`, which have new values."""
        if not self._releasing:
            return []
        names = [n for n in self._releasing if n not in targets]
        self._releasing = []
        return names

    def _is_small(self, tensor: Tensor) -> bool:
        sizes = self._shapes[tensor].sizes
        count = self._elements.get(sizes)
        if count is None:
            if sizes is None or None in sizes:
                return False
            count = self._elements[sizes] = prod(sizes)  # type: ignore[arg-type]
        return count * tensor.dtype.numpy_dtype.itemsize <= self._small
