"""The lines that an instrumented program has beyond the plain one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from opscope.events import (
    AbsoluteAbove,
    AllZero,
    BuiltInFilter,
    HasInfOrNan,
    HasNan,
    OutOfRange,
    has_inf_or_nan,
    health_of_shape,
    health_summary,
)
from opscope.runtime import errors
from opscope.runtime.deferred import NOT_COMPUTED
from opscope.runtime.devices import Device
from opscope.runtime.halt import halting
from opscope.runtime.operation import Operation, Tensor
from opscope.runtime.plan import Instrument, Recorded
from opscope.runtime.tensor_shape import TensorShape
from opscope.runtime.variable_slot import VariableSlot
from opscope.runtime.watch import is_handle


def refuse_uninitialized(slot: VariableSlot) -> NoReturn:
    """Say that a variable has no value yet."""
    raise errors.FailedPreconditionError(
        None, None, f"Attempting to use uninitialized value {slot.name}"
    )


def _not_all_finite(flat: Any) -> bool:
    return not np.isfinite(flat).all()


def _bad_on_device(value: Any) -> bool:
    """The test on a GPU array: only one bool comes back to the host.

    x - x is 0 exactly where x is finite.
    """
    return not bool((value - value == 0).all())


def instrument_names(recorder: Recorder) -> dict[str, Any]:
    """The fixed names that generated code uses."""
    filter_names: dict[str, Any] = {}
    watch = recorder.watch
    if watch is not None and isinstance(watch.filter, BuiltInFilter):
        bounds = getattr(watch.filter, "bound", None)
        filter_names = {
            "passes": watch.filter.passes,
            "passes_on_device": watch.filter.passes_on_device,
            "lower": getattr(watch.filter, "lower", None) if bounds is None else -bounds,
            "upper": getattr(watch.filter, "upper", None) if bounds is None else bounds,
        }
    return {
        **filter_names,
        "asked": recorder.asked,
        "halting": halting,
        "bad": has_inf_or_nan,
        "bad_on_device": _bad_on_device,
        "gone": NOT_COMPUTED,
        "health": health_summary,
        "health_of_shape": health_of_shape,
        "clock": time.perf_counter_ns,
        "isfinite": math.isfinite,
        "not_all_finite": _not_all_finite,
        "uninitialized": refuse_uninitialized,
    }


# The tests of scalars; `item` gives Python's numbers, which compare exactly with the bounds.
_SCALAR_TESTS: dict[type, str] = {
    AbsoluteAbove: "not lower <= {0}.item() <= upper",
    AllZero: "{0} == 0",
    HasNan: "{0} != {0}",
    OutOfRange: "not lower <= {0}.item() <= upper",
}
_SCALARS = frozenset({"float32", "float64", "int32", "int64"})


class Recorder:
    """Which tensors are handed out, and the inf/nan test of each.

    A plain or timed program skips ops that have no use. So does one that summarizes everything, and
    one that checks everything, if it may defer: what it skipped is computed when somebody looks at
    it. Any other watch computes them, but for a program that only checks.
    """

    def __init__(
        self,
        instrument: Instrument,
        on_host: bool,
        repeats: bool = False,
        only_checks: bool = False,
        ops: Sequence[Operation] = (),
    ) -> None:
        """on_host: every op runs on a CPU.

        repeats: a tensor can come several times or never, so values are kept as they come.

        ops: all that run, of which what the tested ones read is recorded besides.
        """
        self.only_checks = only_checks
        self.repeats = repeats
        self.watch = watch = instrument.watch
        self.trace = instrument.trace
        self._guard = instrument.guard
        self.summarizes = watch is not None and watch.summarizes and not self.trace
        self.holds = watch is not None and watch.holds_values
        checks_all = (
            watch is not None
            and on_host
            and watch.check
            and watch.wants_all
            and not watch.keep_last
        )
        self.defers = checks_all and not repeats
        # A run that stops at its hit has to stop at the op that was bad first.
        self.covers = (
            checks_all and (only_checks or not repeats) and watch is not None and not watch.stop
        )
        takes_needed = self.summarizes and watch is not None and watch.wants_all
        self.skips_unused = watch is None or self.defers or only_checks or takes_needed
        self.recorded: list[Recorded] = []
        self.roots: list[Any] = []
        self.static_hits: list[int] = []
        self.covered: list[int] = []
        self._first_of: dict[Any, int] = {}
        self._inputs: frozenset[Tensor] = frozenset()
        if watch is not None and watch.tests and not watch.wants_all:
            tested = [op for op in ops if any(map(watch.wants, op.outputs))]
            self._inputs = frozenset(t for op in tested for t in op.inputs if not is_handle(t))

    def wants(self, tensor: Tensor) -> bool:
        """True when the tensor is watched, read by a watched op, or timed with its shape."""
        if self.repeats and is_handle(tensor):
            return False
        return self.trace or self._is_listed(tensor) or tensor in self._inputs

    def _is_listed(self, tensor: Tensor) -> bool:
        """True when the user asked for the tensor."""
        return self.watch is not None and self.watch.wants(tensor)

    def asked(self, index: int, value: Any) -> bool:
        """What the user's filter says of the value of a recorded tensor."""
        guard = self._guard
        return guard is not None and value is not None and guard.passes(self.recorded[index], value)

    def tester(self) -> Callable[[int, Any], bool] | None:
        """The test of a recorded tensor's value, on any device; None where nothing is tested."""
        watch = self.watch
        if watch is None or not watch.tests:
            return None
        if watch.asks_by_name:
            return lambda index, value: self.recorded[index].listed and self.asked(index, value)
        passes = watch.filter if isinstance(watch.filter, BuiltInFilter) else HasInfOrNan()

        def test(index: int, value: Any) -> bool:
            recorded = self.recorded[index]
            return recorded.listed and passes(None, recorded.device.to_host(value))

        return test

    def unlisted(self, tensor: Tensor, device: Device, local: str) -> Recorded | None:
        """How a tensor is recorded that only a watched op's input is; None for a watched one."""
        if self.watch is None or tensor not in self._inputs or self._is_listed(tensor):
            return None
        return Recorded(tensor, device, local, len(self.recorded), listed=False)

    def defer(self, tensor: Tensor, device: Device) -> None:
        """Note a tensor that the program does not compute."""
        if self.defers:
            self.recorded.append(Recorded(tensor, device, "", len(self.recorded)))
            self.roots.append(("deferred",))

    def record(
        self,
        tensor: Tensor,
        device: Device,
        local: str,
        root: Any,
        known: Any,
        shape: TensorShape,
        slot: str | None,
        covered: bool,
    ) -> list[str]:
        """Note that `local` holds the tensor; return the source lines of its test.

        A tensor that has the content (`root`) of an earlier one is not tested again. `known` is a
        value that never changes: it is tested here and now. `slot` names the variable, sure to have
        a value, that the tensor refers to. `covered`: what is bad in it shows in another tensor.
        """
        index = len(self.recorded)
        if self.repeats:
            return self._record_each(tensor, device, local, root, known, shape, covered)
        unlisted = self.unlisted(tensor, device, local)
        if unlisted is not None:
            self.recorded.append(unlisted)
            self.roots.append(root)
            return []
        first = self._first_of.setdefault(root, index)
        self.recorded.append(Recorded(tensor, device, local, first))
        self.roots.append(root)
        if self.watch is None or not self.watch.tests:
            return []
        if self.watch.asks_by_name:
            return [f"if asked({index}, {local}): hit({index})"]
        if first != index:
            return []
        if known is not None:
            if not self._passes(known):
                return []
            if self.watch.stop:
                return [f"hit({index})"]
            self.static_hits.append(index)
            return []
        if not self.watch.check:
            return self._filter_test(tensor, shape.ndims, device, local, index)
        if covered:
            self.covered.append(index)
            return []
        if slot is not None and device.device_type == "CPU" and is_fast(tensor, shape.ndims):
            return slot_test(slot, local, index)
        return _test(tensor, shape.ndims, device, local, index)

    def _record_each(
        self,
        tensor: Tensor,
        device: Device,
        local: str,
        root: Any,
        known: Any,
        shape: TensorShape,
        covered: bool,
    ) -> list[str]:
        """As `record`: `seen` gets index and value; a hit is the place of the value in `seen`."""
        index = len(self.recorded)
        unlisted = self.unlisted(tensor, device, local)
        if unlisted is not None:
            self.recorded.append(unlisted)
            self.roots.append(root)
            return [] if self.only_checks else [f"seen += {index}, {local}"]
        first = self._first_of.setdefault(root, index)
        self.recorded.append(Recorded(tensor, device, local, first))
        self.roots.append(root)
        lines = [] if self.only_checks else [f"seen += {index}, {local}"]
        place = "0" if self.only_checks else "len(seen) - 1"
        # What hands a value on is known by the value; only with patterns may its source be unseen,
        # and the first of its names be in a branch that does not run.
        is_test_due = not self.watch_wants_all or (first == index and root[0] != "merged")
        if self.watch is None or not self.watch.tests:
            return lines
        if self.watch.asks_by_name:
            return [*lines, f"if asked({index}, {local}): hit({place})"]
        if not is_test_due:
            return lines
        if known is not None:
            return [*lines, f"hit({place})"] if self._passes(known) else lines
        if covered:
            return lines
        if self.watch.check:
            return lines + _test(tensor, shape.ndims, device, local, place)
        return lines + self._filter_test(tensor, shape.ndims, device, local, place)

    def _passes(self, known: Any) -> bool:
        """The test of a value that never changes."""
        assert self.watch is not None
        if isinstance(self.watch.filter, BuiltInFilter):
            return self.watch.filter(None, known)
        return has_inf_or_nan(known)

    def _filter_test(
        self, tensor: Tensor, rank: int | None, device: Device, local: str, index: int | str
    ) -> list[str]:
        """The test of a built-in filter other than that for inf and nan."""
        assert self.watch is not None
        passes = self.watch.filter
        dtype = tensor.dtype.base_dtype
        if not isinstance(passes, BuiltInFilter) or not passes.reads(dtype.as_numpy_dtype):
            return []
        on_cpu = device.device_type == "CPU"
        scalar = _SCALAR_TESTS.get(type(passes))
        if rank == 0 and on_cpu and scalar and dtype.name in _SCALARS:
            guard = f"{local} is not None and " if tensor.dtype.is_ref_dtype else ""
            return [f"if {guard}{scalar.format(local)}: hit({index})"]
        name = "passes" if on_cpu else "passes_on_device"
        return [f"if {local} is not None and {name}({local}): hit({index})"]

    def with_versions(self, last: Mapping[str, int]) -> tuple[Recorded, ...]:
        """What is recorded, marked where it is a variable's memory before its `last` version."""
        return tuple(
            replace(r, in_slot=True) if root[0] == "slot" and root[2] < last[root[1]] else r
            for r, root in zip(self.recorded, self.roots, strict=True)
        )

    def end_test(self, tensor: Tensor, shape: TensorShape, device: Device, local: str) -> list[str]:
        """The test of what a loop's variable holds at last, in a program that only checks."""
        return _test(tensor, shape.ndims, device, local, 0)

    @property
    def watch_wants_all(self) -> bool:
        """True when every tensor is watched."""
        return self.watch is not None and self.watch.wants_all


