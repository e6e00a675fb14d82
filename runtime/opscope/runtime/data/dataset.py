"""Dataset: a sequence of elements, described by ops of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.data.dataset_groups import DatasetGroups
from opscope.runtime.data.element_function import ElementFunction
from opscope.runtime.data.element_spec import (
    as_components,
    classes_of,
    common_shape,
    components_of,
    flat_shapes,
    flat_spec,
    serialized,
    shown_types,
    spec_of,
)
from opscope.runtime.data.file_names import matched_files
from opscope.runtime.data.generator_dataset import generator_dataset
from opscope.runtime.data.iterator import Iterator, make_initializable, make_one_shot
from opscope.runtime.data.shuffle_seeds import shuffle_seeds
from opscope.runtime.data.structure import flatten, map_structure, pack_as
from opscope.runtime.graph import get_default_graph
from opscope.runtime.make_op import make_tensor
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.shape import shape as shape_of
from opscope.runtime.sparse_tensor import SparseTensor
from opscope.runtime.tensor_shape import TensorShape

# As a number of calls or of elements: as many as the runtime finds good.
AUTOTUNE = -1


class Dataset(DatasetGroups):
    """Elements of one structure: each a tensor, or tuples and dicts of tensors."""

    def __init__(self, variant_tensor: Tensor, output_types: Any, output_shapes: Any) -> None:
        self._variant_tensor = variant_tensor
        self._types = output_types
        self._shapes = output_shapes

    @property
    def output_types(self) -> Any:
        """The dtypes of an element's components, in its structure."""
        return shown_types(self._types)

    @property
    def output_shapes(self) -> Any:
        """The static shapes of an element's components, in its structure."""
        return self._shapes

    @property
    def output_classes(self) -> Any:
        """The classes of an element's components, in its structure."""
        return classes_of(self._types)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} shapes: {self._shapes}, types: {self._types}>"

    def __iter__(self) -> Any:
        raise RuntimeError(
            "a Dataset of a graph is iterated by running `make_one_shot_iterator().get_next()`"
        )

    # -- where elements come from ------------------------------------------------------------

    @staticmethod
    def from_tensors(tensors: Any) -> Dataset:
        """One element: `tensors`."""
        components, types, shapes = as_components(components_of(tensors))
        made = make_tensor("TensorDataset", components, output_shapes=flat_shapes(types, shapes))
        return Dataset(made, types, shapes)

    @staticmethod
    def from_tensor_slices(tensors: Any) -> Dataset:
        """An element for each row of `tensors`, which all have as many rows."""
        return slices(tensors, is_files=False)

    @staticmethod
    def from_sparse_tensor_slices(sparse_tensor: Any) -> Dataset:
        """The rows of a SparseTensor, each as indices, values and shape."""
        if not isinstance(sparse_tensor, SparseTensor):
            raise TypeError(
                "Invalid `sparse_tensor`. `sparse_tensor` must be a `tf.sparse.SparseTensor`. Got "
                f"{type(sparse_tensor)}."
            )
        parts = sparse_tensor.indices, sparse_tensor.values, sparse_tensor.dense_shape
        made = make_tensor("SparseTensorSliceDataset", *parts)
        rank = sparse_tensor.dense_shape.shape.as_list()[0]
        inner = None if rank is None else rank - 1
        types = (dtypes.int64, sparse_tensor.dtype.base_dtype, dtypes.int64)
        return Dataset(
            made, types, (TensorShape([None, inner]), TensorShape([None]), TensorShape([inner]))
        )

    @staticmethod
    def range(*args: Any, output_type: Any = dtypes.int64) -> Dataset:
        """The whole numbers of Python's `range`, as int64 or as `output_type`."""
        start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
        wanted = dtypes.as_dtype(output_type)
        inputs = [
            convert_to_tensor(v, dtypes.int64, name=n)
            for v, n in ((start, "start"), (stop, "stop"), (step, "step"))
        ]
        made = make_tensor(
            "RangeDataset", *inputs, output_types=[dtypes.int64], output_shapes=[TensorShape(())]
        )
        numbers = Dataset(made, dtypes.int64, TensorShape(()))
        if wanted is dtypes.int64:
            return numbers
        from opscope.runtime.math import cast

        return numbers.map(lambda x: cast(x, wanted))

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any,
        output_shapes: Any = None,
        args: Any = None,
    ) -> Dataset:
        """What the iterator that `generator(*args)` returns yields, in this process alone.

        args: tensors, whose values the generator gets.
        """
        return Dataset(*generator_dataset(generator, output_types, output_shapes, args))

    @staticmethod
    def list_files(file_pattern: Any, shuffle: bool | None = None, seed: Any = None) -> Dataset:
        """The names of the files that match a pattern, shuffled unless `shuffle` is False.

        InvalidArgumentError, when it is made, for a pattern that matches none.
        """
        with get_default_graph().name_scope("list_files"):
            names = matched_files(file_pattern)
            dataset = slices(names, is_files=True)
            if shuffle is False:
                return dataset
            from opscope.runtime.math import maximum

            count = shape_of(names, out_type=dtypes.int64)[0]
            return dataset.shuffle(maximum(count, 1), seed=seed)

    @staticmethod
    def zip(datasets: Any) -> Dataset:
        """Elements of several datasets side by side, in the structure around the datasets."""
        parts = flatten(datasets)
        for part in parts:
            if not isinstance(part, Dataset):
                raise TypeError(
                    "The argument to `Dataset.zip()` must be a (nested) structure of `Dataset` "
                    f"objects. Got {part!r}."
                )
        types = pack_as(datasets, [d._types for d in parts])
        shapes = pack_as(datasets, [d._shapes for d in parts])
        made = make_tensor(
            "ZipDataset",
            [d._variant_tensor for d in parts],
            **flat_spec(types, shapes),
        )
        return Dataset(made, types, shapes)

    # -- elements one by one -----------------------------------------------------------------

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
    ) -> Dataset:
        """`map_func` of each element; the components of a tuple are its arguments.

        num_parallel_calls: how many elements are worked on at once; the order stays.
        """
        traced = ElementFunction("map", map_func, self._types, self._shapes)
        captures = traced.function.captures
        spec = flat_spec(traced.types, traced.shapes)
        if num_parallel_calls is None:
            made = make_tensor(
                "MapDataset", self._variant_tensor, captures, f=traced.function, **spec
            )
        else:
            calls = convert_to_tensor(num_parallel_calls, dtypes.int64, name="num_parallel_calls")
            kind = {None: "default", True: "true", False: "false"}[deterministic]
            made = make_tensor(
                "ParallelMapDatasetV2",
                self._variant_tensor,
                captures,
                calls,
                f=traced.function,
                deterministic=kind,
                **spec,
            )
        return Dataset(made, traced.types, traced.shapes)

    def flat_map(self, map_func: Callable[..., Any]) -> Dataset:
        """The elements of the datasets that `map_func` makes of each element."""
        return self._from_datasets("FlatMapDataset", "flat_map", map_func)

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = None,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
    ) -> Dataset:
        """As `flat_map`, `block_length` elements in turn from each of `cycle_length` datasets.

        cycle_length: as many as there are processors when None. The order is fixed, also with
        `num_parallel_calls`.
        """
        numbers = [
            (AUTOTUNE if cycle_length is None else cycle_length, "cycle_length"),
            (1 if block_length is None else block_length, "block_length"),
        ]
        attrs: dict[str, Any] = {}
        op_type = "InterleaveDataset"
        if num_parallel_calls is not None:
            op_type = "ParallelInterleaveDatasetV4"
            numbers += [
                (AUTOTUNE, "buffer_output_elements"),
                (AUTOTUNE, "prefetch_input_elements"),
                (num_parallel_calls, "num_parallel_calls"),
            ]
            attrs["deterministic"] = {None: "default", True: "true", False: "false"}[deterministic]
        inputs = [convert_to_tensor(v, dtypes.int64, name=n) for v, n in numbers]
        return self._from_datasets(op_type, "interleave", map_func, *inputs, **attrs)

    def _from_datasets(
        self, op_type: str, kind: str, map_func: Callable[..., Any], *more: Tensor, **attrs: Any
    ) -> Dataset:
        traced = ElementFunction(kind, map_func, self._types, self._shapes, to_dataset=True)
        inner = traced.result
        made = make_tensor(
            op_type,
            self._variant_tensor,
            traced.function.captures,
            *more,
            f=traced.function,
            **attrs,
            **inner._flat_spec(),
        )
        return Dataset(made, inner._types, inner._shapes)

    def filter(self, predicate: Callable[..., Any]) -> Dataset:
        """The elements for which `predicate` is true."""
        traced = ElementFunction("filter", predicate, self._types, self._shapes)
        types, shapes = flatten(traced.types), flatten(traced.shapes)
        if types != [dtypes.bool] or not shapes[0].is_compatible_with(()):
            raise ValueError(
                "Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, "
                f"but its return type is {traced.types} of shape {traced.shapes}."
            )
        made = make_tensor(
            "FilterDataset",
            self._variant_tensor,
            traced.function.captures,
            predicate=traced.function,
            **self._flat_spec(),
        )
        return self._same(made)

    def take(self, count: Any) -> Dataset:
        """The first `count` elements; all when it is -1."""
        return self._counted("TakeDataset", count)

    def skip(self, count: Any) -> Dataset:
        """All but the first `count` elements; none when it is -1."""
        return self._counted("SkipDataset", count)

    def repeat(self, count: Any = None) -> Dataset:
        """The elements `count` times over; without end when it is None or -1."""
        return self._counted("RepeatDataset", -1 if count is None else count)

    def concatenate(self, dataset: Dataset) -> Dataset:
        """These elements, then those of `dataset`; TypeError when they are of other types."""
        if flatten(self._types) != flatten(dataset._types):
            raise TypeError(
                f"Incompatible types of input datasets: {self._types} vs. {dataset._types}."
            )
        shapes = map_structure(common_shape, self._shapes, dataset._shapes)
        made = make_tensor(
            "ConcatenateDataset",
            self._variant_tensor,
            dataset._variant_tensor,
            **flat_spec(self._types, shapes),
        )
        return Dataset(made, self._types, shapes)

    def shuffle(
        self, buffer_size: Any, seed: Any = None, reshuffle_each_iteration: bool | None = None
    ) -> Dataset:
        """Elements drawn at random from a buffer of `buffer_size`, which is kept full.

        With `reshuffle_each_iteration` (the default) every pass has another order. The order is
        reproducible for a given seed, and not that of TensorFlow.
        """
        size = convert_to_tensor(buffer_size, dtypes.int64, name="buffer_size")
        first, second = shuffle_seeds(seed)
        made = make_tensor(
            "ShuffleDataset",
            self._variant_tensor,
            size,
            first,
            second,
            reshuffle_each_iteration=reshuffle_each_iteration is not False,
            **self._flat_spec(),
        )
        return self._same(made)

    def cache(self, filename: Any = "") -> Dataset:
        """The elements of the first pass, kept in memory or in a file for those that follow."""
        name = convert_to_tensor(filename, dtypes.string, name="filename")
        return self._same(
            make_tensor("CacheDataset", self._variant_tensor, name, **self._flat_spec())
        )

    def prefetch(self, buffer_size: Any) -> Dataset:
        """The elements, up to `buffer_size` of them made ahead on a thread."""
        size = -1 if buffer_size is None else buffer_size
        ahead = convert_to_tensor(size, dtypes.int64, name="buffer_size")
        with get_default_graph().colocate_with(self._variant_tensor):
            made = make_tensor(
                "PrefetchDataset",
                self._variant_tensor,
                ahead,
                legacy_autotune=False,
                **self._flat_spec(),
            )
        return self._same(made)

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """What `transformation_func` makes of this dataset."""
        made = transformation_func(self)
        if not isinstance(made, Dataset):
            raise TypeError(
                f"`transformation_func` must return a `tf.data.Dataset` object. Got {type(made)}."
            )
        return made

    def enumerate(self, start: Any = 0) -> Dataset:
        """Pairs of a number, counted from `start`, and an element."""
        return Dataset.zip((Dataset.range(start, dtypes.int64.max), self))

    # -- iterators ---------------------------------------------------------------------------

    def make_one_shot_iterator(self) -> Iterator:
        """An iterator that needs no initializing; ValueError when a placeholder is involved."""
        return make_one_shot(self)

    def make_initializable_iterator(self, shared_name: str | None = None) -> Iterator:
        """An iterator whose `initializer` is to be run before each pass."""
        return make_initializable(self, shared_name)

    # -- parts -------------------------------------------------------------------------------

    def _flat_spec(self) -> dict[str, Any]:
        return flat_spec(self._types, self._shapes)

    def _same(self, variant: Tensor) -> Dataset:
        return Dataset(variant, self._types, self._shapes)

    def _counted(self, op_type: str, count: Any) -> Dataset:
        number = convert_to_tensor(count, dtypes.int64, name="count")
        return self._same(make_tensor(op_type, self._variant_tensor, number, **self._flat_spec()))


def slices(tensors: Any, is_files: bool) -> Dataset:
    """As `Dataset.from_tensor_slices`; `is_files` says that the rows are names of files."""
    values = components_of(tensors)
    types, shapes = spec_of(values)
    for shape in flatten(shapes):
        if shape.ndims == 0:
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
    shapes = map_structure(lambda s: s[1:] if s.ndims is not None else s, shapes)
    components = [
        serialized(v, "SerializeManySparse") if isinstance(v, SparseTensor) else v
        for v in flatten(values)
    ]
    made = make_tensor(
        "TensorSliceDataset",
        components,
        output_shapes=flat_shapes(types, shapes),
        is_files=is_files,
    )
    return Dataset(made, types, shapes)
