"""The variables that `get_variable` made in one graph, whole or in parts, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from opscope.runtime import dtypes, initializers
from opscope.runtime.constant import convert_to_tensor
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.operation import Tensor
from opscope.runtime.ops.slicing import slice_block
from opscope.runtime.partitioned_variable import (
    PartitionedVariable,
    Partitioner,
    PartitionInfo,
    cuts,
    parts,
)
from opscope.runtime.save_slice import SaveSliceInfo
from opscope.runtime.tensor_shape import TensorShape, as_shape
from opscope.runtime.variable_class import resource_variables_enabled
from opscope.runtime.variables import Variable

Initial = Callable[..., Any]


class _AutoReuse:
    """The value of AUTO_REUSE: find a variable if there is one, else make it."""

    def __repr__(self) -> str:
        return "tf.AUTO_REUSE"

    def __bool__(self) -> bool:
        return False


AUTO_REUSE = _AutoReuse()
Reuse = bool | _AutoReuse | None

_STORE_KEY = "__variable_store"


class VariableStore:
    """The variables of one graph that `get_variable` made, and how often each scope was opened."""

    def __init__(self) -> None:
        self.variables: dict[str, Variable] = {}
        self.partitioned: dict[str, PartitionedVariable] = {}
        self.scope_counts: dict[str, int] = {}

    # -- scopes ------------------------------------------------------------------------------

    def open_scope(self, name: str) -> None:
        """Count that a scope was opened."""
        self.scope_counts[name] = self.scope_counts.get(name, 0) + 1

    def close_subscopes(self, name: str) -> None:
        """Forget the scopes below `name`, so that a scope entered again counts anew."""
        for known in self.scope_counts:
            if not name or known.startswith(name + "/"):
                self.scope_counts[known] = 0

    # -- variables ---------------------------------------------------------------------------

    def get(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        *,
        partitioner: Partitioner | None = None,
        reuse: Reuse = None,
        **options: Any,
    ) -> Any:
        """The variable of that full name: found when reusing, else made.

        ValueError when it exists and is not to be reused, or the other way round, or was made with
        another shape, dtype or partition.
        """
        wanted = dtypes.as_dtype(dtype)
        known = as_shape(shape)
        in_parts = partitioner is not None and known.ndims != 0
        if in_parts or (reuse is True and name in self.partitioned):
            return self._partitioned(name, known, wanted, partitioner, reuse, options)
        if f"{name}/part_0" in self.variables:
            raise ValueError(
                "No partitioner was provided, but a partitioned version of the variable was "
                f"found: {name}/part_0. Perhaps a variable of the same name was already created "
                "with partitioning?"
            )
        return self._whole(name, known, wanted, reuse, **options)

    def _whole(
        self,
        name: str,
        shape: TensorShape,
        dtype: dtypes.DType,
        reuse: Reuse,
        *,
        regularizer: Callable[[Tensor], Tensor | None] | None = None,
        **options: Any,
    ) -> Variable:
        found = self.variables.get(name)
        if found is not None:
            if reuse is not True and reuse is not AUTO_REUSE:
                raise ValueError(
                    f"Variable {name} already exists, disallowed. Did you mean to set "
                    "reuse=True or reuse=tf.AUTO_REUSE in VarScope?" + _made_at(found)
                )
            _require_same(found, name, shape, dtype)
            return found
        if reuse is True:
            raise ValueError(
                f"Variable {name} does not exist, or was not created with "
                "tf.get_variable(). Did you mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        graph = get_default_graph()
        # The name follows the variable scope alone, not the name scope.
        with graph.name_scope(None), graph.control_dependencies(None):
            made = _new_variable(name, shape, dtype, **options)
        self.variables[name] = made
        if regularizer is not None:
            with graph.colocate_with(made.op), graph.name_scope(name + "/Regularizer/"):
                loss = regularizer(made.value())
            if loss is not None:
                graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
        return made

    def _partitioned(
        self,
        name: str,
        shape: TensorShape,
        dtype: dtypes.DType,
        partitioner: Partitioner | None,
        reuse: Reuse,
        options: dict[str, Any],
    ) -> PartitionedVariable:
        initializer = options.pop("initializer", None)
        if name in self.variables:
            raise ValueError(
                "A partitioner was provided, but an unpartitioned version of the variable was "
                f"found: {name}. Perhaps a variable of the same name was already created without "
                "partitioning?"
            )
        if isinstance(initializer, Tensor):
            shape = shape.merge_with(initializer.shape)
        found = self.partitioned.get(name)
        partitions = None
        if partitioner is not None:
            partitions = cuts(partitioner, shape, dtype)
        if found is not None:
            if reuse is not True and reuse is not AUTO_REUSE:
                raise ValueError(
                    f"Partitioned variable with name {name} already exists. Did you mean to set "
                    "reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
                )
            _require_same(found, name, shape, dtype)
            if partitions not in (None, found.partitions):
                raise ValueError(
                    f"Trying to reuse partitioned variable {name}, but specified partitions "
                    f"{partitions} and found partitions {found.partitions}."
                )
            return found
        if reuse is True or partitions is None:
            raise ValueError(
                f"PartitionedVariable {name} does not exist, or was not created with "
                "tf.get_variable(). Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in "
                "VarScope?"
            )
        sizes = [size for size in shape.as_list() if size is not None]
        made: list[Variable] = []
        for i, (offset, part_shape) in enumerate(parts(sizes, partitions)):
            part_name = f"{name}/part_{i}"
            start, start_shape = initializer, as_shape(part_shape)
            if initializer is not None and not callable(initializer):
                with get_default_graph().name_scope(part_name + "/PartitionedInitializer"):
                    whole = convert_to_tensor(initializer, dtype)
                    start = slice_block(whole, offset, part_shape)
                start_shape = as_shape(None)
            part = self._whole(
                part_name,
                start_shape,
                dtype,
                reuse,
                initializer=start,
                partition_info=PartitionInfo(sizes, offset),
                **options,
            )
            part.save_slice_info = SaveSliceInfo(
                name, tuple(sizes), tuple(offset), tuple(part_shape)
            )
            made.append(part)
        self.partitioned[name] = PartitionedVariable(name, shape, dtype, made, partitions)
        return self.partitioned[name]


def store_of(graph: Graph) -> VariableStore:
    """The store of a graph."""
    kept = graph.get_collection_ref(_STORE_KEY)
    if not kept:
        kept.append(VariableStore())
    store: VariableStore = kept[0]
    return store


def made_variables(graph: Graph) -> dict[str, Variable]:
    """The variables that `get_variable` made, by name; the parts of a partitioned one each."""
    return store_of(graph).variables


def _made_at(variable: Variable) -> str:
    frames = variable.op.traceback
    if not frames:
        return ""
    file, line, _, text = frames[-1]
    return f" Originally defined at {file}:{line}: {text}"


def _require_same(
    found: Variable | PartitionedVariable, name: str, shape: TensorShape, dtype: dtypes.DType
) -> None:
    if not found.shape.is_compatible_with(shape):
        raise ValueError(
            f"Trying to share variable {name}, but specified shape {shape} "
            f"and found shape {found.shape}."
        )
    if not found.dtype.base_dtype.is_compatible_with(dtype):
        raise ValueError(
            f"Trying to share variable {name}, but specified dtype {dtype.name} "
            f"and found dtype {found.dtype.base_dtype.name}."
        )


def _new_variable(
    name: str,
    shape: TensorShape,
    dtype: dtypes.DType,
    *,
    initializer: Any = None,
    partition_info: PartitionInfo | None = None,
    trainable: bool | None = None,
    collections: Sequence[str] | None = None,
    caching_device: Any = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    constraint: Callable[[Tensor], Tensor] | None = None,
    synchronization: Any = None,
    aggregation: Any = None,
) -> Variable:
    if initializer is None:
        initializer = _default_initializer(name, dtype)
    elif isinstance(initializer, (str, type)):
        initializer = initializers.get(initializer)
    if callable(initializer):
        if not shape.is_fully_defined():
            raise ValueError(
                f"Shape of a new variable ({name}) must be fully defined, but instead was {shape}."
            )
        sizes = shape.as_list()
        rule = initializer
        options: dict[str, Any] = {"dtype": dtype}
        if partition_info is not None and _takes(initializer, "partition_info"):
            options["partition_info"] = partition_info

        def value() -> Any:
            return rule(sizes, **options)
    else:
        if shape.sizes is not None:
            raise ValueError("If initializer is a constant, do not specify shape.")
        value = initializer
    return Variable(
        value,
        trainable=True if trainable is None else trainable,
        collections=collections,
        validate_shape=validate_shape,
        name=name,
        dtype=dtype if callable(initializer) else None,
        constraint=constraint,
        use_resource=resource_variables_enabled() if use_resource is None else use_resource,
        caching_device=caching_device,
    )


def _takes(function: Any, parameter: str) -> bool:
    try:
        return parameter in inspect.signature(function).parameters
    except (TypeError, ValueError):  # a function of C has no signature to look at
        return False


def _default_initializer(name: str, dtype: dtypes.DType) -> Initial:
    if dtype.is_floating:
        return initializers.glorot_uniform()
    if dtype.is_integer or dtype.is_bool:
        return initializers.Zeros()
    raise ValueError(f"An initializer for variable {name} of {dtype.name} is required")
