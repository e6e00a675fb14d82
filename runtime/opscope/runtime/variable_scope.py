"""Variable scopes: variables made once and found again by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from opscope.runtime import dtypes, initializers
from opscope.runtime.graph import Graph, get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.operation import Tensor
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
_SCOPE_KEY = "__varscope"


class _VariableStore:
    """The variables of one graph that `get_variable` made, and how often each scope was opened."""

    def __init__(self) -> None:
        self.variables: dict[str, Variable] = {}
        self.scope_counts: dict[str, int] = {}

    def open_scope(self, name: str) -> None:
        self.scope_counts[name] = self.scope_counts.get(name, 0) + 1

    def close_subscopes(self, name: str) -> None:
        """Forget the scopes below `name`, so that a scope entered again counts anew."""
        for known in self.scope_counts:
            if not name or known.startswith(name + "/"):
                self.scope_counts[known] = 0


def _store(graph: Graph) -> _VariableStore:
    kept = graph.get_collection_ref(_STORE_KEY)
    if not kept:
        kept.append(_VariableStore())
    store: _VariableStore = kept[0]
    return store


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
    ) -> None:
        self.name = name
        self.reuse = reuse
        self.initializer = initializer
        self.regularizer = regularizer
        self.original_name_scope = name_scope
        self.dtype = dtypes.as_dtype(dtype)
        self.constraint = constraint
        self.use_resource = use_resource

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

    def global_variables(self) -> list[Variable]:
        """The global variables below this scope."""
        return get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, self._prefix())

    def trainable_variables(self) -> list[Variable]:
        """The trainable variables below this scope."""
        return get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, self._prefix())

    def _prefix(self) -> str | None:
        return self.name + "/" if self.name else None

    def get_variable(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Callable[[Tensor], Tensor | None] | None = None,
        trainable: bool = True,
        collections: Sequence[str] | None = None,
        validate_shape: bool = True,
        constraint: Callable[[Tensor], Tensor] | None = None,
        reuse: Reuse = None,
        use_resource: bool | None = None,
        caching_device: Any = None,
    ) -> Variable:
        """The variable `SCOPE/name`: found or made, as `tf.get_variable`."""
        full_name = f"{self.name}/{name}" if self.name else name
        graph = get_default_graph()
        store = _store(graph)
        reuse = self.reuse if reuse is None else reuse
        found = store.variables.get(full_name)
        wanted = self.dtype if dtype is None else dtypes.as_dtype(dtype)
        if found is not None:
            if reuse is not True and reuse is not AUTO_REUSE:
                raise ValueError(
                    f"Variable {full_name} already exists, disallowed. Did you mean to set "
                    "reuse=True or reuse=tf.AUTO_REUSE in VarScope?" + _made_at(found)
                )
            _check_same(found, full_name, shape, wanted if dtype is not None else None)
            return found
        if reuse is True:
            raise ValueError(
                f"Variable {full_name} does not exist, or was not created with "
                "tf.get_variable(). Did you mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        # The name follows the variable scope alone, not the name scope.
        with graph.name_scope(None), graph.control_dependencies(None):
            made = _new_variable(
                full_name,
                as_shape(shape),
                wanted,
                self.initializer if initializer is None else initializer,
                trainable,
                collections,
                validate_shape,
                self.constraint if constraint is None else constraint,
                self.use_resource if use_resource is None else use_resource,
                caching_device,
            )
        store.variables[full_name] = made
        regularizer = regularizer or self.regularizer
        if regularizer is not None:
            with graph.colocate_with(made.op), graph.name_scope(full_name + "/Regularizer/"):
                loss = regularizer(made.value())
            if loss is not None:
                graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
        return made


def _made_at(variable: Variable) -> str:
    frames = variable.op.traceback
    if not frames:
        return ""
    file, line, _, text = frames[-1]
    return f" Originally defined at {file}:{line}: {text}"


def _check_same(found: Variable, name: str, shape: Any, dtype: dtypes.DType | None) -> None:
    if not found.shape.is_compatible_with(shape):
        raise ValueError(
            f"Trying to share variable {name}, but specified shape {as_shape(shape)} "
            f"and found shape {found.shape}."
        )
    if dtype is not None and not found.dtype.is_compatible_with(dtype):
        raise ValueError(
            f"Trying to share variable {name}, but specified dtype {dtype.name} "
            f"and found dtype {found.dtype.base_dtype.name}."
        )


def _new_variable(
    name: str,
    shape: TensorShape,
    dtype: dtypes.DType,
    initializer: Any,
    trainable: bool,
    collections: Sequence[str] | None,
    validate_shape: bool,
    constraint: Callable[[Tensor], Tensor] | None,
    use_resource: bool | None,
    caching_device: Any,
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

        def value() -> Any:
            return rule(sizes, dtype=dtype)
    else:
        if shape.sizes is not None:
            raise ValueError("If initializer is a constant, do not specify shape.")
        value = initializer
    return Variable(
        value,
        trainable=trainable,
        collections=collections,
        validate_shape=validate_shape,
        name=name,
        dtype=dtype if callable(initializer) else None,
        constraint=constraint,
        use_resource=resource_variables_enabled() if use_resource is None else use_resource,
        caching_device=caching_device,
    )


def _default_initializer(name: str, dtype: dtypes.DType) -> Initial:
    if dtype.is_floating:
        return initializers.glorot_uniform()
    if dtype.is_integer or dtype.is_bool:
        return initializers.Zeros()
    raise ValueError(f"An initializer for variable {name} of {dtype.name} is required")


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
    trainable: bool = True,
    collections: Sequence[str] | None = None,
    validate_shape: bool = True,
    constraint: Callable[[Tensor], Tensor] | None = None,
    use_resource: bool | None = None,
    caching_device: Any = None,
) -> Variable:
    """The variable of that name in the current variable scope: found when reusing, else made.

    initializer: a function from shape and dtype, a name, or a value (then shape is not given);
    None takes the scope's, else Glorot uniform for floats and zeros for integers. use_resource: as
    for `tf.Variable`; None takes the scope's. ValueError when the variable exists and the scope
    does not reuse, or the other way round.
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
    )


def get_local_variable(name: str, shape: Any = None, **options: Any) -> Variable:
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
    reuse: Reuse = None,
    dtype: Any = None,
    constraint: Callable[[Tensor], Tensor] | None = None,
    auxiliary_name_scope: bool = True,
    use_resource: bool | None = None,
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
        store = _store(graph)
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
            )
            with _entered(graph, scope, store, keeps_counts=base is name_or_scope):
                yield scope


@contextmanager
def _same(graph: Graph) -> Iterator[str]:
    current = graph.get_name_scope()
    yield current + "/" if current else ""


@contextmanager
def _entered(
    graph: Graph, scope: VariableScope, store: _VariableStore, keeps_counts: bool
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


def _unique_scope(store: _VariableStore, outer: str, name: str) -> str:
    prefix = f"{outer}/" if outer else ""
    if not store.scope_counts.get(prefix + name):
        return name
    number = 1
    while store.scope_counts.get(f"{prefix}{name}_{number}"):
        number += 1
    return f"{name}_{number}"
