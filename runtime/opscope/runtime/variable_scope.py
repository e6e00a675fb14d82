"""Variable scopes: variables made once and found again by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from opscope.runtime import dtypes
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.operation import Tensor
from opscope.runtime.partitioned_variable import Partitioner
from opscope.runtime.variable_store import (
    AUTO_REUSE,
    Initial,
    Reuse,
    VariableStore,
    made_variables,
    store_of,
)
from opscope.runtime.variables import Variable

Getter = Callable[..., Any]

_SCOPE_KEY = "__varscope"


class VariableScope:
    """The name and the defaults under which `get_variable` makes or finds variables."""

    def __init__(
        self,
        reuse: Reuse,
        name: str = "",
        initializer: Initial | None = None,
        regularizer: Callable[[Tensor], Tensor | None] | None = None,
        name_scope: str = "",
        dtype: Any = dtypes.float32,
        constraint: Callable[[Tensor], Tensor] | None = None,
        use_resource: bool | None = None,
        caching_device: Any = None,
        partitioner: Partitioner | None = None,
        custom_getter: Getter | None = None,
    ) -> None:
        self.name = name
        self.reuse = reuse
        self.initializer = initializer
        self.regularizer = regularizer
        self.original_name_scope = name_scope
        self.dtype = dtypes.as_dtype(dtype)
        self.constraint = constraint
        self.use_resource = use_resource
        self.caching_device = caching_device
        self.partitioner = partitioner
        self.custom_getter = custom_getter

    def reuse_variables(self) -> None:
        """From here on, find variables instead of making them."""
        self.reuse = True

    def set_initializer(self, initializer: Initial | None) -> None:
        """Set the default initializer."""
        self.initializer = initializer

    def set_regularizer(self, regularizer: Callable[[Tensor], Tensor | None] | None) -> None:
        """Set the default regularizer."""
        self.regularizer = regularizer

    def set_dtype(self, dtype: Any) -> None:
        """Set the default dtype."""
        self.dtype = dtypes.as_dtype(dtype)

    def set_use_resource(self, use_resource: bool | None) -> None:
        """Set whether variables are resource variables; None follows the program's default."""
        self.use_resource = use_resource

    def set_caching_device(self, caching_device: Any) -> None:
        """Set the device on which values are kept for reading."""
        self.caching_device = caching_device

    def set_partitioner(self, partitioner: Partitioner | None) -> None:
        """Set how variables are cut into parts; None leaves them whole."""
        self.partitioner = partitioner

    def set_custom_getter(self, custom_getter: Getter | None) -> None:
        """Set the function that `get_variable` calls with the true getter as first argument."""
        self.custom_getter = custom_getter

    def get_collection(self, name: str) -> list[Any]:
        """What is in a collection below this scope."""
        return get_default_graph().get_collection(name, self._prefix())

    def local_variables(self) -> list[Variable]:
        """The local variables below this scope."""
        return get_default_graph().get_collection(GraphKeys.LOCAL_VARIABLES, self._prefix())

    def global_variables(self) -> list[Variable]:
        """The global variables below this scope."""
        return get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, self._prefix())

    def trainable_variables(self) -> list[Variable]:
        """The trainable variables below this scope."""
        return get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, self._prefix())

    def _prefix(self) -> str | None:
        return self.name + "/" if self.name else None

    def _full_name(self, name: str | None) -> str:
        if name is None or not self.name:
            return name or self.name
        return f"{self.name}/{name}"

    def get_variable(
        self,
        name: str | None,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Callable[[Tensor], Tensor | None] | None = None,
        trainable: bool | None = None,
        collections: Sequence[str] | None = None,
        validate_shape: bool = True,
        constraint: Callable[[Tensor], Tensor] | None = None,
        reuse: Reuse = None,
        use_resource: bool | None = None,
        caching_device: Any = None,
        partitioner: Partitioner | None = None,
        custom_getter: Getter | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
    ) -> Any:
        """The variable `SCOPE/name`: found or made, as `tf.get_variable`."""
        graph = get_default_graph()
        store = store_of(graph)
        getter = self.custom_getter if custom_getter is None else custom_getter
        get = store.get if getter is None else partial(getter, store.get)
        with graph.name_scope(None):
            return get(
                name=self._full_name(name),
                shape=shape,
                dtype=self.dtype if dtype is None else dtypes.as_dtype(dtype),
                initializer=self.initializer if initializer is None else initializer,
                regularizer=self.regularizer if regularizer is None else regularizer,
                reuse=self.reuse if reuse is None else reuse,
                trainable=trainable,
                collections=collections,
                caching_device=self.caching_device if caching_device is None else caching_device,
                partitioner=self.partitioner if partitioner is None else partitioner,
                validate_shape=validate_shape,
                use_resource=self.use_resource if use_resource is None else use_resource,
                constraint=self.constraint if constraint is None else constraint,
                synchronization=synchronization,
                aggregation=aggregation,
            )