def is_fast(tensor: Tensor, rank: int | None) -> bool:
    """True for what the dot product tests: float32 and float64 arrays."""
    return tensor.dtype.base_dtype.name in ("float32", "float64") and bool(rank)


def _test(
    tensor: Tensor, rank: int | None, device: Device, local: str, index: int | str
) -> list[str]:
    """The exact inf/nan test in its cheapest form for what is known of the tensor.

    An array's dot product with itself is never finite when an element is inf or nan; when it
    overflows, every element is looked at, and the run is `wild`: updates keep old values.
    """
    dtype = tensor.dtype.base_dtype
    if not dtype.is_floating and not dtype.is_complex:
        return []
    if device.device_type != "CPU":
        return [f"if {local} is not None and bad_on_device({local}): hit({index})"]
    guard = f"{local} is not None and " if tensor.dtype.is_ref_dtype else ""
    if rank == 0 and dtype.name in ("float32", "float64"):
        return [f"if {guard}not isfinite({local}): hit({index})"]
    if guard or not is_fast(tensor, rank):
        return [f"if {local} is not None and bad({local}): hit({index})"]
    return dot_test(local, index)


def dot_test(local: str, index: int | str) -> list[str]:
    """The test of a float array by its dot product with itself."""
    return [
        f'q = {local}.ravel("K")',
        "if not isfinite(q.dot(q)):",
        "    wild = True",
        f"    if not_all_finite(q): hit({index})",
    ]


def slot_test(slot: str, local: str, index: int) -> list[str]:
    """As `dot_test` for a variable's value, which is tested once until it is updated."""
    return [
        f"if not {slot}.moderate:",
        f'    q = {local}.ravel("K")',
        "    if isfinite(q.dot(q)):",
        f"        {slot}.moderate = True",
        "    else:",
        "        wild = True",
        f"        if not_all_finite(q): hit({index})",
    ]
