"""Transformations of a Dataset that look at several elements: batches, windows, groups, scans."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from opscope.runtime import dtypes
from opscope.runtime.constant import constant, convert_to_tensor
from opscope.runtime.data import grouping_ops as _grouping_ops  # noqa: F401 - defines op types
from opscope.runtime.data import whole_dataset_ops as _whole_ops  # noqa: F401 - defines op types
from opscope.runtime.data.element_function import ElementFunction
from opscope.runtime.data.element_spec import (
    DatasetSpec,
    as_components,
    as_element,
    batch_rows,
    common_shape,
    components_of,
    flat_spec,
    padding,
)
from opscope.runtime.data.options import Options
from opscope.runtime.data.structure import flatten, map_structure, pack_as
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_node, make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.tensor_shape import TensorShape, scalar

if TYPE_CHECKING:
    from opscope.runtime.data.dataset import Dataset


class DatasetGroups:
    """The part of Dataset that looks at several elements."""

    _variant_tensor: Tensor
    _types: Any
    _shapes: Any
    _set_options: Options | None = None

    def _made(self, variant: Tensor, types: Any, shapes: Any) -> Dataset:
        from opscope.runtime.data.dataset import Dataset

        return Dataset(variant, types, shapes)

    def _of_same(self, op_type: str, *inputs: Any, **attrs: Any) -> Dataset:
        spec = flat_spec(self._types, self._shapes)
        made = make_tensor(op_type, self._variant_tensor, *inputs, **spec, **attrs)
        return self._made(made, self._types, self._shapes)

    def batch(self, batch_size: Any, drop_remainder: Any = False) -> Dataset:
        """Consecutive elements stacked; a last smaller batch is dropped with `drop_remainder`."""
        size = convert_to_tensor(batch_size, dtypes.int64, name="batch_size")
        drop = convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder")
        rows = batch_rows(batch_size, drop_remainder)
        shapes = map_structure(rows.concatenate, self._shapes)
        made = make_tensor(
            "BatchDatasetV2",
            self._variant_tensor,
            size,
            drop,
            **flat_spec(self._types, shapes),
        )
        return self._made(made, self._types, shapes)

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: Any = False,
    ) -> Dataset:
        """Consecutive elements filled up to a common shape and stacked.

        padded_shapes: the shape of each component; None or -1 for the largest of the batch.
        padding_values: 0, or "" for strings, where not given.
        """
        size = convert_to_tensor(batch_size, dtypes.int64, name="batch_size")
        inputs, fillers, shapes = padding(self._types, self._shapes, padded_shapes, padding_values)
        drop = convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder")
        rows = batch_rows(batch_size, drop_remainder)
        out_shapes = [rows.concatenate(s) for s in shapes]
        made = make_tensor(
            "PaddedBatchDatasetV2",
            self._variant_tensor,
            size,
            inputs,
            fillers,
            drop,
            output_shapes=out_shapes,
        )
        return self._made(made, self._types, pack_as(self._types, out_shapes))

    def unbatch(self) -> Dataset:
        """The rows of each element as elements."""
        shapes = map_structure(lambda s: s[1:], self._shapes)
        made = make_tensor(
            "UnbatchDataset",
            self._variant_tensor,
            **flat_spec(self._types, shapes),
        )
        return self._made(made, self._types, shapes)

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: Any = False
    ) -> Dataset:
        """Datasets of `size` elements each, one for each component of an element.

        shift: how far one begins after the other, `size` when None. stride: how far the elements
        of one are apart.
        """
        numbers = [
            convert_to_tensor(value, dtypes.int64, name=name)
            for value, name in (
                (size, "size"),
                (size if shift is None else shift, "shift"),
                (stride, "stride"),
            )
        ]
        drop = convert_to_tensor(drop_remainder, dtypes.bool, name="drop_remainder")
        types = map_structure(DatasetSpec, self._types, self._shapes)
        shapes = map_structure(lambda _: scalar(), self._types)
        made = make_tensor(
            "WindowDataset", self._variant_tensor, *numbers, drop, **flat_spec(types, shapes)
        )
        return self._made(made, types, shapes)

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any]) -> Any:
        """The state that `reduce_func(state, element)` leaves after the last element."""
        with get_default_graph().name_scope("initial_state"):
            values = components_of(initial_state)
        components, types, shapes = as_components(values)
        traced, shapes = _folding("reduce", reduce_func, self, types, shapes)
        node = make_node(
            "ReduceDataset",
            self._variant_tensor,
            components,
            traced.function.captures,
            f=traced.function,
            **flat_spec(types, shapes),
        )
        return as_element(node.outputs, types, shapes)

    def scan(self, initial_state: Any, scan_func: Callable[..., Any]) -> Dataset:
        """Outputs of `scan_func(state, element)`, which returns the next state and an output."""
        values = components_of(initial_state)
        components, types, shapes = as_components(values)
        inside = {"types": (types, self._types), "shapes": (shapes, self._shapes)}
        traced = ElementFunction("scan", scan_func, inside["types"], inside["shapes"])
        if type(traced.types) is not tuple or len(traced.types) != 2:
            raise TypeError(
                "The result of `scan_func` must be a pair of the new state and the output element."
            )
        out_types, out_shapes = traced.types[1], traced.shapes[1]
        made = make_tensor(
            "ScanDataset",
            self._variant_tensor,
            components,
            traced.function.captures,
            f=traced.function,
            preserve_cardinality=True,
            **flat_spec(out_types, out_shapes),
        )
        return self._made(made, out_types, out_shapes)

    def take_while(self, predicate: Callable[..., Any]) -> Dataset:
        """The elements before the first for which `predicate` is false."""
        traced = ElementFunction("take_while", predicate, self._types, self._shapes)
        if flatten(traced.types) != [dtypes.bool]:
            raise ValueError(
                "Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its "
                f"return type is {traced.types}."
            )
        return self._of_same(
            "TakeWhileDataset", traced.function.captures, predicate=traced.function
        )

    def unique(self) -> Dataset:
        """The elements without those that were there before."""
        return self._of_same("UniqueDataset")

    def shard(self, num_shards: Any, index: Any) -> Dataset:
        """Every `num_shards`-th element, from the one numbered `index` on."""
        count = convert_to_tensor(num_shards, dtypes.int64, name="num_shards")
        return self._of_same(
            "ShardDataset", count, convert_to_tensor(index, dtypes.int64, name="index")
        )

    def with_options(self, options: Options) -> Dataset:
        """The same elements; the options are kept, and written to the graph."""
        merged = options if self._set_options is None else self._set_options.merge(options)
        with get_default_graph().colocate_with(self._variant_tensor):
            made = self._of_same("OptionsDataset", serialized_options=merged.serialized())
        made._set_options = merged
        return made

    def options(self) -> Options:
        """The options that were set."""
        return Options() if self._set_options is None else self._set_options

    def cardinality(self) -> Tensor:
        """The number of elements; -1 for no end, -2 where it is not known without looking."""
        return make_tensor("DatasetCardinality", self._variant_tensor)

    def get_single_element(self) -> Any:
        """The one element of the dataset, as tensors."""
        node = make_node(
            "DatasetToSingleElement", self._variant_tensor, **flat_spec(self._types, self._shapes)
        )
        return as_element(node.outputs, self._types, self._shapes)

    def ignore_errors(self, log_warning: bool = False) -> Dataset:
        """The elements that do not raise an error."""
        return self._of_same("IgnoreErrorsDataset", log_warning=log_warning)

    def group_by_window(
        self,
        key_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        window_size: Any = None,
        window_size_func: Callable[..., Any] | None = None,
    ) -> Dataset:
        """The elements of `reduce_func(key, dataset of elements of the key)`.

        A group is complete with `window_size` elements, or as many as `window_size_func` of its
        key says; what is left at the end is reduced too.
        """
        if (window_size is None) == (window_size_func is None):
            raise ValueError(
                "Either the `window_size` argument or the `window_size_func` argument must be "
                "specified, and not both."
            )
        kind = "group_by_window"

        def key_func_wrapper(*element: Any) -> Tensor:
            return convert_to_tensor(_integer(key_func(*element)), dtypes.int64)

        def window_size_func_wrapper(key: Any) -> Tensor:
            size = window_size if window_size_func is None else window_size_func(key)
            return convert_to_tensor(_integer(size), dtypes.int64)

        key = ElementFunction(kind, key_func_wrapper, self._types, self._shapes)
        sizes = ElementFunction(kind, window_size_func_wrapper, dtypes.int64, scalar())
        group = (dtypes.int64, DatasetSpec(self._types, self._shapes))
        reduced = ElementFunction(kind, reduce_func, group, (scalar(), scalar()), to_dataset=True)
        made = make_tensor(
            "GroupByWindowDataset",
            self._variant_tensor,
            key.function.captures,
            reduced.function.captures,
            sizes.function.captures,
            key_func=key.function,
            reduce_func=reduced.function,
            window_size_func=sizes.function,
            **reduced.result._flat_spec(),
        )
        return self._made(made, reduced.result._types, reduced.result._shapes)

    def bucket_by_sequence_length(
        self,
        element_length_func: Callable[..., Any],
        bucket_boundaries: Any,
        bucket_batch_sizes: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        pad_to_bucket_boundary: bool = False,
        no_padding: bool = False,
        drop_remainder: bool = False,
    ) -> Dataset:
        """Padded batches of elements of like length.

        bucket_boundaries: lengths that part the buckets, one less than `bucket_batch_sizes`.
        """
        from opscope.runtime.math import logical_and, reduce_min
        from opscope.runtime.ops.comparison import where

        if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
            raise ValueError(
                "`len(bucket_batch_sizes)` must equal `len(bucket_boundaries) + 1` but `len("
                f"bucket_batch_sizes)={len(bucket_batch_sizes)}` and `len(bucket_boundaries)="
                f"{len(bucket_boundaries)}`."
            )
        sizes = constant(bucket_batch_sizes, dtypes.int64)
        low = [dtypes.int32.min, *bucket_boundaries]
        high = [*bucket_boundaries, dtypes.int32.max]

        def bucket(*element: Any) -> Tensor:
            length = element_length_func(*element)
            inside = logical_and(
                convert_to_tensor(low, dtypes.int32) <= length,
                length < convert_to_tensor(high, dtypes.int32),
            )
            return reduce_min(where(inside))

        def batches(number: Tensor, grouped: Dataset) -> Dataset:
            size = sizes[number]
            if no_padding:
                return grouped.batch(size, drop_remainder=drop_remainder)
            shapes = grouped._shapes if padded_shapes is None else padded_shapes
            if pad_to_bucket_boundary:
                ends = constant([*(b - 1 for b in bucket_boundaries), -1], dtypes.int64)
                shapes = _with_length(grouped._types, shapes, ends[number])
            return grouped.padded_batch(size, shapes, padding_values, drop_remainder)

        return self.group_by_window(bucket, batches, window_size_func=lambda number: sizes[number])


def _with_length(types: Any, shapes: Any, length: Tensor) -> Any:
    """The shapes as tensors, `length` where a size is open."""
    from opscope.runtime.data.structure import flatten_as
    from opscope.runtime.ops.joining import stack

    made: list[Any] = []
    for shape in flatten_as(types, shapes, "padded_shapes"):
        sizes = TensorShape(shape).as_list()
        if sizes and None in sizes:
            made.append(stack([length if s is None else constant(s, dtypes.int64) for s in sizes]))
        else:
            made.append(TensorShape(sizes))
    return pack_as(types, made)


def _integer(value: Any) -> Any:
    """A whole number as int64."""
    if isinstance(value, Tensor) and value.dtype.base_dtype is dtypes.int32:
        from opscope.runtime.math import cast

        return cast(value, dtypes.int64)
    return value


def _folding(
    kind: str, function: Callable[..., Any], dataset: Any, types: Any, shapes: Any
) -> tuple[ElementFunction, Any]:
    """The function of state and element, traced until the shapes of the state hold."""
    while True:
        inside = (types, dataset._types), (shapes, dataset._shapes)
        traced = ElementFunction(kind, function, *inside)
        if flatten(traced.types) != flatten(types):
            raise TypeError(
                f"The element types for the new state must match the initial state. Expected "
                f"{types}; got {traced.types}."
            )
        weaker = map_structure(common_shape, shapes, pack_as(shapes, flatten(traced.shapes)))
        if flatten(weaker) == flatten(shapes):
            return traced, shapes
        shapes = weaker
