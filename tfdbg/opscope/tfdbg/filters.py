"""Tensor filters: named questions about one dumped tensor, answered yes or no."""

from __future__ import annotations

from collections.abc import Callable

from opscope.events import named_filter
from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.debug_tensor import DebugTensorDatum, has_inf_or_nan

TensorFilter = Callable[[DebugTensorDatum, object], bool]
"""Called with the datum and its value: an array, or an InconvertibleTensorProto."""


class FilterError(ValueError):
    """A tensor filter raised an error of its own."""


class FilterTable(dict[str, TensorFilter]):
    """Filters by name; those of `opscope.events` are found by theirs without being listed.

    `has_nan`, `all_zero`, `abs_above(BOUND)`, `out_of_range(LOWER,UPPER)`: a filter registered
    under such a name comes first.
    """

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (
            isinstance(name, str) and named_filter(name) is not None
        )

    def __missing__(self, name: str) -> TensorFilter:
        found = named_filter(name)
        if found is None:
            raise KeyError(name)
        return found


def default_filters() -> dict[str, TensorFilter]:
    """The filters that are there from the start: `has_inf_or_nan` is listed, others are found."""
    return FilterTable(has_inf_or_nan=has_inf_or_nan)


def add_tensor_filter(
    filters: dict[str, TensorFilter], filter_name: str, filter_callable: TensorFilter
) -> None:
    """Put a filter under its name; a name used before gets the new filter.

    Raises TypeError where the name is no str or the filter cannot be called, ValueError where
    the name is empty.
    """
    if not isinstance(filter_name, str):
        raise TypeError("Input argument filter_name is expected to be str, but is not.")
    if not filter_name:
        raise ValueError("Input argument filter_name cannot be empty.")
    if not callable(filter_callable):
        raise TypeError("Input argument filter_callable is expected to be callable, but is not.")
    filters[filter_name] = filter_callable


def get_tensor_filter(filters: dict[str, TensorFilter], filter_name: str) -> TensorFilter:
    """The filter of this name; raises ValueError, which lists those there are."""
    if filter_name not in filters:
        raise ValueError(f'There is no tensor filter named "{filter_name}".')
    return filters[filter_name]


def find_passing(
    dump: DebugDump,
    passes: TensorFilter,
    filter_name: str,
    first_n: int = 0,
    exclude_node_names: str | None = None,
) -> list[DebugTensorDatum]:
    """The dumps that pass a filter, in the order of time.

    Raises FilterError, which names the tensor, where the filter itself fails: it is the user's
    code and may raise anything.
    """

    def guarded(datum: DebugTensorDatum, value: object) -> bool:
        try:
            return bool(passes(datum, value))
        except Exception as error:
            raise FilterError(
                f'Filter "{filter_name}" failed on {datum.tensor_name}: '
                f"{type(error).__name__}: {error}"
            ) from error

    predicate = passes if passes is has_inf_or_nan else guarded
    return dump.find(predicate, first_n, exclude_node_names=exclude_node_names)
