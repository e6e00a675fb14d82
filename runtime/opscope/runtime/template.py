"""tf.make_template: a function that makes its variables once and shares them from call to call."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from opscope.runtime import logging
from opscope.runtime.graph import get_default_graph
from opscope.runtime.graph_keys import GraphKeys
from opscope.runtime.variable_scope import VariableScope, scope_without_names, variable_scope
from opscope.runtime.variables import Variable


def make_template(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Callable[..., Any] | None = None,
    **kwargs: Any,
) -> Template:
    """`func_` in a variable scope of its own, where `get_variable` makes at the first call only.

    The scope is named `name_`, made unique, or `unique_name_` as it is; it is fixed at the first
    call, or at once. kwargs are handed to the function each time.
    """
    if kwargs:
        func_ = partial(func_, **kwargs)
    return Template(name_, func_, create_scope_now_, unique_name_, custom_getter_)


class Template:
    """A function and the variable scope in which it runs; see `make_template`."""

    def __init__(
        self,
        name: str,
        func: Callable[..., Any],
        create_scope_now: bool = False,
        unique_name: str | None = None,
        custom_getter: Callable[..., Any] | None = None,
    ) -> None:
        if name is None:
            raise ValueError("name cannot be None.")
        self._name = name
        self._func = func
        self._unique_name = unique_name
        self._getter = custom_getter
        self._scope: VariableScope | None = None
        self._is_called = False
        if create_scope_now:
            with scope_without_names(unique_name, name, custom_getter=custom_getter) as scope:
                self._scope = scope

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function in the scope.

        ValueError when a call after the first makes a trainable variable.
        """
        if self._scope is not None:
            with variable_scope(self._scope, reuse=self._is_called):
                return self._call(args, kwargs)
        with variable_scope(self._unique_name, self._name, custom_getter=self._getter) as scope:
            self._scope = scope
            return self._call(args, kwargs)

    def _call(self, args: Any, kwargs: Any) -> Any:
        graph = get_default_graph()
        trainable = len(graph.get_collection_ref(GraphKeys.TRAINABLE_VARIABLES))
        known = len(graph.get_collection_ref(GraphKeys.GLOBAL_VARIABLES))
        result = self._func(*args, **kwargs)
        if self._is_called:
            new = graph.get_collection(GraphKeys.TRAINABLE_VARIABLES)[trainable:]
            if new:
                raise ValueError(
                    "Trainable variable created when calling a template after the first time, "
                    f"perhaps you used tf.Variable when you meant tf.get_variable: {new}"
                )
            others = graph.get_collection(GraphKeys.GLOBAL_VARIABLES)[known:]
            if others:
                logging.info(
                    f"New variables created when calling a template after the first time: {others}"
                )
        self._is_called = True
        return result

    @property
    def name(self) -> str:
        """The name given."""
        return self._name

    @property
    def func(self) -> Callable[..., Any]:
        """The function given."""
        return self._func

    @property
    def variable_scope(self) -> VariableScope | None:
        """The scope; None before it is fixed."""
        return self._scope

    @property
    def variable_scope_name(self) -> str | None:
        """The name of the scope with a slash at its end; None before it is fixed."""
        return None if self._scope is None else f"{self._scope.name}/"

    @property
    def global_variables(self) -> list[Variable]:
        """Those of the scope."""
        return self._collected(GraphKeys.GLOBAL_VARIABLES)

    @property
    def local_variables(self) -> list[Variable]:
        """Those of the scope."""
        return self._collected(GraphKeys.LOCAL_VARIABLES)

    @property
    def trainable_variables(self) -> list[Variable]:
        """Those of the scope."""
        return self._collected(GraphKeys.TRAINABLE_VARIABLES)

    @property
    def variables(self) -> list[Variable]:
        """Global and local variables of the scope."""
        return self.global_variables + self.local_variables

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The global variables that optimizers leave alone."""
        trainable = self.trainable_variables
        return [v for v in self.global_variables if v not in trainable]

    @property
    def weights(self) -> list[Variable]:
        """As `variables`."""
        return self.variables

    def _collected(self, key: str) -> list[Variable]:
        if not self._is_called:
            return []
        return get_default_graph().get_collection(key, self.variable_scope_name)
