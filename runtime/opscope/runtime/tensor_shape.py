"""Static shapes: what is known of a tensor's shape before it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, overload

from opscope.events.proto.tensor_shape_pb2 import TensorShapeProto

Sizes = tuple[int | None, ...] | None


class Dimension:
    """The size of one axis, or unknown (`value` is None)."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        if isinstance(value, Dimension):
            value = value.value
        if value is not None:
            value = int(value)
            if value < 0:
                raise ValueError(f"Dimension {value} must be >= 0")
        self.value: int | None = value

    def __repr__(self) -> str:
        return f"Dimension({self.value})"

    def __str__(self) -> str:
        return "?" if self.value is None else str(self.value)

    def __int__(self) -> int:
        if self.value is None:
            raise TypeError("an unknown dimension has no integer value")
        return self.value

    __index__ = __int__

    def __eq__(self, other: object) -> bool:
        value = other.value if isinstance(other, Dimension) else other
        return self.value is not None and self.value == value

    def __hash__(self) -> int:
        return hash(self.value)

    def _with(self, other: Any, combine: Any) -> Dimension:
        right = Dimension(other).value
        return Dimension(
            None if self.value is None or right is None else combine(self.value, right)
        )

    def __add__(self, other: Any) -> Dimension:
        return self._with(other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Dimension:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Dimension:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Dimension:
        return self._with(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Dimension:
        return self._with(other, lambda a, b: a // b)

    def __mod__(self, other: Any) -> Dimension:
        return self._with(other, lambda a, b: a % b)

    def is_compatible_with(self, other: Any) -> bool:
        """True unless both sizes are known and differ."""
        right = Dimension(other).value
        return self.value is None or right is None or self.value == right

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless the sizes are compatible."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {Dimension(other)} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """The size where one of both knows it; ValueError when they differ."""
        self.assert_is_compatible_with(other)
        return Dimension(other) if self.value is None else Dimension(self.value)


class TensorShape:
    """A shape whose rank or single sizes may be unknown.

    `sizes` is a tuple of int or None, one per axis, or None when the rank is unknown.
    """

    __slots__ = ("sizes",)

    sizes: Sizes

    def __init__(self, dims: Any = None) -> None:
        if dims is None:
            self.sizes = None
        elif isinstance(dims, TensorShape):
            self.sizes = dims.sizes
        elif isinstance(dims, TensorShapeProto):
            self.sizes = (
                None
                if dims.unknown_rank
                else tuple(None if d.size < 0 else d.size for d in dims.dim)
            )
        elif isinstance(dims, Iterable):
            self.sizes = tuple(Dimension(d).value for d in dims)
        else:
            self.sizes = (Dimension(dims).value,)

    @property
    def ndims(self) -> int | None:
        """The rank, or None."""
        return None if self.sizes is None else len(self.sizes)

    rank = ndims

    @property
    def dims(self) -> list[Dimension] | None:
        """The sizes as Dimensions, or None when the rank is unknown."""
        return None if self.sizes is None else [Dimension(d) for d in self.sizes]

    def as_list(self) -> list[int | None]:
        """The sizes as a list; ValueError when the rank is unknown."""
        return list(self.known_rank())

    def known_rank(self) -> tuple[int | None, ...]:
        """The sizes; ValueError when the rank is unknown."""
        if self.sizes is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return self.sizes

    def is_fully_defined(self) -> bool:
        """True when every size is known."""
        return self.sizes is not None and None not in self.sizes

    def num_elements(self) -> int | None:
        """The number of elements, or None when a size is unknown."""
        if self.sizes is None:
            return None
        count = 1
        for size in self.sizes:
            if size is None:
                return None
            count *= size
        return count

    def is_compatible_with(self, other: Any) -> bool:
        """True unless known sizes differ."""
        theirs = as_shape(other).sizes
        if self.sizes is None or theirs is None:
            return True
        return len(self.sizes) == len(theirs) and all(
            a is None or b is None or a == b for a, b in zip(self.sizes, theirs, strict=True)
        )

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless the shapes are compatible."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {as_shape(other)} are incompatible")

    def assert_has_rank(self, rank: int) -> None:
        """Raise ValueError unless the rank is unknown or `rank`."""
        if self.sizes is not None and len(self.sizes) != rank:
            raise ValueError(f"Shape {self} must have rank {rank}")

    def merge_with(self, other: Any) -> TensorShape:
        """Combine what is known of both; ValueError when they contradict."""
        theirs = as_shape(other)
        if self.sizes is None:
            return theirs
        if theirs.sizes is None:
            return self
        self.assert_is_compatible_with(theirs)
        return TensorShape(
            [b if a is None else a for a, b in zip(self.sizes, theirs.sizes, strict=True)]
        )

    def with_rank(self, rank: int) -> TensorShape:
        """This shape, known to have `rank` axes; ValueError when it has not."""
        return self.merge_with([None] * rank)

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """This shape; ValueError when it is known to have fewer axes than `rank`."""
        if self.sizes is not None and len(self.sizes) < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """This shape; ValueError when it is known to have more axes than `rank`."""
        if self.sizes is not None and len(self.sizes) > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def assert_same_rank(self, other: Any) -> None:
        """Raise ValueError unless the ranks are the same, or one is unknown."""
        theirs = as_shape(other)
        if None not in (self.ndims, theirs.ndims) and self.ndims != theirs.ndims:
            raise ValueError(f"Shapes {self} and {theirs} must have the same rank")

    def assert_is_fully_defined(self) -> None:
        """Raise ValueError unless all sizes are known."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def concatenate(self, other: Any) -> TensorShape:
        """These axes followed by those of `other`."""
        theirs = as_shape(other)
        if self.sizes is None or theirs.sizes is None:
            return unknown_shape()
        return TensorShape(self.sizes + theirs.sizes)

    def as_proto(self) -> TensorShapeProto:
        """The shape as a TensorShapeProto; unknown sizes are -1."""
        proto = TensorShapeProto()
        if self.sizes is None:
            proto.unknown_rank = True
        else:
            for size in self.sizes:
                proto.dim.add().size = -1 if size is None else size
        return proto

    def __len__(self) -> int:
        return len(self.known_rank())

    def __bool__(self) -> bool:
        return self.sizes is not None

    def __iter__(self) -> Iterator[Dimension]:
        return iter([Dimension(d) for d in self.known_rank()])

    @overload
    def __getitem__(self, key: int) -> Dimension: ...
    @overload
    def __getitem__(self, key: slice) -> TensorShape: ...
    def __getitem__(self, key: int | slice) -> Dimension | TensorShape:
        if self.sizes is None:
            return unknown_shape() if isinstance(key, slice) else Dimension(None)
        if isinstance(key, slice):
            return TensorShape(self.sizes[key])
        return Dimension(self.sizes[key])

    def __eq__(self, other: object) -> bool:
        try:
            return self.sizes == as_shape(other).sizes
        except TypeError:
            return NotImplemented

    def __hash__(self) -> int:
        return hash(self.sizes)

    def __repr__(self) -> str:
        return f"TensorShape({None if self.sizes is None else list(self.sizes)})"

    def __str__(self) -> str:
        if self.sizes is None:
            return "<unknown>"
        inner = ", ".join("?" if d is None else str(d) for d in self.sizes)
        return f"({inner},)" if len(self.sizes) == 1 else f"({inner})"


def as_shape(shape: Any) -> TensorShape:
    """Return `shape` as a TensorShape; None is an unknown rank."""
    return shape if shape.__class__ is TensorShape else TensorShape(shape)


def unknown_shape(rank: int | None = None) -> TensorShape:
    """A shape of unknown sizes, or of unknown rank."""
    return TensorShape(None if rank is None else [None] * rank)


def scalar() -> TensorShape:
    """The shape of a scalar."""
    return TensorShape(())


def broadcast(a: Sizes, b: Sizes) -> Sizes:
    """The shape that NumPy broadcasting gives; ValueError when the sizes do not fit."""
    if a is None or b is None:
        return None
    if a == b and None not in a:
        return a
    rank = max(len(a), len(b))
    left = (1,) * (rank - len(a)) + a
    right = (1,) * (rank - len(b)) + b
    sizes: list[int | None] = []
    for x, y in zip(left, right, strict=True):
        if x == 1:
            sizes.append(y)
        elif y == 1 or x == y:
            sizes.append(x)
        elif x is None or y is None:
            sizes.append(y if x is None else x)
        else:
            raise ValueError(
                f"Dimensions must be equal, but are {x} and {y} "
                f"for shapes {TensorShape(a)} and {TensorShape(b)}"
            )
    return tuple(sizes)