def get_variable_scope() -> VariableScope:
    """The variable scope that is open."""
    kept = get_default_graph().get_collection_ref(_SCOPE_KEY)
    if not kept:
        kept.append(VariableScope(False))
    scope: VariableScope = kept[0]
    return scope


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Callable[[Tensor], Tensor | None] | None = None,
    trainable: bool | None = None,
    collections: Sequence[str] | None = None,
    caching_device: Any = None,
    partitioner: Partitioner | None = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Getter | None = None,
    constraint: Callable[[Tensor], Tensor] | None = None,
    synchronization: Any = None,
    aggregation: Any = None,
) -> Any:
    """The variable of that name in the current variable scope: found when reusing, else made.

    initializer: a function from shape and dtype, a name, or a value (then shape is not given);
    None takes the scope's, else Glorot uniform for floats and zeros for integers. partitioner: a
    function from shape and dtype to the number of parts of each dimension; the variable is a
    PartitionedVariable then. use_resource: as for `tf.Variable`; None takes the scope's.
    custom_getter(getter, name, ...) is called in place of the getter. ValueError when the variable
    exists and the scope does not reuse, or the other way round.
    """
    return get_variable_scope().get_variable(
        name,
        shape,
        dtype,
        initializer,
        regularizer,
        trainable,
        collections,
        validate_shape,
        constraint,
        use_resource=use_resource,
        caching_device=caching_device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def get_local_variable(name: str, shape: Any = None, **options: Any) -> Any:
    """As `get_variable`, for a local variable, which is not trainable."""
    options["collections"] = [
        *(options.get("collections") or ()),
        GraphKeys.LOCAL_VARIABLES,
    ]
    return get_variable_scope().get_variable(name, shape, trainable=False, **options)


@contextmanager
def variable_scope(
    name_or_scope: str | VariableScope | None,
    default_name: str | None = None,
    values: Sequence[Any] | None = None,
    initializer: Initial | None = None,
    regularizer: Callable[[Tensor], Tensor | None] | None = None,
    caching_device: Any = None,
    partitioner: Partitioner | None = None,
    custom_getter: Getter | None = None,
    reuse: Reuse = None,
    dtype: Any = None,
    use_resource: bool | None = None,
    constraint: Callable[[Tensor], Tensor] | None = None,
    auxiliary_name_scope: bool = True,
) -> Iterator[VariableScope]:
    """Open a variable scope, and a name scope of the same name.

    With name_or_scope None, `default_name` is made unique; a VariableScope is entered again as it
    was. `values` are tensors whose graph is used.
    """
    if name_or_scope is None and default_name is None:
        raise TypeError("If default_name is None then name_or_scope is required")
    graph = next((v.graph for v in values or () if hasattr(v, "graph")), get_default_graph())
    with graph.as_default():
        outer = get_variable_scope()
        store = store_of(graph)
        if isinstance(name_or_scope, VariableScope):
            full = name_or_scope.name
            node_scope = full.rpartition("/")[2]
            base = name_or_scope
        else:
            local = name_or_scope
            if local is None:
                local = _unique_scope(store, outer.name, default_name or "")
            node_scope = local if name_or_scope is not None else default_name or ""
            full = f"{outer.name}/{local}" if outer.name else local
            base = outer
        opens_name_scope = auxiliary_name_scope and bool(node_scope)
        with graph.name_scope(node_scope) if opens_name_scope else _same(graph) as opened:
            inherited = base.original_name_scope if base is name_or_scope else opened
            scope = VariableScope(
                reuse if reuse is not None and reuse is not False else outer.reuse or base.reuse,
                full,
                initializer or base.initializer,
                regularizer or base.regularizer,
                inherited,
                base.dtype if dtype is None else dtype,
                constraint or base.constraint,
                base.use_resource if use_resource is None else use_resource,
                base.caching_device if caching_device is None else caching_device,
                partitioner or base.partitioner,
                _nested(custom_getter, base.custom_getter),
            )
            with _entered(graph, scope, store, keeps_counts=base is name_or_scope):
                yield scope


def scope_without_names(
    unique_name: str | None, name: str, custom_getter: Getter | None = None
) -> AbstractContextManager[VariableScope]:
    """A variable scope, its name made unique unless given as such, without a name scope."""
    store = store_of(get_default_graph())
    chosen = unique_name or _unique_scope(store, get_variable_scope().name, name)
    return variable_scope(chosen, custom_getter=custom_getter, auxiliary_name_scope=False)


def _nested(inner: Getter | None, outer: Getter | None) -> Getter | None:
    """A getter that is given the outer getter for the true one."""
    if inner is None or outer is None:
        return inner or outer

    def getter(true_getter: Getter, *args: Any, **kwargs: Any) -> Any:
        return inner(partial(outer, true_getter), *args, **kwargs)

    return getter


@contextmanager
def _same(graph: Graph) -> Iterator[str]:
    current = graph.get_name_scope()
    yield current + "/" if current else ""


@contextmanager
def _entered(
    graph: Graph, scope: VariableScope, store: VariableStore, keeps_counts: bool
) -> Iterator[None]:
    """keeps_counts: of the scopes below, only those opened inside are forgotten."""
    kept = graph.get_collection_ref(_SCOPE_KEY)
    previous = kept[:]
    kept[:] = [scope]
    store.open_scope(scope.name)
    counts = dict(store.scope_counts)
    try:
        yield
    finally:
        if keeps_counts:
            store.scope_counts = counts
        else:
            store.close_subscopes(scope.name)
        kept[:] = previous


def _unique_scope(store: VariableStore, outer: str, name: str) -> str:
    prefix = f"{outer}/" if outer else ""
    if not store.scope_counts.get(prefix + name):
        return name
    number = 1
    while store.scope_counts.get(f"{prefix}{name}_{number}"):
        number += 1
    return f"{name}_{number}"


__all__ = [
    "AUTO_REUSE",
    "Initial",
    "Reuse",
    "VariableScope",
    "get_local_variable",
    "get_variable",
    "get_variable_scope",
    "made_variables",
    "scope_without_names",
    "variable_scope",
]
