"""Functions over the rows of tensors: tf.map_fn, tf.scan, tf.foldl, tf.foldr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opscope.runtime import dtypes, nest
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.scope import op_scope
from opscope.runtime.ops.shape import shape as shape_of
from opscope.runtime.tensor_array import TensorArray
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.while_loop import while_loop


def map_fn(
    fn: Callable[[Any], Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
    fn_output_signature: Any = None,
) -> Any:
    """`fn` of each row of `elems`, stacked.

    elems may nest: `fn` then gets the rows in that structure. dtype: what `fn` returns, in its
    structure, where that differs from elems; fn_output_signature is its newer name.
    """
    _check_callable(fn)
    if fn_output_signature is not None:
        dtype = nest.map_structure(lambda s: getattr(s, "dtype", s), fn_output_signature)
    given = nest.flatten(elems)
    kinds = nest.flatten(elems if dtype is None else dtype)
    with op_scope(name, "map", *given):
        rows, count, static = _rows(given)
        start = constant(0)
        wanted = [t.dtype for t in rows.tensors] if dtype is None else kinds
        results = [
            TensorArray(dtypes.as_dtype(k), size=count, dynamic_size=False, infer_shape=infer_shape)
            for k in wanted
        ]

        def compute(i: Tensor, arrays: list[TensorArray]) -> Any:
            value = fn(nest.pack_sequence_as(elems, rows.read(i)))
            nest.assert_same_structure(elems if dtype is None else dtype, value)
            written = [a.write(i, v) for a, v in zip(arrays, nest.flatten(value), strict=True)]
            return i + 1, written

        _, arrays = while_loop(
            lambda i, _: i < count,
            compute,
            (start, results),
            parallel_iterations=parallel_iterations or 10,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        return nest.pack_sequence_as(elems if dtype is None else dtype, _stacked(arrays, static))


def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """All values of an accumulator, stacked: each is `fn` of the one before and of a row.

    The rows are those of `elems`. It starts from `initializer`, or from the first row. reverse:
    from the last row to the first.
    """
    _check_callable(fn)
    given = nest.flatten(elems)
    form = elems if initializer is None else initializer
    with op_scope(name, "scan", *given):
        rows, count, static = _rows(given)
        first = count - 1 if reverse else 0
        if initializer is None:
            start, passed = rows.read(first), 1
        else:
            start, passed = [convert_to_tensor(v) for v in nest.flatten(initializer)], 0
        results = [
            TensorArray(
                t.dtype,
                size=count,
                element_shape=t.shape if infer_shape else None,
                dynamic_size=False,
                infer_shape=infer_shape,
            )
            for t in start
        ]
        if initializer is None:
            results = [r.write(first, t) for r, t in zip(results, start, strict=True)]

        def compute(i: Tensor, state: Any, arrays: list[TensorArray]) -> Any:
            row = nest.pack_sequence_as(elems, rows.read(i))
            value = fn(nest.pack_sequence_as(form, state), row)
            nest.assert_same_structure(form, value)
            leaves = nest.flatten(value)
            written = [a.write(i, v) for a, v in zip(arrays, leaves, strict=True)]
            return (i - 1 if reverse else i + 1), leaves, written

        begin = count - 1 - passed if reverse else passed

        def goes_on(i: Tensor, *_: Any) -> Tensor:
            return i >= 0 if reverse else i < count

        _, _, arrays = while_loop(
            goes_on,
            compute,
            (begin, start, results),
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        return nest.pack_sequence_as(form, _stacked(arrays, static))


def foldl(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """The last value of an accumulator: `fn` of it and of each row of `elems`, first to last.

    It starts from `initializer`, or from the first row.
    """
    _check_callable(fn)
    given = nest.flatten(elems)
    with op_scope(name, "foldl", *given):
        rows, count, _ = _rows(given)
        if initializer is None:
            state = nest.pack_sequence_as(elems, rows.read(0))
            start = constant(1)
        else:
            state, start = initializer, constant(0)

        def compute(i: Tensor, state: Any) -> Any:
            value = fn(state, nest.pack_sequence_as(elems, rows.read(i)))
            return [i + 1, value]

        _, result = while_loop(
            lambda i, _: i < count,
            compute,
            [start, state],
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        return result


def foldr(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """As `foldl`, from the last row to the first."""
    _check_callable(fn)
    given = nest.flatten(elems)
    with op_scope(name, "foldr", *given):
        rows, count, _ = _rows(given)
        if initializer is None:
            start = count - 1
            state = nest.pack_sequence_as(elems, rows.read(start))
        else:
            start, state = count, initializer

        def compute(i: Tensor, state: Any) -> Any:
            before = i - 1
            value = fn(state, nest.pack_sequence_as(elems, rows.read(before)))
            return [before, value]

        _, result = while_loop(
            lambda i, _: i > 0,
            compute,
            [start, state],
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=count,
        )
        return result


def _check_callable(fn: Any) -> None:
    if not callable(fn):
        raise TypeError(f"fn must be callable, got {fn!r}")


class _Rows:
    """The rows of tensors of one length, in arrays."""

    def __init__(self, tensors: Sequence[Tensor], arrays: Sequence[TensorArray]) -> None:
        self.tensors = tensors
        self.arrays = arrays

    def read(self, index: Any) -> list[Tensor]:
        return [a.read(index) for a in self.arrays]


def _rows(given: Sequence[Any]) -> tuple[_Rows, Any, int | None]:
    """The rows, how many there are (a number where it is known), and that number or None."""
    tensors = [convert_to_tensor(t, name="elem") for t in given]
    for tensor in tensors:
        if tensor.shape.ndims == 0:
            raise ValueError(f"elements must be at least vectors, but {tensor.name} is a scalar")
    sizes = [None if t.shape.sizes is None else t.shape.sizes[0] for t in tensors]
    static = next((s for s in sizes if s is not None), None)
    count = sizes[0] if sizes[0] is not None else shape_of(tensors[0])[0]
    arrays = []
    for tensor in tensors:
        known = tensor.shape.sizes
        array = TensorArray(
            tensor.dtype,
            size=count,
            dynamic_size=False,
            element_shape=TensorShape(None if known is None else known[1:]),
            infer_shape=True,
        )
        arrays.append(array.unstack(tensor))
    return _Rows(tensors, arrays), count, static


def _stacked(arrays: Sequence[TensorArray], count: int | None) -> list[Tensor]:
    results = []
    for array in arrays:
        stacked = array.stack()
        sizes = stacked.shape.sizes
        if sizes is not None:
            stacked.set_shape([count, *sizes[1:]])
        results.append(stacked)
    return results
